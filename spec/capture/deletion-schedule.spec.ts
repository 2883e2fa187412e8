import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {DeletionSchedule, isFeedDue} from '../../lib/capture/deletion-schedule.ts';

/** When the feed of deletions is read (design 5.9). */
const schedule = suite('schedule of deletions');

const minuteMs = 60_000;
const nothing = {rows: 0, fresh: 0};

/** The minutes at which a feed is read that lists deletions at some of them only. */
function readings(intervalMs: number, untilMs: number, lists: (ms: number) => boolean = () => false, lateMs = 0): number[] {
  const feed = new DeletionSchedule();
  const read: number[] = [];
  for (let ms = 0; ms <= untilMs; ms += intervalMs) {
    const nowMs = ms + (lateMs * read.length) / 10;
    if (!feed.sweeps(nothing, nowMs)) continue;
    feed.read(lists(ms), nowMs);
    read.push(ms / minuteMs);
  }
  return read;
}

schedule('the first sweep of a process reads the feed, and so do the next ones until it is read', () => {
  const feed = new DeletionSchedule();
  for (const ms of [5, 6, 7]) assert.equal(feed.sweeps(nothing, ms), true);
  feed.read(false, 7);
  assert.equal(feed.sweeps(nothing, 8), false);
});

schedule('the pause doubles while nothing is deleted, up to half an hour', () => {
  assert.deepEqual(readings(5 * minuteMs, 180 * minuteMs), [0, 10, 30, 60, 90, 120, 150, 180]);
  assert.deepEqual(readings(minuteMs, 125 * minuteMs), [0, 2, 6, 14, 30, 60, 90, 120]);
});

schedule('a quiet day at PT5M has 48 readings, even if sweeps are slightly late', () => {
  const day = readings(5 * minuteMs, 2 * 1_440 * minuteMs, undefined, 500).filter((at) => at >= 1_440);
  assert.ok(day.length <= 49, `${day.length} readings`);
});

schedule('every sweep reads while there are deletions, and the pauses restart after the last one', () => {
  const lists = (ms: number) => ms >= 60 * minuteMs && ms <= 80 * minuteMs;
  assert.deepEqual(readings(5 * minuteMs, 120 * minuteMs, lists), [0, 10, 30, 60, 65, 70, 75, 80, 85, 95, 115]);
});

schedule('no two readings are further apart than half an hour, unless sweeps are', () => {
  for (let minutes = 1; minutes <= 60; minutes++) {
    const read = readings(minutes * minuteMs, 1_440 * minuteMs);
    for (let i = 1; i < read.length; i++) assert.ok(read[i]! - read[i - 1]! <= Math.max(30, minutes), `${minutes} minutes`);
  }
});

schedule('the first sweep after half an hour reads', () => {
  assert.ok(isFeedDue({sweeps: 1, elapsedMs: 31 * minuteMs, quiet: 9}, nothing));
});

schedule('a window that would outgrow the cheapest page makes the feed due', () => {
  const idle = {sweeps: 1, elapsedMs: minuteMs, quiet: 5};
  assert.equal(isFeedDue(idle, {rows: 201, fresh: 0}), true);
  assert.equal(isFeedDue(idle, {rows: 200, fresh: 0}), false);
  assert.equal(isFeedDue(idle, {rows: 100, fresh: 100}), false);
  assert.equal(isFeedDue(idle, {rows: 150, fresh: 51}), true);
});

schedule('a feed that cannot be read completely is read with every sweep', () => {
  const feed = new DeletionSchedule();
  for (let ms = 0; ms < 10 * minuteMs; ms += minuteMs) {
    assert.ok(feed.sweeps(nothing, ms));
    feed.read(true, ms);
  }
});

schedule('a feed that Zoho refuses is left alone until it may be tried again', () => {
  const feed = new DeletionSchedule();
  assert.equal(feed.hasFeed, true);
  assert.equal(feed.refused(), true, 'for the first time');
  assert.equal(feed.hasFeed, false);
  feed.allow();
  assert.equal(feed.hasFeed, true);
  assert.equal(feed.refused(), false);
  assert.equal(feed.hasFeed, false);
});

schedule.run();
