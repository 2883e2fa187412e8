/** What is said about a range when it begins and when it is complete. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {reportRange} from '../../lib/capture/backfill-report.ts';
import {bench, nowS, stateTime} from '../harness/binding-zoho.ts';
import {textField} from '../harness/fields.ts';

const report = suite('report of a range');

const cutoff = stateTime(nowS - 500);
const formula = textField('F', {computed: true});

/** Reports a range that takes a while, in which the progress of its binding changes. */
async function reported(
  {job, refreshing = false}: {job?: string; refreshing?: boolean},
  changes: Partial<Record<string, number>>,
) {
  const it = bench({
    fields: [textField('A'), formula],
    state: {backfill: {cutoff, seen: {}, job} as never, is_connector_initiated: refreshing},
  });
  const {binding, shared, clock} = it;
  const {progress} = binding;
  const lines: [string, object | undefined][] = [];
  Object.assign(shared, {log: (level: string, message: string, named?: object) => lines.push([`${level} ${message}`, named])});
  Object.assign(progress, {rows: 100, refreshed: 10, unchanged: 20, dropped: 1, lastRefresh: {records: 7, changed: 7}});
  const end = reportRange(binding, {client: shared.client, credits: () => 53});
  const {range} = progress;
  for (const [name, more] of Object.entries(changes)) Object.assign(progress, {[name]: progress[name as 'rows'] + more!});
  await clock.advance(90_400);
  end();
  return {lines, range, progress};
}

report('tells a backfill with its cost, for the operators of Flow as well, and what it came to', async () => {
  const {lines, range, progress} = await reported({}, {rows: 3, dropped: 1});
  assert.deepEqual(lines, [
    [
      'info Beginning the backfill of module Leads, at about 91 credits for every 200,000 rows',
      {module: 'Leads', from: stateTime(nowS - 100_000), cutoff, observable: true},
    ],
    [
      'info The backfill of module Leads is complete: 3 rows in 90 s, 53 credits',
      {module: 'Leads', rows: 3, seconds: 90, credits: 53, dropped: 2},
    ],
  ]);
  assert.equal(range, 'backfill');
  assert.deepEqual([progress.range, progress.phase], [undefined, 'backfilled']);
  assert.deepEqual(progress.lastRefresh, {records: 7, changed: 7}, 'that of the last refresh');
});

report('tells a refresh with what it compared and what had changed', async () => {
  const {lines, range, progress} = await reported({job: 'j1', refreshing: true}, {rows: 9, refreshed: 2, unchanged: 5});
  assert.deepEqual(lines, [
    [
      'info Resuming the refresh of module Leads, at about 91 credits for every 200,000 rows',
      {module: 'Leads', from: stateTime(nowS - 100_000), cutoff, observable: true},
    ],
    [
      'info The refresh of module Leads is complete: 9 rows in 90 s, 53 credits; 2 of 7 records have changed values',
      {module: 'Leads', rows: 9, seconds: 90, credits: 53, records: 7, changed: 2, dropped: 1},
    ],
  ]);
  assert.equal(range, 'refresh');
  assert.deepEqual(progress.lastRefresh, {records: 7, changed: 2});
});

report.run();
