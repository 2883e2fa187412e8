import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {Semaphore} from '../../lib/platform/semaphore.ts';

const slots = suite('Slots');
const {signal} = new AbortController();

slots('gives no more places than it has, in the order they were asked for', async () => {
  const two = new Semaphore(2);
  const order: string[] = [];
  const first = await two.acquire(signal);
  const second = await two.acquire(signal);
  const third = two.acquire(signal).then((release) => {
    order.push('third');
    return release;
  });
  const fourth = two.acquire(signal).then((release) => {
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
  const one = new Semaphore(1);
  const held = await one.acquire(signal);
  const leaving = new AbortController();
  const left = one.acquire(leaving.signal);
  const stays = one.acquire(signal);
  leaving.abort(new Error('enough'));
  await assert.rejects(left, /enough/);
  held();
  await stays;
  assert.equal(one.tryAcquire(), undefined);
});

slots('gives a place without waiting only when one is free', async () => {
  const one = new Semaphore(1);
  const release = one.tryAcquire();
  assert.equal(one.tryAcquire(), undefined);
  release?.();
  assert.notEqual(one.tryAcquire(), undefined);
});

slots.run();
