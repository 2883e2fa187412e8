import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {FieldPlan, type Refusals} from '../../lib/capture/field-plan.ts';
import {
  capturedNames,
  isNoteOld,
  namesDigest,
  newNames,
  OwedRefreshes,
  owing,
  rangeEnd,
  refusedPatch,
  refusing,
} from '../../lib/capture/owed-fields.ts';
import {type BindingState, instantOf} from '../../lib/flow/state.ts';
import {fieldsNotedMaxS, owedPauseMs, refreshesInRowMax} from '../../lib/limits.ts';
import {textField} from '../harness/fields.ts';

const owed = suite('owed fields');

const plan = (names: readonly string[], refused: Refusals = {}) =>
  new FieldPlan(
    names.map((name) => textField(name)),
    refused,
  );
const state = (more: object = {}): BindingState =>
  ({start: '', inc: {cursor: ''}, deleted: {cursor: ''}, ...more}) as BindingState;

owed('are known again by a digest of names, whatever their order', () => {
  const digest = namesDigest(['B', 'A', 'B']);
  assert.equal(digest, namesDigest(['A', 'B']));
  assert.equal(digest, 'bc1Mrk8o', 'states of earlier versions have this form');
  assert.deepEqual(newNames(digest, ['A', 'C', 'B', 'D']), ['C', 'D']);
  assert.deepEqual(newNames('', ['A']), ['A']);
  assert.deepEqual(newNames('another form', ['A']), ['A']);
  assert.equal(namesDigest([]), '');
});

owed('are asked about again when the note of the fields is old, or was never made', () => {
  const noted = state({fields: {read: instantOf(1_000)}});
  assert.equal(isNoteOld(state(), 1_000), true);
  assert.equal(isNoteOld(state({fields: {}}), 1_000), true);
  assert.equal(isNoteOld(noted, 1_000 + fieldsNotedMaxS - 1), false);
  assert.equal(isNoteOld(noted, 1_000 + fieldsNotedMaxS), true);
});

owed('are those that Bulk Read reads, in order, each once', () => {
  const fields = plan(['A', 'B', 'C', 'D'], {bulk: ['D']});
  assert.deepEqual(owing(state(), fields, ['C', 'A', 'C', 'D', 'Gone']), {fields: {owed: ['A', 'C']}});
  assert.deepEqual(owing(state({fields: {owed: ['B']}}), fields, ['A']), {fields: {owed: ['A', 'B']}});
  assert.deepEqual(owing(state({fields: {owed: ['D']}}), fields, []), {fields: {owed: null}});
});

owed('again, of a running refresh, are those that it reads and that became owed meanwhile', () => {
  const running = state({backfill: {fields: ['A', 'B', 'C'], again: ['B']}});
  assert.deepEqual(owing(running, plan(['A', 'B', 'C', 'E']), ['C', 'A', 'B', 'E']), {
    fields: {owed: ['A', 'B', 'C', 'E']},
    backfill: {again: ['A', 'B', 'C']},
  });
  assert.deepEqual(owing(running, plan(['B']), ['B']), {fields: {owed: ['B']}});
});

owed('are kept with what is refused, and nothing counts as new by that', () => {
  const fields = plan(['A', 'B'], {coql: ['B']});
  assert.deepEqual(refusing(state(), fields), {fields: {owed: null, refused: {bulk: null, coql: ['B']}}});
  assert.deepEqual(refusing(state({fields: {digest: 'x', owed: ['A']}}), fields), {
    fields: {owed: ['A'], digest: namesDigest(['A', 'B']), refused: {bulk: null, coql: ['B']}},
  });
  assert.deepEqual(refusedPatch(plan(['A'], {bulk: ['A']})), {bulk: ['A'], coql: null});
  assert.deepEqual(capturedNames(plan(['B', 'A', 'C'], {bulk: ['C'], coql: ['C']})), ['A', 'B']);
});

owed('are paid by the refresh that read them, but for what became owed again', () => {
  const done = {backfill: null, is_connector_initiated: false};
  const fields = plan(['A', 'B', 'C']);
  assert.deepEqual(rangeEnd(state(), fields), done);
  assert.deepEqual(rangeEnd(state({backfill: {fields: ['A', 'B'], again: ['B']}, fields: {owed: ['A', 'B', 'C']}}), fields), {
    ...done,
    fields: {owed: ['B', 'C']},
  });
  assert.deepEqual(rangeEnd(state({backfill: {fields: ['A']}, fields: {owed: ['A']}}), fields), {...done, fields: {owed: null}});
  assert.deepEqual(rangeEnd(state({backfill: {}, fields: {owed: ['A']}}), fields), done, 'nothing differs');
});

owed('after a range are also those that only Bulk Read reads, where records changed meanwhile', () => {
  const fields = plan(['A', 'B'], {coql: ['B']});
  const done = {backfill: null, is_connector_initiated: false};
  assert.deepEqual(rangeEnd(state({backfill: {seen: {changes: true}}}), fields), {...done, fields: {owed: ['B']}});
  for (const seen of [{}, {deletions: true}]) assert.deepEqual(rangeEnd(state({backfill: {seen}}), fields), done);
});

owed('have a bounded number of refreshes in a row, and then a pause', () => {
  const refreshes = new OwedRefreshes();
  for (let i = 1; i <= refreshesInRowMax; i++) {
    assert.equal(refreshes.mayBegin(0), true);
    refreshes.begun(0);
    assert.equal(refreshes.ended(true), i === refreshesInRowMax, String(i));
  }
  assert.equal(refreshes.mayBegin(owedPauseMs - 1), false);
  assert.equal(refreshes.mayBegin(owedPauseMs), true);
  refreshes.begun(owedPauseMs);
  assert.equal(refreshes.ended(true), false, 'counted anew');
  assert.equal(refreshes.mayBegin(owedPauseMs), true);
  for (let i = 1; i < refreshesInRowMax; i++) refreshes.begun(owedPauseMs);
  assert.equal(refreshes.mayBegin(owedPauseMs), false);
  assert.equal(refreshes.ended(false), false);
  assert.equal(refreshes.mayBegin(owedPauseMs), true, 'nothing is owed any more');
});

owed.run();
