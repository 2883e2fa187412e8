import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {batchBytes, batchRowsMax} from '../../../lib/limits.ts';
import {byteReader, isPlain} from '../../../lib/transforms/csv/csv-bytes.ts';
import type {Dialect} from '../../../lib/transforms/csv/csv-dialect.ts';
import {table} from '../csv-outcome.ts';

const reader = suite('byte reader');

const dialectOf = (columns: readonly string[]): Dialect => ({columns, delimiter: ',', lineEnd: '\n'});
const dialect = dialectOf(['Id', 'A']);

/** What one reading gives, with the text at which it ended. */
function read(text: string, from = 0) {
  const bytes = Buffer.from(text);
  const {rows, next, stop} = byteReader(dialect)(bytes, from);
  assert.equal(rows.columns, dialect.columns);
  return {rows: table(rows), rest: bytes.subarray(next).toString(), ...(stop && {stop})};
}

reader('supports commas with line feeds, and nothing else', () => {
  for (const delimiter of [',', ';', '\t', '|'])
    for (const lineEnd of ['\n', '\r'] as const)
      assert.equal(isPlain({columns: [], delimiter, lineEnd}), delimiter === ',' && lineEnd === '\n');
});

reader('reads the complete rows from a place, and says where the first incomplete one begins', () => {
  const rows = [
    ['1', 'a'],
    ['2', 'b "c"'],
  ];
  assert.deepEqual(read('1,a\n2,"b ""c"""\r\n3,c'), {rows, rest: '3,c'});
  assert.deepEqual(read('0,x\n1,a\n\n2,"b ""c"""\n', 4), {rows, rest: ''});
  assert.deepEqual(read('1,"a\n'), {rows: [], rest: '1,"a\n'});
});

reader('stops at a row that it cannot read, keeps those before it, and leaves some to papaparse', () => {
  for (const [line, stop] of [
    ['2\n', 'ragged'],
    ['2,b,c\n', 'ragged'],
    ['2,"b" \n', 'declined'],
    ['2,"b"c\n', 'declined'],
  ] as const) {
    assert.deepEqual(read(`1,a\n${line}3,c\n`), {rows: [['1', 'a']], rest: `${line}3,c\n`, stop}, line);
    // However much of the page follows.
    assert.deepEqual(read(`${line}${'3,c\n'.repeat(batchBytes / 2)}`).stop, stop, line);
  }
});

reader('gives batches of bounded size', () => {
  const {rows, next} = byteReader(dialect)(Buffer.from('1,\n'.repeat(2 * batchRowsMax)), 0);
  assert.deepEqual([rows.count, next], [batchRowsMax, 3 * batchRowsMax]);

  const wide = Buffer.from(`1,${'x'.repeat(96)}\n`.repeat(2 * batchRowsMax));
  assert.equal(byteReader(dialect)(wide, 99).next, 99 * (1 + Math.floor(batchBytes / 99)));
});

reader('reads a row longer than a batch, with no more cells after it than a batch has', () => {
  const columns = Array.from({length: 300}, (_, i) => `C${i}`);
  const separators = ','.repeat(columns.length - 1);
  const long = `${'x'.repeat(2 * batchBytes)}${separators}\n`;
  const {rows, next} = byteReader(dialectOf(columns))(Buffer.from(long + `${separators}\n`.repeat(2_000)), 0);
  assert.equal(rows.cells[1], 2 * batchBytes);
  assert.equal(next, long.length + (rows.count - 1) * columns.length);
  assert.equal(rows.count, Math.ceil(batchBytes / columns.length));
});

reader('reads rows with more cells than a batch has bytes', () => {
  const columns = Array.from({length: batchBytes + 2}, String);
  const line = Buffer.from(`${','.repeat(columns.length - 1)}\n`);
  assert.equal(byteReader(dialectOf(columns))(line, 0).rows.count, 1);
});

reader('uses the memory of cells again once they are released, and not before', () => {
  const read = byteReader(dialect);
  const bytes = Buffer.from('1,a\n2,b\n');
  const {rows: first} = read(bytes, 0);
  const {rows: second} = read(bytes, 4);
  assert.deepEqual(
    [table(first), table(second)],
    [
      [
        ['1', 'a'],
        ['2', 'b'],
      ],
      [['2', 'b']],
    ],
  );
  first.release?.();
  assert.equal(read(bytes, 0).rows.cells.buffer, first.cells.buffer);
});

reader.run();
