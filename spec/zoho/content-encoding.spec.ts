import assert from 'node:assert/strict';
import {brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync} from 'node:zlib';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {decoded, EncodingError, encodingsOf} from '../../lib/zoho/content-encoding.ts';
import {type Reply, withZoho} from '../harness/fake-zoho.ts';

const encoding = suite('decoded');
const {signal} = new AbortController();

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

const compressed =
  (name: string, body: Uint8Array): Reply =>
  (response) => {
    response.writeHead(200, {'content-type': 'application/json', 'content-encoding': name, 'content-length': body.length});
    response.end(body);
  };
const modules = Buffer.from('{"modules":[{"api_name":"Leads"}]}');

for (const [name, compress] of compressors) {
  encoding(`serves the client: ${name} by ${compress.name}`, () =>
    withZoho({replies: [compressed(name, compress(modules))]}, async ({client}) => {
      assert.deepEqual(
        (await client.modules(signal)).map((module) => module.name),
        ['Leads'],
      );
    }),
  );
}

encoding('takes compressed data that end early for a cut, which is asked for again', async () => {
  const whole = gzipSync(modules);
  const cut = compressed('gzip', whole.subarray(0, whole.length - 9));
  await withZoho({replies: [cut, cut, compressed('gzip', whole)]}, async ({client, received}) => {
    assert.equal((await client.modules(signal)).length, 1);
    assert.equal(received.length, 3);
  });
  await withZoho({replies: [cut]}, async ({client}) => {
    await assert.rejects(client.modules(signal), {kind: 'unavailable', message: /gzip data end early/});
  });
});

encoding('reads a compressed refusal', () =>
  withZoho(
    {
      replies: [
        (response) => {
          response.writeHead(400, {'content-encoding': 'gzip'});
          response.end(gzipSync('{"code":"INVALID_MODULE","message":"no","details":{},"status":"error"}'));
        },
      ],
    },
    async ({client}) => {
      await assert.rejects(client.fields('Leads', signal), {kind: 'module', code: 'INVALID_MODULE'});
    },
  ),
);

encoding('stops a bomb at the bound of its content', () =>
  withZoho({replies: [compressed('gzip', gzipSync(Buffer.alloc(65 << 20, ' ')))]}, async ({client}) => {
    const failed = await client.modules(signal).catch((error: unknown) => error);
    assert.ok(failed instanceof ZohoError, String(failed));
    assert.match(failed.message, /more than 67108864 bytes/);
  }),
);

encoding.run();
