/** The quick reader of CSV pages (RFC 4180 in UTF-8): finds the cells in the bytes and makes no strings. */
import {cellClean, cellPlain, cellQuoted} from '../batch.ts';
import {batchBytes, batchRowsMax} from '../limits.ts';
import type {Dialect, Reading, RowReader} from './csv-dialect.ts';
import {plainEnd, plainEndOrComma} from './plain-bytes.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const comma = 0x2c;

/** Whether the byte reader knows the dialect: commas and line feeds. Everything else is papaparse's. */
export function isPlain({delimiter, lineEnd}: Dialect): boolean {
  return delimiter === ',' && lineEnd === '\n';
}

/**
 * A reader of pages in the plain dialect. It declines a row in which something other than a separator follows a closing quote, and leaves
 * it to papaparse to say whether that can be read.
 */
export function byteReader({columns}: Dialect): RowReader {
  const width = columns.length;
  /** Rows that a batch has room for: about as many as make its bytes, by those before. */
  let rowsExpected = 64;

  function read(bytes: Uint8Array, from: number): Reading {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const to = bytes.length;
    const stopAt = Math.min(to, from + batchBytes);
    const cells = new Int32Array(2 * width * rowsExpected);
    let at = from;
    let next = from;
    let count = 0;
    let stop: Reading['stop'];

    rows: while (next < stopAt && count < rowsExpected) {
      let k = 2 * width * count;
      let cell = 0;
      let blank = false;
      for (let byte = 0; byte !== lineFeed; cell++) {
        let kind = cellClean;
        let start = at;
        let end = at;
        if (at < to && bytes[at] === quote) {
          start = at + 1;
          for (at = start; ; at++) {
            at = plainEnd(bytes, view, at, to);
            if (at + 1 >= to) break rows;
            if (bytes[at] !== quote) kind = kind === cellClean ? cellPlain : kind;
            else if (bytes[at + 1] === quote) {
              kind = cellQuoted;
              at++;
            } else break;
          }
          end = at++;
          if (bytes[at] === carriageReturn && at + 1 < to && bytes[at + 1] === lineFeed) at++;
          byte = bytes[at]!;
          if (byte !== comma && byte !== lineFeed) {
            // A carriage return that ends the block may be half of a line end.
            if (byte !== carriageReturn || at + 1 < to) stop = 'declined';
            break rows;
          }
        } else {
          for (; ; at++) {
            at = plainEndOrComma(bytes, view, at, to);
            if (at >= to) break rows;
            byte = bytes[at]!;
            if (byte === comma || byte === lineFeed) break;
            if (byte === carriageReturn) {
              if (at + 1 >= to) break rows;
              if (bytes[at + 1] === lineFeed) break;
            }
            kind = cellPlain;
          }
          end = at;
          if (byte === carriageReturn) byte = bytes[++at]!;
          blank = start === end;
        }
        at++;
        if (cell < width) {
          cells[k++] = (start << 2) | kind;
          cells[k++] = end;
        }
      }
      const isBlankLine = cell === 1 && blank;
      if (cell !== width && !isBlankLine) {
        stop = 'ragged';
        break;
      }
      if (!isBlankLine) count++;
      next = at;
    }
    if (count > 0) rowsExpected = Math.min(batchRowsMax, Math.ceil((1.1 * batchBytes * count) / (next - from)) + 1);
    return {rows: {columns, bytes, cells: cells.subarray(0, 2 * width * count), count}, next, stop};
  }

  return read;
}
