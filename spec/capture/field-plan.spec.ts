import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {FieldPlan} from '../../lib/capture/field-plan.ts';
import {coqlColumnsFallback, coqlColumnsMax, coqlDynamicMax} from '../../lib/limits.ts';
import type {Field} from '../../lib/records/field.ts';
import {textField} from '../harness/fields.ts';

const fields = suite('FieldPlan');

const key = [textField('id', {type: 'id'}), textField('Modified_Time', {type: 'datetime'})];
const many = (count: number, more: Partial<Field> = {}): Field[] =>
  Array.from({length: count}, (_, i) => textField(`F${String(i).padStart(4, '0')}`, more));

fields("requests every field once, with the key in every slice and within Zoho's limits", () => {
  const it = new FieldPlan([...key, ...many(450)]);
  assert.deepEqual(
    it.bulkSlices.map((slice) => slice.length),
    [200, 200, 56],
  );
  assert.deepEqual(
    it.coqlSlices.map((slice) => slice.length),
    [452],
  );
  for (const slice of it.bulkSlices) assert.deepEqual(slice.slice(0, 2), ['id', 'Modified_Time']);
  assert.equal(new Set(it.bulkSlices.flat()).size, 452);
});

fields('confirms captured fields that are known to be read, and reports new ones', () => {
  const it = new FieldPlan([...key, textField('A'), textField('B'), textField('C')]);
  assert.deepEqual(it.confirmed, []);
  assert.equal(it.confirm(['id', 'A', 'B', 'Unknown', '']), true);
  assert.equal(it.confirm(['A', 'Other']), false);
  it.refuse('bulk', 'B');
  it.refuse('coql', 'B');
  assert.deepEqual(
    it.confirmed.map(({name}) => name),
    ['A', 'id'],
  );
});

fields('requests only the key of a module without other fields', () => {
  const it = new FieldPlan(key);
  assert.deepEqual(it.bulkSlices, [['id', 'Modified_Time']]);
  assert.deepEqual(it.coqlSlices, [['id', 'Modified_Time']]);
  assert.deepEqual(it.toRefresh(), []);
  assert.deepEqual(it.refreshSlices([]), []);
});

fields('keeps the other slices unchanged when a field is refused', () => {
  const it = new FieldPlan([...key, ...many(250)]);
  const [, second] = it.bulkSlices;
  assert.equal(it.refuse('bulk', 'F0003'), true);
  assert.equal(it.bulkSlices[0]?.includes('F0003'), false);
  assert.deepEqual(it.bulkSlices[1], second);
  assert.equal(it.coqlSlices[0]?.includes('F0003'), true);
});

fields('does not omit the key, a field twice, or a field that it never requested', () => {
  const it = new FieldPlan([...key, textField('A')]);
  assert.equal(it.refuse('coql', 'A'), true);
  for (const name of ['A', 'id', 'Modified_Time', 'Unknown']) assert.equal(it.refuse('coql', name), false, name);
});

fields('puts at most five dynamic formulas in a query', () => {
  const dynamic = Array.from({length: 12}, (_, i) => textField(`D${i}`, {computed: true, dynamic: true}));
  const it = new FieldPlan([...key, textField('A'), ...dynamic]);
  assert.deepEqual(
    it.coqlSlices.map((slice) => slice.filter((name) => name.startsWith('D')).length),
    [5, 5, 2],
  );
  assert.equal(new Set(it.coqlSlices.flat()).size, 15);
  for (const count of [0, 5])
    assert.equal(new FieldPlan([...key, textField('A'), ...dynamic.slice(0, count)]).coqlSlices.length, 1, `${count} of them`);
});

fields('keeps room for dynamic formulas only in a module that has some', () => {
  const room = coqlColumnsMax - key.length;
  assert.deepEqual(
    new FieldPlan([...key, ...many(room)]).coqlSlices.map((slice) => slice.length),
    [coqlColumnsMax],
  );
  assert.deepEqual(
    new FieldPlan([...key, ...many(room), textField('D', {dynamic: true})]).coqlSlices.map((slice) => slice.length),
    [coqlColumnsMax - coqlDynamicMax + 1, 2 + coqlDynamicMax],
  );
});

fields('falls back to fifty columns, once', () => {
  const it = new FieldPlan([...key, ...many(120), textField('Z', {dynamic: true, computed: true})]);
  assert.equal(it.narrowCoql(), true);
  assert.ok(
    it.coqlSlices.every((slice) => slice.length <= 50),
    'no slice is wider',
  );
  assert.equal(new Set(it.coqlSlices.flat()).size, 123);
  assert.equal(it.narrowCoql(), false);
});

fields('falls back where any slice is wider than that, and only there', () => {
  const dynamic = Array.from({length: coqlDynamicMax + 1}, (_, i) => textField(`D${i}`, {dynamic: true}));
  const two = new FieldPlan([...key, ...many(coqlColumnsFallback), ...dynamic]);
  assert.deepEqual([two.coqlSlices.length, two.narrowCoql()], [2, true]);
  assert.equal(new FieldPlan([...key, ...many(coqlColumnsFallback - key.length)]).narrowCoql(), false);
  assert.equal(new FieldPlan([...key, ...many(coqlColumnsFallback - key.length + 1)]).narrowCoql(), true);
});

fields('refreshes formulas, roll-ups and fields that only Bulk Read reads', () => {
  const it = new FieldPlan([...key, textField('A'), textField('Score', {computed: true}), textField('Photo', {coql: false})]);
  assert.deepEqual(it.toRefresh(), ['Photo', 'Score']);
  assert.deepEqual(it.refreshSlices(it.toRefresh()), [['id', 'Modified_Time', 'Photo', 'Score']]);
  it.refuse('coql', 'A');
  assert.deepEqual(it.toRefresh(), ['A', 'Photo', 'Score']);
  const begun = it.toRefresh();
  it.refuse('bulk', 'Score');
  it.refuse('bulk', 'Photo');
  it.refuse('bulk', 'A');
  assert.deepEqual(it.refreshSlices(begun), [], 'of a refresh that began with fields that are refused since');
});

fields('refreshes owed fields as well, and keeps the slices of a refresh when its fields change', () => {
  const it = new FieldPlan([...key, ...many(300)], {coql: many(300).map(({name}) => name)});
  const begun = it.toRefresh();
  assert.equal(begun.length, 300);
  const [first, second] = it.refreshSlices(begun);
  it.refuse('bulk', begun[0]!);
  it.admit('coql', begun[1]!);
  it.replace([...key, ...many(300).filter(({name}) => name !== begun[2])]);
  assert.deepEqual(it.refreshSlices(begun), [first!.filter((name) => name !== begun[0] && name !== begun[2]), second]);
  const other = new FieldPlan([...key, textField('A'), textField('New')]);
  assert.deepEqual(other.toRefresh(), []);
  assert.deepEqual(other.toRefresh(['New', 'Gone']), ['New']);
});

fields('omits known refused fields, and requests them again once they are admitted', () => {
  const it = new FieldPlan([...key, textField('A'), textField('B')], {bulk: ['A', 'Gone'], coql: ['B']});
  assert.deepEqual(it.refused, {bulk: ['A'], coql: ['B']});
  assert.deepEqual(it.coverage, {bulkOnly: ['B'], coqlOnly: ['A'], neither: []});
  it.admit('bulk', 'A');
  assert.deepEqual(it.refused, {bulk: [], coql: ['B']});
  assert.deepEqual(it.coverage, {bulkOnly: ['B'], coqlOnly: [], neither: []});
});

fields('names the fields that only one API reads, and those that none reads', () => {
  const it = new FieldPlan([
    ...key,
    textField('A'),
    textField('Photo', {coql: false}),
    textField('File', {coql: false, bulk: false}),
    textField('Note', {bulk: false}),
  ]);
  assert.deepEqual(it.coverage, {bulkOnly: ['Photo'], coqlOnly: ['Note'], neither: ['File']});
  assert.deepEqual(
    it.captured.map(({name}) => name),
    ['A', 'Modified_Time', 'Note', 'Photo', 'id'],
  );
});

fields('never names the key, which every request has', () => {
  const it = new FieldPlan([textField('id', {coql: false}), textField('Modified_Time', {bulk: false})]);
  assert.deepEqual(it.coverage, {bulkOnly: [], coqlOnly: [], neither: []});
});

fields('detects changed metadata, regardless of their order', () => {
  const it = new FieldPlan([...key, textField('A')]);
  assert.equal(it.replace([textField('A'), ...key]), false);
  assert.equal(it.replace([...key, textField('A'), textField('B')]), true);
  assert.equal(it.all.has('B'), true);
});

fields.run();
