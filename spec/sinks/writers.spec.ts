import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {pipeDocuments} from '../../lib/pipeline.ts';
import type {Batch, DocBlock} from '../../lib/records/batch.ts';
import type {Sink, Transaction} from '../../lib/sinks/sink.ts';
import {batchWriter, sinkWriter} from '../../lib/sinks/writers.ts';

const test = suite('writers');
const {signal} = new AbortController();
const target = {index: 0, stateKey: 'k', collection: 'c'};

/** A block of this many documents, whose release is recorded. */
function docs(count: number, released: number[] = []): DocBlock {
  return {bytes: new Uint8Array(0), ranges: new Int32Array(2 * count), count, release: () => released.push(count)};
}

/** A sink that admits documents as requested, and keeps the checkpoints. */
function sinkOf(checkpoints: unknown[], failure?: Error): Sink {
  return {
    async write({docs: block, admit = () => true, patch}: Transaction) {
      let admitted = 0;
      for (let i = 0; i < (block?.count ?? 0); i++) if (admit(block!, i)) admitted++;
      if (failure !== undefined) throw failure;
      checkpoints.push(typeof patch === 'function' ? patch() : patch);
      return admitted;
    },
    async describe() {},
    async close() {},
  };
}

test('writes each batch as one transaction, with a checkpoint built after its documents were admitted', async () => {
  const checkpoints: unknown[] = [];
  const written: number[] = [];
  let admittedSoFar = 0;
  const into = sinkWriter<Batch<DocBlock>>(sinkOf(checkpoints), target, {
    admit: (_, i) => i > 0 && ++admittedSoFar > 0,
    onCommit: ({patch}) => ({...patch, admittedSoFar}),
    async onWritten(admitted) {
      written.push(admitted);
    },
  });
  await pipeDocuments([{items: docs(3), patch: {page: 1}}, {items: docs(2)}], {into, signal});
  assert.deepEqual(checkpoints, [{page: 1, admittedSoFar: 2}, {admittedSoFar: 3}]);
  assert.deepEqual(written, [2, 1]);
});

test('skips a batch without documents and patch, and reports it as written', async () => {
  const checkpoints: unknown[] = [];
  const written: number[] = [];
  const into = sinkWriter<Batch<DocBlock>>(sinkOf(checkpoints), target, {
    onCommit: ({patch}) => (typeof patch === 'function' ? patch() : patch),
    async onWritten(admitted) {
      written.push(admitted);
    },
  });
  await pipeDocuments([{items: docs(0)}, {items: docs(0), patch: {end: true}}], {into, signal});
  assert.deepEqual(checkpoints, [{end: true}]);
  assert.deepEqual(written, [0, 0]);
});

test("ends the pipe with the sink's failure, and reports that the batch was not written", async () => {
  let failed = 0;
  const into = sinkWriter<Batch<DocBlock>>(sinkOf([], new Error('The disk is full')), target, {
    onCommit: () => ({}),
    onWritten: () => assert.fail('nothing was written'),
    onFailed: () => failed++,
  });
  await assert.rejects(pipeDocuments([{items: docs(1)}, {items: docs(1)}], {into, signal}), {message: 'The disk is full'});
  assert.equal(failed, 1);
});

test('writes what nobody wants to hear of, and blocks that nobody lent', async () => {
  const block = {bytes: new Uint8Array(0), ranges: new Int32Array(2), count: 1};
  const checkpoints: unknown[] = [];
  const onCommit = () => ({x: 1});
  await pipeDocuments([{items: block}], {into: sinkWriter<Batch<DocBlock>>(sinkOf(checkpoints), target, {onCommit}), signal});
  assert.deepEqual(checkpoints, [{x: 1}]);
  const failing = sinkWriter<Batch<DocBlock>>(sinkOf([], new Error('The disk is full')), target, {onCommit});
  await assert.rejects(pipeDocuments([{items: block}], {into: failing, signal}), {message: 'The disk is full'});
});

test('releases the bytes of a batch only when it is written', async () => {
  const released: number[] = [];
  const during: number[][] = [];
  const into = batchWriter(async () => void during.push([...released]));
  await pipeDocuments([{items: docs(1, released)}, {items: docs(2, released)}], {into, signal});
  assert.deepEqual(during, [[], [1]]);
  assert.deepEqual(released, [1, 2]);
});

test.run();
