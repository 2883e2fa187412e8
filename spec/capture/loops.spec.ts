/** The two loops of a binding: when it sweeps, when it refreshes, and when both end. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {runLoops} from '../../lib/capture/loops.ts';
import {parseSchedule} from '../../lib/capture/schedule.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {BackfillState} from '../../lib/flow/state.ts';
import {fieldsAgeMaxMs, refreshesInRowMax, scheduleCheckMs, sweepSpacingMs} from '../../lib/limits.ts';
import {type Bench, type BenchOptions, type BenchRecord, bench, nowS, stateTime, zohoTime} from '../harness/binding-zoho.ts';
import {settled} from '../harness/clocks.ts';
import {textField} from '../harness/fields.ts';

const minuteMs = 60_000;
const at = (id: string, modifiedS: number, values: object = {A: 'a'}): BenchRecord => ({id, modifiedS, values: {...values}});
const formula = textField('F', {computed: true, type: 'number', dataType: 'formula', jsonType: 'double'});
const byBulkOnly = textField('B', {coql: false});
const backfill = (more: object = {}): BackfillState =>
  ({cutoff: stateTime(nowS - 500), seen: {}, ...more}) as unknown as BackfillState;
/** A job without rows, complete after so many looks: 10 take half a second, 48 some minutes. */
const jobOf = (looks: number) => () => ({count: 0, before: Array(looks).fill({state: 'pending'})});
const longJob = jobOf(48);

interface Timed extends Bench {
  /** Milliseconds since the start at which calls that begin like this were made. */
  readonly timesOf: (call: string) => number[];
}

/** A binding whose Zoho has a clock that goes. */
function timed({schedule, ...options}: BenchOptions & {schedule?: string}): Timed {
  const made: [call: string, ms: number][] = [];
  const it = bench({
    ticking: true,
    ...options,
    before(call, it) {
      made.push([call, it.clock.elapsedMs() - beganMs]);
      return options.before?.(call, it);
    },
  });
  const beganMs = it.clock.elapsedMs();
  if (schedule !== undefined) Object.assign(it.binding, {schedule: parseSchedule(schedule)});
  return Object.assign(it, {timesOf: (start: string) => made.filter(([call]) => call.startsWith(start)).map(([, ms]) => ms)});
}

/** Runs both loops until something is so, or a number of turns has passed. */
async function until(it: Bench, isSo: () => boolean): Promise<void> {
  const abort = new AbortController();
  const running = runLoops(it.binding, false, abort.signal);
  running.catch(() => {});
  for (let turn = 0; turn < 3_000 && !isSo(); turn++) await settled();
  assert.ok(isSo(), 'it never came to that');
  abort.abort(new Error('enough'));
  await assert.rejects(running, /enough/);
}

/** Keeps the range of a binding waiting, as others do that are before it. */
async function occupyJobs({shared, signal}: Bench): Promise<void> {
  for (let slot = 0; slot < 3; slot++) await shared.jobSlots.acquire(signal);
}

const once = suite('loops of a binding that captures once');

const runOnce = (it: Bench) => runLoops(it.binding, true, it.signal);

once('end when the range is done and a sweep after it has drained the seconds up to its beginning', async () => {
  const records = [at('1', nowS - 5_000), at('2', nowS - 100), at('3', nowS)];
  const it = timed({records, state: {backfill: backfill()}});
  await runOnce(it);
  assert.deepEqual(new Set(it.written.map(({id}) => id)), new Set([1, 2, 3]));
  assert.equal(it.binding.state.backfill, undefined);
  assert.equal(it.binding.state.inc.cursor, stateTime(nowS + 1));
  assert.deepEqual([it.clock.slept.includes(scheduleCheckMs), it.clock.sleepers], [false, 0]);
});

once('take a few seconds and one sweep where there is nothing to backfill, at any interval', async () => {
  const it = timed({});
  await runOnce(it);
  assert.deepEqual([it.binding.progress.sweeps, it.timesOf('create')], [1, []]);
  assert.ok(it.timesOf('select')[0]! <= 3_000, `${it.timesOf('select')}`);
});

once('sweep at each interval meanwhile, but not at their beginning', async () => {
  const it = timed({intervalMs: minuteMs, state: {backfill: backfill()}, job: longJob});
  await runOnce(it);
  const sweeps = it.timesOf('select id, Modified_Time, A from');
  const doneMs = it.timesOf('job').at(-1)!;
  assert.ok(doneMs > 3 * minuteMs, 'the job takes a while');
  assert.deepEqual(sweeps.slice(0, 3), [minuteMs, 2 * minuteMs, 3 * minuteMs]);
  assert.ok(sweeps.at(-1)! >= doneMs && sweeps.at(-1)! < doneMs + 5_000, 'the last one follows at once');
});

once('read deletions with the last sweep, even while credits run short', async () => {
  const it = timed({remaining: 0});
  await runOnce(it);
  assert.equal(it.timesOf('deleted').length, 1);
  const busy = timed({remaining: 0, intervalMs: minuteMs, state: {backfill: backfill()}, job: longJob});
  await runOnce(busy);
  assert.ok(busy.binding.progress.sweeps > 1);
  assert.equal(busy.timesOf('deleted').length, 1, 'and only then');
});

once('refresh at once what is owed, after a sweep', async () => {
  const it = timed({
    fields: [textField('A'), textField('B')],
    records: [at('1', nowS - 5_000, {A: 'a', B: 'b'})],
    state: {fields: {owed: ['B']} as never},
  });
  await runOnce(it);
  assert.deepEqual(
    it.written.map(({id, B, A}) => [id, B, A]),
    [[1, 'b', undefined]],
  );
  const indexOf = (start: string) => it.calls.findIndex((call) => call.startsWith(start));
  assert.ok(indexOf('select') >= 0 && indexOf('select') < indexOf('create'));
  assert.equal(it.binding.progress.sweeps, 2, 'one before it, and the last one');
  assert.equal(it.binding.state.fields?.owed, undefined);
  assert.deepEqual(it.binding.progress.lastRefresh, {records: 1, changed: 1});
  assert.equal(it.clock.slept.includes(scheduleCheckMs), false);
});

once('refresh without another sweep if there was one during the backfill', async () => {
  const it = timed({
    fields: [byBulkOnly],
    records: [at('1', nowS - 100, {B: 'b'})],
    intervalMs: minuteMs,
    state: {backfill: backfill({seen: {changes: true}})},
    job: longJob,
    // So each sweep reads deletions, and no refresh has to.
    deleted: [{id: '9', deletedTime: zohoTime(nowS + 9_000), deletedS: nowS + 9_000, type: 'permanent'}],
  });
  await runOnce(it);
  const refresh = it.calls.findLastIndex((call) => call.startsWith('create'));
  assert.deepEqual([it.timesOf('create').length, it.calls[refresh - 1]], [2, 'job j1']);
});

once('refresh formulas when their schedule has fired since the last time, and not before', async () => {
  const due = async (lastS: number, schedule: string | undefined = '0 0 * * *'): Promise<boolean> => {
    const it = timed({
      fields: [formula],
      records: [at('1', nowS - 5_000, {F: 1})],
      state: {last_initialized: stateTime(lastS)},
      schedule,
    });
    await runOnce(it);
    return it.timesOf('create').length > 0;
  };
  const midnightS = Math.floor(nowS / 86_400) * 86_400;
  assert.equal(await due(midnightS - 1), true);
  assert.equal(await due(midnightS), false);
});

once('begin no refresh that reads nothing, or while credits run short', async () => {
  const due = {schedule: '* * * * *', state: {last_initialized: stateTime(nowS - 9_000)}};
  for (const it of [timed({fields: [textField('A')], ...due}), timed({fields: [formula], remaining: 0, ...due})]) {
    await runOnce(it);
    assert.deepEqual([it.timesOf('create'), it.binding.state.is_connector_initiated], [[], undefined]);
    assert.equal(it.binding.progress.sweeps, 1);
  }
});

const loops = suite('loops of a binding');

loops('sweep at once, then at every interval, but never closer than they may, however long a sweep takes', async () => {
  for (const [intervalMs, sweepMs, pauseMs] of [
    [300_000, 0, 300_000],
    [300_000, 20_000, 300_000],
    [300_000, 400_000, 400_000],
    [1, 0, sweepSpacingMs],
  ] as const) {
    const it = timed({intervalMs, before: (call, {clock}) => (call.startsWith('select') ? clock.sleep(sweepMs) : undefined)});
    await until(it, () => it.timesOf('select').length >= 4 && it.binding.progress.phase === 'up to date');
    assert.deepEqual(it.timesOf('select').slice(0, 4), [0, pauseMs, 2 * pauseMs, 3 * pauseMs]);
  }
});

loops('are not up to date while a range runs', async () => {
  const it = timed({intervalMs: minuteMs, state: {backfill: backfill()}, job: longJob});
  const {progress} = it.binding;
  const phases = new Set<string>();
  await until(it, () => {
    if (progress.range === 'backfill') phases.add(progress.phase);
    return progress.range === undefined && progress.phase === 'up to date';
  });
  assert.ok(progress.sweeps > 3);
  assert.equal(phases.has('up to date'), false);
});

loops('ask nothing about a range before which nothing was emitted', async () => {
  const it = timed({state: {backfill: backfill({job: 'j1', seen: {}})}, job: () => ({count: 0})});
  await it.shared.client.createJob({module: 'Leads', fields: [], fromS: 0, toS: 1}, it.signal);
  await until(it, () => it.binding.state.backfill === undefined);
  assert.deepEqual(it.timesOf('select id, Modified_Time from'), []);
});

loops('refresh what is owed only after a sweep', async () => {
  const it = timed({fields: [textField('A'), textField('B')], state: {fields: {owed: ['B']} as never}});
  await until(it, () => it.timesOf('create').length > 0);
  assert.deepEqual([it.timesOf('create'), it.calls[0]?.startsWith('select')], [[scheduleCheckMs], true]);
});

loops('refresh at once what a backfill leaves owed, and by schedule some seconds later', async () => {
  const records = [at('1', nowS - 100, {B: 'b'})];
  for (const [options, pauseMs] of [
    [{fields: [byBulkOnly], state: {backfill: backfill({seen: {changes: true}})}}, 0],
    [{fields: [formula], state: {backfill: backfill()}, schedule: '* * * * *'}, scheduleCheckMs],
  ] as const) {
    const it = timed({records, job: jobOf(30), intervalMs: 1_000, ...options});
    await until(it, () => it.timesOf('create').length > 1);
    const refresh = it.calls.findLastIndex((call) => call.startsWith('create'));
    const polls = it.calls.slice(0, refresh).filter((call) => call.startsWith('job')).length;
    assert.equal(it.timesOf('create')[1]! - it.timesOf('job')[polls - 1]!, pauseMs);
  }
});

loops('say what a backfill leaves owed, and that it comes at once', async () => {
  const fields = [textField('A'), byBulkOnly, textField('C', {coql: false})];
  const it = timed({fields, records: [at('1', nowS - 100, {A: 'a'})], state: {backfill: backfill({seen: {changes: true}})}});
  await until(it, () => it.timesOf('create').length > 1);
  assert.ok(
    it.logged.includes('info Records of module Leads were captured without B, C: a refresh that adds the values begins now'),
    it.logged.join('\n'),
  );
});

loops('say nothing of owed fields where there are none', async () => {
  const it = timed({state: {backfill: backfill()}});
  await until(it, () => it.binding.state.backfill === undefined && it.binding.progress.sweeps > 1);
  assert.deepEqual(
    it.logged.filter((line) => !/ the backfill of module| backfill of module Leads is complete/.test(line)),
    [],
  );
});

loops('refresh a module that never rests only so often in a row, not counting its schedule', async () => {
  const it = timed({
    fields: [byBulkOnly],
    intervalMs: 1_000,
    job: jobOf(10),
    schedule: '0 0 * * *',
    state: {last_initialized: stateTime(nowS - 86_400)},
    before(call, it) {
      if (call.startsWith('create')) it.edit('1', nowS + Math.floor(it.clock.elapsedMs() / 1_000));
    },
  });
  await until(it, () => it.logged.some((line) => line.includes('keep changing')));
  assert.equal(it.timesOf('create').length, 1 + refreshesInRowMax);
  assert.equal(
    it.logged.at(-1),
    'info Records of module Leads keep changing: their latest values of B arrive with the next refresh',
  );
});

loops('refresh as often as anything is owed that the last refresh had not left', async () => {
  const it = timed({fields: [textField('A'), textField('B')]});
  let owed = 0;
  const owe = () => it.binding.patch({fields: {owed: ['B']}});
  await until(it, () => {
    if (it.binding.state.fields?.owed === undefined && it.timesOf('create').length === owed && it.binding.progress.sweeps > 0) {
      owed++;
      void owe();
    }
    return owed > refreshesInRowMax + 2;
  });
  assert.ok(it.timesOf('create').at(-1)! < 10 * minuteMs);
});

loops('read the fields again after a while, and describe what is new', async () => {
  const it = timed({intervalMs: fieldsAgeMaxMs / 2, fields: [textField('A')], state: {backfill: backfill()}});
  await occupyJobs(it);
  const {client} = it.shared;
  const [before, beganMs] = [await client.fields('Leads', it.signal), it.clock.elapsedMs()];
  const asked: number[] = [];
  Object.assign(client, {
    fields: async () => {
      asked.push(it.clock.elapsedMs() - beganMs);
      return [...before!, ...(asked.length > 1 ? [textField('New')] : [])];
    },
  });
  await until(it, () => asked.length > 2);
  assert.deepEqual(
    asked,
    [1.5, 3, 4.5].map((ages) => ages * fieldsAgeMaxMs),
  );
  assert.deepEqual(
    it.logged.filter((line) => line.includes('have changed')),
    ['info The fields of module Leads have changed'],
  );
  assert.ok(JSON.stringify(it.schemas.at(-1)).includes('Modified_Time'));
});

loops('read the fields soon after one was refused, and keep those that are known when Zoho gives none', async () => {
  const it = timed({fields: [textField('A'), textField('B')], intervalMs: minuteMs});
  let asked = 0;
  Object.assign(it.shared.client, {
    fields: async () => {
      asked++;
      return null;
    },
  });
  assert.equal(await it.binding.refuse('coql', 'B'), true);
  it.logged.length = 0;
  await until(it, () => it.binding.progress.sweeps > 5);
  assert.equal(asked, 1);
  assert.deepEqual(it.logged, [
    'warn Module Leads: Zoho gave an empty answer about its fields, although it had some; the known fields stay in use',
  ]);
  assert.equal(it.binding.queries.fields.all.has('A'), true);
});

loops('try a feed of deletions again that was refused, when the fields are read again', async () => {
  const it = timed({
    intervalMs: fieldsAgeMaxMs,
    state: {backfill: backfill()},
    before(call) {
      if (call.startsWith('deleted')) throw new ZohoError('refused', 'no such feed');
    },
  });
  await occupyJobs(it);
  await until(it, () => it.timesOf('deleted').length > 1);
  assert.deepEqual(it.timesOf('deleted'), [0, 3 * fieldsAgeMaxMs]);
});

loops('end one another: what fails on one side is thrown when the other has stopped', async () => {
  let stopped = false;
  const it = timed({
    state: {backfill: backfill()},
    async before(call) {
      if (call.startsWith('select') && call.includes('Modified_Time >=')) throw new ZohoError('credentials', 'no');
      if (!call.includes('is null')) return;
      for (let turn = 0; turn < 10; turn++) await settled();
      stopped = true;
    },
  });
  await assert.rejects(runLoops(it.binding, false, it.signal), {kind: 'credentials'});
  assert.equal(stopped, true);
  const {length} = it.calls;
  await settled();
  assert.equal(it.calls.length, length);
});

once.run();
loops.run();
