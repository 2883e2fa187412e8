import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {pageGoodMin} from '../../lib/limits.ts';
import {PageSize} from '../../lib/sources/page-size.ts';

const sizes = suite('PageSize');

sizes('halves a failing size down to one, and reports when there is nothing smaller', () => {
  const size = new PageSize({most: 100});
  const asked: number[] = [];
  do asked.push(size.rows);
  while (size.failed(size.rows));
  assert.deepEqual(asked, [100, 50, 25, 12, 6, 3, 1]);
  assert.equal(size.rows, 1);
});

sizes('grows back to twice the size after good answers in a row that made full use of it', () => {
  const size = new PageSize({most: 2_000, shrinkBy: 4});
  size.failed(2_000);
  for (let i = 0; i < 2 * pageGoodMin - 1; i++) size.succeeded(500, 500, 1);
  assert.equal(size.rows, 500);
  size.succeeded(200, 200, 1);
  assert.equal(size.rows, 500, 'a smaller request proves nothing');
  size.succeeded(500, 500, 1);
  assert.equal(size.rows, 1_000);
});

sizes('tries a failing size less and less often, and forgets that once the full size works', () => {
  const size = new PageSize({most: 100});
  const goodUntilGrown = (): number => {
    const {rows} = size;
    for (let good = 1; ; good++) {
      size.succeeded(rows, rows, 1);
      if (size.rows > rows) return good;
    }
  };
  size.failed(100);
  const first = goodUntilGrown();
  size.failed(100);
  const second = goodUntilGrown();
  assert.deepEqual([first, second], [2 * pageGoodMin, 2 * pageGoodMin]);
  const stubborn = new PageSize({most: 100});
  const waits: number[] = [];
  stubborn.failed(100);
  stubborn.failed(50);
  for (let i = 0; i < 4; i++) {
    let good = 0;
    while (stubborn.rows < 50) {
      stubborn.succeeded(stubborn.rows, stubborn.rows, 1);
      good++;
    }
    waits.push(good);
    stubborn.failed(50);
  }
  assert.deepEqual(waits, [4, 8, 16, 32]);
});

sizes('keeps a limit of the organisation for good', () => {
  const size = new PageSize({most: 2_000});
  assert.equal(size.allow(200), true);
  assert.equal(size.allow(200), false);
  assert.equal(size.most, 200);
  for (let i = 0; i < 1_000; i++) size.succeeded(200, 200, 1);
  assert.equal(size.rows, 200);
});

sizes('follows the weight of rows: at once if they become heavier, gradually if lighter', () => {
  const size = new PageSize({most: 2_000, bytesWanted: 1_000_000});
  assert.equal(size.rows, 2_000);
  size.succeeded(2_000, 200, 200 * 50_000);
  assert.equal(size.rows, 20);
  size.succeeded(20, 20, 20 * 1_000);
  assert.equal(size.rows, 39);
  for (let i = 0; i < 20; i++) size.succeeded(20, 20, 20 * 100);
  assert.equal(size.rows, 2_000);
  size.succeeded(20, 1, 5_000_000);
  assert.equal(size.rows, 1, 'one row, however heavy');
});

sizes('learns nothing of the weight from an answer without rows', () => {
  const size = new PageSize({most: 2_000, bytesWanted: 1_000});
  size.succeeded(2_000, 0, 0);
  assert.equal(size.rows, 2_000);
  size.succeeded(2_000, 10, 1_000);
  size.succeeded(10, 0, 500);
  assert.equal(size.rows, 10);
});

sizes('law: always between one row and the most, and never larger after a failure', () => {
  const step = fc.oneof(
    fc.constant('fail' as const),
    fc.record({rows: fc.integer({min: 0, max: 2_000}), bytes: fc.integer({min: 0, max: 1 << 28})}),
  );
  fc.assert(
    fc.property(fc.integer({min: 1, max: 2_000}), fc.array(step, {maxLength: 200}), (most, steps) => {
      const size = new PageSize({most, shrinkBy: 4, bytesWanted: 8 << 20});
      for (const what of steps) {
        const before = size.rows;
        if (what === 'fail') {
          assert.equal(size.failed(before), before > 1);
          assert.ok(before === 1 || size.rows < before);
        } else size.succeeded(before, Math.min(what.rows, before), what.bytes);
        assert.ok(size.rows >= 1 && size.rows <= most && Number.isInteger(size.rows), `${size.rows}`);
      }
    }),
  );
});

sizes.run();
