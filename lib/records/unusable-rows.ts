/**
 * Rows that cannot become documents: finding them and removing them from a batch (design 3,
 * "Quarantine"). Pure.
 */
import {createHash} from 'node:crypto';
import {instantSeconds} from '../kernel/kernel.ts';
import type {RowBlock} from './batch.ts';
import {cellText} from './rows.ts';
import {isUsualInstant} from './usual-instant.ts';

/** Why a row cannot become a document. Each completes "it ...". */
export const rowFaults = {
  record: 'is no record',
  id: 'has no valid id',
  time: 'has no valid Modified_Time',
  deletedTime: 'has no valid deleted_time',
  size: 'would become a document larger than Flow accepts',
  cells: 'has a different number of cells than the header',
  quotes: 'has malformed quotes',
  length: 'has no end',
  slices: 'cannot be joined from its slices',
  unserved: 'is never served by Zoho, not even alone',
} as const;

export type RowFault = keyof typeof rowFaults;

export interface UnusableRow {
  /** Its number in the page, counted from 1. */
  readonly row: number;
  /** Its record, if it has a valid id. */
  readonly id?: string | undefined;
  readonly fault: RowFault;
  /** A digest of its bytes: equal digests mean that two readings gave the same row. */
  readonly digest: string;
}

/** Receives unusable rows. Sources report what they leave out; the caller logs and counts it. */
export interface Quarantine {
  /** Whether a row with this digest was left out before. If so, it need not be read again. */
  has(digest: string): boolean;
  /** Records a row that is left out. `page` says where it was, as in "page 2 of its deletions". */
  add(row: UnusableRow, page: string): void;
  /** Records further rows that Zoho counted in a page and that are lost among unreadable ones. */
  addUnread(rows: number, page: string): void;
}

/** For repeated readings, whose unusable rows were reported by an earlier one. */
export const silentQuarantine: Quarantine = {has: () => true, add() {}, addUnread() {}};

/**
 * The rows of a batch that have no valid id or `Modified_Time`, or whose document `isTooLarge`
 * rejects, in order. `first` is the number of the first row. A batch that lacks either column has
 * none, because that is the page's fault. The kernel accepts every row that passes.
 */
export function unusableRows(rows: RowBlock, first: number, isTooLarge: (row: number) => boolean): UnusableRow[] {
  const [idColumn, timeColumn] = keyColumns(rows.columns);
  if (idColumn < 0 || timeColumn < 0) return [];
  const unusable: UnusableRow[] = [];
  for (let row = 0; row < rows.count; row++) {
    const fault = keyFault(rows, row, idColumn, timeColumn) ?? (isTooLarge(row) ? 'size' : undefined);
    if (fault !== undefined) unusable.push(unusableRow(rows, row, first + row, fault));
  }
  return unusable;
}

/** As `unusableRows`, for rows without a key of their own: only their size is judged. */
export function largeRows(rows: RowBlock, first: number, isTooLarge: (row: number) => boolean): UnusableRow[] {
  const unusable: UnusableRow[] = [];
  for (let row = 0; row < rows.count; row++) if (isTooLarge(row)) unusable.push(unusableRow(rows, row, first + row, 'size'));
  return unusable;
}

/** The rows of a batch without a valid id, in order, counted from 1. */
export function rowsWithoutId(rows: RowBlock): UnusableRow[] {
  const [idColumn] = keyColumns(rows.columns);
  const unusable: UnusableRow[] = [];
  for (let row = 0; row < rows.count; row++)
    if (idColumn >= 0 && !isIdCell(rows, row, idColumn)) unusable.push(unusableRow(rows, row, row + 1, 'id'));
  return unusable;
}

/**
 * The same rows, with `Created_Time` in place of a missing `Modified_Time`: a record that was never
 * modified is as it was created. Rows without either stay unchanged.
 */
export function datedRows(rows: RowBlock): RowBlock {
  const width = 2 * rows.columns.length;
  const [modified, created] = [2 * rows.columns.indexOf('Modified_Time'), 2 * rows.columns.indexOf('Created_Time')];
  if (modified < 0 || created < 0) return rows;
  let cells = rows.cells;
  // Equivalent mutants (EqualityOperator): behind the last row are no cells
  for (let at = 0; at < width * rows.count; at += width) {
    if (cells[at + modified]! >> 2 !== cells[at + modified + 1]) continue;
    if (cells === rows.cells) cells = rows.cells.slice();
    cells[at + modified] = cells[at + created]!;
    cells[at + modified + 1] = cells[at + created + 1]!;
  }
  return {...rows, cells};
}

/**
 * What is wrong with the id or `Modified_Time` of a row; undefined where a page has no such column.
 */
export function faultOfRow(rows: RowBlock, row: number): RowFault | undefined {
  return keyFault(rows, row, ...keyColumns(rows.columns));
}

/** Describes a row for the quarantine. */
export function unusableRow(rows: RowBlock, row: number, number: number, fault: RowFault): UnusableRow {
  const [idColumn] = keyColumns(rows.columns);
  const hasId = idColumn >= 0 && isIdCell(rows, row, idColumn);
  return {row: number, id: hasId ? cellText(rows, row, idColumn) : undefined, fault, digest: digestOf(rows, row)};
}

/** The same rows without those in `left`. */
export function withoutRows(rows: RowBlock, left: ReadonlySet<number>): RowBlock {
  if (left.size === 0) return rows;
  const width = 2 * rows.columns.length;
  const cells = new Int32Array(width * (rows.count - left.size));
  let count = 0;
  for (let row = 0; row < rows.count; row++) {
    if (!left.has(row)) cells.set(rows.cells.subarray(row * width, (row + 1) * width), width * count++);
  }
  const {release, ...kept} = rows;
  release?.();
  return {...kept, cells, count};
}

/** The rows from `from` up to, but not including, `to`. */
export function sliceRows(rows: RowBlock, from: number, to: number): RowBlock {
  if (from === 0 && to === rows.count) return rows;
  const width = 2 * rows.columns.length;
  // A copy: the cells of the batch are reused once any part of it is done.
  const {release: _, ...kept} = rows;
  return {...kept, cells: rows.cells.slice(from * width, to * width), count: to - from};
}

/** Columns of the id and `Modified_Time`; -1 where a page has none. */
function keyColumns(columns: readonly string[]): [id: number, time: number] {
  const id = columns.indexOf('id');
  return [id < 0 ? columns.indexOf('Id') : id, columns.indexOf('Modified_Time')];
}

function keyFault(rows: RowBlock, row: number, idColumn: number, timeColumn: number): RowFault | undefined {
  if (idColumn >= 0 && !isIdCell(rows, row, idColumn)) return 'id';
  return timeColumn >= 0 && !isInstantCell(rows, row, timeColumn) ? 'time' : undefined;
}

/** Agrees exactly with the kernel's `isId`. */
function isIdCell({bytes, cells, columns}: RowBlock, row: number, column: number): boolean {
  const k = 2 * (row * columns.length + column);
  const from = cells[k]! >> 2;
  const to = cells[k + 1]!;
  if (to === from || to - from > idDigitsMax || bytes[from] === zero) return false;
  for (let at = from; at < to; at++) if (!isDigit(bytes[at]!)) return false;
  return true;
}

/**
 * Agrees exactly with the kernel's `instantSeconds`. The usual spelling is recognised here; the
 * kernel is asked about the rest.
 */
function isInstantCell(rows: RowBlock, row: number, column: number): boolean {
  const {bytes, cells, columns} = rows;
  const k = 2 * (row * columns.length + column);
  const from = cells[k]! >> 2;
  const length = cells[k + 1]! - from;
  // Equivalent mutants (ConditionalExpression): the kernel takes it, too, and takes longer
  if (isUsualInstant(bytes, from, length)) return true;
  return length <= instantBytesMax && !Number.isNaN(instantSeconds(cellText(rows, row, column)));
}

const zero = 0x30;
const idDigitsMax = 19;
/** No valid time is longer. */
const instantBytesMax = 64;

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= 0x39;
}

function digestOf({bytes, cells, columns}: RowBlock, row: number): string {
  const hash = createHash('sha1');
  for (let column = 0; column < columns.length; column++) {
    const k = 2 * (row * columns.length + column);
    const cell = bytes.subarray(cells[k]! >> 2, cells[k + 1]!);
    hash.update(`${cell.length}:`).update(cell);
  }
  return hash.digest('base64');
}
