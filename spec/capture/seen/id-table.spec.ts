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
