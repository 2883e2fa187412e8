import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {BackfillFilter} from '../../../lib/capture/seen/backfill-filter.ts';

const filter = suite('BackfillFilter');

filter('drops the bulk row of a record emitted since the range began, and no other', () => {
  const it = new BackfillFilter({ids: 1024});
  it.record(1n);
  it.begin({isComplete: true});
  it.record(2n);
  assert.deepEqual([it.allows(1n), it.allows(2n), it.allows(3n)], [true, false, true]);
});

filter('remembers nothing while no range runs', () => {
  const it = new BackfillFilter({ids: 1024});
  it.record(1n);
  assert.deepEqual([it.allows(1n), it.size, it.overflowed], [true, 0, false]);
});

filter('forgets everything when the range ends', () => {
  const it = new BackfillFilter({ids: 1024});
  it.begin({isComplete: true});
  it.record(2n);
  it.end();
  it.record(3n);
  assert.deepEqual([it.allows(2n), it.allows(3n), it.size], [true, true, 0]);
});

filter('reports an overflow until the next range begins', () => {
  const it = new BackfillFilter({ids: 64});
  it.begin({isComplete: true});
  for (let i = 1n; i <= 100n; i++) it.record(i);
  assert.equal(it.overflowed, true);
  it.begin({isComplete: true});
  assert.deepEqual([it.overflowed, it.size], [false, 0]);
});

filter('is complete from the beginning, or once earlier emissions have been requested', () => {
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

filter('returns the emissions that the state lacks, and none that were only recalled', () => {
  const it = new BackfillFilter({ids: 64});
  it.record(1n, 'changes');
  assert.equal(it.unsaved({}), undefined, 'no range has begun');
  it.begin({isComplete: true});
  it.record(1n);
  assert.equal(it.unsaved({}), undefined);
  it.record(2n, 'changes');
  it.record(3n, 'deletions');
  assert.deepEqual(it.unsaved({}), {changes: true, deletions: true});
  assert.deepEqual(it.unsaved({changes: true}), {deletions: true});
  assert.equal(it.unsaved({changes: true, deletions: true}), undefined);
  it.begin({isComplete: true});
  assert.equal(it.unsaved({}), undefined);
});

filter.run();
