import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {IdTable} from '../../../lib/capture/seen/id-table.ts';

const table = suite('IdTable');
const id = fc.oneof(fc.bigInt(1n, 40n), fc.bigInt(1n, 2n ** 63n - 1n));

table('keeps what a map keeps, through growth, overwrites and forgetting', () => {
  const action = fc.oneof(
    fc.record({set: id, value: fc.nat(5)}),
    fc.record({drop: fc.nat(5)}),
    fc.record({clear: fc.constant(true)}),
  );
  fc.assert(
    fc.property(fc.array(action, {maxLength: 300}), (actions) => {
      const packed = new IdTable(2, {ids: 1 << 16});
      const map = new Map<bigint, number>();
      for (const step of actions) {
        if ('set' in step) {
          assert.equal(packed.set(step.set, [step.value, 7]), true);
          map.set(step.set, step.value);
        } else if ('drop' in step) {
          packed.retain((values) => values[0] !== step.drop);
          for (const [key, value] of map) if (value === step.drop) map.delete(key);
        } else {
          packed.clear();
          map.clear();
        }
        assert.equal(packed.size, map.size);
      }
      for (const [key, value] of map) assert.deepEqual([...(packed.get(key) ?? [])], [value, 7]);
      assert.equal(packed.has(2n ** 63n), false);
    }),
  );
});

table('distinguishes ids that differ only in one half', () => {
  const packed = new IdTable(0, {ids: 1024});
  packed.set(5725767000000524157n);
  assert.equal(packed.has(5725767000000524157n), true);
  assert.equal(packed.has(5725767000000524157n + (1n << 32n)), false);
  assert.equal(packed.has(5725767000000524156n), false);
});

/** Ids of which many have the same low half, the same high half, or only one of them. */
const halves = (count: number): bigint[] => [
  ...Array.from({length: count}, (_, i) => BigInt(i + 1)),
  ...Array.from({length: count}, (_, i) => BigInt(i + 1) << 32n),
  ...Array.from({length: count}, (_, i) => 5725767000000000000n + BigInt(i)),
];

/** A table of one number for each id: its place in the list. */
function tableOf(ids: readonly bigint[], budget = {ids: 1 << 16}): IdTable {
  const packed = new IdTable(1, budget);
  for (const [i, id] of ids.entries()) assert.equal(packed.set(id, [i]), true);
  return packed;
}

table('keeps every id with its number as it grows, and counts each once', () => {
  for (const count of [1, 14, 15, 30, 200]) {
    const ids = halves(count);
    const packed = tableOf(ids);
    for (const [i, id] of ids.entries()) assert.equal(packed.set(id, [i]), true);
    assert.equal(packed.size, ids.length);
    for (const [i, id] of ids.entries()) assert.deepEqual([...packed.get(id)!], [i], String(id));
    for (const other of halves(count).map((id) => id + (7n << 40n))) {
      assert.equal(packed.has(other), false);
      assert.equal(packed.get(other), undefined);
    }
  }
});

table('keeps of its ids those that pass a test, in as little room as they need', () => {
  const budget = {ids: 1 << 16};
  const ids = halves(200);
  for (const [kept, slots] of [
    [1, 64],
    [44, 64],
    [45, 128],
    [100, 256],
    [600, 1024],
  ] as const) {
    const packed = tableOf(ids, budget);
    packed.retain(([i]) => i! < kept);
    assert.deepEqual([packed.size, (1 << 16) - budget.ids], [kept, slots]);
    for (const [i, id] of ids.entries()) assert.deepEqual(packed.get(id)?.[0], i < kept ? i : undefined, String(id));
    packed.clear();
    assert.deepEqual([packed.size, packed.has(1n), packed.get(1n), budget.ids], [0, false, undefined, 1 << 16]);
  }
});

table('fills its slots up to seven tenths', () => {
  const packed = new IdTable(0, {ids: 64});
  for (let i = 1n; i <= 44n; i++) assert.equal(packed.set(i), true);
  assert.equal(packed.set(45n), false);
  assert.deepEqual([packed.size, packed.has(45n), packed.set(44n)], [44, false, true]);
});

table('accepts no new id when the shared budget is spent, and frees its room', () => {
  const budget = {ids: 128};
  const first = new IdTable(0, budget);
  const second = new IdTable(0, budget);
  let taken = 0;
  for (let i = 1n; i < 1000n; i++) if (first.set(i)) taken++;
  assert.equal(taken, first.size);
  assert.ok(taken >= 64 && taken < 128, `took ${taken}`);
  assert.equal(first.has(1n), true);
  assert.equal(second.set(1n), false);
  first.clear();
  assert.equal(budget.ids, 128);
  assert.equal(second.set(1n), true);
});

table.run();
