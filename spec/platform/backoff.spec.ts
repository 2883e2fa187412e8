import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {backoff, jittered} from '../../lib/platform/backoff.ts';

const delays = suite('backoff');

delays('doubles from the first delay up to the longest, and is nothing before the first failure', () => {
  const delaysMs = [0, 1, 2, 3, 4, 5, 2_000].map((tries) => backoff(tries, {firstMs: 500, maxMs: 3_000}));
  assert.equal(delaysMs, [0, 500, 1_000, 2_000, 3_000, 3_000, 3_000]);
});

delays('spreads a delay over its jitter, beyond the longest too', () => {
  const between = (random: number) =>
    backoff(9, {firstMs: 500, maxMs: 1_000, jitter: {least: 0.5, spread: 1, random: () => random}});
  assert.equal([between(0), between(0.25), between(0.999)], [500, 750, 1_499]);
  assert.is(jittered(1_000, {least: 1, spread: 0.2, random: () => 0.5}), 1_100);
});

delays.run();
