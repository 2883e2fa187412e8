/** Batches of received rows: reading cells, splitting, joining. Pure. */

import {documentBytesMax, pieceBytesMax} from '../limits.ts';
import type {RowBlock} from './batch.ts';
import {RowBuilder} from './row-builder.ts';

export const noRows: RowBlock = {columns: [], bytes: new Uint8Array(0), cells: new Int32Array(0), count: 0};

/**
 * The text of a cell as received. For the few cells that steer the capture, never for all cells of
 * a page.
 */
export function cellText(rows: RowBlock, row: number, column: number): string {
  const k = 2 * (row * rows.columns.length + column);
  return decoder.decode(rows.bytes.subarray(rows.cells[k]! >> 2, rows.cells[k + 1]!));
}

const decoder = new TextDecoder();

/**
 * Splits rows into runs of about `bytesMax` bytes, with at least one row each. No rows give no run.
 * Each run is made on request and owns its bytes, so keeping one does not keep the page.
 */
export function* splitRows(rows: RowBlock, bytesMax: number = pieceBytesMax): Generator<RowBlock, void, void> {
  let from = 0;
  let bytes = 0;
  for (let row = 0; row < rows.count; row++) {
    bytes += textBytes(rows, row, row + 1);
    if (bytes < bytesMax && row + 1 < rows.count) continue;
    yield ownRows(rows, from, row + 1);
    from = row + 1;
    bytes = 0;
  }
}

/**
 * The rows from `from` up to, but not including, `to`, with bytes of their own; the same object for
 * all rows. Notes on the whole batch go with the first run.
 */
export function ownRows(rows: RowBlock, from: number, to: number): RowBlock {
  if (from === 0 && to === rows.count) return rows;
  const {columns, replaced} = rows;
  const builder = new RowBuilder(columns, textBytes(rows, from, to));
  for (let row = from; row < to; row++) {
    for (let column = 0; column < columns.length; column++) builder.setCell(column, rows, row, column);
    builder.endRow();
  }
  return from === 0 ? {...builder.end(), replaced} : builder.end();
}

/** Bytes in the cells of some rows. */
export function textBytes({cells, columns}: RowBlock, from: number, to: number): number {
  const width = 2 * columns.length;
  let bytes = 0;
  for (let k = from * width; k < to * width; k += 2) bytes += cells[k + 1]! - (cells[k]! >> 2);
  return bytes;
}

export interface Joined {
  /**
   * The records that all slices hold with the same `Modified_Time`, in the order of the first
   * slice.
   */
  readonly rows: RowBlock;
  /** Ids of the first slice that another slice lacks, or has with another `Modified_Time`. */
  readonly torn: readonly string[];
}

/**
 * Joins slices of the same records by id. A column that a later slice repeats is taken from the
 * first. Every slice has the columns `id` and `Modified_Time`.
 */
export function joinSlices(slices: readonly RowBlock[]): Joined {
  const [first = noRows, ...others] = slices;
  if (others.length === 0) return {rows: first, torn: []};
  const columns = [...first.columns];
  const joins = others.map((slice) => new Join(slice, columns));
  const builder = new RowBuilder(columns);
  const torn: string[] = [];
  const [idColumn, modifiedColumn] = [first.columns.indexOf('id'), first.columns.indexOf('Modified_Time')];
  for (let row = 0; row < first.count; row++) {
    const id = cellText(first, row, idColumn);
    const modified = cellText(first, row, modifiedColumn);
    const matches = joins.map((join) => join.find(id, modified));
    if (matches.includes(-1)) {
      torn.push(id);
      continue;
    }
    for (let column = 0; column < first.columns.length; column++) builder.setCell(column, first, row, column);
    for (const [i, match] of matches.entries()) joins[i]!.copy(match, builder);
    builder.endRow();
  }
  return {rows: {...builder.end(), replaced: replacedOf(slices)}, torn};
}

/** A further slice. */
class Join {
  readonly #slice: RowBlock;
  readonly #places = new Map<string, number>();
  /** The columns it adds, and their targets. */
  readonly #fresh: readonly {readonly from: number; readonly to: number}[];

  /** Appends the columns that it adds to `columns`. */
  constructor(slice: RowBlock, columns: string[]) {
    this.#slice = slice;
    this.#fresh = slice.columns.flatMap((name, from) => (columns.includes(name) ? [] : [{from, to: columns.push(name) - 1}]));
    const column = slice.columns.indexOf('id');
    for (let row = 0; row < slice.count; row++) this.#places.set(cellText(slice, row, column), row);
  }

  /** The row of this version of a record; -1 when there is none. */
  find(id: string, modified: string): number {
    const row = this.#places.get(id);
    return row !== undefined && cellText(this.#slice, row, this.#slice.columns.indexOf('Modified_Time')) === modified ? row : -1;
  }

  /**
   * Adds its cells to a row, unless the row already makes too large a document: nothing more of it
   * is needed.
   */
  copy(row: number, builder: RowBuilder): void {
    if (builder.rowBytes > documentBytesMax) return;
    for (const {from, to} of this.#fresh) builder.setCell(to, this.#slice, row, from);
  }
}

/** Concatenates batches that have the same columns in the same order. */
export function appendRows(parts: readonly RowBlock[]): RowBlock {
  const filled = parts.filter((rows) => rows.count > 0);
  if (filled.length <= 1) return filled[0] ?? parts[0] ?? noRows;
  const {columns} = filled[0]!;
  const builder = new RowBuilder(columns);
  for (const rows of filled) {
    for (let row = 0; row < rows.count; row++) {
      for (let column = 0; column < columns.length; column++) builder.setCell(column, rows, row, column);
      builder.endRow();
    }
  }
  return {...builder.end(), replaced: replacedOf(filled)};
}

function replacedOf(parts: readonly RowBlock[]): RowBlock['replaced'] {
  const all = parts.flatMap(({replaced = []}) => replaced);
  return all.length === 0 ? undefined : all;
}

/** The first rows of a batch, at most `count`. */
export function firstRows(rows: RowBlock, count: number): RowBlock {
  if (count >= rows.count) return rows;
  return {...rows, cells: rows.cells.subarray(0, 2 * rows.columns.length * count), count};
}

/** Memory that rows take, in bytes. */
export function weightOf({bytes, cells}: RowBlock): number {
  return bytes.length + cells.byteLength;
}
