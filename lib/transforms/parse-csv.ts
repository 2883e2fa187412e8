/** CSV pages of Bulk Read to batches of rows (zoho-api sheet 4.4). */
import {isUtf8} from 'node:buffer';
import {createHash, type Hash} from 'node:crypto';
import {headerLineBytesMax, joinBytes, resyncLinesMax, rowBytesMax} from '../limits.ts';
import type {RowBlock} from '../records/batch.ts';
import {cellText, noRows} from '../records/rows.ts';
import {faultOfRow, type RowFault, rowFaults, sliceRows, type UnusableRow} from '../records/unusable-rows.ts';
import {withValidText} from './csv/broken-cells.ts';
import {byteReader, isPlain} from './csv/csv-bytes.ts';
import {type Dialect, damaged, dialectOf, type RowReader} from './csv/csv-dialect.ts';
import {papaReader} from './csv/csv-papa.ts';
import {lineEnd, rowEnd} from './csv/row-end.ts';

export interface ParseCsvOptions {
  /** Rows at the start that are read but not yielded, including unreadable ones. */
  readonly skipRows?: number;
  /**
   * `papaparse` reads all pages with papaparse. By default it reads only what the byte reader
   * declines. The rows are the same.
   */
  readonly reader?: 'papaparse';
  /**
   * Called for each stretch whose lines cannot be told apart, skipped rows included. A stretch
   * counts as one row and may hold several.
   */
  onBroken?(): void;
}

/** Rows, and possibly an unreadable one after them. */
export interface CsvRows extends RowBlock {
  readonly unreadable?: UnusableRow;
}

/**
 * Yields the rows of a page in order, in batches that share one `columns` array. The columns are
 * named as in the header.
 *
 * Accepts a byte order mark, any line end, blank lines, a missing last line end and a page without
 * a header.
 *
 * An unreadable row is one that is ragged, has malformed quotes or does not end. It is yielded as
 * such, and lasts until a valid row begins: one with as many cells as the header, an id and a
 * `Modified_Time`. The page is an error of kind `damaged` when no valid row begins within some
 * lines, when its header cannot be read, and when it has fewer rows than are to be skipped. Invalid
 * UTF-8 in a cell becomes U+FFFD, and the batch notes it.
 *
 * The last batch appears only after the source has ended well. Failures of the source pass through,
 * and it is closed in any case. Batches refer to the source's blocks, which must not change
 * afterwards.
 */
export async function* parseCsv(
  source: AsyncIterable<Uint8Array>,
  options: ParseCsvOptions = {},
): AsyncGenerator<CsvRows, void, void> {
  const page = new Page(options);
  let held: CsvRows | undefined;
  for await (const block of source) {
    for (const rows of page.read(block)) {
      if (held !== undefined) yield held;
      held = rows;
    }
  }
  for (const rows of page.end()) {
    if (held !== undefined) yield held;
    held = rows;
  }
  if (held !== undefined) yield held;
}

const nothing = new Uint8Array(0);
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** A page being read, block by block. */
class Page {
  readonly #forced: ParseCsvOptions['reader'];
  readonly #onBroken: () => void;
  #format: Format | undefined;
  /** The beginning of a row that is still incomplete. */
  #left: Uint8Array = nothing;
  /** Blocks to append to `#left` before it is read again. */
  #waiting: Uint8Array[] = [];
  /** Rows read so far, and rows still to skip. */
  #rows = 0;
  #skip: number;
  /** The unreadable row that has not ended yet, and whether its line has not ended either. */
  #broken: BrokenRow | undefined;
  #inLine = false;

  constructor({skipRows = 0, reader, onBroken = () => {}}: ParseCsvOptions) {
    this.#skip = skipRows;
    this.#forced = reader;
    this.#onBroken = onBroken;
  }

  /** Yields the rows that a block completes. */
  *read(block: Uint8Array): Generator<CsvRows, void, void> {
    this.#waiting.push(block);
    const waitingBytes = this.#waiting.reduce((sum, {length}) => sum + length, 0);
    // A long row is read again only once it may have doubled. Otherwise small blocks make the work
    // quadratic.
    if (this.#left.length <= joinBytes || waitingBytes >= this.#left.length) yield* this.#catchUp();
    if (this.#format === undefined && this.#left.length > headerLineBytesMax) throw damaged('the header has no end');
    while (this.#left.length > rowBytesMax) yield* this.#giveUpLine('length');
  }

  /** Yields the rows that the end of the page completes. */
  *end(): Generator<CsvRows, void, void> {
    if (this.#left.length > 0) {
      this.#waiting.push(Buffer.from(this.#format?.dialect.lineEnd ?? '\n'));
      yield* this.#catchUp();
    }
    while (this.#left.length > 0) yield* this.#giveUpLine('quotes');
    yield* this.#endBroken();
    if (this.#skip > 0) throw damaged(`it ends after row ${this.#rows}, but an earlier reading had more rows`);
  }

  *#catchUp(): Generator<CsvRows, void, void> {
    const block = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    this.#waiting = [];
    const left = this.#left;
    if (left.length === 0) {
      const from = this.#inLine ? this.#endLine(block) : 0;
      this.#left = block.subarray(yield* this.#complete(block, from));
      return;
    }
    // Most rows are short: copy only what completes the row that was cut.
    const head = Buffer.concat([left, block.subarray(0, joinBytes)]);
    const reached = yield* this.#complete(head, 0);
    // Equivalent mutants (all): the way below finds the same rows, but copies more
    if (head.length === left.length + block.length) {
      this.#left = head.subarray(reached);
      return;
    }
    // Equivalent mutants (EqualityOperator): from the end of what was left, both go on alike
    const [bytes, from] = reached >= left.length ? [block, reached - left.length] : [Buffer.concat([left, block]), reached];
    this.#left = bytes.subarray(yield* this.#complete(bytes, from));
  }

  /**
   * Yields the complete rows of a block starting at `from`; returns where the first incomplete one
   * begins.
   */
  *#complete(bytes: Uint8Array, from: number): Generator<CsvRows, number, void> {
    let at = this.#format === undefined ? this.#readHeader(bytes) : from;
    const format = this.#format;
    if (format === undefined) return at;
    // Equivalent mutants (ConditionalExpression,EqualityOperator): nothing is left to read
    while (at < bytes.length) {
      const {rows, next, stop} = format.reader(bytes, at);
      const row = at;
      yield* this.#take(isUtf8(bytes.subarray(at, next)) ? rows : withValidText(rows));
      at = next;
      if (stop === 'declined') format.reader = papaReader(format.dialect);
      else if (stop !== undefined) {
        // Valid quotes show where a ragged row ends. Malformed ones do not: the next line may be a
        // row.
        const end = stop === 'ragged' ? rowEnd(bytes, at, format.dialect) : lineEnd(bytes, at, format.dialect);
        this.#break(bytes.subarray(at, end), stop === 'ragged' ? 'cells' : 'quotes');
        at = end;
      } else if (at === row) break;
    }
    return at;
  }

  /**
   * Drops the rows to skip. After an unreadable row, rows before the first valid one belong to it.
   */
  *#take(rows: RowBlock): Generator<CsvRows, void, void> {
    let from = 0;
    if (this.#broken !== undefined) {
      for (; from < rows.count && faultOfRow(rows, from) !== undefined; from++) this.#extend(this.#broken, rowText(rows, from));
      if (from === rows.count) return;
      yield* this.#endBroken();
    }
    const skipped = Math.min(this.#skip, rows.count - from);
    this.#skip -= skipped;
    this.#rows += rows.count - from;
    if (from + skipped < rows.count) yield sliceRows(rows, from + skipped, rows.count);
  }

  *#leaveOut(unreadable: UnusableRow): Generator<CsvRows, void, void> {
    this.#rows++;
    if (this.#skip > 0) this.#skip--;
    else yield {...noRows, columns: this.#format!.dialect.columns, unreadable};
  }

  /** Adds a line to the unreadable row, which begins with it if there is none. */
  #break(line: Uint8Array, fault: RowFault): void {
    this.#broken ??= {fault, hash: createHash('sha1'), lines: 0};
    this.#extend(this.#broken, line);
  }

  #extend(broken: BrokenRow, line: Uint8Array | string): void {
    broken.hash.update(line);
    if (++broken.lines > resyncLinesMax)
      throw damaged(
        `row ${this.#rows + 1} ${rowFaults[broken.fault]}, and no valid row begins within ${resyncLinesMax} lines after it`,
      );
  }

  /** Ends the unreadable row, if there is one, because a valid row begins here or the page ends. */
  *#endBroken(): Generator<CsvRows, void, void> {
    const broken = this.#broken;
    if (broken === undefined) return;
    this.#broken = undefined;
    this.#onBroken();
    yield* this.#leaveOut({row: this.#rows + 1, fault: broken.fault, digest: broken.hash.digest('base64')});
  }

  /** Gives up the first line of a row that does not end, and reads on after it. */
  *#giveUpLine(fault: RowFault): Generator<CsvRows, void, void> {
    const left = this.#left;
    const end = lineEnd(left, 0, this.#format!.dialect);
    this.#inLine = end === 0;
    this.#break(left.subarray(0, this.#inLine ? left.length : end), fault);
    this.#left = this.#inLine ? nothing : left.subarray(yield* this.#complete(left, end));
  }

  /** Discards the rest of a line that was given up; returns where the next line begins. */
  #endLine(block: Uint8Array): number {
    const end = lineEnd(block, 0, this.#format!.dialect);
    this.#inLine = end === 0;
    const to = this.#inLine ? block.length : end;
    this.#broken!.hash.update(block.subarray(0, to));
    return to;
  }

  /** Reads the header if its line is complete; returns where the rows begin, or 0. */
  #readHeader(bytes: Uint8Array): number {
    const from = byteOrderMark.equals(bytes.subarray(0, 3)) ? 3 : 0;
    const found = /\r\n?|\n/.exec(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
    // A carriage return at the end may be half of a line end.
    if (found === null || (found[0] === '\r' && found.index + 1 === bytes.length)) return 0;
    const dialect = dialectOf(bytes.subarray(from, found.index), found[0] === '\r' ? '\r' : '\n');
    const isForByteReader = this.#forced === undefined && isPlain(dialect);
    this.#format = {dialect, reader: isForByteReader ? byteReader(dialect) : papaReader(dialect)};
    return found.index + found[0].length;
  }
}

/** How a page is read, once its header is known. */
interface Format {
  readonly dialect: Dialect;
  reader: RowReader;
}

/** An unreadable row, as far as it was read. */
interface BrokenRow {
  readonly fault: RowFault;
  readonly hash: Hash;
  lines: number;
}

/** The text of a row, one cell after the other. */
function rowText(rows: RowBlock, row: number): string {
  return rows.columns.map((_, column) => cellText(rows, row, column)).join();
}
