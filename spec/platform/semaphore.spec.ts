import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {Slots} from '../../lib/platform/semaphore.ts';

const slots = suite('Slots');
const {signal} = new AbortController();

slots('gives no more places than it has, in the order they were asked for', async () => {
  const two = new Slots(2);
  const order: string[] = [];
  const first = await two.take(signal);
  const second = await two.take(signal);
  const third = two.take(signal).then((release) => {
    order.push('third');
    return release;
  });
  const fourth = two.take(signal).then((release) => {
    order.push('fourth');
    return release;
  });
  await Promise.resolve();
  assert.deepEqual(order, []);
  first();
  first();
  (await third)();
  second();
  await fourth;
  assert.deepEqual(order, ['third', 'fourth']);
});

slots('stops waiting at once on abort, and the place goes to the next', async () => {
  const one = new Slots(1);
  const held = await one.take(signal);
  const leaving = new AbortController();
  const left = one.take(leaving.signal);
  const stays = one.take(signal);
  leaving.abort(new Error('enough'));
  await assert.rejects(left, /enough/);
  held();
  await stays;
  assert.equal(one.tryTake(), undefined);
});

slots('gives a place without waiting only when one is free', async () => {
  const one = new Slots(1);
  const release = one.tryTake();
  assert.equal(one.tryTake(), undefined);
  release?.();
  assert.notEqual(one.tryTake(), undefined);
});

slots.run();
