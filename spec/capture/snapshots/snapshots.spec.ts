/** Snapshots of one module: when they are due, what they write, and what a kill leaves. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {parseSchedule} from '../../../lib/capture/schedule.ts';
import {keptJobs} from '../../../lib/capture/snapshots/kept-jobs.ts';
import {SnapshotPlace} from '../../../lib/capture/snapshots/place.ts';
import {runSnapshots} from '../../../lib/capture/snapshots/run-snapshots.ts';
import {SnapshotBinding} from '../../../lib/capture/snapshots/snapshot-binding.ts';
import {takeSnapshot} from '../../../lib/capture/snapshots/take-snapshot.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {bulkFieldsMax, fieldsNotedMaxS, rowTombstonesAtOnce, scheduleCheckMs, snapshotSpacingMs} from '../../../lib/limits.ts';
import {RowDigest} from '../../../lib/records/row-digest.ts';
import type {ZohoClient} from '../../../lib/zoho/api.ts';
import {type Bench, type BenchOptions, bench, nowS, stateTime} from '../../harness/binding-zoho.ts';
import {textField} from '../../harness/fields.ts';

const snapshots = suite('snapshots');

const id = textField('id', {type: 'id', dataType: 'bigint'});
const fields = [id, textField('A')];
const file = (...rows: readonly (readonly [id: number, A: string])[]) => ({
  count: rows.length,
  csv: ['Id,A', ...rows.map(([number, A]) => `${number},${A}`), ''].join('\n'),
});

/** A binding of a module without Modified_Time; its jobs export `rows`. */
async function snapshot(
  rows: () => readonly (readonly [id: number, A: string])[],
  {saved = {}, schedule, intervalMs = 3_600_000, ...more}: BenchOptions & {saved?: unknown; schedule?: string} = {},
) {
  const it = bench({...more, intervalMs, job: more.job ?? (() => file(...rows()))});
  Object.assign(it.shared.client, {fields: async () => fields});
  const {target, progress} = it.binding;
  const options = {
    target,
    module: 'Leads',
    intervalMs,
    schedule: schedule === undefined ? undefined : parseSchedule(schedule),
    progress,
    shared: it.shared,
    saved,
    startDate: undefined,
    once: true,
  };
  const binding = await SnapshotBinding.resume(options, saved);
  binding.takeFields(fields);
  return {it, options, binding};
}

/** Documents as `number op A`, or `number d`. */
const written = ({written: all}: Bench): string[] =>
  (all as unknown as {A?: string; _meta: {op: string; row_id: number}}[]).map(
    ({A, _meta: {op, row_id}}) => `${row_id} ${op}${A === undefined ? '' : ` ${A}`}`,
  );

snapshots('write all rows with their numbers, and note that they are whole', async () => {
  const {it, binding} = await snapshot(() => [
    [7, 'a'],
    [8, 'b'],
  ]);
  await takeSnapshot(binding, it.signal);
  assert.deepEqual(written(it), ['0 c a', '1 c b']);
  assert.deepEqual([binding.state.lastCount, binding.state.updatedAt], [2, stateTime(nowS)]);
  assert.match(binding.state.lastDigest ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(it.patches.at(-1), {
    snapshot: {updated_at: stateTime(nowS), last_count: 2, last_digest: binding.state.lastDigest},
  });
  assert.equal(it.calls.filter((call) => call.startsWith('create')).length, 1, 'read twice, exported once');
  assert.equal(it.calls.filter((call) => call.startsWith('download')).length, 2);
  assert.deepEqual([binding.progress.range, binding.progress.documents], [undefined, 2]);
  assert.match(
    it.logged.at(-1) ?? '',
    /^info The snapshot of module Leads is complete: 2 rows, written, 0 before, in \d+ s, \d+ credits$/,
  );
});

snapshots('write nothing but the time when the rows are those of the last one, in any order', async () => {
  let rows: (readonly [number, string])[] = [
    [7, 'a'],
    [8, 'b'],
  ];
  const {it, binding} = await snapshot(() => rows);
  await takeSnapshot(binding, it.signal);
  const {state} = binding;
  rows = [
    [8, 'b'],
    [7, 'a'],
  ];
  it.nowS += 60;
  await takeSnapshot(binding, it.signal);
  assert.equal(it.written.length, 2);
  assert.deepEqual(binding.state, {...state, updatedAt: stateTime(nowS + 60)});
  assert.deepEqual(it.patches.at(-1), {snapshot: {updated_at: stateTime(nowS + 60)}});
  assert.match(it.logged.at(-1) ?? '', /2 rows, unchanged, in/);
});

snapshots('take the place of earlier rows by number, and delete the numbers left over, the highest first', async () => {
  let rows = Array.from({length: rowTombstonesAtOnce + 3}, (_, i): readonly [number, string] => [i + 1, 'a']);
  const {it, binding} = await snapshot(() => rows);
  await takeSnapshot(binding, it.signal);
  const before = it.written.length;
  rows = [[1, 'b']];
  await takeSnapshot(binding, it.signal);
  const later = written(it).slice(before);
  assert.deepEqual(later.slice(0, 1), ['0 u b']);
  assert.equal(later.length, 1 + rowTombstonesAtOnce + 2);
  assert.ok(later.slice(1).every((line) => line.endsWith(' d')));
  assert.equal(later[1], '3 d', 'the highest numbers go in the first piece');
  assert.equal(binding.state.lastCount, 1);
  assert.equal(binding.progress.deletions, rowTombstonesAtOnce + 2);
  const counts = it.patches.flatMap(({snapshot: patch}) => (patch as {last_count?: number})?.last_count ?? []);
  assert.deepEqual(counts.slice(-3), [3, 1, 1]);
});

snapshots('raise the count with every row, so that a kill leaves none behind', async () => {
  const {binding} = await snapshot(() => [], {
    saved: {bindingStateV1: {Leads: {snapshot: {updated_at: stateTime(nowS), last_count: 5, last_digest: 'x'}}}},
  });
  assert.deepEqual(binding.raised(3), {last_count: 5, last_digest: null});
  assert.deepEqual(binding.raised(7), {last_count: 7, last_digest: null});
});

snapshots('are due when none is whole, at each slot of a schedule, or after the interval', async () => {
  const due = async (state: object | undefined, atS: number, options: {schedule?: string; intervalMs?: number} = {}) => {
    const saved = state === undefined ? {} : {bindingStateV1: {Leads: {snapshot: state}}};
    return (await snapshot(() => [], {saved, ...options})).binding.isDue(atS);
  };
  const whole = {updated_at: stateTime(nowS), last_count: 1, last_digest: 'x'};
  assert.equal(await due(undefined, nowS), true);
  assert.equal(await due({...whole, last_digest: null}, nowS), true);
  assert.equal(await due({...whole, updated_at: null}, nowS), true);
  assert.equal(await due(whole, nowS), false);
  assert.equal(await due(whole, nowS - 1), true, 'a time still to come is a wrong clock');
  const spacingS = snapshotSpacingMs / 1_000;
  assert.equal(await due(whole, nowS + spacingS - 1, {intervalMs: 1}), false);
  assert.equal(await due(whole, nowS + spacingS, {intervalMs: 1}), true);
  assert.equal(await due(whole, nowS + 2 * spacingS - 1, {intervalMs: 2 * snapshotSpacingMs}), false);
  const midnightS = (Math.floor(nowS / 86_400) + 1) * 86_400;
  assert.equal(await due(whole, midnightS - 1, {schedule: '0 0 * * *'}), false);
  assert.equal(await due(whole, midnightS, {schedule: '0 0 * * *'}), true);
});

snapshots('go on after a failure, and do not count rows twice', async () => {
  for (const kind of ['short', 'damaged', 'lost'] as const) {
    let failures = 1;
    const {it, binding} = await snapshot(
      () => [
        [7, 'a'],
        [8, 'b'],
      ],
      {
        before(call) {
          if (call.startsWith('download') && failures-- > 0) throw new ZohoError(kind, 'no');
        },
      },
    );
    await takeSnapshot(binding, it.signal);
    assert.deepEqual(written(it), ['0 c a', '1 c b'], kind);
    const other = await snapshot(() => [
      [7, 'a'],
      [8, 'b'],
    ]);
    await takeSnapshot(other.binding, other.it.signal);
    assert.equal(binding.state.lastDigest, other.binding.state.lastDigest, kind);
  }
});

snapshots('leave out fields that Bulk Read refuses, named or not, and ask for them again a day later', async () => {
  for (const error of [
    new ZohoError('field', 'no', {field: 'A'}),
    new ZohoError('refused', 'no', {code: 'FIELD_NOT_AVAILABLE'}),
  ]) {
    const {it, binding} = await snapshot(() => [], {
      before(call) {
        if (call.startsWith('create') && call.includes('A')) throw error;
      },
      job: () => ({count: 1, csv: 'Id\n7\n'}),
    });
    await takeSnapshot(binding, it.signal);
    assert.deepEqual(binding.columns, ['id']);
    assert.ok(it.logged.includes('warn Module Leads, field A: Bulk Read refuses it; it is not captured'), it.logged.join('\n'));
    assert.equal(await binding.refuse('A'), false);
    binding.takeFields(fields);
    assert.deepEqual(binding.columns, ['id'], 'not asked for within a day');
    await it.clock.advance(1_000 * fieldsNotedMaxS + 1);
    binding.takeFields(fields);
    assert.deepEqual(binding.columns, ['id', 'A']);
  }
});

snapshots('have the fields of one job, and say which are left out', async () => {
  const {it, binding} = await snapshot(() => []);
  const many = [id, ...Array.from({length: bulkFieldsMax}, (_, i) => textField(`F${String(i).padStart(3, '0')}`))];
  binding.takeFields(many);
  assert.equal(binding.columns.length <= bulkFieldsMax, true);
  assert.match(it.logged.at(-1) ?? '', /^warn Module Leads has more fields than one job reads; F\d+, F\d+ are not captured$/);
  const {length} = it.logged;
  binding.takeFields(many);
  assert.equal(it.logged.length, length, 'said once');
});

snapshots('describe the fields that a job has taken, once', async () => {
  const {it, binding} = await snapshot(() => [[7, 'a']]);
  await takeSnapshot(binding, it.signal);
  assert.equal(it.schemas.length, 1);
  assert.deepEqual(Object.keys((it.schemas[0] as {properties: object}).properties), ['A', 'id', '_meta']);
});

snapshots('begin anew on request with the numbers in use, in a checkpoint of their own', async () => {
  const saved = {
    bindingStateV1: {Leads: {snapshot: {last_count: 2, last_digest: 'x', updated_at: stateTime(nowS)}}},
    backfillRequests: {Leads: true},
  };
  const {it, binding} = await snapshot(() => [[7, 'a']], {saved});
  assert.deepEqual([binding.state.lastCount, binding.state.lastDigest], [2, undefined]);
  assert.deepEqual(it.patches, [{snapshot: {last_digest: null}}]);
});

snapshots('run once, or for as long as the binding does, whenever one is due', async () => {
  const once = await snapshot(() => [[7, 'a']]);
  await runSnapshots(once.options, once.it.signal);
  assert.deepEqual([once.it.written.length, once.options.progress.phase, once.options.progress.sweeps], [1, 'up to date', 1]);
  const on = await snapshot(() => [[7, 'a']], {intervalMs: 1});
  const abort = new AbortController();
  on.it.shared.unscoped.add(0);
  const beganMs = on.it.clock.elapsedMs();
  Object.assign(on.it.shared.client, {nowSeconds: async () => nowS + Math.floor((on.it.clock.elapsedMs() - beganMs) / 1_000)});
  const running = runSnapshots({...on.options, once: false}, abort.signal);
  running.catch(() => {});
  for (let turn = 0; turn < 3_000 && on.options.progress.sweeps < 2; turn++) await new Promise(setImmediate);
  abort.abort(new Error('enough'));
  await assert.rejects(running, /enough/);
  assert.equal(on.options.progress.sweeps, 2);
  assert.ok(on.it.clock.elapsedMs() - beganMs >= snapshotSpacingMs);
  assert.ok(on.it.clock.slept.every((ms) => ms === scheduleCheckMs));
  assert.equal(on.it.shared.unscoped.size, 0);
});

snapshots('of a module without field metadata are an outage where it had some', async () => {
  for (const [saved, kind] of [
    [{}, 'module'],
    [{bindingStateV1: {Leads: {snapshot: {updated_at: stateTime(nowS), last_count: 1}}}}, 'unavailable'],
  ] as const) {
    const {it, options} = await snapshot(() => [], {saved});
    Object.assign(it.shared.client, {fields: async () => null});
    const abort = new AbortController();
    const running = runSnapshots({...options, once: true}, abort.signal);
    running.catch(() => {});
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    abort.abort();
    assert.match(options.progress.fault ?? '', kind === 'module' ? /has no field metadata/ : /although it had some/);
  }
});

const parts = suite('parts of snapshots');

parts('keep a place that goes back where rows are read anew', () => {
  const digest = (...rows: string[]): RowDigest => {
    const sum = new RowDigest();
    for (const row of rows) sum.add(Buffer.from(row));
    return sum;
  };
  const place = new SnapshotPlace();
  assert.equal(place.backfill.cutoff, '1970-01-01T00:00:00Z');
  const [one, two, three] = [digest('a'), digest('a', 'b'), digest('a', 'b', 'c')];
  place.pass({backfill: {job: 'j', rows: 1}}, one);
  assert.equal(place.digest, one);
  place.recover({backfill: {rows: null}});
  assert.equal(place.digest.count, 0);
  place.pass(() => ({backfill: {next_page: 't', job: 'k', rows: null}}), two);
  place.pass({backfill: {rows: 1}}, three);
  place.recover({backfill: {job: 'l'}});
  assert.equal(place.digest, three, 'rows passed stay passed');
  place.recover({backfill: {rows: null}});
  assert.equal(place.digest, two, 'back to the beginning of the page');
  place.recover({backfill: {next_page: null, rows: null}});
  assert.equal(place.digest.count, 0);
  place.pass(undefined, one);
  assert.equal(place.digest, one);
});

parts('give a noted job to the first who asks the same again', async () => {
  const asked: unknown[] = [];
  const {noting, reusing} = keptJobs({createJob: async (query: unknown) => `j${asked.push(query)}`} as unknown as ZohoClient);
  const {signal} = new AbortController();
  const query = {module: 'Leads', fields: ['id'], fromS: 0, toS: 1};
  assert.equal(await noting.createJob(query, signal), 'j1');
  assert.equal(await reusing.createJob({pageToken: 't'}, signal), 'j2');
  assert.equal(await reusing.createJob({...query}, signal), 'j1');
  assert.equal(await reusing.createJob(query, signal), 'j3');
});

snapshots.run();
parts.run();
