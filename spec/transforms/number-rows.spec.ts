import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type Batch, type DocBlock, shapeRoomBytes} from '../../lib/records/batch.ts';
import {RowDigest} from '../../lib/records/row-digest.ts';
import {NumberStream, numberRows} from '../../lib/transforms/number-rows.ts';
import {docsOf, textsOf} from '../harness/blocks.ts';
import {stageLaws, streamed} from '../harness/laws.ts';

const numbering = suite('numbering of rows');

function digestOf(rows: readonly string[]): RowDigest {
  const digest = new RowDigest();
  for (const row of rows) digest.add(Buffer.from(row));
  return digest;
}

const texts = ['{"id":7', '{"id":8,"Skill":null', '{"id":9'];

numbering('goes on after the rows that were counted, u below the numbers in use and c from there on', () => {
  const digest = digestOf(['x', 'y']);
  assert.deepEqual(textsOf(numberRows(docsOf(texts, shapeRoomBytes), digest, 4)), [
    '{"id":7,"_meta":{"op":"u","row_id":2}}',
    '{"id":8,"Skill":null,"_meta":{"op":"u","row_id":3}}',
    '{"id":9,"_meta":{"op":"c","row_id":4}}',
  ]);
  assert.equal(digest.text, digestOf(['x', 'y', ...texts]).text, 'the number is no part of the digest');
});

numbering('stays within the room behind a document, whatever the number', () => {
  const digest = new RowDigest(undefined, Number.MAX_SAFE_INTEGER - 1);
  const {bytes, ranges} = numberRows(docsOf(['{"id":7', '{"id":8'], shapeRoomBytes), digest, 0);
  assert.equal(
    Buffer.from(bytes.subarray(ranges[2])).toString().replaceAll('#', ''),
    '{"id":8,"_meta":{"op":"c","row_id":9007199254740991}}',
  );
  assert.ok(ranges[1]! <= ranges[2]! && ranges[3]! <= bytes.length);
});

numbering('completes documents in their own block, wherever it lies in its memory', () => {
  const {bytes, ...more} = docsOf(texts, shapeRoomBytes);
  const memory = new Uint8Array(bytes.length + 20);
  memory.set(bytes, 10);
  let released = 0;
  const docs = {...more, bytes: memory.subarray(10, 10 + bytes.length), release: () => released++};
  const numbered = numberRows(docs, new RowDigest(), 0);
  assert.deepEqual(textsOf(numbered), textsOf(numberRows(docsOf(texts, shapeRoomBytes), new RowDigest(), 0)));
  assert.equal(numbered.bytes, docs.bytes);
  assert.deepEqual([...memory.subarray(0, 10), ...memory.subarray(-10)], Array(20).fill(0));
  assert.deepEqual(textsOf(docs), texts, 'the documents passed in read as before');
  numbered.release?.();
  assert.equal(released, 1);
});

const batchOf = (rows: readonly string[], patch?: Batch<DocBlock>['patch']): Batch<DocBlock> => ({
  items: docsOf(rows, shapeRoomBytes),
  ...(patch && {patch}),
});

numbering('of batches goes on from one to the next, and says with each what was read so far', async () => {
  async function* source(): AsyncGenerator<Batch<DocBlock>, void, void> {
    yield batchOf(texts.slice(0, 2), {page: 1});
    yield batchOf(texts.slice(2));
  }
  const begun = digestOf(['x']);
  const batches = await Array.fromAsync(ReadableStream.from(source()).pipeThrough(new NumberStream(begun, 2)));
  assert.deepEqual(
    batches.map(({items}) => textsOf(items)),
    [
      ['{"id":7,"_meta":{"op":"u","row_id":1}}', '{"id":8,"Skill":null,"_meta":{"op":"c","row_id":2}}'],
      ['{"id":9,"_meta":{"op":"c","row_id":3}}'],
    ],
  );
  assert.deepEqual(
    batches.map(({digest}) => [digest.count, digest.text]),
    [2, 3].map((count) => [count + 1, digestOf(['x', ...texts.slice(0, count)]).text]),
  );
  assert.deepEqual(
    batches.map(({read, patch}) => [read, patch]),
    [
      [{page: 1}, undefined],
      [undefined, undefined],
    ],
  );
  assert.equal(begun.count, 1, 'the digest passed in is not the one that counts');
});

stageLaws(
  numbering,
  'NumberStream',
  streamed(() => new NumberStream(new RowDigest(), 0)),
  {chunks: Array.from({length: 20}, () => batchOf(texts)), readAheadMax: 3},
);

numbering.run();
