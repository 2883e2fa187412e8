/** What one binding requests: its slices, the sizes of its requests, and when they were learnt. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {FieldPlan, type Refusals} from '../../lib/capture/field-plan.ts';
import {Queries} from '../../lib/capture/queries.ts';
import type {BindingState} from '../../lib/flow/state.ts';
import {coqlPageBytes, coqlPageShrinkBy, coqlRowsLarge} from '../../lib/limits.ts';
import type {Field} from '../../lib/records/field.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {textField} from '../harness/fields.ts';

const queries = suite('queries of a binding');

const fields = [textField('A'), textField('Photo', {coql: false}), textField('Score', {computed: true})];
const listSize = new PageSize({most: 100});
const asking = (known: readonly Field[] = fields, refused: Refusals = {}) =>
  new Queries('Leads', new FieldPlan(known, refused), listSize);
const state = (more: object): BindingState => more as BindingState;

queries('ask sweeps for what COQL reads, in pages and lists as large as the organisation takes', () => {
  const it = asking();
  assert.deepEqual(it.plan.slices, [['id', 'Modified_Time', 'A', 'Score']]);
  assert.equal(it.plan.module, 'Leads');
  assert.equal(it.plan.fields, it.fields.all);
  assert.equal(it.plan.quoting, it.fields.quoting);
  assert.equal(it.plan.listSize, listSize);
  assert.equal(it.plan.pageSize, it.pageSize);
});

queries('begin with the largest page, and learn smaller ones from failures and heavy rows', () => {
  const {pageSize} = asking();
  assert.equal(pageSize.rows, coqlRowsLarge);
  pageSize.failed(coqlRowsLarge);
  assert.equal(pageSize.rows, coqlRowsLarge / coqlPageShrinkBy);
  pageSize.succeeded(100, 10, coqlPageBytes);
  assert.equal(pageSize.rows, 10);
});

queries('ask a backfill for every field of Bulk Read, and a refresh for those with which it began', () => {
  const it = asking();
  const whole = [['id', 'Modified_Time', 'A', 'Photo', 'Score']];
  for (const backfill of [{}, {backfill: {fields: ['Score']}}, {is_connector_initiated: false}])
    assert.deepEqual(it.slices(state(backfill)), whole);
  const refresh = {is_connector_initiated: true};
  assert.deepEqual(it.slices(state({...refresh, backfill: {fields: ['Score', 'A']}})), [['id', 'Modified_Time', 'Score', 'A']]);
  // A state of a version that did not keep them.
  assert.deepEqual(it.slices(state({...refresh, backfill: {}})), [['id', 'Modified_Time', 'Photo', 'Score']]);
  assert.deepEqual(it.refreshedBy(state({})), ['Photo', 'Score']);
});

queries('want the metadata again after a field was refused, until they are read or known to be kept', () => {
  for (const settle of [(it: Queries) => it.takeFields(fields), (it: Queries) => it.keepFields()]) {
    const it = asking();
    assert.equal(it.areFieldsStale, false);
    assert.deepEqual([it.refuse('bulk', 'id'), it.areFieldsStale], [false, false], 'nothing was left out');
    assert.deepEqual([it.refuse('bulk', 'A'), it.areFieldsStale], [true, true]);
    assert.deepEqual(it.fields.refused, {bulk: ['A'], coql: []});
    settle(it);
    assert.equal(it.areFieldsStale, false);
  }
});

queries('say whether new metadata differ', () => {
  const it = asking();
  assert.equal(it.takeFields(fields), false);
  assert.equal(it.takeFields(fields.slice(1)), true);
  assert.equal(it.fields.all.has('A'), false);
});

queries('expect as many rows as the last sweep had', () => {
  const it = asking();
  assert.equal(it.rowsExpected, 0);
  it.expectRows(700);
  assert.equal(it.rowsExpected, 700);
});

queries('count the outages that kept Zoho from listing records without a time', () => {
  const it = asking();
  assert.deepEqual([it.countUntimedOutage(), it.countUntimedOutage(), it.countUntimedOutage()], [0, 1, 2]);
});

queries.run();
