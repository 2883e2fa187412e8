import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {documentBytesMax} from '../../lib/limits.ts';
import {cellPlain, type RowBlock} from '../../lib/records/batch.ts';
import {RowBuilder} from '../../lib/records/row-builder.ts';
import {
  appendRows,
  cellText,
  firstRows,
  joinSlices,
  noRows,
  ownRows,
  splitRows,
  textBytes,
  weightOf,
} from '../../lib/records/rows.ts';

const rows = suite('rows');

/** Builds a batch whose bytes begin with padding, so that a forgotten offset shows. */
function batch(columns: string[], ...values: string[][]): RowBlock {
  const parts = [Buffer.from('~~~')];
  const cells: number[] = [];
  let at = 3;
  for (const text of values.flat()) {
    const bytes = Buffer.from(text);
    parts.push(bytes);
    cells.push((at << 2) | cellPlain, at + bytes.length);
    at += bytes.length;
  }
  return {columns, bytes: Buffer.concat(parts), cells: Int32Array.from(cells), count: values.length};
}

function table(batch: RowBlock): string[][] {
  return Array.from({length: batch.count}, (_, row) => batch.columns.map((_, column) => cellText(batch, row, column)));
}

const T = '2026-10-01T10:00:00Z';

rows('reads cells back as they were received', () => {
  const it = batch(['id', 'Name'], ['1', 'Zoë'], ['2', '']);
  assert.deepEqual(table(it), [
    ['1', 'Zoë'],
    ['2', ''],
  ]);
});

rows('cuts into runs of about the wanted size that hold every row once, in order', () => {
  const it = batch(['id'], ['1111'], ['2222'], ['3333'], ['4444'], ['5555']);
  const parts = [...splitRows(it, 8)];
  assert.deepEqual(parts.map(table), [[['1111'], ['2222']], [['3333'], ['4444']], [['5555']]]);
  assert.deepEqual([...splitRows(it, 1)].length, 5);
  assert.deepEqual([...splitRows(noRows)], []);
});

rows('joins slices by id whatever their order, columns once each', () => {
  const first = batch(['id', 'Modified_Time', 'A'], ['1', T, 'a1'], ['2', T, 'a2']);
  const second = batch(['id', 'Modified_Time', 'B'], ['2', T, 'b2'], ['1', T, 'b1'], ['9', T, 'b9']);
  const third = batch(['id', 'Modified_Time', 'C'], ['1', T, 'c1'], ['2', T, 'c2']);
  const joined = joinSlices([first, second, third]);
  assert.deepEqual(joined.rows.columns, ['id', 'Modified_Time', 'A', 'B', 'C']);
  assert.deepEqual(table(joined.rows), [
    ['1', T, 'a1', 'b1', 'c1'],
    ['2', T, 'a2', 'b2', 'c2'],
  ]);
  assert.deepEqual(joined.torn, []);
});

rows('sets aside records that a slice lacks or holds in another version', () => {
  const first = batch(['id', 'Modified_Time'], ['1', T], ['2', T], ['3', T]);
  const second = batch(['id', 'Modified_Time', 'B'], ['1', '2026-10-01T10:00:01Z', 'newer'], ['3', T, 'b3']);
  const joined = joinSlices([first, second]);
  assert.deepEqual(table(joined.rows), [['3', T, 'b3']]);
  assert.deepEqual(joined.torn, ['1', '2']);
});

rows('appends batches with the same columns', () => {
  const appended = appendRows([batch(['id'], ['1']), noRows, batch(['id'], ['2'], ['3'])]);
  assert.deepEqual(table(appended), [['1'], ['2'], ['3']]);
  assert.equal(appendRows([]).count, 0);
});

/** Rows in bytes of their own, with nothing else among them. */
function assertOwn(it: RowBlock): void {
  assert.equal(it.bytes.length, textBytes(it, 0, it.count));
  assert.ok(it.bytes.buffer.byteLength <= Math.max(2 * it.bytes.length, 16 << 10), `${it.bytes.buffer.byteLength} bytes`);
}

rows('pieces and joined rows hold their own bytes and nothing else', () => {
  const text = 'x'.repeat(10_000);
  const values = Array.from({length: 40}, (_, i) => [`${i}`, T, text]);
  const page = batch(['id', 'Modified_Time', 'A'], ...values);
  const pieces = [...splitRows(page, 100_000)];
  assert.equal(pieces.length, 4);
  for (const piece of pieces) assertOwn(piece);
  assert.deepEqual(pieces.flatMap(table), table(page));
  const reversed = batch(['id', 'Modified_Time', 'B'], ...values.toReversed());
  const {rows: joined} = joinSlices([page, reversed]);
  assertOwn(joined);
  for (const piece of splitRows(joined, 100_000)) assertOwn(piece);
  assert.deepEqual(joined.count, 40);
});

rows('pieces are made when they are asked for, and the first goes with what is told of all', () => {
  const page = {...batch(['id'], ['1'], ['2']), replaced: [{field: 'A', id: '1'}]};
  const pieces = splitRows(page, 1);
  const first = pieces.next().value as RowBlock;
  assert.deepEqual([table(first), first.replaced], [[['1']], page.replaced]);
  assert.deepEqual(
    [...pieces].map(({replaced}) => replaced),
    [undefined],
  );
});

rows('takes the first rows of a batch', () => {
  const it = batch(['id'], ['1'], ['2'], ['3']);
  assert.deepEqual(table(firstRows(it, 2)), [['1'], ['2']]);
  assert.equal(firstRows(it, 3), it);
});

rows('joins no more of a row than makes it too large', () => {
  const text = 'x'.repeat(9 << 20);
  const slices = ['A', 'B', 'C', 'D'].map((name) => batch(['id', 'Modified_Time', name], ['1', T, text]));
  const {length} = joinSlices(slices).rows.bytes;
  assert.ok(length > documentBytesMax && length < 2.5 * text.length, `${length} bytes`);
});

rows('builds cells in any order, the last text of each, and cells that are not set are empty', () => {
  const builder = new RowBuilder(['id', 'A', 'B'], 1);
  builder.setText(2, 'first', cellPlain);
  builder.setText(0, '1', cellPlain);
  builder.setText(2, 'é😀\ud800', cellPlain);
  assert.equal(builder.rowBytes, 1 + 2 + 4 + 3);
  builder.clear(2);
  assert.equal(builder.rowBytes, 1);
  builder.setText(2, 'é😀\ud800', cellPlain);
  builder.endRow();
  builder.setText(0, '2', cellPlain);
  builder.endRow();
  builder.setText(0, 'not complete', cellPlain);
  assert.equal(builder.count, 2);
  assert.deepEqual(table(builder.end()), [
    ['1', '', 'é😀\ufffd'],
    ['2', '', ''],
  ]);
});

rows('joins nothing where there is no slice, and leaves a single one as it is', () => {
  assert.deepEqual(joinSlices([]), {rows: noRows, torn: []});
  const only = batch(['id', 'Modified_Time'], ['1', T]);
  const joined = joinSlices([only]);
  assert.equal(joined.rows, only);
  assert.deepEqual(joined.torn, []);
});

rows('tells of all texts that were replaced in what it joins or appends, and of none where none was', () => {
  const [a, b] = [
    {field: 'A', id: '1'},
    {field: 'B', id: '1'},
  ];
  const first = batch(['id', 'Modified_Time', 'A'], ['1', T, 'a']);
  const second = batch(['id', 'Modified_Time', 'B'], ['1', T, 'b']);
  assert.equal(joinSlices([first, second]).rows.replaced, undefined);
  assert.deepEqual(
    joinSlices([
      {...first, replaced: [a]},
      {...second, replaced: [b]},
    ]).rows.replaced,
    [a, b],
  );
  assert.equal(appendRows([first, first]).replaced, undefined);
  assert.deepEqual(appendRows([first, {...first, replaced: [a]}]).replaced, [a]);
});

rows('leaves a batch as it is that is alone among empty ones', () => {
  const only = batch(['id'], ['1']);
  const empty = batch(['other']);
  assert.equal(appendRows([empty, only]), only);
  assert.equal(appendRows([empty]), empty);
  assert.deepEqual(appendRows([empty, only, only]).columns, ['id']);
  assert.equal(appendRows([]), noRows);
  assert.deepEqual(noRows.columns, []);
});

rows('owns any run of a batch, and all of it as it is', () => {
  const it = {...batch(['id'], ['1'], ['2'], ['3']), replaced: []};
  assert.equal(ownRows(it, 0, 3), it);
  for (const [from, to] of [
    [0, 2],
    [1, 3],
    [1, 2],
  ] as const) {
    const own = ownRows(it, from, to);
    assert.deepEqual(table(own), table(it).slice(from, to));
    assert.equal(own.replaced, from === 0 ? it.replaced : undefined);
    assert.notEqual(own.bytes, it.bytes);
  }
});

rows('takes the first rows of wide batches, cells and all', () => {
  const it = batch(['id', 'A', 'B'], ['1', 'a', 'b'], ['2', 'c', 'd']);
  const one = firstRows(it, 1);
  assert.deepEqual([one.cells.length, one.count], [6, 1]);
  assert.equal(weightOf(it), it.bytes.length + 4 * it.cells.length);
});

rows('counts the memory of complete rows, and makes room for any number of rows and bytes', () => {
  const builder = new RowBuilder(['id', 'A'], 4);
  assert.equal(builder.bytes, 0);
  builder.setText(0, '1', cellPlain);
  builder.setText(1, 'abc', cellPlain);
  assert.equal(builder.bytes, 0, 'the row is not complete');
  builder.endRow();
  assert.equal(builder.bytes, 4 + 16);
  builder.setText(0, '22', cellPlain);
  assert.equal(builder.rowBytes, 2);
  builder.endRow();
  assert.equal(builder.bytes, 6 + 32);
  for (let i = 0; i < 100; i++) {
    builder.setText(0, String(i), cellPlain);
    builder.setText(1, 'é'.repeat(i), cellPlain);
    builder.endRow();
  }
  const {count, bytes} = builder;
  const built = builder.end();
  assert.equal(count, 102);
  assert.equal(bytes, built.bytes.length + 16 * 102);
  assert.deepEqual(
    table(built).slice(2),
    Array.from({length: 100}, (_, i) => [String(i), 'é'.repeat(i)]),
  );
});

rows('copies an empty cell as an empty one', () => {
  const builder = new RowBuilder(['A'], 1);
  builder.setCell(0, batch(['A'], ['']), 0, 0);
  builder.endRow();
  assert.deepEqual([...builder.end().cells], [0, 0]);
});

rows.run();
