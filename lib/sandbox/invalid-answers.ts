/**
 * Unusual but valid answers: some organisation, proxy or language gives them, and a client has to
 * read them.
 */
import {brotliCompressSync, deflateSync, gzipSync} from 'node:zlib';
import {strToU8, unzipSync, zipSync} from 'fflate';
import {all, bodyChanged, type FaultEntry} from './fault-parts.ts';
import {type Answer, json, refusal} from './request.ts';

const lists = ['coql', 'deleted', 'status', 'records'] as const;

/** Compresses a body unasked. */
const compressed = (encoding: string, compress: (body: Buffer) => Buffer) => (answer: Answer) =>
  bodyChanged(answer, (body) => ({body: compress(body), headers: {...answer.headers, 'content-encoding': encoding}}));

/** Changes the text of an answer; undefined when nothing changed. */
async function textChanged(answer: Answer, change: (text: string) => string): Promise<Answer | undefined> {
  let before = '';
  const changed = await bodyChanged(answer, (body) => {
    before = body.toString();
    return {body: change(before)};
  });
  return changed?.body === before ? undefined : changed;
}

/** Puts a row before the others in a page of deletions. */
const deletionAdded = (row: Readonly<Record<string, unknown>>) => (answer: Answer) =>
  textChanged(answer, (text) => {
    const value: {data: unknown[]} = JSON.parse(text);
    const template = {
      deleted_by: null,
      id: '5725767000009999999',
      display_name: null,
      type: 'permanent',
      created_by: null,
      deleted_time: null,
    };
    return JSON.stringify({...value, data: [{...template, ...row}, ...value.data]});
  });

/** Changes the lines of a job's file; the archive around it stays valid. */
async function linesChanged(answer: Answer, change: (lines: Buffer[]) => Buffer[] | undefined): Promise<Answer | undefined> {
  let changed: Buffer[] | undefined;
  const spoiled = await bodyChanged(answer, (body) => {
    const [[name, content] = ['', new Uint8Array()]] = Object.entries(unzipSync(body));
    changed = change(linesOf(Buffer.from(content)));
    return {body: zipSync({[name]: changed ? Buffer.concat(changed) : content})};
  });
  return changed && spoiled;
}

/** Lines with their line ends. A line break inside quotes counts as well. */
function linesOf(content: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf('\n', at) + 1 || content.length;
    lines.push(content.subarray(at, end));
    at = end;
  }
  return lines;
}

/** A cell of words, which every client reads as text. */
const plainCell = /,(?!true,|false,)[A-Za-z][A-Za-z .]+(?=,)/i;

function withOddByte(lines: Buffer[]): Buffer[] | undefined {
  const at = lines.findIndex((line, i) => i > 0 && plainCell.test(line.toString('latin1')));
  if (at < 0) return undefined;
  const line = Buffer.from(lines[at]!);
  // No UTF-8 character begins with 0xFF.
  line[plainCell.exec(line.toString('latin1'))!.index + 1] = 0xff;
  return lines.with(at, line);
}

/** Repeats the last, complete row with only two of its cells. */
function withShortRow(lines: Buffer[]): Buffer[] | undefined {
  const last = lines.findLast((line) => /^\d+,/.test(line.toString('latin1')));
  if (!last) return undefined;
  return [...lines, Buffer.from(strToU8(`${last.toString('latin1').split(',', 1)[0]},x\r\n`))];
}

export const invalidAnswers = {
  gzip: {what: 'body compressed with gzip, unasked', kinds: all, spoil: compressed('gzip', gzipSync)},
  deflate: {what: 'body compressed with deflate, unasked', kinds: all, spoil: compressed('deflate', deflateSync)},
  br: {what: 'body compressed with Brotli, unasked', kinds: all, spoil: compressed('br', brotliCompressSync)},
  'flags-missing': {
    what: 'list that does not say whether more follows',
    kinds: lists,
    spoil: (answer) => textChanged(answer, (text) => text.replace(/,"more_records":(?:true|false)/, '')),
  },
  'flags-text': {
    what: 'list that says as text whether more follows',
    kinds: lists,
    spoil: (answer) => textChanged(answer, (text) => text.replace(/"more_records":(true|false)/, '"more_records":"$1"')),
  },
  'invalid-deletion-time': {
    what: 'deletions with an extra row that has no time',
    kinds: ['deleted'],
    spoil: deletionAdded({}),
  },
  'invalid-deletion-id': {
    what: 'deletions with an extra row that has an invalid id',
    kinds: ['deleted'],
    spoil: deletionAdded({id: 'none', deleted_time: '2026-10-01T00:00:00+00:00'}),
  },
  'invalid-byte': {
    what: 'file with an invalid UTF-8 byte in a text cell',
    kinds: ['result'],
    spoil: (answer) => linesChanged(answer, withOddByte),
  },
  'invalid-row': {
    what: 'file with an extra row that lacks most of its cells',
    kinds: ['result'],
    spoil: (answer) => linesChanged(answer, withShortRow),
  },
  'no-fields': {what: 'module without fields', kinds: ['fields'], instead: () => json(200, {fields: []})},
  'empty-fields': {what: '204 instead of field metadata', kinds: ['fields'], instead: () => ({status: 204})},
  'no-modules': {what: 'organisation without modules', kinds: ['modules'], instead: () => json(200, {modules: []})},
  'no-modules-204': {what: '204 instead of the modules', kinds: ['modules'], instead: () => ({status: 204})},
  'token-throttle-worded': {
    what: "token refused for too many requests, in the account's language",
    kinds: ['token'],
    instead: () =>
      json(400, {
        error_description: 'Sie haben zu viele Anfragen in Folge gestellt. Versuchen Sie es nach einiger Zeit erneut.',
        error: 'Zugriff verweigert',
        status: 'failure',
      }),
  },
  'duplicate-column': {
    what: '401 DUPLICATE_DATA, which concerns the query and not the token',
    kinds: ['coql'],
    instead: () => refusal(401, 'DUPLICATE_DATA', 'duplicate column'),
  },
} as const satisfies Record<string, FaultEntry>;
