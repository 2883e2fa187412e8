import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {BackfillFilter} from '../../../lib/capture/seen/backfill-filter.ts';

const gate = suite('Gate');

gate('drops the bulk row of a record that passed since the range began, and no other', () => {
  const it = new BackfillFilter({ids: 1024});
  it.record(1n);
  it.begin();
  it.record(2n);
  assert.deepEqual([it.allows(1n), it.allows(2n), it.allows(3n)], [true, false, true]);
});

gate('forgets everything when the range is done', () => {
  const it = new BackfillFilter({ids: 1024});
  it.begin();
  it.record(2n);
  it.end();
  it.record(3n);
  assert.deepEqual([it.allows(2n), it.allows(3n), it.size], [true, true, 0]);
});

gate('says so when it can remember no more, until the next range begins', () => {
  const it = new BackfillFilter({ids: 64});
  it.begin();
  for (let i = 1n; i <= 100n; i++) it.record(i);
  assert.equal(it.overflowed, true);
  it.begin();
  assert.deepEqual([it.overflowed, it.size], [false, 0]);
});

gate.run();
