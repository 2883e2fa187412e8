import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {cellClean, cellJson, cellPlain, cellQuoted} from '../../lib/records/batch.ts';
import {RowBuilder} from '../../lib/records/row-builder.ts';
import {rowsOf, tableOf} from '../harness/blocks.ts';

const builder = suite('RowBuilder');

builder('takes cells in any order, the last text of each, and leaves cells that are not set empty', () => {
  const of = new RowBuilder(['id', 'A', 'B'], 1);
  of.setText(2, 'first', cellPlain);
  of.setText(0, '1', cellPlain);
  of.setText(2, 'é😀\ud800', cellPlain);
  assert.equal(of.rowBytes, 1 + 2 + 4 + 3);
  of.clear(2);
  assert.equal(of.rowBytes, 1);
  of.setText(2, 'é😀\ud800', cellPlain);
  of.endRow();
  of.setText(0, '2', cellPlain);
  of.endRow();
  of.setText(0, 'not complete', cellPlain);
  assert.equal(of.count, 2);
  assert.deepEqual(tableOf(of.end()), [
    ['1', '', 'é😀\ufffd'],
    ['2', '', ''],
  ]);
});

builder('keeps how a cell is written, whether it is set or copied', () => {
  const kinds = [cellPlain, cellQuoted, cellJson, cellClean];
  const names = ['A', 'B', 'C', 'D'];
  const kindsOf = ({cells}: {cells: Int32Array}) => kinds.map((_, column) => cells[2 * column]! & 3);
  const of = new RowBuilder(names);
  for (const [column, kind] of kinds.entries()) of.setText(column, 'x', kind);
  of.endRow();
  const rows = of.end();
  assert.deepEqual(kindsOf(rows), kinds);
  const copy = new RowBuilder(names);
  for (const column of kinds.keys()) copy.setCell(3 - column, rows, 0, 3 - column);
  copy.endRow();
  assert.deepEqual(kindsOf(copy.end()), kinds);
});

builder('copies a cell of any row, and an empty one as an empty one', () => {
  const from = rowsOf(
    ['A', 'B'],
    [
      ['a', 'b'],
      ['', 'é'],
    ],
  );
  const of = new RowBuilder(['X', 'Y', 'Z'], 3);
  of.setCell(0, from, 1, 1);
  of.setCell(1, from, 1, 0);
  of.setCell(2, from, 0, 1);
  of.endRow();
  const rows = of.end();
  assert.deepEqual(tableOf(rows), [['é', '', 'b']]);
  assert.deepEqual([...rows.cells.subarray(2, 4)], [0, 0]);
  assert.equal(rows.bytes.buffer.byteLength, 3, 'in the room that was expected');
});

builder('counts the memory of complete rows, and makes room for any number of rows and bytes', () => {
  const of = new RowBuilder(['id', 'A'], 4);
  assert.equal(of.bytes, 0);
  of.setText(0, '1', cellPlain);
  of.setText(1, 'abc', cellPlain);
  assert.equal(of.bytes, 0, 'the row is not complete');
  of.endRow();
  assert.equal(of.bytes, 4 + 16);
  of.setText(0, '22', cellPlain);
  assert.equal(of.rowBytes, 2);
  of.endRow();
  assert.equal(of.bytes, 6 + 32);
  for (let i = 0; i < 100; i++) {
    of.setText(0, String(i), cellPlain);
    of.setText(1, 'é'.repeat(i), cellPlain);
    of.endRow();
  }
  const {count, bytes} = of;
  const rows = of.end();
  assert.equal(count, 102);
  assert.equal(bytes, rows.bytes.length + 16 * 102);
  assert.deepEqual(
    tableOf(rows).slice(2),
    Array.from({length: 100}, (_, i) => [String(i), 'é'.repeat(i)]),
  );
});

builder('needs no more room than expected for texts that fit, otherwise twice as much, or as much as it takes', () => {
  const room = (...texts: string[]) => {
    const of = new RowBuilder(['A'], 4);
    for (const text of texts) {
      of.setText(0, text, cellPlain);
      of.endRow();
    }
    return of.end().bytes.buffer.byteLength;
  };
  for (const [texts, bytes] of [
    [[], 4],
    [['abcd'], 4],
    [['é', 'é'], 4],
    [['a', 'bcd'], 4],
    [['abcde'], 8],
    [['abcd', 'e'], 8],
    [['abcd', 'efgh'], 8],
    [['x'.repeat(100)], 100],
  ] as const)
    assert.equal(room(...texts), bytes, texts.join());
});

builder('has room for fifteen rows at first, and one to begin', () => {
  const bytes = (rows: number) => {
    const of = new RowBuilder(['A', 'B']);
    for (let row = 0; row < rows; row++) of.endRow();
    return of.end().cells.buffer.byteLength;
  };
  assert.deepEqual([bytes(0), bytes(15), bytes(16)], [256, 256, 544]);
});

builder.run();
