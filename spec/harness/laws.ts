/**
 * Laws that every stage of the path obeys. The same checks run for all stages, and for broken ones,
 * which must fail.
 */
import assert from 'node:assert/strict';
import {setImmediate} from 'node:timers/promises';
import type {Test} from 'uvu';
import type {Batch} from '../../lib/records/batch.ts';

/** A stage as a function from its input to its output. */
export type Stage<In, Out> = (source: AsyncIterable<In>) => AsyncIterable<Out>;

export interface StageOptions<In> {
  /** Enough chunks for the stage to give its first output long before their end. */
  readonly chunks: readonly In[];
  /** Chunks that the stage may have pulled some time after its first output was read. */
  readonly readAheadMax: number;
}

/** Adapts a stage written as a transform stream. */
export function streamed<In, Out>(transform: () => TransformStream<In, Out>): Stage<In, Out> {
  return (source) => ReadableStream.from(source).pipeThrough(transform());
}

/** Registers the laws for a stage. */
export function stageLaws<In, Out>(test: Test, name: string, stage: Stage<In, Out>, options: StageOptions<In>): void {
  test(`${name} closes its source when the reader leaves`, () => closesSource(stage, options));
  test(`${name} reads ahead no further than it says`, () => readsAhead(stage, options));
  test(`${name} fails once, with what its source failed with`, () => failsOnce(stage, options));
}

/** Registers the laws of stages that turn one batch into one batch. */
export function batchLaws<In, Out>(test: Test, name: string, stage: Stage<Batch<In>, Batch<Out>>, items: readonly In[]): void {
  test(`${name} keeps the order of batches, and every patch on its own`, () => keepsPatches(stage, items));
}

/** Lets pending work continue without real time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

export async function closesSource<In, Out>(stage: Stage<In, Out>, {chunks}: StageOptions<In>): Promise<void> {
  let closed = false;
  async function* source(): AsyncGenerator<In, void, void> {
    try {
      yield* chunks;
    } finally {
      closed = true;
    }
  }
  for await (const _ of stage(source())) break;
  await settle();
  assert.ok(closed, 'The source was not closed');
}

export async function readsAhead<In, Out>(stage: Stage<In, Out>, {chunks, readAheadMax}: StageOptions<In>): Promise<void> {
  let pulled = 0;
  async function* source(): AsyncGenerator<In, void, void> {
    for (const chunk of chunks) {
      pulled++;
      yield chunk;
    }
  }
  for await (const _ of stage(source())) {
    await settle();
    break;
  }
  assert.ok(readAheadMax < chunks.length, 'The law needs more chunks than may be read ahead');
  assert.ok(
    pulled <= readAheadMax,
    `${pulled} of ${chunks.length} chunks were pulled for the first output; ${readAheadMax} are allowed`,
  );
}

export async function failsOnce<In, Out>(stage: Stage<In, Out>, {chunks}: StageOptions<In>): Promise<void> {
  const failure = new Error('The source failed');
  async function* source(): AsyncGenerator<In, void, void> {
    yield* chunks;
    throw failure;
  }
  const output = stage(source())[Symbol.asyncIterator]();
  const failures: unknown[] = [];
  for (let step = 0; failures.length === 0 && step <= 10 * chunks.length; step++) {
    const {done} = await output.next().catch((error: unknown) => {
      failures.push(error);
      return {done: true};
    });
    if (done) break;
  }
  assert.deepEqual(failures, [failure]);
  assert.equal((await output.next().catch(() => ({done: true}))).done, true);
}

export async function keepsPatches<In, Out>(stage: Stage<Batch<In>, Batch<Out>>, items: readonly In[]): Promise<void> {
  const batches = items.map((item, i): Batch<In> => (i % 2 === 0 ? {items: item, patch: {rows: i}} : {items: item}));
  async function* source(): AsyncGenerator<Batch<In>, void, void> {
    yield* batches;
  }
  const given: Batch<Out>[] = [];
  for await (const batch of stage(source())) given.push(batch);
  assert.deepEqual(
    given.map(({patch}) => patch),
    batches.map(({patch}) => patch),
  );
}
