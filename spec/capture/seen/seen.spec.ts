import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {newProgress} from '../../../lib/capture/progress.ts';
import {FilterOverflow, Seen} from '../../../lib/capture/seen/seen.ts';
import type {BindingState} from '../../../lib/flow/state.ts';
import {windowOverlapS} from '../../../lib/limits.ts';
import type {DocBlock} from '../../../lib/records/batch.ts';
import {tombstones} from '../../../lib/records/documents.ts';
import type {ZohoClient} from '../../../lib/zoho/api.ts';
import {ManualClock} from '../../harness/clocks.ts';

const test = suite('Seen');
const nowS = Date.parse('2026-10-01T10:00:00Z') / 1000;
const startS = nowS - 10_000;
const iso = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

function seenOf({room = 1 << 12, state = {}}: {room?: number; state?: Partial<BindingState>} = {}) {
  const progress = newProgress('Leads');
  const ids = () => ({ids: room});
  const options = {
    module: 'Leads',
    progress,
    clock: new ManualClock(nowS * 1000 - 1_000),
    filterIds: ids(),
    emittedIds: ids(),
    refreshedIds: ids(),
  };
  const saved: BindingState = {start: iso(startS), inc: {cursor: iso(nowS - 100)}, deleted: {cursor: iso(nowS - 100)}, ...state};
  return {seen: new Seen(options, saved), progress, state: saved};
}

/** One document of a record. */
function doc(id: number, modifiedS: number, rest = ''): DocBlock {
  const bytes = Buffer.from(`{"id":${id},"Modified_Time":"${iso(modifiedS)}"${rest},"_meta":{"op":"u"}}`);
  return {bytes, ranges: Int32Array.of(0, bytes.length), count: 1};
}
const gone = (id: number, deletedS: number): DocBlock => tombstones([{id: String(id), deletedTime: iso(deletedS)}]);

test('admits swept records from the exact second of the start, and each version once', () => {
  const {seen} = seenOf();
  assert.equal(seen.admitSwept(doc(1, startS - 1), 0), false);
  assert.equal(seen.admitSwept(doc(1, startS), 0), true);
  assert.equal(seen.admitSwept(doc(1, startS), 0), false, 'an exact duplicate');
  assert.equal(seen.admitSwept(doc(1, startS, ',"A":1'), 0), true, 'other content of the same second');
  assert.equal(seen.admitSwept(doc(1, nowS - 200), 0), true);
  assert.equal(seen.admitSwept(doc(1, nowS - 201), 0), false, 'an older reading');
});

test('doubts a record older than its deletion, until it is known to be restored', () => {
  const {seen, progress} = seenOf();
  assert.equal(seen.admitDeleted(gone(1, nowS - 50), 0), true);
  assert.equal(seen.admitDeleted(gone(1, nowS - 50), 0), false);
  assert.equal(progress.deletions, 1);
  assert.equal(seen.admitSwept(doc(1, nowS - 50), 0), false);
  assert.equal(seen.hasDoubts, true);
  assert.deepEqual(seen.takeDoubted(), [1n]);
  assert.equal(seen.hasDoubts, false);
  assert.equal(seen.admitSwept(doc(1, nowS - 49), 0), true, 'modified after the deletion');
  assert.equal(seen.admitDeleted(gone(1, nowS - 40), 0), true);
  assert.equal(seen.admitRestored(doc(1, nowS - 50), 0), true);
});

test('knows the deletions of another process that the feed may list again', () => {
  const cursorS = nowS - 100;
  const recycled = {7: cursorS - windowOverlapS, 8: cursorS - windowOverlapS - 1};
  const {seen} = seenOf({state: {deleted: {cursor: iso(cursorS), recycled}}});
  assert.equal(seen.emitted.holdsDeletion(7n, cursorS - windowOverlapS), true);
  assert.equal(seen.emitted.holdsDeletion(8n, cursorS - windowOverlapS - 1), false);
});

test('drops bulk rows of records emitted otherwise since the range began, and no others', () => {
  const {seen, progress} = seenOf();
  seen.filter.begin({isComplete: true});
  assert.equal(seen.admitBackfilled(doc(1, nowS - 300), 0), true);
  seen.admitSwept(doc(1, nowS - 200), 0);
  seen.admitDeleted(gone(2, nowS - 50), 0);
  for (const id of [1, 2]) {
    assert.equal(seen.admitBackfilled(doc(id, nowS - 300), 0), false);
    assert.equal(seen.admitRefreshed(doc(id, nowS - 300), 0), false);
  }
  assert.equal(seen.admitBackfilled(doc(3, nowS - 300), 0), true);
  assert.equal(progress.dropped, 4);
});

test('admits a row of a refresh if its values differ from the last ones written', () => {
  const {seen, progress} = seenOf();
  seen.filter.begin({isComplete: true});
  const [row, other] = [doc(1, nowS - 300, ',"F":1'), doc(1, nowS - 300, ',"F":2')];
  assert.equal(seen.admitRefreshed(row, 0), true);
  assert.equal(seen.admitRefreshed(row, 0), false);
  assert.equal(seen.admitRefreshed(other, 0), true);
  assert.deepEqual([progress.refreshed, progress.unchanged], [2, 1]);
});

for (const [what, emit] of [
  ['a change', (seen: Seen) => seen.admitSwept(doc(1, nowS - 200), 0)],
  ['a deletion', (seen: Seen) => seen.admitDeleted(gone(1, nowS - 200), 0)],
  ['a row of a backfill', (seen: Seen) => seen.admitBackfilled(doc(1, nowS - 300), 0)],
  ['a write that failed', (seen: Seen) => seen.doubtRefreshed()],
] as const) {
  test(`admits the same values of a refresh again after ${what}`, () => {
    const {seen} = seenOf();
    const row = doc(1, nowS - 300, ',"F":1');
    assert.equal(seen.admitRefreshed(row, 0), true);
    emit(seen);
    assert.equal(seen.admitRefreshed(row, 0), true);
  });
}

test('admits no row of a refresh for a deleted record, and returns its id once', () => {
  const {seen, progress} = seenOf({state: {deleted: {cursor: iso(nowS - 100), recycled: {7: nowS - 500}}}});
  assert.equal(seen.admitRefreshed(doc(7, nowS - 600), 0), false);
  assert.equal(seen.admitBackfilled(doc(7, nowS - 600), 0), true, 'a backfill has whole records');
  assert.deepEqual(seen.takeReturned(), ['7']);
  assert.deepEqual(seen.takeReturned(), []);
  assert.equal(progress.dropped, 1);
});

test('admits no row of a range if the filter overflowed', () => {
  const {seen} = seenOf({room: 64});
  seen.filter.begin({isComplete: true});
  for (let id = 1; id <= 100; id++) seen.filter.record(BigInt(id));
  const message = 'More records of module Leads changed during its backfill than can be remembered';
  for (const admit of [seen.admitBackfilled, seen.admitRefreshed]) {
    assert.throws(() => admit(doc(500, nowS - 300), 0), FilterOverflow);
    assert.throws(() => admit(doc(500, nowS - 300), 0), {name: 'FilterOverflow', message});
  }
});

test('saves emitted records of the future, and recognises them after a restart by their content', async () => {
  const {seen, state} = seenOf();
  const future = doc(1, nowS + 1_000, ',"F":1');
  assert.equal(seen.admitSwept(future, 0), true);
  const patch = seen.complete(undefined, state)!;
  assert.deepEqual(Object.keys(patch.ahead as object), ['1']);
  assert.equal(seen.complete(undefined, state), undefined);
  const after = seenOf({state: JSON.parse(JSON.stringify(patch))}).seen;
  assert.equal(after.admitSwept(future, 0), false);
  assert.equal(after.admitSwept(doc(1, nowS + 1_000, ',"F":2'), 0), true, 'a formula has changed');
  after.ahead.startLook(0);
  after.recaptureAhead();
  assert.equal(after.ahead.startLook(0), true, 'they are read at once');
  assert.equal(after.admitSwept(doc(1, nowS + 1_000, ',"F":2'), 0), true);
  assert.equal(after.admitSwept(doc(1, nowS - 10), 0), true, 'edited today');
  assert.deepEqual(after.complete({inc: {}}, state), {inc: {}, ahead: {1: null}});
});

test('counts the current second as the present, and the next one as the future', () => {
  const {seen, state} = seenOf();
  assert.equal(seen.admitSwept(doc(1, nowS), 0), true);
  assert.deepEqual([seen.complete(undefined, state), seen.hasSweptTo(nowS)], [undefined, true]);
  assert.equal(seen.admitSwept(doc(2, nowS + 1), 0), true);
  assert.deepEqual(Object.keys(seen.complete(undefined, state)?.ahead as object), ['2']);
  assert.equal(seen.hasSweptTo(nowS + 1), false);
});

test('records the first emissions during a range in the state, but not in the patch that ends it', () => {
  const {seen, state} = seenOf();
  const backfill = {cutoff: iso(nowS - 100), seen: {}} as NonNullable<BindingState['backfill']>;
  seen.filter.begin({isComplete: true});
  seen.admitSwept(doc(1, nowS - 200), 0);
  assert.deepEqual(seen.complete({backfill: {rows: 5}}, {...state, backfill}), {backfill: {rows: 5, seen: {changes: true}}});
  seen.admitDeleted(gone(2, nowS - 50), 0);
  assert.deepEqual(seen.complete(undefined, {...state, backfill}), {backfill: {seen: {changes: true, deletions: true}}});
  assert.deepEqual(seen.complete({backfill: null}, {...state, backfill}), {backfill: null});
  assert.equal(seen.complete(undefined, {...state, backfill: {...backfill, seen: {changes: true, deletions: true}}}), undefined);
  assert.equal(seen.complete(undefined, state), undefined, 'no range');
});

test('never goes back in time, and counts the later clock as the present', async () => {
  const {seen} = seenOf();
  const at = (seconds: number) => ({nowSeconds: async () => seconds}) as unknown as ZohoClient;
  const {signal} = new AbortController();
  assert.equal(seen.presentS, nowS);
  await seen.readClock(at(nowS + 50), signal);
  assert.equal(seen.presentS, nowS + 50);
  await seen.readClock(at(nowS - 5_000), signal);
  assert.equal(seen.presentS, nowS + 50);
  assert.equal(seen.hasSweptTo(nowS - 200), false);
  seen.admitSwept(doc(1, nowS - 200), 0);
  assert.deepEqual([seen.hasSweptTo(nowS - 200), seen.hasSweptTo(nowS - 199)], [true, false]);
});

test('forgets versions that no sweep reads again', () => {
  const {seen} = seenOf();
  seen.admitSwept(doc(1, nowS - 200), 0);
  seen.forget(nowS - 199);
  assert.equal(seen.admitSwept(doc(1, nowS - 200), 0), true);
});

test.run();
