import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {bulkFieldsMax} from '../../lib/limits.ts';
import {formulaRows, formulaSlices, isRefreshed, type Reads} from '../../lib/sources/formula.ts';
import {bulkZoho} from '../harness/bulk-zoho.ts';
import {textField} from '../harness/fields.ts';

/** The rows of a refresh, and of which fields they are. */
const formula = suite('formulaRows');

/** What an API reads unless it refuses it: names with their API, as in `bulk A`. */
const allBut =
  (...refused: readonly string[]): Reads =>
  (api, name) =>
    !refused.includes(`${api} ${name}`);

formula('has fields that no sweep sees change, if Bulk Read reads them', () => {
  const plain = textField('A');
  const computed = textField('A', {computed: true});
  for (const [field, reads, owed, expected] of [
    [plain, allBut(), [], false],
    [computed, allBut(), [], true],
    [plain, allBut('coql A'), [], true],
    [plain, allBut('coql B'), [], false],
    [plain, allBut(), ['A'], true],
    [plain, allBut(), ['B'], false],
    [computed, allBut('bulk A'), ['A'], false],
    [plain, allBut('bulk A', 'coql A'), ['A'], false],
  ] as const)
    assert.equal(isRefreshed(field, reads, owed), expected, `${field.computed} ${owed}`);
});

formula('keeps the number of a slice when a field of an earlier one is no longer read', () => {
  const names = Array.from({length: bulkFieldsMax}, (_, i) => `F${i}`);
  const key = ['id', 'Modified_Time'];
  const room = bulkFieldsMax - key.length;
  assert.deepEqual(formulaSlices(names, allBut()), [
    [...key, ...names.slice(0, room)],
    [...key, ...names.slice(room)],
  ]);
  assert.deepEqual(formulaSlices(names, allBut('bulk F0', 'coql F1', 'bulk id', 'bulk Modified_Time')), [
    [...key, ...names.slice(1, room)],
    [...key, ...names.slice(room)],
  ]);
});

formula('has no slice if none of its fields is read any more', () => {
  assert.deepEqual(formulaSlices(['A', 'B'], allBut('bulk A', 'bulk B')), []);
  assert.deepEqual(formulaSlices([], allBut()), []);
  assert.deepEqual(formulaSlices(['A', 'B'], allBut('bulk A')), [['id', 'Modified_Time', 'B']]);
});

formula('exports the readable fields of the range, and ends at once without any', async () => {
  const csv = 'Id,Modified_Time,B\n1,2026-01-01T00:00:00+00:00,b\n';
  const range = {module: 'Leads', names: ['A', 'B'], fields: new Map(), fromS: 5, done: {backfill: null}};
  for (const [reads, calls, rows] of [
    [allBut('bulk A'), ['create id,Modified_Time,B', 'job j1', 'download j1'], 1],
    [allBut('bulk A', 'bulk B'), [], 0],
  ] as const) {
    const zoho = bulkZoho(() => ({count: 1, csv}));
    const batches = await Array.fromAsync(formulaRows({...range, reads}, {cutoff: '2026-02-01T00:00:00Z'}, zoho.context));
    assert.deepEqual(zoho.calls, calls);
    assert.equal(
      batches.reduce((count, {items}) => count + items.count, 0),
      rows,
    );
    assert.deepEqual(batches.at(-1)?.patch, {backfill: null});
  }
});

formula.run();
