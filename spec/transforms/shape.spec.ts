import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {Batch, DocBlock} from '../../lib/records/batch.ts';
import {ShapeStream, shapeDocs} from '../../lib/transforms/shape.ts';
import {docsOf, textsOf} from '../harness/blocks.ts';
import {batchLaws, stageLaws, streamed} from '../harness/laws.ts';

const shape = suite('shape');

const open = ['{"id":7,"Modified_Time":"t"', '{"id":8,"Modified_Time":"t","Name":"é"'];
const complete = open.map((text) => `${text},"_meta":{"op":"u"}}`);

shape('completes each document where it is, as an upsert', () => {
  const docs = docsOf(open, 48);
  const shaped = shapeDocs(docs);
  assert.deepEqual(textsOf(shaped), complete);
  assert.equal(shaped.bytes, docs.bytes);
  assert.deepEqual(textsOf(shapeDocs(docsOf([]))), []);
});

shape('leaves the documents passed in as they read before', () => {
  const docs = docsOf(open, 48);
  shapeDocs(docs);
  assert.deepEqual(textsOf(docs), open);
});

shape('passes on how to return the block', () => {
  let released = 0;
  shapeDocs({...docsOf(open, 48), release: () => released++}).release?.();
  assert.equal(released, 1);
});

const stage = streamed((): TransformStream<Batch<DocBlock>, Batch<DocBlock>> => new ShapeStream());

shape('completes the documents of each batch beside its own patch', async () => {
  async function* source(): AsyncGenerator<Batch<DocBlock>, void, void> {
    yield {items: docsOf(open.slice(0, 1), 48), patch: {n: 1}};
    yield {items: docsOf(open.slice(1), 48)};
  }
  const batches = await Array.fromAsync(stage(source()), ({items, ...more}) => ({texts: textsOf(items), ...more}));
  assert.deepEqual(batches, [{texts: complete.slice(0, 1), patch: {n: 1}}, {texts: complete.slice(1)}]);
});

const items = docsOf(open, 48);
stageLaws(shape, 'ShapeStream', stage, {chunks: Array.from({length: 20}, () => ({items})), readAheadMax: 3});
batchLaws(shape, 'ShapeStream', stage, [items, items, items]);

shape.run();
