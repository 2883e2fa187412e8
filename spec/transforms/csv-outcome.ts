/** What comes of reading a page of CSV. */
import assert from 'node:assert/strict';
import {ZohoError} from '../../lib/errors/errors.ts';
import {cellQuoted, type RowBlock} from '../../lib/records/batch.ts';
import {type ParseCsvOptions, parseCsv} from '../../lib/transforms/parse-csv.ts';
import {inPieces} from './archive.ts';

/** The rows of a batch as strings. */
export function table(rows: RowBlock): string[][] {
  return Array.from({length: rows.count}, (_, row) =>
    rows.columns.map((_, column) => {
      const k = 2 * (row * rows.columns.length + column);
      const text = Buffer.from(rows.bytes.subarray(rows.cells[k]! >> 2, rows.cells[k + 1]!)).toString();
      return (rows.cells[k]! & 3) === cellQuoted ? text.replaceAll('""', '"') : text;
    }),
  );
}

export interface Outcome {
  columns?: readonly string[];
  rows?: string[][];
  /** Rows that cannot be read, as in `2: cells`; absent when there are none. */
  unreadable?: string[];
  error?: string;
}

/** Everything that reading a page leads to: its rows, or the error that ends it. */
export async function outcome(source: AsyncIterable<Uint8Array>, options?: ParseCsvOptions): Promise<Outcome> {
  const found: string[][] = [];
  const unreadable: string[] = [];
  let columns: readonly string[] | undefined;
  try {
    for await (const batch of parseCsv(source, options)) {
      columns ??= batch.columns;
      assert.equal(batch.columns, columns);
      assert.ok(batch.count > 0 || batch.unreadable !== undefined);
      if (batch.unreadable !== undefined) unreadable.push(`${batch.unreadable.row}: ${batch.unreadable.fault}`);
      found.push(...table(batch));
    }
  } catch (error) {
    assert.ok(error instanceof ZohoError, String(error));
    return {error: `${error.kind}: ${error.message}`};
  }
  return {columns, rows: found, ...(unreadable.length > 0 && {unreadable})};
}

/** The bytes in pieces that end at some places. */
export async function* cutAt(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array, void, void> {
  let from = 0;
  for (const to of [...places, bytes.length].sort((a, b) => a - b)) {
    const piece = bytes.subarray(from, Math.max(from, to));
    from += piece.length;
    yield piece;
  }
}

export const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === 'string' ? Buffer.from(text) : text);

/** Reads a page with both readers, which must agree, and returns what they found. */
export async function read(text: string | Uint8Array, options: ParseCsvOptions = {}): Promise<Outcome> {
  const bytes = bytesOf(text);
  const found = await outcome(inPieces(bytes), options);
  assert.deepEqual(await outcome(inPieces(bytes), {...options, reader: 'papaparse'}), found);
  return found;
}

export async function* given(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* pieces;
}

/** So many bytes that begin with a text and have no end of a line after it. */
export function padded(start: string, bytes: number): Buffer {
  const text = Buffer.alloc(bytes, 'a');
  text.write(start);
  return text;
}
