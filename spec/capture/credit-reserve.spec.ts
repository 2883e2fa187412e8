import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {CreditReserve, changesADay, nothingOnHold, onHoldWith} from '../../lib/capture/credit-reserve.ts';

/** What waits while credits run short (design 5.9). */
const reserve = suite('credit reserve');

const fiveMinutes = 300_000;

reserve('nothing waits while Zoho does not report its credits', () => {
  for (const before of [nothingOnHold, {deletions: true, refreshes: true}])
    assert.deepEqual(onHoldWith(undefined, 288, before), {deletions: false, refreshes: false});
});

reserve('deletions wait first, then refreshes', () => {
  const kept = (remaining: number) => onHoldWith(remaining, 288, nothingOnHold);
  assert.deepEqual(kept(500), {deletions: false, refreshes: false});
  assert.deepEqual(kept(499), {deletions: true, refreshes: false});
  assert.deepEqual(kept(250), {deletions: true, refreshes: false});
  assert.deepEqual(kept(249), {deletions: true, refreshes: true});
});

reserve('many bindings keep what their changes cost in half a day', () => {
  const changes = changesADay(Array(50).fill(fiveMinutes));
  assert.equal(changes, 50 * 288);
  assert.equal(onHoldWith(7_200, changes, nothingOnHold).deletions, false);
  assert.equal(onHoldWith(7_199, changes, nothingOnHold).deletions, true);
});

reserve('waiting work continues only with credits to spare', () => {
  let left = 499;
  const credits = new CreditReserve(() => left, [fiveMinutes]);
  assert.equal(credits.onHold.deletions, true);
  left = 600;
  assert.equal(credits.onHold.deletions, true);
  left = 625;
  assert.equal(credits.onHold.deletions, false);
  left = 600;
  assert.equal(credits.onHold.deletions, false);
});

reserve.run();
