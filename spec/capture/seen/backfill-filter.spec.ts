import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {BackfillFilter} from '../../../lib/capture/seen/backfill-filter.ts';

const filter = suite('BackfillFilter');

filter('drops the bulk row of a record that passed since the range began, and no other', () => {
  const it = new BackfillFilter({ids: 1024});
  it.record(1n);
  it.begin({isComplete: true});
  it.record(2n);
  assert.deepEqual([it.allows(1n), it.allows(2n), it.allows(3n)], [true, false, true]);
});

filter('forgets everything when the range is done', () => {
  const it = new BackfillFilter({ids: 1024});
  it.begin({isComplete: true});
  it.record(2n);
  it.end();
  it.record(3n);
  assert.deepEqual([it.allows(2n), it.allows(3n), it.size], [true, true, 0]);
});

filter('says so when it can remember no more, until the next range begins', () => {
  const it = new BackfillFilter({ids: 64});
  it.begin({isComplete: true});
  for (let i = 1n; i <= 100n; i++) it.record(i);
  assert.equal(it.overflowed, true);
  it.begin({isComplete: true});
  assert.deepEqual([it.overflowed, it.size], [false, 0]);
});

filter('is complete from the beginning, or when what was emitted before has been asked for', () => {
  const it = new BackfillFilter({ids: 64});
  assert.equal(it.isComplete, false);
  it.begin({isComplete: true});
  assert.equal(it.isComplete, true);
  it.begin({isComplete: false});
  assert.equal(it.isComplete, false);
  it.rebuilt();
  assert.equal(it.isComplete, true);
  it.end();
  assert.equal(it.isComplete, false);
});

filter('gives what the state does not say yet of the emissions, and nothing of what was only recalled', () => {
  const it = new BackfillFilter({ids: 64});
  it.record(1n, 'changes');
  assert.equal(it.news({}), undefined, 'no range has begun');
  it.begin({isComplete: true});
  it.record(1n);
  assert.equal(it.news({}), undefined);
  it.record(2n, 'changes');
  it.record(3n, 'deletions');
  assert.deepEqual(it.news({}), {changes: true, deletions: true});
  assert.deepEqual(it.news({changes: true}), {deletions: true});
  assert.equal(it.news({changes: true, deletions: true}), undefined);
  it.begin({isComplete: true});
  assert.equal(it.news({}), undefined);
});

filter.run();
