/** One run of one contender: its process, the pipe for its output, and the clock. */
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, openSync, readSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {nodeFlags} from '../platform/node-flags.js';
import {type Digest, Digester} from './digest.ts';
import type {ServerOptions} from './server.ts';
import type {Report, Task} from './task.ts';

/**
 * Where a contender's output goes: nowhere, to a fast reader, to one of 40 MB/s, or to one that
 * pauses for a minute.
 */
export type Output = 'null' | 'pipe' | 'slow' | 'stalled';

export interface Run extends Report {
  /** From the start of the process to the end of its output. */
  readonly wallS: number;
  /** Absent for output that nobody reads. */
  readonly digest?: Digest;
  /** The output, if it was small enough to keep. The next run reuses its memory. */
  readonly output?: Buffer;
}

export interface RunOptions {
  readonly output: Output;
  /** Folder for the pipe. */
  readonly folder: string;
}

const contenderFile = fileURLToPath(new URL('contender.ts', import.meta.url));
const serverFile = fileURLToPath(new URL('server.ts', import.meta.url));

/** Compiled code is cached by the warm-up at the latest, as it is for the program itself. */
const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/source-zoho', import.meta.url));

/**
 * Output up to this size is kept and hashed after the clock has stopped. Larger output is hashed on
 * the way, which slows its writer a little.
 */
const keptBytesMax = 512 << 20;
const readBytesMax = 1 << 20;
const slowBytesPerMs = 40_000;
const stallMs = 60_000;

let kept: Buffer | undefined;

/**
 * Runs a contender to its end. Rejects with its error output when it fails. This thread only reads
 * meanwhile.
 */
export async function run(name: string, task: Task, options: RunOptions): Promise<Run> {
  const {output, folder} = options;
  const piped = output === 'null' ? undefined : pipeIn(folder);
  const target = piped?.writer ?? openSync('/dev/null', 'w');
  kept ??= Buffer.alloc(keptBytesMax);
  const since = performance.now();
  // Ours with the flags of the image and the launcher, the others with node's defaults.
  const flags = name.startsWith('ours') ? nodeFlags : [];
  const child = spawn(process.execPath, [...flags, contenderFile, name, JSON.stringify(task)], {
    stdio: ['ignore', target, 'pipe', 'pipe'],
    env: {...process.env, NODE_COMPILE_CACHE: cacheFolder},
  });
  closeSync(target);
  const ended = once(child, 'close');
  const said = textOf(child.stdio[2]);
  const reported = textOf(child.stdio[3]);
  const read = piped && drain(piped.reader, output);
  let wallS = (performance.now() - since) / 1_000;
  const [code] = await ended;
  if (read === undefined) wallS = (performance.now() - since) / 1_000;
  if (code !== 0) throw new Error(`Cannot measure ${name}: it ended with code ${code}\n${await said}`);
  const report: Report = JSON.parse(await reported);
  if (read === undefined) return {...report, wallS};
  const {bytes, digester} = read;
  if (bytes !== undefined) digester.add(bytes);
  return {...report, wallS, digest: digester.end(), output: bytes};
}

/**
 * Time and processor time of `unzip -p page.zip | wc -c`; undefined where unzip, or a bash that
 * measures processor time, is missing.
 */
export function runUnzip({page}: Task): Run | undefined {
  for (const [program, flag] of [
    ['unzip', '-v'],
    ['bash', '--version'],
  ] as const) {
    if (spawnSync(program, [flag]).error !== undefined) return undefined;
  }
  const since = performance.now();
  const {stdout, status} = spawnSync('bash', ['-c', 'unzip -p "$1" | wc -c; times', 'bash', page.zip], {encoding: 'utf8'});
  const wallS = (performance.now() - since) / 1_000;
  const [bytes = '', , childTimes = ''] = stdout.split('\n');
  if (status !== 0 || Number(bytes) !== page.csvBytes)
    throw new Error('Cannot measure unzip: it does not return the complete page');
  const cpuS = [...childTimes.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0);
  return {wallS, cpuS, workCpuS: cpuS, rssBytes: 0, count: Number(bytes)};
}

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the process that serves the pages. */
export function startServer(options: ServerOptions): Promise<PageServer> {
  return startProcess(serverFile, options);
}

/** Starts a program that prints its URL and ends with its input. */
export async function startProcess(file: string, options: object): Promise<PageServer> {
  const child: ChildProcess = spawn(process.execPath, [file, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const {stdin, stdout} = child;
  if (stdin === null || stdout === null) throw new Error('Cannot start the page server: it has no pipes');
  const ended = once(child, 'close');
  for await (const url of createInterface({input: stdout})) {
    return {
      url,
      async close() {
        stdin.end();
        await ended;
      },
    };
  }
  throw new Error('Cannot start the page server: it ended at once');
}

/** A named pipe, as the Flow runtime provides. Node itself gives a child a socket. */
function pipeIn(folder: string): {reader: number; writer: number} {
  const path = join(folder, `output-${process.hrtime.bigint()}`);
  const {status} = spawnSync('mkfifo', [path]);
  if (status !== 0) throw new Error('Cannot make a pipe: there is no program mkfifo');
  // Open at both ends, so that neither of the others waits for its counterpart.
  const both = openSync(path, 'r+');
  const reader = openSync(path, 'r');
  const writer = openSync(path, 'w');
  closeSync(both);
  return {reader, writer};
}

interface Drained {
  readonly digester: Digester;
  /** The output, if it could be kept; otherwise the digester has read it. */
  readonly bytes?: Buffer;
}

function drain(reader: number, output: Output): Drained {
  const buffer = kept!;
  const digester = new Digester();
  const since = performance.now();
  let total = 0;
  let at = 0;
  let stalled = false;
  for (;;) {
    const bytes = readSync(reader, buffer, at, Math.min(readBytesMax, buffer.length - at), null);
    if (bytes === 0) break;
    total += bytes;
    at += bytes;
    if (at === buffer.length) {
      digester.add(buffer);
      at = 0;
    }
    if (output === 'slow') wait(since + total / slowBytesPerMs - performance.now());
    if (output === 'stalled' && !stalled && total > readBytesMax) {
      stalled = true;
      wait(stallMs);
    }
  }
  closeSync(reader);
  if (at === total) return {digester, bytes: buffer.subarray(0, at)};
  digester.add(buffer.subarray(0, at));
  return {digester};
}

function wait(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function textOf(stream: unknown): Promise<string> {
  if (typeof stream !== 'object' || stream === null || !(Symbol.asyncIterator in stream)) return Promise.resolve('');
  return text(stream as AsyncIterable<string>);
}

/** Peak memory of a process that loads the contenders' entry and does nothing. */
export async function idleBytes(folder: string): Promise<number> {
  const task: Task = {page: nothing, pages: 0, bindings: 0, coql: false, url: ''};
  return (await run('idle', task, {output: 'null', folder})).rssBytes;
}

const nothing: Task['page'] = {
  shape: 'usual',
  rows: 0,
  zip: '',
  csv: '',
  json: '',
  csvLines: 0,
  csvBytes: 0,
  zipBytes: 0,
  jsonBytes: 0,
};
