/** What a binding continues from: its saved state, and the fields of its module. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {fieldsOf, resume, wasRead} from '../../lib/capture/resume.ts';
import {type BindingState, initialState} from '../../lib/flow/state.ts';
import {bench, lifeOf, nowS, savedOf, stateTime} from '../harness/binding-zoho.ts';
import {textField} from '../harness/fields.ts';

const resumed = suite('a resumed binding');

const day = 86_400;
const now = stateTime(nowS);
const monthAgo = stateTime(nowS - 30 * day);

/** The state with which a task continues from this saved one, and what it writes and logs. */
async function from(saved: unknown, startDate?: string) {
  const it = bench();
  const state = await resume(lifeOf(it, {saved, startDate}), it.signal);
  return {state, written: it.taskPatches, logged: it.logged};
}

resumed('begins thirty days before Zoho time, or at the configured start, with one checkpoint', async () => {
  for (const [startDate, start] of [
    [undefined, monthAgo],
    ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
  ] as const) {
    const {state, written} = await from({}, startDate);
    assert.deepEqual(state, initialState(start, now));
    assert.deepEqual(written, [savedOf(initialState(start, now))]);
  }
});

resumed('continues from a complete state as it is, asks nothing and writes nothing', async () => {
  const kept = initialState(monthAgo, now);
  const it = bench();
  Object.assign(it.shared.client, {nowSeconds: () => assert.fail('it knows all that it needs')});
  assert.deepEqual(await resume(lifeOf(it, {saved: savedOf(kept)}), it.signal), kept);
  assert.deepEqual([it.taskPatches, it.logged], [[], []]);
});

resumed('completes an older state, and writes only what was missing', async () => {
  const cursor = stateTime(nowS - 100);
  const start = stateTime(nowS - 100 - 30 * day);
  for (const deleted of [undefined, {cursor}]) {
    const {state, written} = await from(savedOf({inc: {cursor}, deleted}));
    const missing = {start, ...(deleted === undefined && {deleted: {cursor: start}}), last_initialized: now};
    assert.deepEqual(state, {inc: {cursor}, ...(deleted && {deleted}), ...missing});
    assert.deepEqual(written, [savedOf(missing)]);
  }
});

resumed('begins anew on request, and remembers the deletions that nobody has read', async () => {
  const deleted = {cursor: stateTime(nowS - 5_000)};
  const {state, written, logged} = await from(
    savedOf({...initialState(monthAgo, now), deleted}, {backfillRequests: {Leads: true}}),
  );
  assert.deepEqual([state.deleted, state.inc.cursor], [deleted, now]);
  assert.deepEqual(written, [
    savedOf(null, {backfillRequests: {Leads: null}, owedDeletions: {Leads: deleted}}),
    savedOf(initialState(monthAgo, now, deleted), {owedDeletions: {Leads: null}}),
  ]);
  assert.deepEqual(logged, ['info A new backfill of acme/Leads was requested']);
});

resumed('begins anew on request with the deletions since its start where none are known', async () => {
  const {state} = await from({backfillRequests: {Leads: true}});
  assert.deepEqual(state.deleted, {cursor: monthAgo});
});

resumed('takes up deletions that a restart between its first two checkpoints left owed', async () => {
  const deleted = {cursor: stateTime(nowS - 5_000)};
  const {state, written} = await from({owedDeletions: {Leads: deleted}});
  assert.deepEqual(state.deleted.cursor, deleted.cursor);
  assert.deepEqual(
    written.map((patch) => patch.owedDeletions),
    [{Leads: null}],
  );
});

resumed('knows by its state whether its module was read before', () => {
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

const fields = suite('the fields of a module');

/** The fields that a binding takes from this answer, where its collection has that key. */
async function taken(answer: unknown, hadFields: boolean, key = '/id') {
  const it = bench();
  Object.assign(it.shared.client, {fields: async (module: string) => (module === 'Leads' ? answer : assert.fail(module))});
  return fieldsOf(lifeOf(it), {hadFields, key}, it.signal);
}

fields('are those that Zoho names', async () => {
  const some = [textField('id'), textField('Modified_Time')];
  assert.deepEqual(await taken(some, true), some);
});

fields('that are gone all at once are an outage, and the fault of a module that never had any', async () => {
  await assert.rejects(taken(null, true), {
    kind: 'unavailable',
    message: 'Zoho gave an empty answer about its fields, although it had some',
  });
  await assert.rejects(taken(null, false), {kind: 'module', message: 'Zoho has no field metadata for it'});
});

fields('must fit the key of the collection', async () => {
  const untimed = [textField('A')];
  await assert.rejects(taken(untimed, false), {kind: 'module', message: /has no Modified_Time/});
  assert.deepEqual(await taken(untimed, false, '/_meta/row_id'), untimed);
});

resumed.run();
fields.run();
