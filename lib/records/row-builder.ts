/**
 * Builds rows cell by cell, so that their bytes are in row order with nothing else between them.
 */
import type {RowBlock} from './batch.ts';

/** Initial room: a page of a few small rows. */
const roomFirst = 16 << 10;
const rowsFirst = 16;
/** The most UTF-8 bytes of one unit of a JS string. */
const bytesPerUnit = 3;

/** Builds rows. The cells of a row may be set in any order, and again. Unset ones are empty. */
export class RowBuilder {
  readonly #columns: readonly string[];
  #room: Buffer;
  #used = 0;
  /** Where the current row begins. */
  #rowFrom = 0;
  /** Bytes of texts in it that were overwritten. */
  #replaced = 0;
  /** Cells of the rows so far, followed by free ones, all empty. */
  #cells: Int32Array;
  #count = 0;

  /** Allocates the expected bytes at once, and more when needed. */
  constructor(columns: readonly string[], bytesExpected: number = roomFirst) {
    this.#columns = columns;
    this.#room = Buffer.allocUnsafeSlow(bytesExpected);
    this.#cells = new Int32Array(2 * columns.length * rowsFirst);
  }

  /** Complete rows so far. */
  get count(): number {
    return this.#count;
  }

  /** Memory that the complete rows take, in bytes. */
  get bytes(): number {
    return this.#rowFrom + 8 * this.#columns.length * this.#count;
  }

  /** Bytes of the current row's texts. */
  get rowBytes(): number {
    return this.#used - this.#rowFrom - this.#replaced;
  }

  /** Sets a cell to a text; half a surrogate pair becomes U+FFFD. */
  setText(column: number, text: string, kind: number): void {
    const unitBytes = bytesPerUnit * text.length;
    // Equivalent mutants (ConditionalExpression,EqualityOperator): it saves counting bytes
    this.#makeRoom(this.#used + unitBytes <= this.#room.length ? unitBytes : Buffer.byteLength(text));
    this.#set(column, this.#room.write(text, this.#used), kind);
  }

  /** Copies a cell of other rows. */
  setCell(column: number, from: RowBlock, row: number, fromColumn: number): void {
    const k = 2 * (row * from.columns.length + fromColumn);
    const [begin, end] = [from.cells[k]! >> 2, from.cells[k + 1]!];
    if (begin === end) return;
    this.#makeRoom(end - begin);
    this.#room.set(from.bytes.subarray(begin, end), this.#used);
    this.#set(column, end - begin, from.cells[k]! & 3);
  }

  /** Empties a cell. */
  clear(column: number): void {
    const k = this.#cellAt(column);
    this.#replaced += this.#cells[k + 1]! - (this.#cells[k]! >> 2);
    this.#cells.fill(0, k, k + 2);
  }

  /** Completes a row. */
  endRow(): void {
    this.#count++;
    this.#rowFrom = this.#used;
    this.#replaced = 0;
    const needed = this.#cellAt(this.#columns.length);
    if (needed <= this.#cells.length) return;
    const larger = new Int32Array(2 * needed);
    larger.set(this.#cells);
    this.#cells = larger;
  }

  /** The complete rows; nothing may be added afterwards. */
  end(): RowBlock {
    return {
      columns: this.#columns,
      bytes: this.#room.subarray(0, this.#rowFrom),
      cells: this.#cells.subarray(0, 2 * this.#columns.length * this.#count),
      count: this.#count,
    };
  }

  #set(column: number, bytes: number, kind: number): void {
    this.clear(column);
    const k = this.#cellAt(column);
    this.#cells[k] = (this.#used << 2) | kind;
    this.#cells[k + 1] = this.#used += bytes;
  }

  #cellAt(column: number): number {
    return 2 * (this.#count * this.#columns.length + column);
  }

  #makeRoom(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#room.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#room.length));
    this.#room.copy(larger, 0, 0, this.#used);
    this.#room = larger;
  }
}
