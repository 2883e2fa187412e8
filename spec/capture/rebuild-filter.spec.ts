/**
 * A range that goes on after a restart: what it asks of Zoho before any bulk row is written, and
 * which rows then stay out.
 */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {runBackfill} from '../../lib/capture/backfill.ts';
import {resumeRange} from '../../lib/capture/rebuild-filter.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {BackfillState} from '../../lib/flow/state.ts';
import {feedLagMs, windowOverlapS} from '../../lib/limits.ts';
import {type Bench, type BenchOptions, type BenchRecord, bench, nowS, stateTime, zohoTime} from '../harness/binding-zoho.ts';

const rebuilt = suite('a resumed range');

const cutoffS = nowS - 500;
const startS = nowS - 10_000;
const at = (id: string, modifiedS: number, A = 'a'): BenchRecord => ({id, modifiedS, values: {A}});

/** A file that was photographed when the range began. */
const photo = (...ids: readonly string[]) => ({
  count: ids.length,
  csv: ['Id,Modified_Time,A', ...ids.map((id) => `${id},${zohoTime(cutoffS - 1_000)},old`), ''].join('\n'),
});

/** A binding in the middle of a range, of which something was emitted before the restart. */
function resumed(
  seen: Partial<BackfillState['seen']>,
  {state = {}, refresh = false, ...more}: BenchOptions & {readonly refresh?: boolean} = {},
): Bench {
  const cursor = stateTime(nowS - 100);
  const it = bench({
    job: () => photo('1', '2', '3'),
    ...more,
    state: {
      start: stateTime(startS),
      inc: {cursor},
      deleted: {cursor},
      backfill: {cutoff: stateTime(cutoffS), seen, ...(refresh && {fields: ['A']})} as unknown as BackfillState,
      is_connector_initiated: refresh,
      ...state,
    },
  });
  resumeRange(it.binding);
  return it;
}

/** Documents of the range by id, each with its op and its A. */
const rowsOf = ({written}: Bench): string[] =>
  written.map(({id, A, _meta}) => `${id} ${(_meta as {op: string}).op} ${A ?? ''}`.trim());
const before = (it: Bench): string[] =>
  it.calls.slice(
    0,
    it.calls.findIndex((call) => call.startsWith('create')),
  );
const keys = /^select id, Modified_Time from Leads where Modified_Time >= '([^']+)'/;
/** Questions before the first job: where each begins. */
const asked = (it: Bench): string[] =>
  before(it)
    .filter((call) => keys.test(call) || call.startsWith('deleted'))
    .map((call) => call.replace(/^deleted (\d+) \d+$/, (_, second: string) => `deleted since ${zohoTime(Number(second))}`))
    .map((call) => call.replace(/^select.*>= '([^']+)'.*$/, 'ids since $1'));

rebuilt('queries nothing if nothing was emitted since it began', async () => {
  const it = resumed({}, {records: [at('1', nowS)]});
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(asked(it), []);
  assert.deepEqual(rowsOf(it), ['1 u old', '2 u old', '3 u old']);
});

rebuilt(
  'asks for changes and deletions since an overlap before its cutoff, and for both again once the feed has settled',
  async () => {
    for (const seen of [{changes: true}, {deletions: true}]) {
      const it = resumed(seen);
      await runBackfill(it.binding, it.signal);
      const since = zohoTime(cutoffS - windowOverlapS);
      assert.deepEqual(asked(it), [
        `deleted since ${since}`,
        `ids since ${since}`,
        `deleted since ${since}`,
        `ids since ${zohoTime(nowS - windowOverlapS)}`,
      ]);
      assert.deepEqual(it.clock.slept, [feedLagMs]);
    }
  },
);

rebuilt('reaches back no further than the start', async () => {
  const it = resumed({changes: true}, {state: {start: stateTime(cutoffS - 10)}, job: () => ({count: 0})});
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(asked(it).slice(0, 2), [`deleted since ${zohoTime(cutoffS - 10)}`, `ids since ${zohoTime(cutoffS - 10)}`]);
});

rebuilt('keeps out the rows of records that changed, were deleted, or went into the recycle bin', async () => {
  const it = resumed(
    {changes: true},
    {
      records: [at('1', cutoffS - windowOverlapS), at('4', cutoffS - windowOverlapS - 1)],
      deleted: [{id: '2', deletedTime: zohoTime(cutoffS + 5), deletedS: cutoffS + 5, type: 'permanent'}],
      state: {deleted: {cursor: stateTime(nowS - 100), recycled: {5: nowS - 400}}},
      job: () => photo('1', '2', '3', '4', '5'),
    },
  );
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(rowsOf(it), ['3 u old', '4 u old']);
  assert.equal(it.binding.progress.dropped, 3);
});

rebuilt('says what it is doing meanwhile', async () => {
  const phases = new Set<string>();
  const it = resumed(
    {changes: true},
    {
      before(_, {binding}) {
        phases.add(binding.progress.phase);
      },
    },
  );
  await runBackfill(it.binding, it.signal);
  assert.equal([...phases][0], 'checking what changed since the range began');
});

rebuilt('asks once, however often its rows must be read again', async () => {
  let failures = 1;
  const it = resumed(
    {changes: true},
    {
      before(call) {
        if (call.startsWith('download') && failures-- > 0) throw new ZohoError('short', 'no');
      },
    },
  );
  await runBackfill(it.binding, it.signal);
  assert.equal(it.calls.filter((call) => call.startsWith('deleted')).length, 2);
});

rebuilt('keeps out every record that changed, however many pages they take', async () => {
  const records = Array.from({length: 6}, (_, i) => at(String(i + 1), cutoffS + i));
  const it = resumed({changes: true}, {records, job: () => photo('1', '6', '7')});
  it.binding.queries.pageSize.allow(4);
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(rowsOf(it), ['7 u old']);
});

rebuilt('starts over before any job where more records changed than it can remember, and asks no further', async () => {
  const it = resumed({changes: true}, {records: Array.from({length: 120}, (_, i) => at(String(i + 1), cutoffS + i))});
  it.shared.filterIds.ids = 64;
  it.binding.queries.pageSize.allow(50);
  await runBackfill(it.binding, it.signal);
  assert.match(it.logged[1] ?? '', /^warn Module Leads changes faster than its backfill can follow/);
  assert.equal(it.calls.filter((call) => call.startsWith('create')).length, 1);
  const pages = before(it).filter((call) => call.startsWith('select id, Modified_Time from'));
  assert.equal(pages.length, 2, 'a page of each reading');
});

rebuilt('captures whole what a refresh finds alive that had been in the recycle bin', async () => {
  const cursor = stateTime(nowS - 100);
  const it = resumed(
    {changes: true},
    {
      refresh: true,
      records: [at('2', cutoffS - 2_000, 'whole')],
      state: {deleted: {cursor, recycled: {2: cutoffS - 3_000}}},
    },
  );
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(rowsOf(it), ['1 u old', '3 u old', '2 u whole']);
});

rebuilt('keeps out a record that is deleted while it asks, and listed only when it asks again', async () => {
  const it = resumed(
    {changes: true},
    {
      records: [at('2', cutoffS + 5)],
      before(call, {records}) {
        // Gone between the first reading of the feed and that of the ids: in neither of them.
        if (keys.test(call) && records.has('2')) it.remove('2');
      },
    },
  );
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(rowsOf(it), ['1 u old', '3 u old']);
});

rebuilt('keeps out a record that comes out of the recycle bin while it asks', async () => {
  let readings = 0;
  const it = resumed(
    {changes: true},
    {
      before(call, its) {
        if (call.startsWith('deleted') && ++readings === 2) its.edit('2', nowS - 30);
      },
    },
  );
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(rowsOf(it), ['1 u old', '3 u old']);
});

rebuilt('emits anew, whole, what changed just before the cutoff of a refresh, and nothing after it', async () => {
  const records = [
    at('1', cutoffS - windowOverlapS - 1),
    at('2', cutoffS - windowOverlapS, 'two'),
    at('3', cutoffS - 1, 'three'),
    at('4', cutoffS, 'four'),
  ];
  const refresh = resumed({changes: true}, {records, refresh: true, job: () => photo('1', '2', '3', '4')});
  await runBackfill(refresh.binding, refresh.signal);
  assert.deepEqual(rowsOf(refresh), ['2 u two', '3 u three', '1 u old']);
  const backfill = resumed({changes: true}, {records, job: () => photo('1', '2', '3', '4')});
  await runBackfill(backfill.binding, backfill.signal);
  assert.deepEqual(rowsOf(backfill), ['1 u old']);
});

rebuilt('starts over where deletions were emitted and cannot be read now, and only there', async () => {
  const refusing = (seen: object, deletedS: number) =>
    resumed(seen, {
      state: {deleted: {cursor: stateTime(deletedS)}},
      before(call) {
        if (call.startsWith('deleted')) throw new ZohoError('module', 'no feed');
      },
    });
  const starts = async (it: Bench): Promise<boolean> => {
    await runBackfill(it.binding, it.signal);
    return it.logged.some((line) => line.startsWith('warn Module Leads changes faster than its backfill can follow'));
  };
  assert.equal(await starts(refusing({deletions: true}, cutoffS)), true);
  assert.equal(await starts(refusing({changes: true}, cutoffS + 1)), true);
  assert.equal(await starts(refusing({changes: true}, cutoffS)), false);
});

rebuilt('starts over where the feed cannot be read to its end', async () => {
  let full = true;
  const page = Array.from({length: 200}, (_, i) => ({
    id: String(i + 1),
    deletedTime: zohoTime(nowS - i),
    deletedS: nowS - i,
    type: 'permanent',
  }));
  const it = resumed({changes: true});
  const {client} = it.shared;
  Object.assign(client, {
    async deleted() {
      return full ? {rows: page, more: true} : null;
    },
  });
  const running = runBackfill(it.binding, it.signal);
  await new Promise((resolve) => setImmediate(resolve));
  full = false;
  await running;
  assert.ok(
    it.logged.some((line) => line.includes('starts over')),
    it.logged.join('\n'),
  );
});

rebuilt('waits for the feed only where the module has one', async () => {
  const it = resumed(
    {changes: true},
    {
      state: {deleted: {cursor: stateTime(cutoffS)}},
      before(call) {
        if (call.startsWith('deleted')) throw new ZohoError('module', 'no feed');
      },
    },
  );
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(it.clock.slept, []);
});

rebuilt.run();
