/** What a binding goes on from, and its life from there. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {fieldsOf, resume, wasRead} from '../../lib/capture/resume.ts';
import {type RunBindingOptions, runBinding} from '../../lib/capture/run-binding.ts';
import {reportStart, startReason} from '../../lib/capture/start.ts';
import {WatchedSink} from '../../lib/capture/watched-sink.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {type BindingState, initialState} from '../../lib/flow/state.ts';
import {type Bench, type BenchOptions, bench, nowS, stateTime} from '../harness/binding-zoho.ts';
import {textField} from '../harness/fields.ts';

const life = suite('life of a binding');

const day = 86_400;
const now = stateTime(nowS);
const monthAgo = stateTime(nowS - 30 * day);

/** A binding over a small Zoho, with the whole task's state. */
function running(saved: unknown, {startDate, once = true, ...more}: BenchOptions & {startDate?: string; once?: boolean} = {}) {
  const it = bench(more);
  const written: unknown[] = [];
  const {sink} = it.shared;
  const shared = {
    ...it.shared,
    sink: new WatchedSink({
      write(piece) {
        written.push(typeof piece.patch === 'function' ? 'late' : piece.patch);
        return sink.write(piece);
      },
      describe: (target, schema) => sink.describe(target, schema),
      close: () => sink.close(),
    }),
  };
  const {target, progress} = it.binding;
  const options: RunBindingOptions = {
    target,
    module: 'Leads',
    intervalMs: 300_000,
    schedule: undefined,
    progress,
    shared,
    saved,
    startDate,
    once,
  };
  return {it, options, written};
}

const savedOf = (binding: unknown, more: object = {}) => ({bindingStateV1: {Leads: binding}, ...more});

life('begins with nothing thirty days before Zoho time, or at the configured start, in one checkpoint', async () => {
  for (const [startDate, start] of [
    [undefined, monthAgo],
    ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
  ] as const) {
    const {it, options, written} = running({}, startDate === undefined ? {} : {startDate});
    const state = await resume(options, it.signal);
    assert.deepEqual(state, initialState(start, now));
    assert.deepEqual(written, [savedOf(initialState(start, now))]);
  }
});

life('goes on from a complete state as it is, and writes nothing', async () => {
  const kept = initialState(monthAgo, now);
  const {it, options, written} = running(savedOf(kept));
  assert.deepEqual(await resume(options, it.signal), kept);
  assert.deepEqual(written, []);
});

life('completes an older state, and writes what was missing', async () => {
  const {it, options, written} = running(savedOf({inc: {cursor: stateTime(nowS - 100)}}));
  const state = await resume(options, it.signal);
  assert.equal(state.inc.cursor, stateTime(nowS - 100));
  assert.equal(state.start, stateTime(nowS - 100 - 30 * day));
  assert.equal(written.length, 1);
});

life('begins anew on request, and remembers the deletions that nobody has read', async () => {
  const deleted = {cursor: stateTime(nowS - 5_000)};
  const {it, options, written} = running(savedOf({...initialState(monthAgo, now), deleted}, {backfillRequests: {Leads: true}}));
  const state = await resume(options, it.signal);
  assert.deepEqual([state.deleted, state.inc.cursor], [deleted, now]);
  assert.deepEqual(written, [
    {bindingStateV1: {Leads: null}, backfillRequests: {Leads: null}, owedDeletions: {Leads: deleted}},
    {bindingStateV1: {Leads: initialState(monthAgo, now, deleted)}, owedDeletions: {Leads: null}},
  ]);
  assert.deepEqual(it.logged, ['info A new backfill of acme/Leads was requested']);
  const none = running({backfillRequests: {Leads: true}});
  assert.deepEqual(
    (await resume(none.options, none.it.signal)).deleted,
    {cursor: monthAgo},
    'from the start where none is known',
  );
});

life('knows by its state whether its module was read before', () => {
  const begun = initialState(monthAgo, now);
  assert.equal(wasRead(begun), false);
  const changes: Partial<BindingState>[] = [
    {fields: {digest: 'x'} as never},
    {backfill: undefined},
    {backfill: {...begun.backfill!, job: 'j'}},
    {inc: {cursor: now, after: '7'}},
    {inc: {cursor: monthAgo}},
  ];
  for (const change of changes) assert.equal(wasRead({...begun, ...change}), true, JSON.stringify(change));
  assert.equal(wasRead({...begun, fields: {} as never}), false);
});

life('has fields that fit its collection, or is at fault', async () => {
  const {it, options} = running({});
  const answers = (fields: unknown) => Object.assign(it.shared.client, {fields: async () => fields});
  const ask = (hadFields: boolean, key = '/id') => fieldsOf(options, {hadFields, key}, it.signal);
  assert.equal((await ask(true)).length, 3);
  answers(null);
  await assert.rejects(ask(true), {
    kind: 'unavailable',
    message: 'Zoho gave an empty answer about its fields, although it had some',
  });
  await assert.rejects(ask(false), {kind: 'module', message: 'Zoho has no field metadata for it'});
  answers([textField('A')]);
  await assert.rejects(ask(false), {kind: 'module', message: /has no Modified_Time/});
  assert.equal((await ask(false, '/_meta/row_id')).length, 1);
});

life('reports its start, and the reason', () => {
  const told = (saved: unknown, startDate: string | undefined, start: string) => {
    const {it, options} = running(saved);
    reportStart({...options, saved, startDate}, initialState(start, now), options.shared.log);
    return {logged: it.logged, since: options.progress.since};
  };
  const since = (start: string, reason: string) => `info Module Leads: records modified since ${start} are captured (${reason})`;
  const byDefault = '30 days before the first start, because none is configured';
  assert.equal(startReason(undefined), byDefault);
  assert.deepEqual(told({}, undefined, monthAgo), {
    logged: [since(monthAgo, byDefault)],
    since: {start: monthAgo, reason: byDefault},
  });
  assert.deepEqual(told({}, monthAgo, monthAgo).logged, [since(monthAgo, 'the configured start')]);
  const kept = savedOf(initialState(monthAgo, now));
  assert.deepEqual(told(kept, undefined, monthAgo).logged, [since(monthAgo, 'unchanged since its first start')]);
  assert.deepEqual(told(kept, monthAgo, monthAgo).logged, [since(monthAgo, 'unchanged since its first start')]);
  const other = '2020-01-01T00:00:00Z';
  assert.deepEqual(told(kept, other, monthAgo).logged, [
    since(monthAgo, 'unchanged since its first start'),
    `info The start of acme/Leads stays ${monthAgo}; its next backfill begins at ${other}`,
  ]);
  assert.deepEqual(told({...kept, backfillRequests: {Leads: true}}, other, monthAgo).logged, [
    since(monthAgo, 'the configured start'),
  ]);
});

/** Zoho's clock goes with that of the machine. */
function ticking(it: Bench): void {
  const beganMs = it.clock.elapsedMs();
  Object.assign(it.shared.client, {nowSeconds: async () => nowS + Math.floor((it.clock.elapsedMs() - beganMs) / 1_000)});
}

life('captures a module from nothing to up to date', async () => {
  const {it, options} = running({}, {records: [{id: '1', modifiedS: nowS - 500, values: {A: 'a'}}]});
  ticking(it);
  await runBinding(options, it.signal);
  assert.ok(it.written.length >= 1);
  assert.deepEqual([options.progress.fault, options.progress.phase], [undefined, 'up to date']);
  assert.ok(it.schemas.length > 0);
  assert.equal(options.progress.since?.start, monthAgo);
});

life('tries again after a fault with the metadata of then, and goes on from its state', async () => {
  const {it, options} = running({}, {records: [{id: '1', modifiedS: nowS - 500, values: {A: 'a'}}], once: false});
  ticking(it);
  let asked = 0;
  const {client} = it.shared;
  const fields = await client.fields('Leads', it.signal);
  const abort = new AbortController();
  Object.assign(client, {
    fields: async () => {
      if (++asked === 1) throw new ZohoError('module', 'not now');
      return fields;
    },
  });
  const end = runBinding(options, abort.signal);
  end.catch(() => {});
  for (let turn = 0; turn < 1_000 && options.progress.phase !== 'up to date'; turn++) await new Promise(setImmediate);
  abort.abort(new Error('enough'));
  await assert.rejects(end, /enough/);
  assert.ok(asked >= 2);
  assert.equal(options.progress.fault, undefined);
  assert.equal(it.logged.filter((line) => line.includes('records modified since')).length, 1, 'resumed once');
});

life.run();
