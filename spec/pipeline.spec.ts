import assert from 'node:assert/strict';
import {setImmediate} from 'node:timers/promises';
import {suite} from 'uvu';
import {pipe} from '../lib/pipeline.ts';
import type {Batch, RowBlock} from '../lib/records/batch.ts';
import {batchWriter} from '../lib/sinks/writers.ts';
import {csvRows} from './transforms/samples.ts';

const test = suite('pipe');

test('leaves a batch alone until it is written', async () => {
  async function* source(): AsyncGenerator<Batch<RowBlock>, void, void> {
    for (let i = 1; i <= 20; i++)
      yield {items: await csvRows(`Id,Modified_Time,A\n${i},2026-10-01T10:00:00Z,${'x'.repeat(i)}\n`)};
  }
  const seen: string[] = [];
  await pipe(source(), {
    module: 'Leads',
    fields: new Map(),
    signal: new AbortController().signal,
    onMisfit() {},
    into: batchWriter(async ({items}) => {
      const text = () => Buffer.from(items.bytes.subarray(items.ranges[0], items.ranges[1])).toString();
      const before = text();
      for (let turn = 0; turn < 10; turn++) await setImmediate();
      assert.equal(text(), before);
      seen.push(before);
    }),
  });
  assert.deepEqual(
    seen,
    Array.from(
      {length: 20},
      (_, i) => `{"id":${i + 1},"Modified_Time":"2026-10-01T10:00:00Z","A":"${'x'.repeat(i + 1)}","_meta":{"op":"u"}}`,
    ),
  );
});

test.run();
