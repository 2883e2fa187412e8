import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ConfigError} from '../../lib/errors/errors.ts';
import {lines} from '../../lib/flow/lines.ts';

const framing = suite('lines');

async function* chunks(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const at = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < at.length; i++) yield bytes.subarray(at[i - 1], at[i]);
}

async function collect(input: AsyncIterable<Uint8Array>, bytesMax?: number): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines(input, bytesMax)) found.push(line);
  return found;
}

const text = fc.string({
  unit: fc.oneof(fc.constantFrom('ü', '語', '🙂', '\r', ' '), fc.string({unit: 'grapheme', maxLength: 1})),
});

framing('gives the same lines however the bytes are cut, characters of several bytes included', async () => {
  const cut = fc.array(fc.nat());
  await fc.assert(
    fc.asyncProperty(fc.array(text), cut, fc.boolean(), async (given, at, closed) => {
      const sent = given.map((line) => line.replaceAll('\n', ''));
      const bytes = Buffer.from(sent.join('\n') + (closed ? '\n' : ''));
      const expected = sent.map((line) => line.trim()).filter((line) => line !== '');
      const cuts = at.map((position) => position % (bytes.length + 1));
      assert.deepEqual(await collect(chunks(bytes, cuts)), expected);
    }),
  );
});

framing('takes what follows the last newline for a line', async () => {
  assert.deepEqual(await collect(chunks(Buffer.from('{"spec":{}}'), [])), ['{"spec":{}}']);
  assert.deepEqual(await collect(chunks(Buffer.from(''), [])), []);
});

framing('refuses a line that is too long, before all of it has come', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 1024;
      yield Buffer.alloc(1024, 'x');
    }
  }
  await assert.rejects(
    collect(endless(), 10_000),
    (error: unknown) =>
      error instanceof ConfigError && error.message === 'Cannot read request 1: its line has more than 10000 bytes',
  );
  assert.ok(read < 12_000);
  assert.deepEqual(await collect(chunks(Buffer.from('1234\n1234\n'), []), 4), ['1234', '1234']);
});

framing('refuses bytes that are not UTF-8, naming the request and nothing of its content', async () => {
  await assert.rejects(
    collect(chunks(Buffer.from([...Buffer.from('{"spec":{}}\n"'), 0xff, ...Buffer.from('"\n')]), [])),
    (error: unknown) =>
      error instanceof ConfigError &&
      error.message === 'Cannot read request 2: its line is not UTF-8' &&
      error.cause instanceof TypeError,
  );
});

framing('reads no further than the line that was asked for', async () => {
  let read = 0;
  async function* input() {
    for (let i = 0; i < 10; i++) {
      read++;
      yield Buffer.from(`${i}\n`);
    }
  }
  for await (const line of lines(input())) {
    assert.equal(read, Number(line) + 1);
    if (line === '3') break;
  }
  assert.equal(read, 4);
});

framing.run();
