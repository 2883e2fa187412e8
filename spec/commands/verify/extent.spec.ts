/** What of a capture can be compared, by its state alone. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {extentOf} from '../../../lib/commands/verify/extent.ts';
import {initialState, secondsOf} from '../../../lib/flow/state.ts';

const extent = suite('extent of a capture');

const start = '2026-01-01T00:00:00Z';
const now = '2026-02-01T00:00:00Z';
const {backfill, ...done} = initialState(start, now);
const whole = {startS: secondsOf(start), cursorS: secondsOf(now), deletedFromS: secondsOf(now) - 60};

extent('reaches from the start to both cursors, deletions with the overlap', () => {
  assert.deepEqual(extentOf(done), whole);
  assert.deepEqual(extentOf({...done, deleted: {cursor: '2026-01-15T00:00:00Z', recycled: undefined, skipped: undefined}}), {
    ...whole,
    deletedFromS: secondsOf('2026-01-15T00:00:00Z') - 60,
  });
});

extent('has deletions from the start where none were ever read', () => {
  assert.deepEqual(extentOf({...done, deleted: undefined}), {...whole, deletedFromS: secondsOf(start) - 60});
});

extent('cannot be told while a backfill is running, which a refresh is not', () => {
  assert.deepEqual(extentOf({...done, backfill}), {reason: 'its backfill is not complete; run capture again first'});
  assert.deepEqual(extentOf({...done, backfill, is_connector_initiated: undefined}), {
    reason: 'its backfill is not complete; run capture again first',
  });
  assert.deepEqual(extentOf({...done, backfill, is_connector_initiated: true}), whole);
});

extent('cannot be told of what has not begun', () => {
  const reason = 'it has not been captured into this directory';
  for (const state of [undefined, {...done, start: undefined}, {...done, inc: undefined}])
    assert.deepEqual(extentOf(state), {reason});
});

extent.run();
