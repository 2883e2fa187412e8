import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {papaSliceBytes} from '../../../lib/limits.ts';
import type {Dialect} from '../../../lib/transforms/csv/csv-dialect.ts';
import {papaReader} from '../../../lib/transforms/csv/csv-papa.ts';
import {table} from '../csv-outcome.ts';

const papa = suite('tolerant reader');

const columns = ['Id', 'A'];
const commas: Dialect = {columns, delimiter: ',', lineEnd: '\n'};

/** What one reading gives, with the text at which it ended. */
function read(text: string, {dialect = commas, from = 0}: {dialect?: Dialect; from?: number} = {}) {
  const bytes = Buffer.from(text);
  const {rows, next, stop} = papaReader(dialect)(bytes, from);
  assert.equal(rows.columns, dialect.columns);
  return {rows: table(rows), rest: bytes.subarray(next).toString(), ...(stop && {stop})};
}

papa('reads the complete rows from a place, and says where the first incomplete one begins', () => {
  const rows = [
    ['1', 'a'],
    ['2', 'b'],
  ];
  assert.deepEqual(read('1,a\n2,b\n3,c'), {rows, rest: '3,c'});
  assert.deepEqual(read('0,x\n1,a\n2,b\n', {from: 4}), {rows, rest: ''});
  assert.deepEqual(read('1,"a"\n2,"b"\n3,"c'), {rows, rest: '3,"c'});
  assert.deepEqual(read('1,a'), {rows: [], rest: '1,a'});
  assert.deepEqual(read(''), {rows: [], rest: ''});
});

papa('reads a part of a larger block', () => {
  const block = Buffer.from('##1,a\n##');
  assert.deepEqual(table(papaReader(commas)(block.subarray(2, 6), 0).rows), [['1', 'a']]);
});

papa('reads every separator and line end', () => {
  for (const delimiter of [',', ';', '\t', '|'])
    for (const lineEnd of ['\n', '\r'] as const)
      for (const end of lineEnd === '\n' ? ['\n', '\r\n'] : ['\r'])
        assert.deepEqual(
          read(`1${delimiter}a${end}2${delimiter}"b${delimiter}${end}c"${end}`, {dialect: {columns, delimiter, lineEnd}}),
          {
            rows: [
              ['1', 'a'],
              ['2', `b${delimiter}${end}c`],
            ],
            rest: '',
          },
          JSON.stringify(delimiter + end),
        );
});

papa('passes over blank lines, but not over an empty cell', () => {
  for (const [lineEnd, end] of [
    ['\n', '\n'],
    ['\n', '\r\n'],
    ['\r', '\r'],
  ] as const) {
    const dialect: Dialect = {columns: ['Id'], delimiter: ',', lineEnd};
    assert.deepEqual(read(`1${end}${end}""${end}${end}2${end}`, {dialect}), {rows: [['1'], [''], ['2']], rest: ''});
  }
});

papa('reads a carriage return as part of a line end only where quotes do not hold it', () => {
  for (const [line, last] of [
    ['1,a\r\n', 'a'],
    ['1,\r\n', ''],
    ['1,\r\r\n', '\r'],
    ['1,"a\r"\r\n', 'a\r'],
    ['1,"a\r"\n', 'a\r'],
    ['1,"a"  \r\n', 'a'],
    ['1,",\r"\r\n', ',\r'],
    ['1,"""\r"\r\n', '"\r'],
    ['1,"x,""\r"\r\n', 'x,"\r'],
    ['1,a"\r\n', 'a"'],
  ] as const)
    assert.deepEqual(read(line), {rows: [['1', last]], rest: ''}, JSON.stringify(line));
  const single = {dialect: {...commas, columns: ['Id']}};
  assert.deepEqual(read('1\r\n"2\r"\r\n"3\r"\n', single).rows, [['1'], ['2\r'], ['3\r']]);
  assert.deepEqual(read('1,"a\r"\r', {dialect: {...commas, lineEnd: '\r'}}).rows, [['1', 'a\r']]);
});

papa('stops at a row that it cannot read, and keeps those before it', () => {
  const rows = [['1', 'a']];
  for (const [line, stop] of [
    ['2\n', 'ragged'],
    ['2,b,c\n', 'ragged'],
    ['2,"b"c"\n', 'quoting'],
    ['2,"b"c,d"\n', 'quoting'],
    ['2,"b"c",d\n', 'quoting'],
  ] as const)
    assert.deepEqual(read(`1,a\n${line}3,c\n`), {rows, rest: `${line}3,c\n`, stop}, line);
  assert.deepEqual(read('2\n3,c\n'), {rows: [], rest: '2\n3,c\n', stop: 'ragged'});
});

papa('passes on the bytes of a cell as they are', () => {
  const bytes = Buffer.from([0x31, 0x2c, 0xc3, 0xa9, 0xe6, 0x9d, 0xb1, 0xff, 0x00, 0x0a]);
  const {rows} = papaReader(commas)(bytes, 0);
  const [, , start, end] = rows.cells;
  assert.deepEqual(Buffer.from(rows.bytes.subarray(start! >> 2, end)), bytes.subarray(2, -1));
});

papa('reads no more than a slice at once, and more only for a row that needs it', () => {
  const row = `1,${'a'.repeat(125)}\n`;
  const short = row.repeat((2 * papaSliceBytes) / row.length);
  const {next, rows} = papaReader(commas)(Buffer.from(short), row.length);
  assert.deepEqual([next, rows.count], [row.length + papaSliceBytes, papaSliceBytes / row.length]);

  const long = `1,${'x'.repeat(2 * papaSliceBytes)}\n`;
  const reading = papaReader(commas)(Buffer.from(long + short), 0);
  assert.equal(table(reading.rows)[0]?.[1]?.length, 2 * papaSliceBytes);
  assert.equal(reading.next, 4 * papaSliceBytes - ((4 * papaSliceBytes - long.length) % row.length));
});

papa('stops at an unreadable row longer than a slice', () => {
  assert.equal(read(`1,"a"b${'x'.repeat(2 * papaSliceBytes)}"\n2,b\n`).stop, 'quoting');
  assert.equal(read(`${'1'.repeat(2 * papaSliceBytes)}\n2,b\n`).stop, 'ragged');
});

papa.run();
