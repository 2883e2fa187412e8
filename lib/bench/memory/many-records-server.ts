/**
 * The stand-in for Zoho while refreshes and snapshots are measured, in its own process: a module of many records with a formula, some of whose values differ from one
 * range of exports to the next.
 *
 * Start it with `node many-records-server.ts '<ManyRecords as JSON>'`; it prints its URL on a line.
 */
import {createServer, type ServerResponse} from 'node:http';
import {zipped} from '../../sandbox/zip.ts';
import type {ManyRecords} from './cases.ts';

const what: ManyRecords = JSON.parse(process.argv[2] ?? '{}');
const pages = Math.ceil(what.records / what.pageRows);
const firstId = 1_000_000_000_000_000_001n;
/** One of so many records has another value in each range. */
const stride = what.changed === 0 ? what.records : Math.floor(what.records / what.changed);

interface Job {
  /** Which range it belongs to, and the number of its page, both from 0. */
  readonly range: number;
  readonly page: number;
}

const jobs: Job[] = [];
let ranges = 0;

const server = createServer(async (request, response) => {
  const path = request.url ?? '/';
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString();
  const [, id, result] = /^\/crm\/bulk\/v8\/read\/(\d+)(\/result)?$/.exec(path) ?? [];
  if (path.startsWith('/oauth/')) send(response, 200, {access_token: 'token', expires_in: 3_600, token_type: 'Bearer'});
  else if (path.includes('/settings/fields')) send(response, 200, {fields});
  else if (path === '/crm/bulk/v8/read') send(response, 201, {data: [{details: {id: submit(JSON.parse(body).query)}}]});
  else if (result !== undefined) await exported(response, jobOf(id));
  else if (id !== undefined) send(response, 200, {data: [stateOf(id, jobOf(id))]});
  else response.writeHead(204).end();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
// Ends with its parent.
process.stdin.resume().once('end', () => process.exit());

const times = {api_name: 'Modified_Time', data_type: 'datetime', json_type: 'string'};
const fields = [
  ...(what.measures === 'snapshot' ? [] : [times]),
  {api_name: 'Score', data_type: 'formula', json_type: 'double', formula: {return_type: 'double', dynamic: false}},
];

function submit({page_token: token}: {readonly page_token?: string}): string {
  const [range = 0, page = 0] = token === undefined ? [ranges++] : token.split(' ').map(Number);
  return String(1_000 + jobs.push({range, page}));
}

function jobOf(id = ''): Job {
  const job = jobs[Number(id) - 1_001];
  if (job === undefined) throw new Error(`Cannot answer for job ${id}: it was never created`);
  return job;
}

const rowsOf = (page: number): number => Math.min(what.pageRows, what.records - page * what.pageRows);

function stateOf(id: string, {range, page}: Job): object {
  const more = page + 1 < pages;
  return {
    id,
    state: 'COMPLETED',
    result: {
      page: page + 1,
      count: rowsOf(page),
      download_url: `/crm/bulk/v8/read/${id}/result`,
      more_records: more,
      ...(more && {next_page_token: `${range} ${page + 1}`}),
    },
  };
}

async function exported(response: ServerResponse, {range, page}: Job): Promise<void> {
  const from = page * what.pageRows;
  const time = what.measures === 'snapshot' ? '' : ',2026-06-01T00:00:00+00:00';
  const lines = [what.measures === 'snapshot' ? 'Id,Score' : 'Id,Modified_Time,Score'];
  for (let row = from; row < from + rowsOf(page); row++) {
    const isChanged = row % stride === 0 && row < stride * what.changed;
    lines.push(`${firstId + BigInt(row)}${time},${row % 1_000}.${isChanged ? range : 0}5`);
  }
  response.writeHead(200, {'content-type': 'application/zip'});
  const content = [Buffer.from(lines.join('\n')), Buffer.from('\n')];
  for await (const piece of zipped('page.csv', () => content, {zip: 'descriptor', deflateLevel: 1})) response.write(piece);
  response.end();
}

function send(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, {'content-type': 'application/json'});
  response.end(JSON.stringify(value));
}
