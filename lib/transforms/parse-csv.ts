/** CSV pages of Bulk Read to batches of rows (zoho-api sheet 4.4). */
import {isUtf8} from 'node:buffer';
import {headerLineBytesMax, rowBytesMax} from '../limits.ts';
import type {Rows} from '../records/batch.ts';
import {withValidText} from './csv/broken-cells.ts';
import {byteReader, isPlain} from './csv/csv-bytes.ts';
import {type Dialect, damaged, dialectOf, type RowReader} from './csv/csv-dialect.ts';
import {papaReader} from './csv/csv-papa.ts';

export interface ParseCsvOptions {
  /** Rows at the start that are read but not yielded. */
  readonly skipRows?: number;
  /** `papaparse` reads all pages with papaparse; otherwise it reads what the byte reader declines. The rows are the same. */
  readonly reader?: 'papaparse';
}

/**
 * Yields the rows of a page in batches that share one `columns` array, in order. The columns are named as in the header.
 *
 * A byte order mark, any line end, blank lines, a missing last line end and a page without even a header are accepted. Ragged rows, malformed quotes, an end inside
 * quotes, rows of absurd length, and fewer rows than are to be skipped are errors of kind `damaged` that name the row.
 * Cells that are not valid UTF-8 get U+FFFD where they are not, and the batch notes it.
 * One batch is always held back: the last one appears only after the source has ended well. Failures of the source pass through, and it
 * is closed in any case. Batches refer to the blocks of the source, which must not change afterwards.
 */
export async function* parseCsv(
  source: AsyncIterable<Uint8Array>,
  options: ParseCsvOptions = {},
): AsyncGenerator<Rows, void, void> {
  const page = new Page(options);
  let held: Rows | undefined;
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

/** How much of a block is joined to an incomplete row before it: enough to complete it, and to make a batch of some size. */
const joinBytes = 64 << 10;

/** A page being read, block after block. */
class Page {
  readonly #forced: ParseCsvOptions['reader'];
  #dialect: Dialect | undefined;
  #reader: RowReader | undefined;
  /** The beginning of a row that is not complete yet. */
  #left: Uint8Array = nothing;
  /** Blocks that wait until they are worth another look at it. */
  #waiting: Uint8Array[] = [];
  /** Rows read so far, and rows still to be skipped. */
  #rows = 0;
  #skip: number;

  constructor({skipRows = 0, reader}: ParseCsvOptions) {
    this.#skip = skipRows;
    this.#forced = reader;
  }

  /** Yields the rows that a block completes. */
  *read(block: Uint8Array): Generator<Rows, void, void> {
    this.#waiting.push(block);
    const waitingBytes = this.#waiting.reduce((sum, {length}) => sum + length, 0);
    // A long row is looked at again when it may have doubled, so that small blocks do not make the work grow with its square.
    if (this.#left.length <= joinBytes || waitingBytes >= this.#left.length) yield* this.#catchUp();
    if (this.#left.length > (this.#dialect === undefined ? headerLineBytesMax : rowBytesMax))
      throw damaged(`${this.#place} has no end`);
  }

  /** Yields the rows that the end of the page completes. */
  *end(): Generator<Rows, void, void> {
    yield* this.#catchUp();
    if (this.#left.length > 0) {
      this.#waiting.push(Buffer.from(this.#dialect?.lineEnd ?? '\n'));
      yield* this.#catchUp();
    }
    if (this.#left.length > 0) throw damaged(`it ends inside the quotes of ${this.#place}`);
    if (this.#skip > 0) throw damaged(`it ends after row ${this.#rows}, but more rows were read of it before`);
  }

  *#catchUp(): Generator<Rows, void, void> {
    const block = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    this.#waiting = [];
    const left = this.#left;
    if (left.length === 0) {
      this.#left = block.subarray(yield* this.#complete(block, 0));
      return;
    }
    // Most rows are short: only so much of the block is copied as completes the one that is cut.
    const head = Buffer.concat([left, block.subarray(0, joinBytes)]);
    const reached = yield* this.#complete(head, 0);
    if (head.length === left.length + block.length) this.#left = head.subarray(reached);
    else if (reached >= left.length) this.#left = block.subarray(yield* this.#complete(block, reached - left.length));
    else {
      const joined = Buffer.concat([left, block]);
      this.#left = joined.subarray(yield* this.#complete(joined, reached));
    }
  }

  /** Yields the complete rows of a block from some place on; returns where the first incomplete one begins. */
  *#complete(bytes: Uint8Array, from: number): Generator<Rows, number, void> {
    let at = this.#dialect === undefined ? this.#readHeader(bytes) : from;
    while (this.#reader !== undefined && at < bytes.length) {
      const {rows, next, stop} = this.#reader(bytes, at);
      yield* this.#take(isUtf8(bytes.subarray(at, next)) ? rows : withValidText(rows));
      if (stop === 'declined' && this.#dialect !== undefined) this.#reader = papaReader(this.#dialect);
      else if (stop === 'quoting') throw damaged(`row ${this.#rows + 1} has malformed quotes`);
      else if (stop === 'ragged') throw damaged(`row ${this.#rows + 1} has not as many cells as the header`);
      else if (next === at) break;
      at = next;
    }
    return at;
  }

  /** Leaves out what is to be skipped. */
  *#take(rows: Rows): Generator<Rows, void, void> {
    const skipped = Math.min(this.#skip, rows.count);
    this.#skip -= skipped;
    this.#rows += rows.count;
    if (skipped === rows.count) return;
    const cells = rows.cells.subarray(2 * rows.columns.length * skipped);
    yield skipped === 0 ? rows : {...rows, cells, count: rows.count - skipped};
  }

  /** Reads the header if its line is complete; returns where the rows begin, or 0. */
  #readHeader(bytes: Uint8Array): number {
    const from = byteOrderMark.equals(bytes.subarray(0, 3)) ? 3 : 0;
    const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
    if (end < 0) return 0;
    if (bytes[end] === 0x0d && end + 1 === bytes.length) return 0;
    const isPair = bytes[end] === 0x0d && bytes[end + 1] === 0x0a;
    const dialect = dialectOf(bytes.subarray(from, end), bytes[end] === 0x0d && !isPair ? '\r' : '\n');
    this.#dialect = dialect;
    this.#reader = this.#forced === undefined && isPlain(dialect) ? byteReader(dialect) : papaReader(dialect);
    return end + (isPair ? 2 : 1);
  }

  get #place(): string {
    return this.#dialect === undefined ? 'the header' : `row ${this.#rows + 1}`;
  }
}
