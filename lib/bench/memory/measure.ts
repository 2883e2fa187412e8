/**
 * Peak memory of the connector's process. Flow's requests go in, documents come out, and a stand-in
 * for Zoho answers.
 */
import {type ChildProcessByStdio, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import type {Readable, Writable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {nodeFlags} from '../../platform/node-flags.js';
import {makePage} from '../pages.ts';
import {type PageServer, startProcess, startServer} from '../run.ts';
import type {MemoryCase} from './cases.ts';
import {readSecondRefresh} from './second-refresh.ts';

export interface MemoryFigures {
  readonly name: string;
  readonly about: string;
  readonly documents: number;
  /** Bytes of output. */
  readonly bytes: number;
  readonly wallS: number;
  /** The largest resident set of the process so far, in MB of 10^6 bytes. */
  readonly peakMb: number;
}

const mainFile = fileURLToPath(new URL('../../main.ts', import.meta.url));
const serverFile = fileURLToPath(new URL('server.ts', import.meta.url));
const manyRecordsFile = fileURLToPath(new URL('many-records-server.ts', import.meta.url));
const cursor = '2026-01-01T00:00:00Z';
const documentStart = Buffer.from('{"captured"');
const lineFeed = 0x0a;

/**
 * Captures everything in a case and stops. Rejects with the connector's error output when it ends
 * earlier. `flags` are node's for the connector, besides those of the image.
 */
export async function measureMemory(
  what: MemoryCase,
  folder: string,
  signal: AbortSignal,
  flags: readonly string[] = [],
): Promise<MemoryFigures> {
  const server = await serverOf(what, folder);
  try {
    return await capture(what, server.url, signal, flags);
  } finally {
    await server.close();
  }
}

async function serverOf(what: MemoryCase, folder: string): Promise<PageServer> {
  if (what.many !== undefined) return startProcess(manyRecordsFile, what.many);
  if (what.page === undefined) return startProcess(serverFile, what);
  const {rows, pages} = what.page;
  const page = await makePage(folder, 'usual', rows, false);
  return startServer({page, pages, coql: false, jobMs: 0, downloadMs: 0, serialJobs: false});
}

async function capture(what: MemoryCase, url: string, signal: AbortSignal, flags: readonly string[]): Promise<MemoryFigures> {
  const child = spawn(process.execPath, [...nodeFlags, ...flags, mainFile], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {PATH: process.env.PATH, LOG_FORMAT: 'json', LOG_LEVEL: 'warn'},
  });
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop, {once: true});
  const ended = once(child, 'close');
  const said = text(child.stderr);
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify({open: openRequest(what, url)})}\n`);
  try {
    const {many} = what;
    const read = many?.measures === 'refresh' ? await readSecondRefresh(child.stdout, many) : await readAll(child, what);
    signal.throwIfAborted();
    if (read === undefined) throw new Error(`Cannot measure ${what.name}: the connector ended early\n${await said}`);
    const peakMb = (1_024 * peakKb(child.pid ?? 0)) / 1e6;
    return {name: what.name, about: what.about, ...read, peakMb};
  } finally {
    signal.removeEventListener('abort', stop);
    child.kill('SIGKILL');
    await ended;
  }
}

function openRequest(what: MemoryCase, url: string): object {
  const isSnapshot = what.many?.measures === 'snapshot';
  const schedule = what.many?.measures === 'refresh' ? {schedule: '* * * * *'} : {};
  const names = what.page === undefined ? Array.from({length: what.modules}, (_, i) => `Heavy${i}`) : ['Bench0'];
  const credentials = {
    credentials_title: 'OAuth Credentials',
    client_id: 'bench',
    client_secret: 'bench',
    refresh_token: 'bench',
    api_domain: url,
  };
  const swept = {start: cursor, inc: {cursor}, deleted: {cursor}, last_initialized: cursor};
  const bulk = what.bulk || what.page !== undefined || isSnapshot;
  return {
    capture: {
      name: 'bench/memory',
      config: {credentials, start_date: cursor},
      bindings: names.map((name) => ({
        resourceConfig: {name, ...schedule},
        resourcePath: [name],
        collection: {name: `bench/${name}`, key: [isSnapshot ? '/_meta/row_id' : '/id']},
      })),
    },
    state: bulk ? {} : {bindingStateV1: Object.fromEntries(names.map((name) => [name, swept]))},
  };
}

/**
 * Reads documents until all have arrived; undefined when the output ends earlier. For a case without any, reads the
 * first checkpoints.
 */
async function readAll(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  what: MemoryCase,
): Promise<Pick<MemoryFigures, 'documents' | 'bytes' | 'wallS'> | undefined> {
  const since = performance.now();
  const {page} = what;
  const ofPages = page === undefined ? what.modules * (what.records + what.deletions) : page.rows * page.pages;
  const due = what.many?.records ?? ofPages;
  let documents = 0;
  let bytes = 0;
  let stallMs = what.page?.stallMs ?? 0;
  let begin = Buffer.alloc(0);
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      const end = chunk.indexOf(lineFeed, at);
      // The first bytes of a line show what it is; they may arrive in two chunks.
      const room = documentStart.length - begin.length;
      if (room > 0) begin = Buffer.concat([begin, chunk.subarray(at, Math.min(at + room, end < 0 ? chunk.length : end))]);
      if (end < 0) break;
      if (begin.equals(documentStart)) documents++;
      begin = Buffer.alloc(0);
      at = end + 1;
    }
    if (documents >= due && due > 0) break;
    if (due === 0) {
      await delay(idleMs);
      break;
    }
    if (documents > 0 && stallMs > 0) {
      await delay(stallMs);
      stallMs = 0;
    }
  }
  return documents < due ? undefined : {documents, bytes, wallS: (performance.now() - since) / 1_000};
}

/** Long enough for a sweep of a module without changes. */
const idleMs = 1_000;

/** Peak resident memory of a process. Only Linux reports it for another process. */
function peakKb(pid: number): number {
  const kb = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kb === undefined) throw new Error('Cannot measure memory: the system does not report the peak of a process');
  return Number(kb);
}
