/**
 * The kernel (`assembly/`) as functions over byte arrays. Its memory is scratch space: arguments
 * are copied in, results are copied out, and no call depends on an earlier one.
 */
import {readFileSync} from 'node:fs';
import {documentBytesMax, kernelBytesMax} from '../limits.ts';
import type {BufferPool} from '../platform/buffer-pool.ts';
import * as codes from './codes.ts';

interface Exports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  scan(from: number, to: number, width: number, cells: number, rowsMax: number): number;
  readonly next: WebAssembly.Global;
  readonly stop: WebAssembly.Global;
  coerce(
    columns: number,
    columnCount: number,
    source: number,
    cells: number,
    width: number,
    row: number,
    rows: number,
    ranges: number,
    out: number,
    at: number,
    limit: number,
    documentBytesMax: number,
  ): number;
  readonly written: WebAssembly.Global;
  readonly writtenTo: WebAssembly.Global;
  instantSeconds(from: number, to: number): number;
  isId(from: number, to: number): number;
}

const pageBytes = 1 << 16;
/** Bytes after a page that a scan may read. */
const scanBytes = 64;
const module = new WebAssembly.Module(readFileSync(new URL('kernel.wasm', import.meta.url)));
let exports = instantiate();
let memory = new Uint8Array(exports.memory.buffer);
const heapBase = align(exports.heapBase());

/** The columns being written. */
let writing: readonly Column[];

function instantiate(): Exports {
  return new WebAssembly.Instance<Exports>(module, {coerce: {other}}).exports;
}

/** Rows found in CSV; see `scan` in `assembly/scan.ts`. */
export interface Scanned {
  /** As in `RowBlock`, counted from where the scan began. */
  readonly cells: Int32Array;
  readonly count: number;
  /**
   * Where the first unread row begins, and why it was not read: `scanIncomplete`, `scanDeclined` or
   * `scanRagged`.
   */
  readonly next: number;
  readonly stop: number;
}

/**
 * Finds the cells of the complete rows at the start of plain CSV, at most `rowsMax` rows. The
 * result is in one of `blocks`.
 */
export function scan(bytes: Uint8Array, width: number, rowsMax: number, blocks: BufferPool): Scanned {
  const from = heapBase;
  const to = from + bytes.length;
  const cells = align(to + scanBytes);
  renew(cells + 8 * width * rowsMax);
  memory.set(bytes, from);
  const count = exports.scan(from, to, width, cells, rowsMax);
  return {
    cells: new Int32Array(blocks.filled(memory.subarray(cells, cells + 8 * width * count)).buffer, 0, 2 * width * count),
    count,
    next: exports.next.value - from,
    stop: exports.stop.value,
  };
}

/**
 * Writes a cell whose spelling the kernel does not handle. Returns JSON text and whether the value
 * fits its type. The JSON has at most 6 bytes for each byte of the cell, plus 40.
 */
export type OtherCell = (cell: string) => {readonly json: string; readonly fits: boolean};

/** A column of a document. */
export interface Column {
  /** The index of its cells in a row. */
  readonly place: number;
  /** How they are written: one of the `write...` constants of `codes.ts`. */
  readonly writer: number;
  /** JSON text before the value. */
  readonly key: string;
  /** Without it, such cells become strings that do not fit. */
  readonly other?: OtherCell | undefined;
}

/** Columns in the layout that the kernel reads. */
export interface Program {
  readonly image: Uint8Array;
  readonly columns: readonly Column[];
}

/**
 * Lays out columns once for all batches that share them. The first two must be the id and
 * `Modified_Time`.
 */
export function program(columns: readonly Column[]): Program {
  const keys = columns.map(({key}) => Buffer.from(key));
  const image = new Uint8Array(
    columns.length * codes.columnBytes + keys.reduce((sum, {length}) => sum + length, 0) + codes.strideBytes,
  );
  const view = new DataView(image.buffer);
  let key = columns.length * codes.columnBytes;
  for (const [c, {place, writer}] of columns.entries()) {
    const column = c * codes.columnBytes;
    const text = keys[c]!;
    for (const [at, value] of [
      [codes.columnPlace, place],
      [codes.columnWriter, writer],
      [codes.columnKey, heapBase + key],
      [codes.columnKeyBytes, text.length],
    ] as const)
      view.setUint32(column + at, value, true);
    image.set(text, key);
    key += text.length;
  }
  return {image, columns};
}

/**
 * Documents without their closing part, as in `DocBlock`, and the columns with cells that did not
 * fit; or the row that cannot be written, and why.
 */
export type Coerced =
  | {readonly bytes: Uint8Array; readonly ranges: Int32Array; readonly misfits: readonly number[]}
  | {readonly row: number; readonly fault: number};

/** Rows whose cells are ranges of one block of bytes; `RowBlock` of `records/batch.ts` says how. */
export interface CellBlock {
  readonly columns: readonly string[];
  readonly bytes: Uint8Array;
  readonly cells: Int32Array;
  readonly count: number;
}

/** Writes rows as documents into one of `blocks`. */
export function coerce({image, columns}: Program, rows: CellBlock, blocks: BufferPool): Coerced {
  const {bytes, cells, count} = rows;
  const source = align(heapBase + image.length);
  const cellsAt = align(source + bytes.length + codes.strideBytes);
  const rangesAt = cellsAt + cells.byteLength;
  const out = rangesAt + 8 * count;
  renew(out + 2 * bytes.length);
  memory.set(image, heapBase);
  memory.set(bytes, source);
  new Int32Array(memory.buffer, cellsAt, cells.length).set(cells);
  writing = columns;
  let row = 0;
  let at = out;
  for (;;) {
    // The room behind the last document may lie beyond the limit.
    const limit = memory.length - codes.shapeRoomBytes;
    const [columnCount, width] = [columns.length, rows.columns.length];
    const fault = exports.coerce(
      heapBase,
      columnCount,
      source,
      cellsAt,
      width,
      row,
      count,
      rangesAt,
      out,
      at,
      limit,
      documentBytesMax,
    );
    row = exports.written.value;
    at = exports.writtenTo.value;
    if (fault === codes.faultRoom) reserve(2 * memory.length);
    else if (fault !== codes.faultNone) return {row, fault};
    else break;
  }
  const ranges = new Int32Array(memory.buffer, rangesAt, 2 * count).slice();
  return {bytes: blocks.filled(memory.subarray(out, at)), ranges, misfits: misfits(columns.length)};
}

function misfits(columnCount: number): number[] {
  return [...Array(columnCount).keys()].filter((column) => memory[misfitPlace(column)] !== 0);
}

/** Where a column notes that a cell did not fit. */
function misfitPlace(column: number): number {
  return heapBase + column * codes.columnBytes + codes.columnMisfit;
}

/** Called by the kernel. */
function other(column: number, at: number, from: number, to: number, kind: number): number {
  const memoryBytes = Buffer.from(memory.buffer);
  const received = memoryBytes.toString('utf8', from, to);
  const cell = kind === codes.cellQuoted ? received.replaceAll('""', '"') : received;
  const {json, fits} = writing[column]!.other?.(cell) ?? {json: JSON.stringify(cell), fits: false};
  if (!fits) memory[misfitPlace(column)] = 1;
  return at + memoryBytes.write(json, at);
}

/**
 * Epoch seconds of a date and time with offset (RFC 3339 section 5.6), or NaN for any other text.
 * Fractions of a second are dropped.
 */
export function instantSeconds(text: string): number {
  return exports.instantSeconds(heapBase, put(text));
}

/** Whether a text is a record id: 1 to 19 digits, the first of them not zero. */
export function isId(text: string): boolean {
  return exports.isId(heapBase, put(text)) !== 0;
}

/** Puts a text into free memory; returns its end. */
function put(text: string): number {
  reserve(heapBase + 3 * text.length);
  return heapBase + Buffer.from(memory.buffer).write(text, heapBase);
}

/** Makes memory up to `end` usable. */
function reserve(end: number): void {
  const missing = end - memory.length;
  // Equivalent mutants (EqualityOperator): to grow by nothing changes nothing
  if (missing <= 0) return;
  exports.memory.grow(Math.ceil(missing / pageBytes));
  memory = new Uint8Array(exports.memory.buffer);
}

/**
 * Makes memory up to `end` usable. WebAssembly memory never shrinks, so a new kernel takes over
 * after rows of many MB, once a smaller one suffices. Repeated work on one large row stays in one
 * kernel.
 */
function renew(end: number): void {
  if (memory.length > kernelBytesMax && end <= kernelBytesMax) {
    exports = instantiate();
    memory = new Uint8Array(exports.memory.buffer);
  }
  reserve(end);
}

function align(place: number): number {
  return Math.ceil(place / codes.strideBytes) * codes.strideBytes;
}
