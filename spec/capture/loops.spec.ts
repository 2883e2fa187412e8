/** The two loops of a binding, and the ranges that they begin and end. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {beginRefresh, runBackfill} from '../../lib/capture/backfill.ts';
import {runLoops} from '../../lib/capture/loops.ts';
import {parseSchedule} from '../../lib/capture/schedule.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {BackfillState} from '../../lib/flow/state.ts';
import {fieldsAgeMaxMs, sweepSpacingMs, windowLagS} from '../../lib/limits.ts';
import {type Bench, type BenchOptions, type BenchRecord, bench, nowS, stateTime} from '../harness/binding-zoho.ts';
import {settled} from '../harness/clocks.ts';
import {textField} from '../harness/fields.ts';

const loops = suite('loops of a binding');

const at = (id: string, modifiedS: number, values: object = {A: 'a'}): BenchRecord => ({id, modifiedS, values: {...values}});
const formula = textField('F', {computed: true, type: 'number', dataType: 'formula', jsonType: 'double'});
const backfill = (more: object = {}): BackfillState =>
  ({cutoff: stateTime(nowS - 500), seen: {}, ...more}) as unknown as BackfillState;

/** Zoho's clock goes with that of the machine. */
function ticking(options: BenchOptions & {schedule?: string}): Bench {
  const it = bench(options);
  const beganMs = it.clock.elapsedMs();
  Object.assign(it.shared.client, {nowSeconds: async () => nowS + Math.floor((it.clock.elapsedMs() - beganMs) / 1_000)});
  if (options.schedule !== undefined) Object.assign(it.binding, {schedule: parseSchedule(options.schedule)});
  return it;
}

const ids = ({written}: Bench): string => written.map(({id}) => id).join();

loops('end with once when the range is done and a sweep after it has drained the seconds up to its beginning', async () => {
  const it = ticking({records: [at('1', nowS - 5_000), at('2', nowS - 100)], state: {backfill: backfill()}});
  await runLoops(it.binding, true, it.signal);
  assert.deepEqual(new Set(it.written.map(({id}) => id)), new Set([1, 2]));
  assert.equal(it.binding.state.backfill, undefined);
  assert.ok(Date.parse(it.binding.state.inc.cursor) / 1_000 > nowS - windowLagS - 1);
  assert.ok(
    it.calls.some((call) => call.startsWith('deleted')),
    'the last sweep reads deletions',
  );
  assert.ok(it.binding.progress.sweeps >= 1);
});

loops('refresh at once with once what is owed, after a sweep', async () => {
  const it = ticking({
    fields: [textField('A'), textField('B')],
    records: [at('1', nowS - 5_000, {A: 'a', B: 'b'})],
    state: {fields: {owed: ['B']} as never},
  });
  await runLoops(it.binding, true, it.signal);
  assert.deepEqual(
    it.written.map(({id, B, A}) => [id, B, A]),
    [[1, 'b', undefined]],
  );
  const [sweep, create] = [
    it.calls.findIndex((call) => call.startsWith('select')),
    it.calls.findIndex((call) => call.startsWith('create')),
  ];
  assert.ok(sweep >= 0 && sweep < create);
  assert.equal(it.binding.state.fields?.owed, undefined);
  assert.deepEqual(it.binding.progress.lastRefresh, {records: 1, changed: 1});
});

loops('refresh formulas when their schedule has fired since the last time, and not before', async () => {
  const due = async (lastS: number, schedule: string | undefined = '0 0 * * *'): Promise<boolean> => {
    const it = ticking({
      fields: [formula],
      records: [at('1', nowS - 5_000, {F: 1})],
      state: {last_initialized: stateTime(lastS)},
      schedule,
    });
    await runLoops(it.binding, true, it.signal);
    return it.calls.some((call) => call.startsWith('create'));
  };
  const midnightS = Math.floor(nowS / 86_400) * 86_400;
  assert.equal(await due(midnightS - 1), true);
  assert.equal(await due(midnightS), false);
});

loops('begin no refresh that reads nothing, or while credits run short', async () => {
  const nothing = ticking({fields: [textField('A')], schedule: '* * * * *', state: {last_initialized: stateTime(nowS - 9_000)}});
  await runLoops(nothing.binding, true, nothing.signal);
  const short = ticking({
    fields: [formula],
    remaining: 0,
    schedule: '* * * * *',
    state: {last_initialized: stateTime(nowS - 9_000)},
  });
  await runLoops(short.binding, true, short.signal);
  for (const it of [nothing, short]) assert.ok(!it.calls.some((call) => call.startsWith('create')));
});

/** Runs loops until something is so, or a number of turns has passed. */
async function until(it: Bench, isSo: () => boolean): Promise<void> {
  const abort = new AbortController();
  const running = runLoops(it.binding, false, abort.signal);
  running.catch(() => {});
  for (let turn = 0; turn < 3_000 && !isSo(); turn++) await settled();
  assert.ok(isSo(), 'it never came to that');
  abort.abort(new Error('enough'));
  await assert.rejects(running, /enough/);
}

loops('sweep every interval, but never closer than they may', async () => {
  for (const [intervalMs, pauseMs] of [
    [300_000, 300_000],
    [1, sweepSpacingMs],
  ] as const) {
    const it = ticking({intervalMs});
    const sweeps: number[] = [];
    Object.assign(it.shared.client, {
      coql: async () => {
        sweeps.push(it.clock.elapsedMs());
        return null;
      },
    });
    await until(it, () => sweeps.length >= 4);
    assert.deepEqual(
      sweeps.slice(1, 4).map((ms, i) => ms - sweeps[i]!),
      [pauseMs, pauseMs, pauseMs],
    );
    assert.equal(it.binding.progress.phase, 'up to date');
  }
});

loops('read the fields again after a while, and describe what is new', async () => {
  const it = ticking({intervalMs: fieldsAgeMaxMs / 2, fields: [textField('A')]});
  let asked = 0;
  const {client} = it.shared;
  const before = await client.fields('Leads', it.signal);
  Object.assign(client, {
    fields: async () => {
      asked++;
      return [...(before ?? []), textField('New')];
    },
  });
  await until(it, () => it.binding.state.fields?.owed !== undefined || asked > 1);
  assert.ok(it.logged.includes('info The fields of module Leads have changed'), it.logged.join('\n'));
  assert.ok(it.clock.elapsedMs() > fieldsAgeMaxMs);
});

loops('keep the fields that are known when Zoho gives none', async () => {
  const it = ticking({intervalMs: fieldsAgeMaxMs + 1});
  Object.assign(it.shared.client, {fields: async () => null});
  await until(it, () => it.logged.length > 0);
  assert.deepEqual(it.logged, [
    'warn Module Leads: Zoho gave an empty answer about its fields, although it had some; the known fields stay in use',
  ]);
  assert.equal(it.binding.queries.fields.all.has('A'), true);
});

loops('end one another: what fails on one side is thrown when the other has stopped', async () => {
  const it = ticking({
    state: {backfill: backfill()},
    before(call) {
      if (call.startsWith('select') && call.includes('Modified_Time >=')) throw new ZohoError('credentials', 'no');
    },
  });
  await assert.rejects(runLoops(it.binding, false, it.signal), {kind: 'credentials'});
  const {length} = it.calls;
  await settled();
  assert.equal(it.calls.length, length);
});

loops('say what a range leaves owed, and that it comes at once', async () => {
  const it = ticking({
    fields: [textField('A'), textField('B', {coql: false})],
    records: [at('1', nowS - 100, {A: 'a', B: 'b'})],
    state: {backfill: backfill({seen: {changes: true}})},
  });
  await until(it, () => it.logged.some((line) => line.includes('were captured without')));
  assert.ok(
    it.logged.includes('info Records of module Leads were captured without B: a refresh that adds the values begins now'),
    it.logged.join('\n'),
  );
});

const ranges = suite('ranges');

ranges('begin a refresh at the cursor, with the fields that it reads, and what it is to mark', async () => {
  const it = bench({fields: [formula, textField('A')], state: {is_connector_initiated: false}});
  await beginRefresh(it.binding, nowS, it.signal);
  const {cursor} = it.binding.state.inc;
  assert.deepEqual(it.patches, [
    {
      backfill: {
        next_page: null,
        job: null,
        rows: null,
        next_job: null,
        slice: null,
        again: null,
        cutoff: cursor,
        seen: {changes: null, deletions: null},
        fields: ['F'],
      },
      is_connector_initiated: true,
      last_initialized: stateTime(nowS),
    },
  ]);
  assert.equal(it.binding.refreshing, true);
});

ranges('read deletions before a refresh begins where sweeps have left them out', async () => {
  const cursor = stateTime(nowS - 1_000);
  const it = bench({fields: [formula], state: {deleted: {cursor, skipped: true}}});
  await beginRefresh(it.binding, nowS, it.signal);
  assert.ok(it.calls.some((call) => call.startsWith('deleted')));
  assert.equal(it.binding.state.deleted.skipped, undefined);
});

ranges('count what a sweep has captured beyond the cursor as a change of the range', async () => {
  const it = bench({fields: [formula], records: [at('1', nowS)]});
  const {sweep} = await import('../../lib/capture/sweep.ts');
  await sweep(it.binding, it.signal);
  await beginRefresh(it.binding, nowS, it.signal);
  assert.deepEqual(it.binding.state.backfill?.seen, {changes: true});
});

ranges('of a refresh write values that changed, and count those that did not', async () => {
  const records = ['1', '2'].map((id) => at(id, nowS - 5_000, {F: 1}));
  const it = bench({fields: [formula], records});
  const refresh = async () => {
    await beginRefresh(it.binding, nowS, it.signal);
    await runBackfill(it.binding, it.signal);
  };
  await refresh();
  it.edit('2', nowS - 5_000, {F: 2});
  await refresh();
  assert.equal(ids(it), '1,2,2');
  assert.deepEqual(it.binding.progress.lastRefresh, {records: 2, changed: 1});
  assert.deepEqual([it.binding.state.backfill, it.binding.state.is_connector_initiated], [undefined, false]);
  assert.ok(
    it.logged.some((line) =>
      /^info The refresh of module Leads is complete: 2 rows in \d+ s, \d+ credits; 1 of 2 records have changed values$/.test(
        line,
      ),
    ),
    it.logged.join('\n'),
  );
});

ranges('of a refresh capture whole a record that was captured as deleted, and no part of it', async () => {
  const it = bench({
    fields: [formula, textField('A')],
    records: [at('7', nowS - 5_000, {F: 1, A: 'a'})],
    state: {
      deleted: {cursor: stateTime(nowS - 1_000), recycled: {7: nowS - 5_000}},
      backfill: backfill({fields: ['F']}),
      is_connector_initiated: true,
    },
  });
  it.binding.seen.filter.begin({isComplete: true});
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(
    it.written.map(({id, A, F}) => [id, A, F]),
    [[7, 'a', 1]],
  );
});

ranges('go on after a failure that can be repaired, and end with one that cannot', async () => {
  let failures = 1;
  const it = bench({
    records: [at('1', nowS - 5_000)],
    state: {backfill: backfill()},
    before(call) {
      if (call.startsWith('download') && failures-- > 0) throw new ZohoError('short', 'cut off');
    },
  });
  await runBackfill(it.binding, it.signal);
  assert.equal(ids(it), '1');
  assert.equal(it.calls.filter((call) => call.startsWith('create')).length, 1);
  const failing = bench({
    state: {backfill: backfill()},
    before(call) {
      if (call.startsWith('create')) throw new ZohoError('credentials', 'no');
    },
  });
  await assert.rejects(runBackfill(failing.binding, failing.signal), {kind: 'credentials'});
});

ranges('say that they begin or go on, at what cost, and what they came to', async () => {
  const it = bench({records: [at('1', nowS - 5_000), at('2', nowS - 5_000)], state: {backfill: backfill()}});
  await runBackfill(it.binding, it.signal);
  assert.match(it.logged[0] ?? '', /^info Beginning the backfill of module Leads, at about \d+ credits for every 200,000 rows$/);
  assert.match(it.logged.at(-1) ?? '', /^info The backfill of module Leads is complete: 2 rows in \d+ s, \d+ credits$/);
  assert.deepEqual(
    [it.binding.progress.range, it.binding.progress.phase, it.binding.seen.filter.size],
    [undefined, 'backfilled', 0],
  );
  const resumed = bench({state: {backfill: backfill({job: 'j1'})}, job: () => ({count: 0})});
  await resumed.shared.client.createJob({module: 'Leads', fields: [], fromS: 0, toS: 1}, resumed.signal);
  await runBackfill(resumed.binding, resumed.signal);
  assert.match(resumed.logged[0] ?? '', /^info Resuming the backfill/);
});

ranges('leave out a field that Bulk Read refuses, with a word about what it still comes with', async () => {
  for (const [options, rest] of [
    [{}, 'comes with changes only'],
    [{refused: {coql: ['B']}}, 'is not captured'],
  ] as const) {
    const it = bench({
      fields: [textField('A'), textField('B')],
      state: {backfill: backfill()},
      ...options,
      before(call) {
        if (call.startsWith('create') && call.includes(',B')) throw new ZohoError('field', 'no', {field: 'B'});
      },
    });
    await runBackfill(it.binding, it.signal);
    assert.ok(it.logged.includes(`warn Module Leads, field B: Bulk Read refuses it; it ${rest}`), it.logged.join('\n'));
    assert.deepEqual(it.binding.state.fields?.refused?.bulk, ['B']);
    assert.equal(it.binding.queries.areFieldsStale, true);
    assert.equal(it.schemas.length > 0, true);
    assert.equal(await it.binding.refuse('bulk', 'B'), false);
  }
  const coql = bench({fields: [textField('A')]});
  assert.equal(await coql.binding.refuse('coql', 'A'), true);
  assert.deepEqual(coql.logged, ['warn Module Leads, field A: COQL refuses it; it comes with backfills and refreshes only']);
});

loops.run();
ranges.run();
