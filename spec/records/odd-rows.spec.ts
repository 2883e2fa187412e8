import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {instantSeconds, isId} from '../../lib/kernel/kernel.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
import {datedRows, faultOfRow, oddRows, rowsWithoutId, sliceRows, withoutRows} from '../../lib/records/odd-rows.ts';
import {cellText} from '../../lib/records/rows.ts';

const odd = suite('oddRows');

const never = (): boolean => false;
const time = '2026-01-31T10:00:00+05:30';

/** Rows whose cells are the texts. */
function rowsOf(columns: readonly string[], table: readonly (readonly string[])[]): RowBlock {
  const cells: number[] = [];
  let text = Buffer.alloc(0);
  for (const cell of table.flat()) {
    cells.push(text.length << 2);
    text = Buffer.concat([text, Buffer.from(cell)]);
    cells.push(text.length);
  }
  return {columns, bytes: text, cells: Int32Array.from(cells), count: table.length};
}

const textOf = (rows: RowBlock): string[][] =>
  Array.from({length: rows.count}, (_, row) => rows.columns.map((_, column) => cellText(rows, row, column)));

odd('takes exactly those ids and times that the kernel takes', () => {
  const two = (max: number) => fc.integer({min: 0, max}).map((value) => String(value).padStart(2, '0'));
  const instant = fc
    .tuple(
      fc.integer({min: 0, max: 9_999}),
      two(13),
      two(32),
      two(25),
      two(61),
      two(61),
      fc.constantFrom('', '.5', '.'),
      two(25),
      two(61),
    )
    .map(([y, mo, d, h, m, s, f, oh, om]) => `${String(y).padStart(4, '0')}-${mo}-${d}T${h}:${m}:${s}${f}+${oh}:${om}`);
  const damaged = fc
    .tuple(instant, fc.nat({max: 24}), fc.constantFrom('', 'Z', '-', 'x', '9', 'é'))
    .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + 1));
  const times = fc.oneof(
    instant,
    damaged,
    fc.constantFrom('', '2026-01-01T00:00:00Z', '2024-02-29T23:59:60-12:00', '2026-02-29T00:00:00Z'),
    fc.string(),
  );
  const digits = fc.string({unit: fc.constantFrom(...'0123456789'), maxLength: 21});
  const ids = fc.oneof(digits, fc.constantFrom('0', '-1', '1.0', '1e3', ' 1', '9'.repeat(19), '9'.repeat(20)), fc.string());
  fc.assert(
    fc.property(ids, times, (id, at) => {
      const fault = isId(id) ? (Number.isNaN(instantSeconds(at)) ? 'time' : undefined) : 'id';
      assert.equal(faultOfRow(rowsOf(['Id', 'Modified_Time'], [[id, at]]), 0), fault);
    }),
    {numRuns: 5_000},
  );
});

odd('names each row with its number, its record where it tells it, and why', () => {
  const rows = rowsOf(
    ['A', 'id', 'Modified_Time'],
    [
      ['a', '1', time],
      ['b', 'x', time],
      ['c', '3', ''],
      ['d', '4', time],
    ],
  );
  const found = oddRows(rows, 11, (row) => row === 3);
  assert.deepEqual(
    found.map(({digest: _, ...row}) => row),
    [
      {row: 12, id: undefined, fault: 'id'},
      {row: 13, id: '3', fault: 'time'},
      {row: 14, id: '4', fault: 'size'},
    ],
  );
  assert.equal(new Set(found.map(({digest}) => digest)).size, 3);
  assert.deepEqual(
    rowsWithoutId(rows).map(({row}) => row),
    [2],
  );
  assert.deepEqual(textOf(withoutRows(rows, new Set([1, 2]))), [textOf(rows)[0], textOf(rows)[3]]);
  assert.deepEqual(textOf(sliceRows(rows, 1, 3)), textOf(rows).slice(1, 3));
});

odd('tells two rows apart by their bytes, and by where their cells end', () => {
  const digestOf = (...cells: string[]) => oddRows(rowsOf(['Id', 'Modified_Time', 'A', 'B'], [cells]), 1, never)[0]?.digest;
  assert.equal(digestOf('1', '', 'ab', 'c'), digestOf('1', '', 'ab', 'c'));
  assert.notEqual(digestOf('1', '', 'ab', 'c'), digestOf('1', '', 'a', 'bc'));
});

odd('finds no odd row where a page has no id or no time at all: that is the fault of the page', () => {
  assert.deepEqual(oddRows(rowsOf(['Id', 'A'], [['x', '']]), 1, never), []);
  assert.deepEqual(oddRows(rowsOf(['Modified_Time', 'A'], [['', '']]), 1, never), []);
});

odd('dates rows without a time by their creation, and changes nothing else', () => {
  const rows = rowsOf(
    ['id', 'Modified_Time', 'Created_Time'],
    [
      ['1', '', time],
      ['2', time, '2020-01-01T00:00:00Z'],
      ['3', '', ''],
    ],
  );
  assert.deepEqual(textOf(datedRows(rows)), [
    ['1', time, time],
    ['2', time, '2020-01-01T00:00:00Z'],
    ['3', '', ''],
  ]);
  assert.deepEqual(textOf(rows)[0], ['1', '', time]);
});

odd.run();
