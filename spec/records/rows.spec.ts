import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {documentBytesMax} from '../../lib/limits.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
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
import {rowsOf, tableOf} from '../harness/blocks.ts';

const rows = suite('rows');

/** A batch of these rows. */
const batch = (columns: readonly string[], ...table: readonly (readonly string[])[]) => rowsOf(columns, table);

const T = '2026-10-01T10:00:00Z';

rows('reads cells back as they were received', () => {
  const it = batch(['id', 'Name'], ['1', 'Zoë'], ['2', '']);
  assert.deepEqual([cellText(it, 0, 1), cellText(it, 1, 0), cellText(it, 1, 1)], ['Zoë', '2', '']);
  assert.deepEqual(tableOf(it), [
    ['1', 'Zoë'],
    ['2', ''],
  ]);
});

rows('cuts into runs of about the wanted size that hold every row once, in order', () => {
  const it = batch(['id'], ['1111'], ['2222'], ['3333'], ['4444'], ['5555']);
  const parts = [...splitRows(it, 8)];
  assert.deepEqual(parts.map(tableOf), [[['1111'], ['2222']], [['3333'], ['4444']], [['5555']]]);
  assert.deepEqual([...splitRows(it, 1)].length, 5);
  assert.deepEqual([...splitRows(noRows)], []);
});

rows('joins slices by id whatever their order, columns once each', () => {
  const first = batch(['id', 'Modified_Time', 'A'], ['1', T, 'a1'], ['2', T, 'a2']);
  const second = batch(['id', 'Modified_Time', 'B'], ['2', T, 'b2'], ['1', T, 'b1'], ['9', T, 'b9']);
  const third = batch(['id', 'Modified_Time', 'C'], ['1', T, 'c1'], ['2', T, 'c2']);
  const joined = joinSlices([first, second, third]);
  assert.deepEqual(joined.rows.columns, ['id', 'Modified_Time', 'A', 'B', 'C']);
  assert.deepEqual(tableOf(joined.rows), [
    ['1', T, 'a1', 'b1', 'c1'],
    ['2', T, 'a2', 'b2', 'c2'],
  ]);
  assert.deepEqual(joined.torn, []);
});

rows('sets aside records that a slice lacks or holds in another version', () => {
  const first = batch(['id', 'Modified_Time'], ['1', T], ['2', T], ['3', T]);
  const second = batch(['id', 'Modified_Time', 'B'], ['1', '2026-10-01T10:00:01Z', 'newer'], ['3', T, 'b3']);
  const joined = joinSlices([first, second]);
  assert.deepEqual(tableOf(joined.rows), [['3', T, 'b3']]);
  assert.deepEqual(joined.torn, ['1', '2']);
});

rows('appends batches with the same columns', () => {
  const appended = appendRows([batch(['id'], ['1']), noRows, batch(['id'], ['2'], ['3'])]);
  assert.deepEqual(tableOf(appended), [['1'], ['2'], ['3']]);
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
  assert.deepEqual(pieces.flatMap(tableOf), tableOf(page));
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
  assert.deepEqual([tableOf(first), first.replaced], [[['1']], page.replaced]);
  assert.deepEqual(
    [...pieces].map(({replaced}) => replaced),
    [undefined],
  );
});

rows('takes the first rows of a batch', () => {
  const it = batch(['id'], ['1'], ['2'], ['3']);
  assert.deepEqual(tableOf(firstRows(it, 2)), [['1'], ['2']]);
  assert.equal(firstRows(it, 3), it);
});

for (const [how, bytes, b] of [
  ['all of a row that is just not too large', documentBytesMax, 'b'],
  ['no more of a row than makes it too large', documentBytesMax + 1, ''],
] as const)
  rows(`joins ${how}`, () => {
    const key = batch(['id', 'Modified_Time', 'A'], ['1', T, '']);
    const begin = key.bytes.length;
    const cells = key.cells.slice();
    cells[5] = begin + bytes - textBytes(key, 0, 1);
    const large = {...key, bytes: Buffer.concat([key.bytes], cells[5]), cells};
    const joined = joinSlices([large, batch(['id', 'Modified_Time', 'B'], ['1', T, 'b'])]).rows;
    assert.deepEqual([cellText(joined, 0, 3), textBytes(joined, 0, 1)], [b, bytes + b.length]);
  });

rows('joins with no text that is not in a cell', () => {
  const slice = batch(['id', 'Modified_Time'], ['1', T]);
  const all = Buffer.from(slice.bytes).toString();
  assert.deepEqual(joinSlices([batch(['id', 'Modified_Time'], [all, all], ['2', all]), slice]).torn, [all, '2']);
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
    assert.deepEqual(tableOf(own), tableOf(it).slice(from, to));
    assert.equal(own.replaced, from === 0 ? it.replaced : undefined);
    assert.equal(own.bytes.buffer.byteLength, textBytes(it, from, to), 'as much memory as its texts take');
  }
});

rows('takes the first rows of wide batches, cells and all', () => {
  const it = batch(['id', 'A', 'B'], ['1', 'a', 'b'], ['2', 'c', 'd']);
  const one = firstRows(it, 1);
  assert.deepEqual([one.cells.length, one.count], [6, 1]);
  assert.equal(weightOf(it), it.bytes.length + 4 * it.cells.length);
});

rows.run();
