import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ConfigError} from '../../lib/errors/errors.ts';
import {beginSnapshots, movedSnapshot, savedSnapshot} from '../../lib/flow/snapshot-state.ts';

const state = suite('snapshot state');

const saved = (binding: unknown, more: object = {}): object => ({bindingStateV1: {Links: binding}, ...more});
const older = {
  snapshot: {updated_at: '2026-10-01T10:00:00.123456Z', last_count: 40, last_digest: '0f'},
  last_initialized: '2026-10-01T09:00:00Z',
};

state('reads its own form and that of the older kit', () => {
  assert.deepEqual(savedSnapshot(saved(older), 'Links'), {
    updatedAt: '2026-10-01T10:00:00.123456Z',
    lastCount: 40,
    lastDigest: '0f',
  });
  for (const none of [{}, saved({}), saved({snapshot: null}), saved(null), saved({inc: {cursor: '2026-10-01T10:00:00Z'}})])
    assert.equal(savedSnapshot(none, 'Links'), undefined, JSON.stringify(none));
  const begun = {updated_at: '1970-01-01T00:00:00Z', last_count: 0, last_digest: ''};
  assert.deepEqual(savedSnapshot(saved({snapshot: begun}), 'Links'), {updatedAt: undefined, lastCount: 0, lastDigest: undefined});
});

state('takes what it does not understand for a snapshot that is due, but never forgets the numbers in use', () => {
  const odd = {updated_at: 'yesterday', last_count: 5, last_digest: 17};
  assert.deepEqual(savedSnapshot(saved({snapshot: odd}), 'Links'), {updatedAt: undefined, lastCount: 5, lastDigest: undefined});
  for (const last_count of ['5', -1, 1.5])
    assert.throws(() => savedSnapshot(saved({snapshot: {...odd, last_count}}), 'Links'), ConfigError);
});

state('goes on from what was kept without a patch, whatever else the older kit keeps', () => {
  const {begun, patch} = beginSnapshots(saved(older), 'Links');
  assert.equal(begun.lastCount, 40);
  assert.equal(patch, undefined);
  assert.deepEqual(beginSnapshots({}, 'Links'), {begun: {updatedAt: undefined, lastCount: 0, lastDigest: undefined}});
});

state('removes what a capture by Modified_Time has left', () => {
  const {patch} = beginSnapshots(saved({start: '2026-10-01T10:00:00Z', inc: {cursor: '2026-10-01T10:00:00Z'}, mine: 1}), 'Links');
  assert.deepEqual(patch, {bindingStateV1: {Links: {start: null, inc: null}}});
  const all = {start: 1, inc: 2, backfill: 3, deleted: 4, ahead: 5, fields: 6};
  assert.deepEqual(beginSnapshots(saved(all), 'Links').patch, {
    bindingStateV1: {Links: {start: null, inc: null, backfill: null, deleted: null, ahead: null, fields: null}},
  });
});

state('begins anew on request: all rows are written, and the numbers in use stay known', () => {
  const {begun, patch} = beginSnapshots(saved(older, {backfillRequests: {Links: true, Other: true}}), 'Links');
  assert.deepEqual([begun.lastCount, begun.lastDigest], [40, undefined]);
  assert.deepEqual(patch, {
    bindingStateV1: {Links: {snapshot: {last_digest: null}}},
    backfillRequests: {Links: null},
  });
});

state('moves as its patches say', () => {
  const before = {updatedAt: '2026-10-01T10:00:00Z', lastCount: 40, lastDigest: 'a'};
  assert.deepEqual(movedSnapshot(before, {last_count: 50, last_digest: null}), {...before, lastCount: 50, lastDigest: undefined});
  assert.deepEqual(movedSnapshot(before, {updated_at: '2026-10-01T11:00:00Z'}), {...before, updatedAt: '2026-10-01T11:00:00Z'});
  assert.deepEqual(movedSnapshot(before, {last_count: 0, last_digest: 'b'}), {...before, lastCount: 0, lastDigest: 'b'});
});

state.run();
