/** The header of a page: its columns and its separators. */
import {isUtf8} from 'node:buffer';
import Papa from 'papaparse';
import {ZohoError} from '../../errors/errors.ts';
import type {RowBlock} from '../../records/batch.ts';

export interface Dialect {
  readonly columns: readonly string[];
  readonly delimiter: string;
  /**
   * Ends a row outside quotes: a line feed, with or without a carriage return before it; or a
   * carriage return alone, where the header ends with one.
   */
  readonly lineEnd: '\n' | '\r';
}

/** Rows read from a block of bytes. */
export interface Reading {
  readonly rows: RowBlock;
  /** Where the row after them begins; where reading began if no row is complete. */
  readonly next: number;
  /** Why the row at `next` cannot be read. `declined` leaves it to the other reader. */
  readonly stop?: 'declined' | 'ragged' | 'quoting';
}

/** Reads some of the complete rows starting at `from`, without blank lines. Pure. */
export type RowReader = (bytes: Uint8Array, from: number) => Reading;

/**
 * Parses the header line, given without its line end. API names contain no separator, so the one
 * found here is the page's.
 */
export function dialectOf(line: Uint8Array, lineEnd: Dialect['lineEnd']): Dialect {
  if (!isUtf8(line)) throw damaged('its header is not valid UTF-8');
  const text = Buffer.from(line).toString();
  if (text === '') throw damaged('its header is empty');
  const delimiter = [',', ';', '\t', '|'].find((candidate) => text.includes(candidate)) ?? ',';
  const {data, errors} = Papa.parse<string[]>(text, {delimiter});
  const columns = data[0]!;
  if (errors.length > 0) throw damaged('its header has malformed quotes');
  if (columns.includes('')) throw damaged('its header has a column without a name');
  // The id is always there, and appears again when it was asked for.
  const others = columns.filter((name) => name !== 'id' && name !== 'Id');
  if (new Set(others).size !== others.length) throw damaged('its header names a column twice');
  return {columns, delimiter, lineEnd};
}

export function damaged(why: string): ZohoError {
  return new ZohoError('damaged', `Cannot read the CSV file: ${why}`);
}
