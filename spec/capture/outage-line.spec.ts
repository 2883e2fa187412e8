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

line('a success ends the turn, so that the next outage begins with the first pause again', async () => {
  const {outages, bindings, tries, pass, wait} = waiting(1);
  await pass(outageDelayMs);
  outages.failed(bindings[0]!);
  assert.equal(outages.pauseMs, 2 * outageDelayMs);
  void wait(bindings[0]!);
  await pass(2 * outageDelayMs);
  outages.reached(bindings[0]!);
  assert.equal(outages.pauseMs, outageDelayMs);
  void wait({i: 7});
  await pass(outageDelayMs);
  assert.deepEqual(tries, [0, 0, 7]);
});

line('a binding that still reaches Zoho wakes nobody, and one that fails out of turn ends no turn', async () => {
  const {outages, bindings, tries, pass} = waiting(2);
  outages.reached({});
  outages.failed(bindings[1]!);
  await pass(outageDelayMs);
  assert.deepEqual(tries, [0]);
  for (const other of [{}, bindings[1]!]) {
    outages.failed(other);
    outages.reached(other);
  }
  await pass(10 * outageDelayMaxMs);
  assert.deepEqual([tries, outages.pauseMs], [[0], outageDelayMs]);
});

line('a binding that stops while it waits makes room for the next', async () => {
  const clock = new ManualClock();
  const outages = new OutageLine(clock);
  const [first, second] = [new AbortController(), new AbortController()];
  const stopped = outages.wait({}, first.signal);
  const next = outages.wait({}, second.signal);
  await settled();
  first.abort(new Error('stop'));
  await assert.rejects(stopped, /stop/);
  await clock.advance(outageDelayMs);
  await next;
});

line('a binding that is to stop does not try again, even if the outage ends at that moment', async () => {
  const {outages, bindings, pass} = waiting(1);
  const abort = new AbortController();
  await pass(outageDelayMs);
  const stopped = outages.wait({}, abort.signal);
  outages.reached(bindings[0]!);
  abort.abort(new Error('stop'));
  await assert.rejects(stopped, /stop/);
});

line('a failure of the clock is not taken for the end of the outage', async () => {
  const broken = new Error('no timers');
  const outages = new OutageLine(Object.assign(new ManualClock(), {sleep: () => Promise.reject(broken)}));
  await assert.rejects(outages.wait({}, new AbortController().signal), (error) => error === broken);
});

line.run();
