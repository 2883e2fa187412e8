import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {cellPlain, type RowBlock} from '../../lib/records/batch.ts';
import {appendRows, cellText, joinSlices, noRows, splitRows} from '../../lib/records/rows.ts';

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
  const parts = splitRows(it, 8);
  assert.deepEqual(parts.map(table), [[['1111'], ['2222']], [['3333'], ['4444']], [['5555']]]);
  assert.deepEqual(splitRows(it, 1).length, 5);
  assert.deepEqual(splitRows(noRows), []);
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

rows.run();
