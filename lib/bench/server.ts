/**
 * The server of a measurement, in its own process. It answers exactly what a backfill asks of Zoho,
 * from pages that are in memory before the clock starts. Unlike the sandbox, it costs next to
 * nothing, so it does not distort the figures.
 *
 * Start it with `node server.ts '<ServerOptions as JSON>'`; it prints its URL on a line.
 */
import {readFileSync} from 'node:fs';
import {createServer, type ServerResponse} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import {rowNumberOf, shapeOf} from './fixtures.ts';
import type {PageFile} from './pages.ts';

export interface ServerOptions {
  readonly page: PageFile;
  /** How many times each module has that page. */
  readonly pages: number;
  /** Whether COQL serves the rows; otherwise it finds nothing. */
  readonly coql: boolean;
  /** Duration of a job, and of a download; 0 for none. */
  readonly jobMs: number;
  readonly downloadMs: number;
  /** Whether jobs run one after another, as for some organisations, or in parallel. */
  readonly serialJobs: boolean;
}

interface Job {
  readonly module: string;
  readonly page: number;
  readonly readyMs: number;
}

const options: ServerOptions = JSON.parse(process.argv[2] ?? '{}');
const {page, pages, jobMs, downloadMs} = options;
const zip = readFileSync(page.zip);
const rows = options.coql ? readFileSync(page.json) : Buffer.alloc(0);
const rowEnds = endsOf(rows);
const jobs: Job[] = [];
const pieceBytes = 1 << 18;

const server = createServer(async (request, response) => {
  const path = request.url ?? '/';
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString();
  const [, id, result] = /^\/crm\/bulk\/v8\/read\/(\d+)(\/result)?$/.exec(path) ?? [];
  const [, from, limit] = /^\/rows\/(\d+)\/(\d+)$/.exec(path) ?? [];
  if (path === '/page.zip' || result !== undefined) await sendZip(response);
  else if (id !== undefined) sendJson(response, 200, {data: [jobState(id)]});
  else if (from !== undefined) sendRows(response, Number(from), Number(limit));
  else if (path.startsWith('/oauth/')) sendJson(response, 200, {access_token: 'token', expires_in: 3_600, token_type: 'Bearer'});
  else if (path.includes('/settings/modules')) sendJson(response, 200, {modules: []});
  else if (path.includes('/settings/fields')) sendJson(response, 200, {fields: fields()});
  else if (path === '/crm/bulk/v8/read') sendJson(response, 201, {data: [{details: {id: submit(JSON.parse(body).query)}}]});
  else if (path.startsWith('/crm/v8/coql')) answerQuery(response, JSON.parse(body).select_query);
  else response.writeHead(204).end();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
// Ends with its parent.
process.stdin.resume().once('end', () => process.exit());

function submit(query: {readonly module?: {readonly api_name: string}; readonly page_token?: string}): string {
  const [module = '', number = '0'] = query.page_token?.split(' ') ?? [query.module?.api_name];
  const nowMs = performance.now();
  const freeMs = options.serialJobs ? Math.max(nowMs, jobs.at(-1)?.readyMs ?? 0) : nowMs;
  return String(1_000 + jobs.push({module, page: Number(number), readyMs: freeMs + jobMs}));
}

function jobState(id: string): object {
  const job = jobs[Number(id) - 1_001];
  if (job === undefined || performance.now() < job.readyMs) return {id, state: 'IN PROGRESS'};
  const more = job.page + 1 < pages;
  return {
    id,
    state: 'COMPLETED',
    result: {
      page: job.page + 1,
      count: page.rows,
      download_url: `/crm/bulk/v8/read/${id}/result`,
      more_records: more,
      ...(more && {next_page_token: `${job.module} ${job.page + 1}`}),
    },
  };
}

async function sendZip(response: ServerResponse): Promise<void> {
  response.writeHead(200, {'content-type': 'application/zip', 'content-length': zip.length});
  if (downloadMs === 0) {
    response.end(zip);
    return;
  }
  const pieces = Math.ceil(zip.length / pieceBytes);
  const sinceMs = performance.now();
  for (let i = 0; i < pieces && !response.destroyed; i++) {
    await delay(Math.max(0, sinceMs + (downloadMs * (i + 1)) / pieces - performance.now()));
    response.write(zip.subarray(i * pieceBytes, (i + 1) * pieceBytes));
  }
  response.end();
}

/** A page of a sweep begins after the id in the query, or at the first row when there is none. */
function answerQuery(response: ServerResponse, query: string): void {
  const after = /id > '?(\d+)/.exec(query)?.[1];
  const limit = Number(/limit \d+, (\d+)$/.exec(query)?.[1]);
  sendRows(response, after === undefined ? 0 : rowNumberOf(after) + 1, limit);
}

function sendRows(response: ServerResponse, from: number, limit: number): void {
  const to = Math.min(rowEnds.length, from + limit);
  if (from >= to) {
    response.writeHead(204).end();
    return;
  }
  response.writeHead(200, {'content-type': 'application/json'});
  response.write('{"data":[');
  response.write(rows.subarray(from === 0 ? 0 : rowEnds[from - 1]! + 1, rowEnds[to - 1]!));
  response.end(`],"info":{"count":${to - from},"more_records":${to < rowEnds.length}}}`);
}

/** Where each row ends. Its line feed becomes the comma before the next. */
function endsOf(lines: Buffer): number[] {
  const ends: number[] = [];
  for (let at = lines.indexOf(0x0a); at >= 0; at = lines.indexOf(0x0a, at + 1)) {
    ends.push(at);
    lines[at] = 0x2c;
  }
  return ends;
}

function fields(): object[] {
  return shapeOf(page.shape).columns.map(({name, dataType, jsonType}) => ({
    api_name: name,
    data_type: dataType,
    json_type: jsonType,
    pick_list_values: [],
  }));
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, {'content-type': 'application/json'});
  response.end(JSON.stringify(value));
}
