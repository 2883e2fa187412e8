import assert from 'node:assert/strict';
import {brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync} from 'node:zlib';
import fc from 'fast-check';
import {suite} from 'uvu';
import {decoded, EncodingError, encodingsOf} from '../../lib/zoho/content-encoding.ts';
import {settled} from '../harness/clocks.ts';

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
    {numRuns: 60},
  );
});

encoding('takes off several encodings, the last one first', async () => {
  const twice = brotliCompressSync(gzipSync('{"data":[]}'));
  assert.equal(String(await read(inPieces(twice, 7), 'gzip, br')), '{"data":[]}');
  const thrice = deflateSync(twice);
  assert.equal(String(await read(inPieces(thrice, 7), ' GZIP ,identity,, br, deflate')), '{"data":[]}');
  await assert.rejects(read(inPieces(gzipSync(thrice), 7), 'gzip, br, deflate, gzip'), {
    name: 'EncodingError',
    message: 'it is compressed 4 times over',
    isShort: false,
  });
});

encoding('believes the first bytes before the header', async () => {
  assert.equal(String(await read(inPieces(gzipSync('{}'), 1), undefined)), '{}');
  assert.equal(String(await read(inPieces(zstdCompressSync('{}'), 1), 'identity')), '{}');
  for (const text of ['{"a":1}', 'PK\x03\x04', '', '{'])
    for (const header of [undefined, 'gzip', 'x-gzip', 'zstd', 'identity', ''])
      assert.equal(String(await read(inPieces(Buffer.from(text), 3), header)), text);
  // The first byte of gzip or zstd alone means nothing.
  for (const text of ['(text)', '\x1f text']) assert.equal(String(await read(inPieces(Buffer.from(text), 3), undefined)), text);
  assert.equal(String(await read(inPieces(brotliCompressSync('{}'), 1), 'br, gzip')), '{}', 'one encoding less than it says');
});

encoding('takes off no more than the header says, and nothing of an empty body', async () => {
  const zipped = gzipSync('{}');
  assert.deepEqual(await read(inPieces(gzipSync(zipped), 7), 'gzip'), zipped);
  for (const header of ['br', 'deflate', 'gzip', 'compress'])
    assert.equal((await read(inPieces(Buffer.of(), 1), header)).length, 0);
});

encoding('tells bare Deflate from the zlib format by both of its marks', async () => {
  const bare = Array.from({length: 200}, (_, i) => deflateRawSync((i * 7_919).toString(36)));
  const checked = bare.find((bytes) => bytes.readUInt16BE(0) % 31 === 0);
  assert.ok(checked !== undefined && (checked[0]! & 0x0f) !== 8);
  assert.match(String(await read(inPieces(checked, 7), 'deflate')), /^[0-9a-z]+$/);
  // A block of five bytes as they are, whose header has a bit that means nothing, and an empty last one.
  const named = Buffer.from([0x08, 5, 0, 0xfa, 0xff, ...Buffer.from('bytes'), 3, 0]);
  assert.equal(String(await read(inPieces(named, 7), 'deflate')), 'bytes');
});

encoding('passes on what has come, without waiting for more than the first bytes', async () => {
  async function* unending(): AsyncGenerator<Uint8Array, void, void> {
    yield Buffer.from('ab');
    yield Buffer.from('cd');
    await new Promise(() => {});
  }
  const reading = decoded(unending(), []);
  assert.equal(String((await reading.next()).value), 'ab');
  assert.equal(String((await reading.next()).value), 'cd');
});

encoding('lets go of the body when its reader leaves early', async () => {
  const zipped = gzipSync(Buffer.alloc(1 << 20, 'x'));
  for (const bytes of [Buffer.alloc(100, 'x'), zipped]) {
    let left = false;
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      try {
        for (;;) yield bytes;
      } finally {
        left = true;
      }
    }
    for await (const chunk of decoded(endless(), [])) {
      assert.ok(chunk.length > 0);
      break;
    }
    await settled();
    assert.ok(left);
  }
  const next = async () => ({done: false as const, value: Buffer.from('body')});
  for await (const _ of decoded({[Symbol.asyncIterator]: () => ({next})}, [])) break;
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
  await assert.rejects(read(inPieces(damaged, 50), 'gzip'), (error: EncodingError) => {
    assert.deepEqual([error.name, error.isShort, error.message], ['EncodingError', false, 'its gzip data are malformed']);
    return (error.cause as NodeJS.ErrnoException).code === 'Z_DATA_ERROR';
  });
  await assert.rejects(read(inPieces(bytes, 50), `new-1.2${'x'.repeat(99)}`), {
    name: 'EncodingError',
    message: `it is compressed in a way that was not asked for (new-1.2${'x'.repeat(33)})`,
    isShort: false,
  });
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
