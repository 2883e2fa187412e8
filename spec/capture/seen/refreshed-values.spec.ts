import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {RefreshedValues} from '../../../lib/capture/seen/refreshed-values.ts';

/** The values that refreshes wrote last for each record (design 5.8). */
const values = suite('refreshed values');

const id = 5725767000000524157n;
const doc = (score: number) =>
  Buffer.from(`{"id":${id},"Modified_Time":"2026-10-01T10:00:00Z","Score":${score},"_meta":{"op":"u"}}`);
const table = (ids = 1 << 10) => new RefreshedValues({ids});

values('holds only the last document of a record', () => {
  const refreshed = table();
  assert.equal(refreshed.holds(id, doc(1)), false);
  refreshed.note(id, doc(1));
  assert.equal(refreshed.holds(id, doc(1)), true);
  assert.equal(refreshed.holds(id, doc(2)), false);
  assert.equal(refreshed.holds(id + 1n, doc(1)), false);
  refreshed.note(id, doc(2));
  assert.equal(refreshed.holds(id, doc(1)), false, 'a value that comes back has changed twice');
  assert.equal(refreshed.holds(id, doc(2)), true);
});

values('compares every word of a digest', () => {
  // The digests of either two have one word in common.
  for (const [one, other] of [
    [42_166, 112_448],
    [23_183, 34_679],
  ] as const) {
    const refreshed = table();
    refreshed.note(id, Buffer.from(`{"Score":${one}}`));
    assert.equal(refreshed.holds(id, Buffer.from(`{"Score":${other}}`)), false);
  }
});

values('takes room only for records that a refresh wrote', () => {
  const refreshed = table();
  refreshed.forget(id);
  assert.equal(refreshed.size, 0);
  refreshed.note(id, doc(1));
  refreshed.forget(id);
  assert.equal(refreshed.size, 1, 'which is kept for the next one');
});

values('holds nothing after another document of the record was written', () => {
  const refreshed = table();
  refreshed.note(id, doc(1));
  refreshed.forget(id);
  assert.equal(refreshed.holds(id, doc(1)), false);
  refreshed.note(id, doc(1));
  assert.equal(refreshed.holds(id, doc(1)), true);
  refreshed.clear();
  assert.equal(refreshed.holds(id, doc(1)), false);
});

values('holds as many records as fit, and matches no other', () => {
  const refreshed = table(128);
  for (let i = 0n; i < 200n; i++) refreshed.note(id + i, doc(Number(i)));
  let held = 0;
  for (let i = 0n; i < 200n; i++) if (refreshed.holds(id + i, doc(Number(i)))) held++;
  assert.ok(held > 40 && held < 200, `${held} records`);
  for (let i = 0n; i < 200n; i++) assert.equal(refreshed.holds(id + i, doc(Number(i) + 1)), false);
});

values('frees its room', () => {
  const budget = {ids: 1 << 10};
  const refreshed = new RefreshedValues(budget);
  refreshed.note(id, doc(1));
  assert.ok(budget.ids < 1 << 10);
  refreshed.clear();
  assert.equal(budget.ids, 1 << 10);
});

values.run();
