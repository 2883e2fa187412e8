/**
 * The state's note of a module's fields: what is new, what is refused, and what is asked for again.
 */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {noteFields} from '../../lib/capture/field-notes.ts';
import {namesDigest} from '../../lib/capture/owed-fields.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {coqlColumnsFallback, coqlDynamicMax, fieldsNotedMaxS} from '../../lib/limits.ts';
import type {Field} from '../../lib/records/field.ts';
import {type BenchOptions, bench, nowS, stateTime} from '../harness/binding-zoho.ts';
import {textField} from '../harness/fields.ts';

const notes = suite('notes of fields');

const names = (...more: string[]): string => namesDigest(['id', 'Modified_Time', ...more]);
const noted = (digest: string, ageS = 10, more: object = {}) =>
  ({fields: {read: stateTime(nowS - ageS), digest, ...more}}) as object;
const fieldsOf = (count: number, more: Partial<Field> = {}) => Array.from({length: count}, (_, i) => textField(`F${i}`, more));

/** A binding with fields refused; `reads` says which of them an API reads again. */
function noting({
  state = {},
  refused,
  fields = [textField('A'), textField('B')],
  reads = () => false,
}: BenchOptions & {reads?: (call: string) => boolean}) {
  return bench({
    state,
    fields,
    ...(refused && {refused}),
    before(call) {
      const isAsked = call.startsWith('create') || call.startsWith('select');
      if (isAsked && !reads(call)) throw new ZohoError('refused', 'no', {code: 'INVALID_QUERY'});
    },
  });
}

notes('of a state without one say what there is, and owe nothing', async () => {
  const it = noting({refused: {coql: ['B']}});
  await noteFields(it.binding, false, it.signal);
  assert.deepEqual(it.patches, [
    {fields: {owed: null, read: stateTime(nowS), digest: names('A', 'B'), refused: {bulk: null, coql: ['B']}}},
  ]);
  assert.deepEqual(it.calls, [], 'nothing is asked for again');
});

notes('are written only when fields are new, have changed, or the last note is old', async () => {
  const patches = async (state: object, haveChanged = false): Promise<number> => {
    const it = noting({state});
    await noteFields(it.binding, haveChanged, it.signal);
    return it.patches.length;
  };
  assert.equal(await patches(noted(names('A', 'B'))), 0);
  assert.equal(await patches(noted(names('A', 'B')), true), 1);
  assert.equal(await patches(noted(names('A'))), 1);
  assert.equal(await patches(noted(names('A', 'B'), fieldsNotedMaxS - 1)), 0);
  assert.equal(await patches(noted(names('A', 'B'), fieldsNotedMaxS)), 1);
});

notes('owe the fields that are new', async () => {
  const it = noting({state: noted(names('A'))});
  await noteFields(it.binding, false, it.signal);
  assert.deepEqual(it.binding.state.fields?.owed, ['B']);
});

notes('owe what an API reads again that had refused it, all at once', async () => {
  const it = noting({state: noted(names('A', 'B')), refused: {bulk: ['A', 'B'], coql: ['B']}, reads: () => true});
  await noteFields(it.binding, true, it.signal);
  assert.deepEqual(it.calls, [
    'create id,Modified_Time,A,B',
    `select id, Modified_Time, B from Leads where Modified_Time >= '${stateTime(nowS - 1_000).replace('Z', '+00:00')}' order by Modified_Time asc, id asc limit 0, 1`,
  ]);
  assert.deepEqual(it.binding.queries.fields.refused, {bulk: [], coql: []});
  assert.deepEqual(it.binding.state.fields?.owed, ['A', 'B']);
  assert.deepEqual(it.logged, ['info Module Leads: A, B, B can be read again']);
  assert.deepEqual(it.facts, [{module: 'Leads', fields: ['A', 'B', 'B']}]);
});

notes('ask for one alone of those that are refused together, another each day', async () => {
  const askedOn = async (day: number): Promise<string[]> => {
    const it = noting({
      state: noted(names('A', 'B')),
      refused: {bulk: ['A', 'B']},
      reads: (call) => call === 'create id,Modified_Time,A',
    });
    it.nowS = day * 86_400;
    await noteFields(it.binding, true, it.signal);
    const isA = it.calls.at(-1)?.endsWith('A');
    assert.deepEqual(it.binding.queries.fields.refused.bulk, isA ? ['B'] : ['A', 'B']);
    assert.deepEqual(it.binding.state.fields?.owed, isA ? ['A'] : undefined);
    assert.deepEqual(it.logged, isA ? ['info Module Leads: A can be read again'] : []);
    return it.calls;
  };
  const both = 'create id,Modified_Time,A,B';
  assert.deepEqual(await askedOn(20_000), [both, 'create id,Modified_Time,A']);
  assert.deepEqual(await askedOn(20_001), [both, 'create id,Modified_Time,B']);
});

notes('do not ask for a single refused field twice', async () => {
  const it = noting({state: noted(names('A', 'B')), refused: {bulk: ['A']}});
  await noteFields(it.binding, true, it.signal);
  assert.deepEqual(it.calls, ['create id,Modified_Time,A']);
  assert.deepEqual([it.logged, it.binding.state.fields?.refused], [[], {bulk: ['A']}]);
});

notes('ask no more of COQL at once than it takes', async () => {
  const many = coqlColumnsFallback - 2;
  for (const [count, more, calls] of [
    [many, {}, 1],
    [many + 1, {}, 0],
    [coqlDynamicMax, {dynamic: true}, 1],
    [coqlDynamicMax + 1, {dynamic: true}, 0],
  ] as const) {
    const fields = fieldsOf(count, more);
    const it = noting({
      fields,
      refused: {coql: fields.map(({name}) => name)},
      state: noted(names(...fields.map(({name}) => name))),
      reads: () => true,
    });
    await noteFields(it.binding, true, it.signal);
    const together = it.calls.filter((call) => call.startsWith('select') && call.includes('F0,') && call.includes('F1'));
    assert.equal(together.length, calls, `${count}`);
    assert.equal(it.binding.queries.fields.refused.coql.length, calls === 1 ? 0 : count - 1, 'else one alone is asked for');
  }
});

notes('ask Bulk Read for the second before the cursor, where few records are', async () => {
  const asked: object[] = [];
  const it = bench({
    fields: [textField('A')],
    refused: {bulk: ['A']},
    state: noted(names('A')),
    job(query) {
      asked.push(query);
      return {};
    },
  });
  await noteFields(it.binding, true, it.signal);
  const cursorS = nowS - 1_000;
  assert.deepEqual(asked, [{module: 'Leads', fields: ['id', 'Modified_Time', 'A'], fromS: cursorS - 1, toS: cursorS}]);
});

notes('have records of the future captured again for owed fields that sweeps read', async () => {
  const byBulkOnly = textField('C', {coql: false});
  for (const [owed, isAgain] of [
    [[textField('B')], true],
    [[textField('B'), byBulkOnly], true],
    [[byBulkOnly], false],
  ] as const) {
    const it = noting({state: noted(names('A')), fields: [textField('A'), ...owed]});
    const {ahead} = it.binding.seen;
    ahead.startLook(0);
    await noteFields(it.binding, false, it.signal);
    assert.deepEqual([it.binding.state.fields?.owed, ahead.startLook(0)], [owed.map(({name}) => name), isAgain]);
  }
});

notes('keep a field refused that Zoho names again', async () => {
  const it = bench({
    fields: [textField('A')],
    refused: {bulk: ['A']},
    state: noted(names('A')),
    before() {
      throw new ZohoError('field', 'no', {field: 'A'});
    },
  });
  await noteFields(it.binding, true, it.signal);
  assert.deepEqual(it.binding.queries.fields.refused.bulk, ['A']);
});

notes('fail with an outage, and not with a refusal', async () => {
  const it = bench({
    fields: [textField('A')],
    refused: {bulk: ['A']},
    state: noted(names('A')),
    before() {
      throw new ZohoError('unavailable', 'down');
    },
  });
  await assert.rejects(noteFields(it.binding, true, it.signal), {kind: 'unavailable'});
  assert.deepEqual(it.patches, []);
});

notes.run();
