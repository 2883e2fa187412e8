/**
 * The tolerant reader of CSV pages: papaparse, for every dialect and for quotes that RFC 4180
 * forbids.
 */
import Papa from 'papaparse';
import {papaSliceBytes} from '../../limits.ts';
import {cellPlain, type RowBlock} from '../../records/batch.ts';
import type {Dialect, Reading, RowReader} from './csv-dialect.ts';

/**
 * A reader of any dialect. Bytes pass through papaparse as Latin-1, one character per byte, so
 * UTF-8 is preserved and no cut splits a character.
 */
export function papaReader(dialect: Dialect): RowReader {
  return (bytes, from) => {
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // A row longer than the slice needs a longer slice. Doubling keeps the work proportional to the
    // row.
    for (let size = papaSliceBytes; ; size *= 2) {
      const to = Math.min(bytes.length, from + size);
      const reading = readText(block.toString('latin1', from, to), from, dialect);
      // Equivalent mutants (ConditionalExpression): an unreadable row stays so, and only costs time
      if (reading.next > from || reading.stop !== undefined || to === bytes.length) return reading;
    }
  };
}

/** What papaparse reports for each row. */
interface Step {
  /** A single row. */
  readonly data: readonly (readonly string[])[];
  readonly errors: readonly unknown[];
  readonly meta: {readonly cursor: number};
}

function readText(text: string, from: number, {columns, delimiter, lineEnd}: Dialect): Reading {
  const table = new Table(columns, text.length);
  let next = 0;
  let stop: Reading['stop'];
  const parser = new Papa.Parser({
    delimiter,
    newline: lineEnd,
    step({data, errors, meta}: Step) {
      const raw = text.slice(next, meta.cursor);
      const row = withoutReturn(data[0]!, raw, delimiter);
      const isBlank = raw === lineEnd || raw === '\r\n';
      if (errors.length > 0) stop = 'quoting';
      else if (row.length === columns.length && !isBlank) table.add(row);
      else if (!isBlank) stop = 'ragged';
      if (stop === undefined) next = meta.cursor;
      else parser.abort();
    },
  });
  parser.parse(text, 0, true);
  return {rows: table.rows, next: from + next, stop};
}

/**
 * Removes the carriage return of a line end from the last cell, but not one inside quotes. The cell
 * was unquoted if its text stands unchanged between the separator and the line feed.
 */
function withoutReturn(row: readonly string[], raw: string, delimiter: string): readonly string[] {
  const last = row.at(-1)!;
  if (!last.endsWith('\r')) return row;
  const bare = row.length === 1 ? raw === `${last}\n` : raw.endsWith(`${delimiter}${last}\n`);
  return bare ? [...row.slice(0, -1), last.slice(0, -1)] : row;
}

/** Rows of strings, converted back into bytes. */
class Table {
  readonly #columns: readonly string[];
  readonly #bytes: Buffer;
  readonly #cells: number[] = [];
  #at = 0;
  #count = 0;

  /** `textLength` bytes suffice: no row takes more than it had with its separators. */
  constructor(columns: readonly string[], textLength: number) {
    this.#columns = columns;
    this.#bytes = Buffer.alloc(textLength);
  }

  add(row: readonly string[]): void {
    for (const cell of row) {
      const start = this.#at;
      this.#at += this.#bytes.write(cell, start, 'latin1');
      this.#cells.push((start << 2) | cellPlain, this.#at);
    }
    this.#count++;
  }

  get rows(): RowBlock {
    return {columns: this.#columns, bytes: this.#bytes, cells: Int32Array.from(this.#cells), count: this.#count};
  }
}
