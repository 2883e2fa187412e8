import assert from 'node:assert/strict';
import {brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync} from 'node:zlib';
import fc from 'fast-check';
import {suite} from 'uvu';
import {decoded, EncodingError, encodingsOf} from '../../lib/zoho/content-encoding.ts';

const encoding = suite('decoded');

const compressors: [name: string, compress: (content: Uint8Array) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
];

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(body: AsyncIterable<Uint8Array>, header: string | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of decoded(body, encodingsOf(header))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

encoding('gives back what was compressed, in every format and however it is cut', async () => {
  const size = fc.integer({min: 1, max: 40});
  const content = fc.uint8Array({maxLength: 2_000});
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...compressors), content, size, async ([name, compress], bytes, piece) => {
      assert.deepEqual(await read(inPieces(compress(bytes), piece), name.toUpperCase()), Buffer.from(bytes));
    }),
    {numRuns: 150},
  );
});

encoding('takes off several encodings, the last one first', async () => {
  const twice = brotliCompressSync(gzipSync('{"data":[]}'));
  assert.equal(String(await read(inPieces(twice, 7), 'gzip, br')), '{"data":[]}');
});

encoding('believes the first bytes before the header', async () => {
  assert.equal(String(await read(inPieces(gzipSync('{}'), 1), undefined)), '{}');
  assert.equal(String(await read(inPieces(zstdCompressSync('{}'), 1), 'identity')), '{}');
  for (const text of ['{"a":1}', 'PK\x03\x04', '', '{'])
    for (const header of [undefined, 'gzip', 'zstd', 'identity', ''])
      assert.equal(String(await read(inPieces(Buffer.from(text), 3), header)), text);
});

encoding('tells an early end from damage, and never waits for more', async () => {
  const bytes = Buffer.from(Array.from({length: 500}, (_, i) => `${i * 7919}`).join());
  for (const [name, compress] of compressors) {
    const whole = compress(bytes);
    await assert.rejects(read(inPieces(whole.subarray(0, whole.length >> 1), 50), name), (error: EncodingError) => {
      assert.ok(error instanceof EncodingError);
      return error.isShort;
    });
  }
  const damaged = gzipSync(bytes);
  damaged.fill(0xff, 12, 60);
  await assert.rejects(read(inPieces(damaged, 50), 'gzip'), {name: 'EncodingError', isShort: false});
  await assert.rejects(read(inPieces(bytes, 50), 'compress'), {name: 'EncodingError', isShort: false});
  await assert.rejects(read(inPieces(bytes, 50), 'br, br, br, br, br'), {name: 'EncodingError', isShort: false});
});

encoding('passes on how the body itself failed', async () => {
  const failure = new Error('cut');
  async function* broken(): AsyncGenerator<Uint8Array, void, void> {
    yield gzipSync('{"data":[]}').subarray(0, 12);
    throw failure;
  }
  await assert.rejects(read(broken(), 'gzip'), (error) => error === failure);
});

encoding.run();
