/** The path of a binding's rows to the output, and the fields that it describes and leaves out. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {cellPlain, type RowBlock} from '../../lib/records/batch.ts';
import {tombstones} from '../../lib/records/documents.ts';
import {RowBuilder} from '../../lib/records/row-builder.ts';
import {noRows} from '../../lib/records/rows.ts';
import {type Bench, type BenchOptions, bench, nowS, stateTime, zohoTime} from '../harness/binding-zoho.ts';
import {settled} from '../harness/clocks.ts';
import {textField} from '../harness/fields.ts';

const number = textField('N', {type: 'number', dataType: 'double', jsonType: 'double'});
const columns = ['id', 'Modified_Time', 'A', 'N'];

/** Rows of these ids, modified now, whose other cells are all the same. */
function rowsOf(ids: readonly string[], {A = 'a', N = '1'} = {}): RowBlock {
  const rows = new RowBuilder(columns);
  for (const id of ids) {
    for (const [column, text] of [id, zohoTime(nowS), A, N].entries()) rows.setText(column, text, cellPlain);
    rows.endRow();
  }
  return rows.end();
}

const usual = (options: BenchOptions = {}) => bench({fields: [textField('A'), number], ...options});

/** Emits batches as a source yields them; the source ends with the number of batches. */
function emit(it: Bench, batches: readonly RowBlock[], {admit = it.binding.seen.admitSwept, then = async () => {}} = {}) {
  async function* source() {
    for (const items of batches) yield {items, patch: {inc: {cursor: stateTime(nowS)}}};
    return batches.length;
  }
  return it.binding.emit(source(), admit, it.signal, then);
}

const rows = suite('rows of a binding');

rows('are written in their order with their checkpoints, and counted where they were admitted', async () => {
  const it = usual();
  const written: number[] = [];
  const then = async () => void written.push(it.written.length);
  assert.equal(await emit(it, [rowsOf(['1', '2']), rowsOf(['2', '3'])], {then}), 2, 'what their source ends with');
  assert.deepEqual(
    it.written.map(({id, A, N}) => [id, A, N]),
    [1, 2, 3].map((id) => [id, 'a', 1]),
  );
  assert.deepEqual(written, [2, 3]);
  assert.equal(it.patches.length, 2);
  assert.equal(it.binding.state.inc.cursor, stateTime(nowS));
  assert.equal(it.binding.progress.documents, 3);
});

rows('have their fields described before they are written, once', async () => {
  const it = usual();
  const described: number[] = [];
  Object.assign(it.shared.sink, {describe: async () => void described.push(it.written.length)});
  await emit(it, [rowsOf(['1']), rowsOf(['2']), rowsOf(['3'])]);
  await it.binding.confirm(['A']);
  assert.deepEqual(described, [0]);
});

rows('with odd values are warned about', async () => {
  const it = usual();
  const odd = rowsOf(['1'], {N: 'many'});
  await emit(it, [{...odd, replaced: [{field: 'A', id: '1'}]}]);
  assert.deepEqual(it.logged, [
    'warn Module Leads, field N: some values are not of the type that Zoho declares (double); they pass as text',
    'warn Module Leads, field A: record 1 holds text that is not valid Unicode; U+FFFD takes its place',
  ]);
});

rows('show the others in an outage that Zoho answers again, and a batch without any does not', async () => {
  const it = usual();
  const {outages} = it.shared;
  await outages.wait(it.binding.progress, it.signal);
  let isOver = false;
  const other = outages.wait({}, it.signal).then(() => {
    isOver = true;
  });
  await emit(it, [noRows]);
  await settled();
  assert.equal(isOver, false);
  await emit(it, [rowsOf(['1'])]);
  await other;
});

rows('of a refresh whose writing failed are not taken for written', async () => {
  const it = usual();
  const {seen} = it.binding;
  const refresh = () => emit(it, [rowsOf(['1'])], {admit: seen.admitRefreshed});
  await refresh();
  await refresh();
  assert.deepEqual([it.binding.progress.refreshed, it.binding.progress.unchanged], [1, 1]);
  const {sink} = it.shared;
  const full = new Error('No space left');
  Object.assign(sink, {write: () => Promise.reject(full)});
  await assert.rejects(refresh(), (error) => error === full);
  Reflect.deleteProperty(sink, 'write');
  await refresh();
  assert.equal(it.binding.progress.refreshed, 2);
});

rows('are followed by documents that are complete, such as deletions', async () => {
  const it = usual();
  const {binding, signal} = it;
  const gone = tombstones([{id: '7', deletedTime: zohoTime(nowS)}]);
  await binding.emitDocuments([{items: gone}, {items: gone}], binding.seen.admitDeleted, signal);
  assert.deepEqual(
    it.written.map(({id, _meta}) => [id, (_meta as {op: string}).op]),
    [[7, 'd']],
  );
  assert.deepEqual([binding.progress.documents, binding.progress.deletions], [1, 1]);
});

rows('are those of a refresh only if the connector began the range', () => {
  const refreshing = (is_connector_initiated?: boolean) => usual({state: {is_connector_initiated}}).binding.refreshing;
  assert.deepEqual([refreshing(), refreshing(false), refreshing(true)], [false, false, true]);
});

const fields = suite('fields of a binding');

for (const [api, options, says] of [
  ['bulk', {}, 'Bulk Read refuses it; it comes with changes only'],
  ['bulk', {refused: {coql: ['A']}}, 'Bulk Read refuses it; it is not captured'],
  ['coql', {}, 'COQL refuses it; it comes with backfills and refreshes only'],
  ['coql', {refused: {bulk: ['A']}}, 'COQL refuses it; it is not captured'],
] as const)
  fields(`are left out that are refused: ${says}`, async () => {
    const it = usual(options);
    await it.binding.confirm(columns);
    assert.equal(await it.binding.refuse(api, 'A'), true);
    assert.deepEqual(it.logged, [`warn Module Leads, field A: ${says}`]);
    assert.ok(it.binding.state.fields?.refused?.[api]?.includes('A'));
    assert.equal(it.binding.queries.areFieldsStale, true);
    const {properties} = it.schemas.at(-1) as {properties: object};
    assert.equal('A' in properties, !says.includes('not captured'));
    assert.equal(await it.binding.refuse(api, 'A'), false, 'which changes nothing');
    assert.equal(it.schemas.length, 2);
  });

rows.run();
fields.run();
