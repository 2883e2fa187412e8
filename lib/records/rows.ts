/** Batches of received rows: reading cells, cutting, joining. Pure. */

import {pieceBytesMax} from '../limits.ts';
import type {RowBlock} from './batch.ts';

export const noRows: RowBlock = {columns: [], bytes: new Uint8Array(0), cells: new Int32Array(0), count: 0};

/** The text of a cell as received; only for the few cells that steer the capture, never for all of a page. */
export function cellText(rows: RowBlock, row: number, column: number): string {
  const k = 2 * (row * rows.columns.length + column);
  return decoder.decode(rows.bytes.subarray(rows.cells[k]! >> 2, rows.cells[k + 1]!));
}

const decoder = new TextDecoder();

/** Cuts rows into runs that hold about `bytesMax` bytes each, and at least one row. No rows give no run. */
export function splitRows(rows: RowBlock, bytesMax: number = pieceBytesMax): RowBlock[] {
  const width = 2 * rows.columns.length;
  const parts: RowBlock[] = [];
  let from = 0;
  let bytes = 0;
  for (let row = 0; row < rows.count; row++) {
    for (let k = row * width; k < (row + 1) * width; k += 2) bytes += rows.cells[k + 1]! - (rows.cells[k]! >> 2);
    if (bytes < bytesMax && row + 1 < rows.count) continue;
    parts.push(tight({...rows, cells: rows.cells.subarray(from * width, (row + 1) * width), count: row + 1 - from}));
    from = row + 1;
    bytes = 0;
  }
  return parts;
}

/** The same rows, without the bytes in front of all cells and behind them. */
function tight(rows: RowBlock): RowBlock {
  const {cells} = rows;
  let from = rows.bytes.length;
  let to = 0;
  for (let k = 0; k < cells.length; k += 2) {
    if (cells[k]! >> 2 === cells[k + 1]) continue;
    from = Math.min(from, cells[k]! >> 2);
    to = Math.max(to, cells[k + 1]!);
  }
  const moved = new Int32Array(cells.length);
  for (let k = 0; k < cells.length; k += 2) {
    if (cells[k]! >> 2 === cells[k + 1]) continue;
    moved[k] = cells[k]! - (from << 2);
    moved[k + 1] = cells[k + 1]! - from;
  }
  return {...rows, bytes: rows.bytes.subarray(from, Math.max(from, to)), cells: moved};
}

export interface Joined {
  /** The records that every slice holds with the same `Modified_Time`, in the order of the first slice. */
  readonly rows: RowBlock;
  /** Ids of the first slice that another slice lacks, or holds with another `Modified_Time`. */
  readonly torn: readonly string[];
}

/**
 * Joins slices of the same records by id. Columns that a later slice repeats are taken from the first. All slices have the columns
 * `id` and `Modified_Time`.
 */
export function joinSlices(slices: readonly RowBlock[]): Joined {
  const [first, ...others] = slices;
  if (first === undefined || others.length === 0) return {rows: first ?? noRows, torn: []};
  const columns = [...first.columns];
  const taken = others.map((slice) => {
    const fresh = [...slice.columns.keys()].filter((c) => !columns.includes(slice.columns[c]!));
    columns.push(...fresh.map((c) => slice.columns[c]!));
    return {slice, fresh, at: rowsById(slice)};
  });
  const bases = basesOf(slices);
  const cells = new Int32Array(2 * columns.length * first.count);
  const torn: string[] = [];
  const idColumn = first.columns.indexOf('id');
  const modifiedColumn = first.columns.indexOf('Modified_Time');
  let count = 0;
  for (let row = 0; row < first.count; row++) {
    const id = cellText(first, row, idColumn);
    const modified = cellText(first, row, modifiedColumn);
    const matches = taken.map(({slice, at}) => {
      const match = at.get(id);
      return match !== undefined && cellText(slice, match, slice.columns.indexOf('Modified_Time')) === modified ? match : -1;
    });
    if (matches.includes(-1)) {
      torn.push(id);
      continue;
    }
    let to = 2 * columns.length * count++;
    for (let c = 0; c < first.columns.length; c++) to = copyCell(first, row, c, cells, to, 0);
    for (const [s, {slice, fresh}] of taken.entries()) {
      for (const c of fresh) to = copyCell(slice, matches[s]!, c, cells, to, bases[s + 1]!);
    }
  }
  const joined = {columns, bytes: concat(slices), cells: cells.subarray(0, 2 * columns.length * count), count};
  return {rows: {...joined, replaced: replacedOf(slices)}, torn};
}

/** Puts batches with the same columns, in the same order, one after another. */
export function appendRows(parts: readonly RowBlock[]): RowBlock {
  const filled = parts.filter((rows) => rows.count > 0);
  if (filled.length <= 1) return filled[0] ?? parts[0] ?? noRows;
  const bases = basesOf(filled);
  const cells = new Int32Array(filled.reduce((sum, rows) => sum + rows.cells.length, 0));
  let to = 0;
  for (const [p, rows] of filled.entries()) {
    for (let row = 0; row < rows.count; row++) {
      for (let c = 0; c < rows.columns.length; c++) to = copyCell(rows, row, c, cells, to, bases[p]!);
    }
  }
  const count = filled.reduce((sum, rows) => sum + rows.count, 0);
  return {columns: filled[0]!.columns, bytes: concat(filled), cells, count, replaced: replacedOf(filled)};
}

function replacedOf(parts: readonly RowBlock[]): RowBlock['replaced'] {
  const all = parts.flatMap(({replaced = []}) => replaced);
  return all.length === 0 ? undefined : all;
}

function rowsById(rows: RowBlock): Map<string, number> {
  const column = rows.columns.indexOf('id');
  const found = new Map<string, number>();
  for (let row = 0; row < rows.count; row++) found.set(cellText(rows, row, column), row);
  return found;
}

function copyCell(from: RowBlock, row: number, column: number, to: Int32Array, at: number, base: number): number {
  const k = 2 * (row * from.columns.length + column);
  to[at] = from.cells[k]! + (base << 2);
  to[at + 1] = from.cells[k + 1]! + base;
  return at + 2;
}

/** Where the bytes of each batch begin when all are put together. */
function basesOf(parts: readonly RowBlock[]): number[] {
  let base = 0;
  return parts.map((rows) => {
    const begins = base;
    base += rows.bytes.length;
    return begins;
  });
}

function concat(parts: readonly RowBlock[]): Uint8Array {
  return Buffer.concat(parts.map((rows) => rows.bytes));
}
