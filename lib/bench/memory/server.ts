/**
 * The stand-in for Zoho while memory is measured, in its own process. It makes heavy records on
 * request.
 *
 * Start it with `node server.ts '<MemoryCase as JSON>'`; it prints its URL on a line.
 */
import {once} from 'node:events';
import {createServer, type ServerResponse} from 'node:http';
import {zipped} from '../../sandbox/zip.ts';
import type {MemoryCase} from './cases.ts';

const what: MemoryCase = JSON.parse(process.argv[2] ?? '{}');
const firstId = 1_000_000_000_000_000_001n;
const sinceMs = Date.parse('2026-06-01T00:00:00Z');
const deletedPageRows = 200;

const names = Array.from({length: what.texts}, (_, i) => `Text_${i + 1}`);
const text = textOf(what.textBytes, what.escaped);
const json = JSON.stringify(text);

/** Realistic texts, of about this many bytes as JSON. */
function textOf(bytes: number, escaped: boolean): string {
  const phrase = escaped ? 'She said: "höher"\n' : 'She said: higher, ';
  const repeated = Math.floor(bytes / (Buffer.byteLength(JSON.stringify(phrase)) - 2));
  return phrase.repeat(repeated);
}

const idAt = (row: number): string => String(firstId + BigInt(row));
const timeAt = (row: number): string => `${new Date(sinceMs + 1_000 * row).toISOString().slice(0, 19)}+00:00`;

const server = createServer(async (request, response) => {
  const path = request.url ?? '/';
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString();
  if (path.startsWith('/oauth/')) send(response, 200, {access_token: 'token', expires_in: 3_600, token_type: 'Bearer'});
  else if (path.includes('/settings/modules')) send(response, 200, {modules: modules()});
  else if (path.includes('/settings/fields')) send(response, 200, {fields: fields()});
  else if (path.includes('/crm/v8/coql')) await answer(response, JSON.parse(body).select_query);
  else if (path.includes('/deleted?')) deletions(response, Number(/[?&]page=(\d+)/.exec(path)?.[1]));
  else if (path === '/crm/bulk/v8/read') send(response, 201, {data: [{details: {id: '1001'}}]});
  else if (path.endsWith('/result')) await exported(response);
  else if (path.startsWith('/crm/bulk/v8/read/')) send(response, 200, {data: [finished]});
  else response.writeHead(204).end();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
// Ends with its parent.
process.stdin.resume().once('end', () => process.exit());

const finished = {
  id: '1001',
  state: 'COMPLETED',
  result: {page: 1, count: what.records, download_url: '/crm/bulk/v8/read/1001/result', more_records: false},
};

function modules(): object[] {
  return Array.from({length: what.modules}, (_, i) => ({
    api_name: `Heavy${i}`,
    plural_label: `Heavy${i}`,
    api_supported: true,
    generated_type: 'default',
  }));
}

function fields(): object[] {
  const formula = {data_type: 'formula', json_type: 'string', formula: {return_type: 'string', dynamic: true}};
  return [
    {api_name: 'Modified_Time', data_type: 'datetime', json_type: 'string'},
    ...names.map((name) => ({api_name: name, ...(what.dynamic ? formula : {data_type: 'textarea', json_type: 'string'})})),
  ];
}

/** Records of a window continue after the id in the query; records asked for by id are all gone. */
async function answer(response: ServerResponse, query: string): Promise<void> {
  const after = /id > '?(\d+)/.exec(query)?.[1];
  const from = after === undefined ? 0 : Number(BigInt(after) - firstId) + 1;
  const to = Math.min(what.records, from + Number(/limit \d+, (\d+)$/.exec(query)?.[1]));
  if (query.includes(' in (') || from >= to) {
    response.writeHead(204).end();
    return;
  }
  const asked = names.filter((name) => new RegExp(`\\b${name}\\b`).test(query));
  const values = asked.map((name) => `,"${name}":${json}`).join('');
  response.writeHead(200, {'content-type': 'application/json'});
  response.write('{"data":[');
  for (let row = from; row < to && !response.destroyed; row++) {
    const more = response.write(`${row > from ? ',' : ''}{"id":"${idAt(row)}","Modified_Time":"${timeAt(row)}"${values}}`);
    if (!more) await drained(response);
  }
  response.end(`],"info":{"count":${to - from},"more_records":${to < what.records}}}`);
}

/** Resolves when the response takes more, or its reader is gone. */
async function drained(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  await Promise.race([once(response, 'drain', gone), once(response, 'close', gone)]);
  gone.abort();
}

function deletions(response: ServerResponse, page: number): void {
  const from = (page - 1) * deletedPageRows;
  const to = Math.min(what.deletions, from + deletedPageRows);
  if (from >= to) {
    response.writeHead(204).end();
    return;
  }
  const data = Array.from({length: to - from}, (_, i) => ({
    id: idAt(from + i),
    deleted_time: timeAt(from + i),
    type: i % 2 === 0 ? 'permanent' : 'recycle',
  }));
  send(response, 200, {data, info: {page, count: to - from, more_records: to < what.deletions}});
}

async function exported(response: ServerResponse): Promise<void> {
  const quoted = `,"${text.replaceAll('"', '""')}"`.repeat(names.length);
  const rows = Array.from({length: what.records}, (_, row) => Buffer.from(`${idAt(row)},${timeAt(row)}${quoted}\n`));
  const content = [Buffer.from(`Id,Modified_Time,${names.join(',')}\n`), ...rows];
  response.writeHead(200, {'content-type': 'application/zip'});
  for await (const piece of zipped('page.csv', () => content, {zip: 'descriptor', deflateLevel: 1})) response.write(piece);
  response.end();
}

function send(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, {'content-type': 'application/json'});
  response.end(JSON.stringify(value));
}
