/**
 * Recorded conversations between Flow and the connector: `spec/harness/transcripts/*.jsonl`,
 * compared line by line and byte by byte.
 */
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {Readable, Writable} from 'node:stream';
import {type Handlers, serve} from '../../lib/connector/serve.ts';
import {type Log, silent} from '../../lib/platform/log.ts';

/**
 * Lines of a transcript: `{"flow":<request>}` is sent, `{"connector":<response>}` is expected.
 * Order is kept within each side.
 */
export interface Transcript {
  readonly requests: readonly string[];
  readonly responses: readonly string[];
}

export async function transcript(name: string): Promise<Transcript> {
  const text = await readFile(new URL(`transcripts/${name}.jsonl`, import.meta.url), 'utf8');
  const said = (by: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`{"${by}":`))
      .map((line) => line.slice(by.length + 4, -1));
  const [requests, responses] = [said('flow'), said('connector')];
  assert.equal(requests.length + responses.length, text.trimEnd().split('\n').length, `${name}: a line of neither side`);
  return {requests, responses};
}

export interface Talk {
  readonly handlers: Handlers;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/**
 * Sends the input and closes it; returns everything the connector wrote. Rejects as `serve` does.
 */
export async function talk(input: string | Readable, {handlers, log = silent, signal}: Talk): Promise<string> {
  const written: Buffer[] = [];
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      // The connector reuses its blocks.
      written.push(Buffer.from(chunk));
      done();
    },
  });
  await serve({
    input: typeof input === 'string' ? Readable.from([Buffer.from(input)]) : input,
    output,
    handlers,
    log,
    signal: signal ?? new AbortController().signal,
  });
  return Buffer.concat(written).toString();
}

/** Plays Flow's side of a transcript and compares the connector's whole side. */
export async function replay(name: string, handlers: Handlers): Promise<void> {
  const {requests, responses} = await transcript(name);
  const output = await talk(requests.map((line) => `${line}\n`).join(''), {handlers});
  assert.equal(output, responses.map((line) => `${line}\n`).join(''));
}
