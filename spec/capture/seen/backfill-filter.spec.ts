import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {Gate} from '../../../lib/capture/seen/backfill-filter.ts';

const gate = suite('Gate');

gate('drops the bulk row of a record that passed since the range began, and no other', () => {
  const it = new Gate({ids: 1024});
  it.passed(1n);
  it.begin();
  it.passed(2n);
  assert.deepEqual([it.admits(1n), it.admits(2n), it.admits(3n)], [true, false, true]);
});

gate('forgets everything when the range is done', () => {
  const it = new Gate({ids: 1024});
  it.begin();
  it.passed(2n);
  it.end();
  it.passed(3n);
  assert.deepEqual([it.admits(2n), it.admits(3n), it.size], [true, true, 0]);
});

gate('says so when it can remember no more, until the next range begins', () => {
  const it = new Gate({ids: 64});
  it.begin();
  for (let i = 1n; i <= 100n; i++) it.passed(i);
  assert.equal(it.overflowed, true);
  it.begin();
  assert.deepEqual([it.overflowed, it.size], [false, 0]);
});

gate.run();
