import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {Dialect} from '../../../lib/transforms/csv/csv-dialect.ts';
import {lineEnd, rowEnd} from '../../../lib/transforms/csv/row-end.ts';

const ends = suite('ends of rows');

const dialectOf = (delimiter: string, end: Dialect['lineEnd']): Dialect => ({columns: [], delimiter, lineEnd: end});
const commas = dialectOf(',', '\n');

ends('of lines are where the next one begins, or 0', () => {
  const lines = Buffer.from('ab\r\n"c\nd');
  assert.deepEqual(
    [0, 3, 4, 7].map((from) => lineEnd(lines, from, commas)),
    [4, 4, 7, 0],
  );
  assert.equal(lineEnd(Buffer.from('a\nb\rc'), 0, dialectOf(',', '\r')), 4);
});

ends('are the first line end outside of quotes', () => {
  for (const row of [
    '\n',
    'a,b\n',
    'a,b\r\n',
    '"a"\n',
    '"a\nb",c\n',
    'a,"b\n",c\n',
    'a,"b,\n"\n',
    'a,"b""\n"\n',
    'a,"""\n"""\n',
    '"",""\n',
    '"a" ,b\n',
    // Quotes inside of a cell that does not start with one are text.
    'a",b\n',
    'a"",b\n',
    'a""""\n',
    ' "a,b\n',
    '"a" "b\n',
    ',a""b\n',
  ]) {
    const page = Buffer.from(`x,y\n${row}z,"\n"\n`);
    assert.equal(rowEnd(page, 4, commas), 4 + row.length, JSON.stringify(row));
  }
});

ends("are the page's, whatever its separators", () => {
  assert.equal(rowEnd(Buffer.from('a;"b\r"\rc'), 0, dialectOf(';', '\r')), 7);
  assert.equal(rowEnd(Buffer.from('a,"b\rc'), 0, dialectOf(';', '\r')), 5);
});

ends.run();
