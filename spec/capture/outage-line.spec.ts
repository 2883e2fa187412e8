import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {OutageLine} from '../../lib/capture/outage-line.ts';
import {outageDelayMaxMs, outageDelayMs} from '../../lib/limits.ts';
import {ManualClock, settled} from '../harness/clocks.ts';

/** Bindings in an outage: one retries at a time, and the first success wakes the others. */
const line = suite('outage line');

function waiting(count: number) {
  const clock = new ManualClock();
  const outages = new OutageLine(clock);
  const {signal} = new AbortController();
  const bindings = Array.from({length: count}, (_, i) => ({i}));
  const tries: number[] = [];
  const wait = (binding: {i: number}) => outages.wait(binding, signal).then(() => void tries.push(binding.i));
  for (const binding of bindings) void wait(binding);
  const pass = async (ms: number) => {
    await clock.advance(ms);
    await settled();
  };
  return {outages, bindings, tries, wait, pass};
}

line('one binding retries at a time, in order of arrival', async () => {
  const {outages, bindings, tries, wait, pass} = waiting(3);
  await pass(outageDelayMs);
  assert.deepEqual(tries, [0]);
  await pass(10 * outageDelayMaxMs);
  assert.deepEqual(tries, [0], 'as long as its try goes on');
  outages.failed(bindings[0]!);
  void wait(bindings[0]!);
  await pass(2 * outageDelayMs);
  assert.deepEqual(tries, [0, 1]);
});

line('the pause doubles up to its limit', async () => {
  const {outages, bindings, pass, wait} = waiting(1);
  const pauses: number[] = [];
  for (let round = 0; round < 5; round++) {
    pauses.push(outages.pauseMs);
    await pass(outages.pauseMs);
    outages.failed(bindings[0]!);
    void wait(bindings[0]!);
  }
  assert.deepEqual(pauses, [2_000, 4_000, 8_000, 8_000, 8_000]);
});

line('the first to succeed wakes all others at once', async () => {
  const {outages, bindings, tries, pass} = waiting(4);
  await pass(outageDelayMs);
  outages.reached(bindings[0]!);
  await settled();
  assert.deepEqual(tries.toSorted(), [0, 1, 2, 3]);
  assert.equal(outages.pauseMs, outageDelayMs);
});

line('a binding that still reaches Zoho wakes nobody', async () => {
  const {outages, tries, pass} = waiting(2);
  outages.reached({});
  await pass(0);
  assert.deepEqual(tries, []);
});

line.run();
