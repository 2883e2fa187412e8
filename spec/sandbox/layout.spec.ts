import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {Layout, type RowOrder} from '../../lib/sandbox/layout.ts';

const layout = suite('Layout');

const layouts = fc
  .record({
    count: fc.integer({min: 0, max: 3_000}),
    seed: fc.nat(),
    idBase: fc.constantFrom(999_999_999_999_999_000n, 5_725_767_000_000_524_157n),
  })
  .map((options) => new Layout({...options, fromS: 1_700_000_000, toS: 1_702_000_000}));

const indices = ({count}: Layout) => Array.from({length: count}, (_, i) => i);

layout('orders numbers by Modified_Time and then by id, within its bounds', () => {
  fc.assert(
    fc.property(layouts, (made) => {
      for (const i of indices(made)) {
        const second = made.secondOf(i);
        assert.ok(second >= 1_700_000_000 && second < 1_702_000_000);
        if (i === 0) continue;
        const before = made.secondOf(i - 1);
        assert.ok(before < second || (before === second && made.idOf(i - 1) < made.idOf(i)));
      }
    }),
  );
});

layout('finds a number by its id, and none by an id between', () => {
  fc.assert(
    fc.property(layouts, (made) => {
      for (const i of [...indices(made), made.count, made.count + 7]) {
        assert.equal(String(made.idOf(i)), made.idTextOf(i));
        assert.equal(made.indexOf(made.idOf(i)), i);
        assert.equal(made.indexOf(made.idOf(i) + 1n), undefined);
      }
    }),
  );
});

layout('meets each record once in any order, and inserted ones after', () => {
  fc.assert(
    fc.property(layouts, fc.constantFrom<RowOrder>('id', 'created', 'scattered'), (made, order) => {
      const met = Array.from({length: made.ranks}, (_, rank) => made.indexAt(rank, order)).filter((i) => i !== undefined);
      assert.deepEqual(
        [...met].sort((a, b) => a - b),
        indices(made),
      );
      if (order === 'id')
        assert.deepEqual(
          met,
          [...met].sort((a, b) => Number(made.idOf(a) - made.idOf(b))),
        );
      assert.equal(made.indexAt(made.ranks + 2, order), made.count + 2);
    }),
  );
});

layout('finds where a second begins', () => {
  fc.assert(
    fc.property(layouts, fc.integer({min: 1_699_999_990, max: 1_702_000_010}), (made, second) => {
      assert.equal(made.firstAt(second), indices(made).filter((i) => made.secondOf(i) < second).length);
    }),
  );
});

layout('lets many records share a second, and ids have 18 and 19 digits', () => {
  const made = new Layout({count: 20_000, seed: 3, idBase: 999_999_999_999_900_007n, fromS: 0, toS: 2_500_000});
  const sizes = new Map<number, number>();
  for (const i of indices(made)) sizes.set(made.secondOf(i), (sizes.get(made.secondOf(i)) ?? 0) + 1);
  assert.ok(Math.max(...sizes.values()) > 60);
  assert.deepEqual(new Set(indices(made).map((i) => made.idTextOf(i).length)), new Set([19, 18]));
});

layout('refuses more records than the time between its bounds can hold', () => {
  assert.throws(
    () => new Layout({count: 1_000, seed: 1, idBase: 1n, fromS: 0, toS: 7}),
    /^RangeError: Cannot spread 1000 records over 7 seconds, 8 are needed$/,
  );
});

layout.run();
