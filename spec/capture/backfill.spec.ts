/** The ranges of a binding: backfills and refreshes, from their beginning to their end. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {beginRefresh, runBackfill} from '../../lib/capture/backfill.ts';
import {sweep} from '../../lib/capture/sweep.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {BackfillState} from '../../lib/flow/state.ts';
import {type Bench, type BenchRecord, bench, nowS, stateTime} from '../harness/binding-zoho.ts';
import {textField} from '../harness/fields.ts';

const at = (id: string, modifiedS: number, values: object = {A: 'a'}): BenchRecord => ({id, modifiedS, values: {...values}});
const formula = textField('F', {computed: true, type: 'number', dataType: 'formula', jsonType: 'double'});
const backfill = (more: object = {}): BackfillState =>
  ({cutoff: stateTime(nowS - 500), seen: {}, ...more}) as unknown as BackfillState;
const ids = ({written}: Bench): string => written.map(({id}) => id).join();
const counted = ({calls}: Bench, start: string): number => calls.filter((call) => call.startsWith(start)).length;
/** Queries for records without a `Modified_Time`. */
const untimed = ({calls}: Bench): number => calls.filter((call) => call.includes('Modified_Time is null')).length;

/** What a state says of a range that begins, besides its cutoff. */
const fromItsStart = {
  next_page: null,
  job: null,
  rows: null,
  next_job: null,
  slice: null,
  again: null,
  seen: {changes: null, deletions: null},
};

const ranges = suite('ranges');

ranges('begin a refresh at the cursor, with the fields that it reads, and what it is to mark', async () => {
  const it = bench({fields: [formula, textField('A')], state: {is_connector_initiated: false}});
  await beginRefresh(it.binding, nowS, it.signal);
  const {cursor} = it.binding.state.inc;
  assert.deepEqual(it.patches, [
    {
      backfill: {
        ...fromItsStart,
        cutoff: cursor,
        fields: ['F'],
      },
      is_connector_initiated: true,
      last_initialized: stateTime(nowS),
    },
  ]);
  assert.equal(it.binding.refreshing, true);
});

ranges('read deletions before a refresh begins where sweeps have left them out, even while credits run short', async () => {
  const it = bench({fields: [formula], remaining: 0, state: {deleted: {cursor: stateTime(nowS - 1_000), skipped: true}}});
  await beginRefresh(it.binding, nowS, it.signal);
  assert.equal(counted(it, 'deleted'), 1);
  assert.deepEqual([it.binding.state.deleted.skipped, it.binding.refreshing], [undefined, true]);
});

ranges('read deletions again before a refresh begins if a sweep leaves them out meanwhile', async () => {
  const skipped: unknown[] = [];
  const it = bench({
    fields: [formula],
    state: {deleted: {cursor: stateTime(nowS - 1_000), skipped: true}},
    before(call, it) {
      if (!call.startsWith('deleted') || counted(it, 'deleted') > 1) return;
      it.nowS += 10;
      void sweep(it.binding, it.signal).then(() => skipped.push(it.binding.state.deleted.skipped));
    },
  });
  await beginRefresh(it.binding, nowS, it.signal);
  assert.deepEqual(skipped, [true]);
  assert.equal(counted(it, 'deleted'), 2);
  assert.deepEqual([it.binding.state.deleted.skipped, it.binding.refreshing], [undefined, true]);
});

ranges('capture whole, before a refresh begins, what came back from the recycle bin', async () => {
  const it = bench({
    fields: [formula, textField('A')],
    records: [at('7', nowS - 5_000)],
    state: {deleted: {cursor: stateTime(nowS - 1_000), recycled: {7: nowS - 5_000, 8: nowS - 5_000}}},
  });
  await beginRefresh(it.binding, nowS, it.signal);
  assert.deepEqual(
    it.written.map(({id, A}) => [id, A]),
    [[7, 'a']],
  );
  assert.deepEqual(it.binding.state.deleted.recycled, {8: nowS - 5_000});
});

ranges('count what a sweep has captured beyond the cursor as a change of the range', async () => {
  const it = bench({fields: [formula], records: [at('1', nowS)]});
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
  assert.notEqual(it.binding.coqlLock.tryAcquire(), undefined, 'sweeps go on');
});

for (const [what, place, asks] of [
  ['a backfill that begins', {}, 1],
  ['a backfill that resumes with a job', {job: 'j1'}, 0],
  ['a backfill that resumes at a later page', {next_page: 't'}, 0],
  ['a backfill that resumes at a later slice', {slice: 0}, 0],
  ['a refresh', {fields: ['F']}, 0],
] as const)
  ranges(`ask ${asks === 1 ? 'once' : 'not'} for records without a time in ${what}`, async () => {
    const state = {backfill: backfill(place), is_connector_initiated: 'fields' in place};
    const it = bench({fields: [formula], state, job: () => ({count: 0})});
    await it.shared.client.createJob({module: 'Leads', fields: [], fromS: 0, toS: 1}, it.signal);
    it.binding.seen.filter.begin({isComplete: true});
    await runBackfill(it.binding, it.signal);
    assert.equal(untimed(it), asks);
  });

ranges(
  'continue after failures that can be repaired, with one job, and do not ask twice for records without a time',
  async () => {
    const failing = ['create', 'download'];
    const it = bench({
      records: [at('1', nowS - 5_000)],
      state: {backfill: backfill()},
      before(call) {
        if (call.startsWith(failing[0]!)) throw new ZohoError('unavailable', `no ${failing.shift()}`);
      },
    });
    await runBackfill(it.binding, it.signal);
    assert.equal(ids(it), '1');
    assert.deepEqual([counted(it, 'create'), counted(it, 'job'), untimed(it)], [2, 2, 1]);
  },
);

ranges('end with a failure that cannot be repaired', async () => {
  const it = bench({
    state: {backfill: backfill()},
    before(call) {
      if (call.startsWith('create')) throw new ZohoError('credentials', 'no');
    },
  });
  await assert.rejects(runBackfill(it.binding, it.signal), {kind: 'credentials'});
});

ranges('repair nothing once they are to stop, for whatever reason', async () => {
  const abort = new AbortController();
  const elsewhere = new ZohoError('unavailable', 'another module has waited for too long');
  const it = bench({
    records: [at('1', nowS - 5_000)],
    state: {backfill: backfill()},
    before(call) {
      if (!call.startsWith('download')) return;
      abort.abort(elsewhere);
      throw new ZohoError('short', 'cut off');
    },
  });
  await assert.rejects(runBackfill(it.binding, abort.signal), (error) => error === elsewhere);
  assert.equal(it.logged.length, 1, it.logged.join('\n'));
});

ranges('describe the fields of a job that was accepted before its rows are there', async () => {
  const it = bench({state: {backfill: backfill()}, job: () => ({count: 0})});
  await runBackfill(it.binding, it.signal);
  assert.deepEqual(
    it.schemas.map((schema) => Object.keys((schema as {properties: object}).properties).includes('A')),
    [true],
  );
});

/** Queries for what changed since a range began. */
const asksSince = ({calls}: Bench): number => calls.filter((call) => /^select id, Modified_Time from .*>=/.test(call)).length;

ranges('ask what changed since they began where they resume, and not where they begin', async () => {
  const resumed = bench({state: {backfill: backfill({seen: {changes: true}})}});
  await runBackfill(resumed.binding, resumed.signal);
  assert.ok(asksSince(resumed) > 0);
  const begun = bench({fields: [formula]});
  await beginRefresh(begun.binding, nowS, begun.signal);
  await runBackfill(begun.binding, begun.signal);
  assert.equal(asksSince(begun), 0);
});

ranges('start over from the cursor where more records changed than can be remembered', async () => {
  const it = bench({records: [at('1', nowS - 100)], state: {backfill: backfill({job: 'j9', seen: {changes: true}})}});
  it.binding.seen.filter.begin({isComplete: false});
  it.shared.filterIds.ids = 0;
  await runBackfill(it.binding, it.signal);
  assert.ok(it.logged.includes('warn Module Leads changes faster than its backfill can follow; it starts over'));
  const {cursor} = it.binding.state.inc;
  assert.deepEqual(it.patches[0]?.backfill, {
    ...fromItsStart,
    cutoff: cursor,
  });
  assert.deepEqual([counted(it, 'create'), it.binding.state.backfill], [1, undefined]);
});

ranges('write their rows while a sweep takes its time', async () => {
  const it = bench({records: [at('1', nowS - 5_000)], state: {backfill: backfill()}});
  await it.binding.coqlLock.acquire(it.signal);
  await runBackfill(it.binding, it.signal);
  assert.equal(ids(it), '1');
});

ranges('forget at their end what was captured besides', async () => {
  const it = bench({
    state: {backfill: backfill()},
    before: (call, {binding}) => void (call.startsWith('download') && binding.seen.recordEmitted(9n, 'changes')),
  });
  it.binding.seen.filter.begin({isComplete: true});
  await runBackfill(it.binding, it.signal);
  const {filter} = it.binding.seen;
  assert.deepEqual([filter.size, filter.isComplete], [0, false]);
});

for (const byCoql of [true, false])
  ranges(
    `find a field that Bulk Read refuses without its name${byCoql ? ', which COQL names' : ''}, and leave it out`,
    async () => {
      const refusing = (call: string): boolean => /\bC\b/.test(call);
      const it = bench({
        fields: ['A', 'B', 'C', 'D'].map((name) => textField(name)),
        records: [at('1', nowS - 5_000, {A: 'a', B: 'b', D: 'd'})],
        state: {backfill: backfill()},
        before(call) {
          if (call.startsWith('create') && refusing(call)) throw new ZohoError('refused', 'no', {code: 'FIELD_NOT_SUPPORTED'});
          if (byCoql && call.startsWith('select') && refusing(call)) throw new ZohoError('field', 'no', {field: 'C'});
        },
      });
      await runBackfill(it.binding, it.signal);
      assert.equal(ids(it), '1');
      assert.deepEqual(it.binding.state.fields?.refused, byCoql ? {bulk: ['C'], coql: ['C']} : {bulk: ['C']});
      assert.equal(counted(it, 'create'), byCoql ? 2 : 5, 'COQL costs less than jobs');
    },
  );

ranges.run();
