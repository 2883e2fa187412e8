/** The life of a binding: it resumes once, and begins anew after each failure. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {namesDigest} from '../../lib/capture/owed-fields.ts';
import {runBinding} from '../../lib/capture/run-binding.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {initialState} from '../../lib/flow/state.ts';
import type {Field} from '../../lib/records/field.ts';
import {type Bench, type BenchOptions, bench, lifeOf, nowS, savedOf, stateTime} from '../harness/binding-zoho.ts';
import {settled} from '../harness/clocks.ts';
import {textField} from '../harness/fields.ts';

const life = suite('life of a binding');

const now = stateTime(nowS);
const monthAgo = stateTime(nowS - 30 * 86_400);
const record = {id: '1', modifiedS: nowS - 500, values: {A: 'a', B: 'b'}};

/** A binding whose module's fields are those that `answer` gives the nth time. */
function withFields(options: BenchOptions, answer: (n: number, usual: readonly Field[]) => readonly Field[] | null): Bench {
  const it = bench({ticking: true, records: [record], ...options});
  const usual = it.shared.client.fields('Leads', it.signal);
  let asked = 0;
  Object.assign(it.shared.client, {fields: async () => answer(++asked, (await usual)!)});
  return it;
}

/** Runs a binding without end until something is so. */
async function until(it: Bench, isSo: () => boolean, saved: unknown = {}): Promise<void> {
  const abort = new AbortController();
  const end = runBinding(lifeOf(it, {saved, once: false}), abort.signal);
  end.catch(() => {});
  for (let turn = 0; turn < 1_000 && !isSo(); turn++) await settled();
  assert.ok(isSo(), 'it never came to that');
  abort.abort(new Error('enough'));
  await assert.rejects(end, /enough/);
}

life('captures a module from nothing to up to date', async () => {
  const it = bench({ticking: true, records: [record]});
  const options = lifeOf(it);
  it.shared.unscoped.add(0);
  await runBinding(options, it.signal);
  assert.deepEqual(new Set(it.written.map(({id}) => id)), new Set([1]));
  assert.deepEqual([options.progress.fault, options.progress.phase], [undefined, 'up to date']);
  assert.equal(options.progress.since?.start, monthAgo);
  assert.ok(it.schemas.length > 0);
  assert.equal(it.shared.unscoped.size, 0, 'its scope is granted');
});

life('asks for no field that its state calls refused', async () => {
  const it = bench({ticking: true, records: [record], fields: [textField('A'), textField('B')]});
  const digest = namesDigest(['id', 'Modified_Time', 'A']);
  const fields = {read: now, digest, refused: {bulk: ['B'], coql: ['B']}};
  await runBinding(lifeOf(it, {saved: savedOf({...initialState(monthAgo, now), fields})}), it.signal);
  assert.ok(it.calls.includes('create id,Modified_Time,A'));
  assert.deepEqual(
    it.calls.filter((call) => /\bB\b/.test(call)),
    [],
  );
});

life('tries again after a fault with the metadata of then, and continues from its state', async () => {
  const it = withFields({}, (n, usual) => {
    if (n === 1) throw new ZohoError('module', 'not now');
    return usual;
  });
  const {progress} = it.binding;
  const faults: unknown[] = [];
  await until(it, () => {
    faults.push(progress.fault);
    return progress.phase === 'up to date';
  });
  assert.ok(faults.includes('not now'));
  assert.equal(progress.fault, undefined);
  assert.equal(it.logged.filter((line) => line.includes('records modified since')).length, 1, 'resumed once');
});

life('takes fields that have changed when it begins anew', async () => {
  let failing = true;
  const it = withFields(
    {
      before(call) {
        if (failing && call.startsWith('create')) {
          failing = false;
          throw new ZohoError('module', 'not now');
        }
      },
    },
    (n, usual) => (n === 1 ? usual : [...usual, textField('B')]),
  );
  await until(it, () => it.written.length > 0 && it.binding.progress.phase === 'up to date');
  assert.equal(it.written[0]?.B, 'b');
  assert.ok(it.calls.includes('create id,Modified_Time,A,B'), it.calls.join('\n'));
});

life('tries refused fields again when others have changed meanwhile', async () => {
  let failing = true;
  const digest = namesDigest(['id', 'Modified_Time', 'A']);
  const it = withFields(
    {
      fields: [textField('A'), textField('B', {coql: false})],
      before() {
        if (failing) throw new ZohoError('module', 'not now');
      },
    },
    (n, usual) => {
      failing = n === 1;
      return n === 1 ? usual : usual.map((field) => (field.name === 'A' ? {...field, jsonType: 'integer'} : field));
    },
  );
  const fields = {read: now, digest, refused: {bulk: ['B']}};
  await until(it, () => it.calls.includes('create id,Modified_Time,B'), savedOf({...initialState(monthAgo, now), fields}));
});

life('takes a module without fields for an outage if it was captured before', async () => {
  const it = withFields({}, () => null);
  await until(
    it,
    () => it.logged.some((line) => line.endsWith('it had some')),
    savedOf({...initialState(monthAgo, now), backfill: null}),
  );
});

life('takes a module without fields for an outage if it had some a while ago', async () => {
  const notNow = () => {
    throw new ZohoError('module', 'not now');
  };
  const it = withFields({before: notNow}, (n, usual) => (n === 1 ? usual : null));
  await until(it, () => it.logged.some((line) => line.endsWith('it had some')));
});

life('pauses a module that never had any fields', async () => {
  const it = withFields({}, () => null);
  await runBinding(lifeOf(it), it.signal);
  assert.equal(it.binding.progress.fault, 'Zoho has no field metadata for it');
});

life('ends the capture by what fails before its state is known, because that concerns all modules', async () => {
  const it = bench();
  const failure = new ZohoError('module', 'no clock');
  Object.assign(it.shared.client, {nowSeconds: () => Promise.reject(failure)});
  await assert.rejects(runBinding(lifeOf(it), it.signal), (error) => error === failure);
});

life.run();
