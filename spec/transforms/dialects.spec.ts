import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {manualClock} from '../../lib/sandbox/clock.ts';
import {csvPieces} from '../../lib/sandbox/csv.ts';
import {Org} from '../../lib/sandbox/org.ts';
import {theEnd} from '../../lib/sandbox/point-in-time.ts';
import type {Switches} from '../../lib/sandbox/switches.ts';
import {startMs} from '../sandbox/caller.ts';
import {cutAt, type Outcome, outcome} from './csv-outcome.ts';

/** Pages in every dialect that Zoho may write, cut at every byte, beside what a parser that shares nothing with ours makes of them. */
const dialects = suite('CSV dialects');

/** RFC 4180 by the letter, a character at a time; blank lines are none. */
function reference(page: string): Outcome {
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = '';
  let quoted = false;
  let begun = false;
  const endLine = (): void => {
    if (begun || line.length > 0) lines.push([...line, cell]);
    [line, cell, begun] = [[], '', false];
  };
  const text = page.replace(/^\ufeff/, '');
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quoted && char === '"' && text[i + 1] === '"') cell += text[i++];
    else if (char === '"') [quoted, begun] = [!quoted, true];
    else if (quoted) cell += char;
    else if (char === ',') [line, cell, begun] = [[...line, cell], '', true];
    else if (char === '\n' || char === '\r') endLine();
    else [cell, begun] = [cell + char, true];
  }
  endLine();
  const [columns, ...rows] = lines;
  // A page without rows has no batch that could name its columns.
  return {columns: rows.length > 0 ? columns : undefined, rows};
}

/** Reads a page whole, byte by byte, and cut in two at every byte, with both readers. */
async function agreesEverywhere(page: string): Promise<void> {
  const wanted = reference(page);
  const bytes = Buffer.from(page);
  const everywhere = Array.from(bytes.keys());
  for (const reader of [undefined, 'papaparse'] as const) {
    assert.deepEqual(await outcome(cutAt(bytes, []), {reader}), wanted, JSON.stringify(page));
    assert.deepEqual(await outcome(cutAt(bytes, everywhere), {reader}), wanted, 'byte by byte');
    for (const at of everywhere) assert.deepEqual(await outcome(cutAt(bytes, [at]), {reader}), wanted, `cut at ${at}`);
  }
}

const awkward = fc.constantFrom(
  '"',
  '""',
  ',',
  '\r\n',
  '\n',
  '\r',
  ' ',
  ';',
  '\t',
  'é',
  '東京',
  '😀',
  '\0',
  '\\',
  "'",
  '1',
  'a',
  '\ufeff',
);
const cell = fc.array(awkward, {maxLength: 5}).map((parts) => parts.join(''));
const dialect = fc.record({
  lineEnd: fc.constantFrom('\r\n', '\n'),
  quoteAll: fc.boolean(),
  byteOrderMark: fc.boolean(),
  lastLineEnd: fc.boolean(),
});

dialects('are read alike wherever a page is cut, whatever is in its cells', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell), {maxLength: 4}), dialect, async (rows, {lineEnd, quoteAll, ...more}) => {
      const written = (text: string): string => (quoteAll || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const lines = [['Id', 'A', 'B'], ...rows.map((row, i) => [String(i + 1), ...row])];
      const body = lines.map((line) => line.map(written).join(',')).join(lineEnd);
      await agreesEverywhere(`${more.byteOrderMark ? '\ufeff' : ''}${body}${more.lastLineEnd ? lineEnd : ''}`);
    }),
    {seed: 20_261_125, numRuns: 150},
  );
});

/** All choices of the switches that a file's text depends on. */
function* choices(): Generator<Partial<Switches>, void, void> {
  for (const lineEnd of ['\r\n', '\n'] as const)
    for (const quoteAll of [false, true])
      for (const byteOrderMark of [false, true])
        for (const listSeparator of [';', ','] as const)
          for (const booleans of ['lower', 'title', 'upper'] as const)
            for (const idColumn of ['Id', 'id'] as const)
              for (const columnOrder of ['asked', 'scrambled'] as const)
                yield {lineEnd, quoteAll, byteOrderMark, listSeparator, booleans, idColumn, columnOrder};
}

/** A page of three records whose texts are awkward. */
function pageOf(switches: Partial<Switches>): Buffer {
  const org = new Org({clock: manualClock(startMs), records: 3, switches});
  const module = org.module('Leads');
  for (const id of module.ids()) module.edit(id, {Company: 'a "b", c\r\nd', Description: '", \n"", é', City: ' ', Street: ''});
  const columns = ['Modified_Time', 'Company', 'Description', 'Interests', 'Email_Opt_Out', 'City', 'Street', 'Annual_Revenue'];
  return Buffer.concat([...csvPieces(module, columns, module.records(theEnd), org.switches)]);
}

dialects("are the sandbox's, under all of its switches", async () => {
  const pages = new Set<string>();
  for (const chosen of choices()) {
    const bytes = pageOf(chosen);
    const wanted = reference(bytes.toString());
    assert.equal(wanted.rows?.length, 3);
    for (const reader of [undefined, 'papaparse'] as const)
      for (let at = 0; at < bytes.length; at += 7)
        assert.deepEqual(await outcome(cutAt(bytes, [at]), {reader}), wanted, `${JSON.stringify(chosen)}, cut at ${at}`);
    pages.add(bytes.toString());
  }
  assert.equal(pages.size, 192, 'each switch makes a difference');
});

dialects.run();
