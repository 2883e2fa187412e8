import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {Batch} from '../../lib/records/batch.ts';
import {batchLaws, closesSource, failsOnce, keepsPatches, readsAhead, type Stage, stageLaws, streamed} from './laws.ts';

const laws = suite('stage laws');

const options = {chunks: Array.from({length: 40}, (_, i) => i), readAheadMax: 4};

async function* passOn<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  for await (const chunk of source) yield chunk;
}

stageLaws(laws, 'a generator that passes on', passOn, options);
stageLaws(
  laws,
  'a transform stream that passes on',
  streamed(() => new TransformStream<number, number>()),
  options,
);
batchLaws(laws, 'a generator that passes on', passOn, ['a', 'b', 'c']);

async function* leaveOpen<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  const chunks = source[Symbol.asyncIterator]();
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

async function* greedy<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  const all: T[] = [];
  for await (const chunk of source) all.push(chunk);
  yield* all;
}

async function* swallow<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  try {
    yield* passOn(source);
  } catch {
    return;
  }
}

async function* reword<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  try {
    yield* passOn(source);
  } catch {
    throw new Error('Something failed');
  }
}

async function* backwards<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  const all: T[] = [];
  for await (const chunk of source) all.unshift(chunk);
  yield* all;
}

const dropPatch: Stage<Batch<string>, Batch<string>> = async function* (source) {
  for await (const {items} of source) yield {items};
};

laws('catch a stage that leaves its source open', async () => {
  await assert.rejects(closesSource(leaveOpen, options), /not closed/);
});

laws('catch a stage that reads all of its input first', async () => {
  await assert.rejects(readsAhead(greedy, options), /40 of 40 chunks/);
});

laws('catch a stage that swallows or rewrites a failure', async () => {
  await assert.rejects(failsOnce(swallow, options));
  await assert.rejects(failsOnce(reword, options));
});

laws('catch a stage that drops or exchanges patches', async () => {
  await assert.rejects(keepsPatches(dropPatch, ['a', 'b', 'c']));
  await assert.rejects(keepsPatches(backwards<Batch<string>>, ['a', 'b', 'c', 'd']));
});

laws.run();
