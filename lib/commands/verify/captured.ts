/**
 * A captured NDJSON file as a collection: its records by id, merged and deleted as Flow's
 * reductions would.
 */
import {closeSync, fstatSync, openSync, readSync} from 'node:fs';
import {propertiesOf} from './properties.ts';
import {isCompressed, unpacked} from './unpacked.ts';

const blockBytes = 1 << 20;
const newline = 0x0a;
/** In place of the previous line of a record: there is none. */
const none = -1;
const beginning = /^\{"id":(\d+),/;
const deleted = Buffer.from('"_meta":{"op":"d"}}');

/**
 * Indexes every record's lines (about 100 bytes of memory per record) and reads them on request.
 * Only the first `bytes` of the file count: those that were committed.
 */
export class CapturedFile {
  /** Lines of the file. */
  lines = 0;
  /** The last line of each record that is not deleted, by id. */
  readonly #last = new Map<string, number>();
  /** For each line: where it begins, and the previous line of the same record. */
  #starts = new Float64Array(1 << 12);
  #before = new Int32Array(1 << 12);
  readonly #bytes: number;
  readonly #file: number;

  private constructor(file: number, bytes: number) {
    this.#bytes = bytes;
    this.#file = file;
  }

  /**
   * Reads the file once, or an unpacked copy of a compressed one. `onBlock` is awaited after each
   * block with its length; what it throws stops the reading.
   */
  static async open(
    path: string,
    bytes: number,
    onBlock: (bytes: number) => Promise<void> = async () => {},
  ): Promise<CapturedFile> {
    const isUnpacked = isCompressed(path);
    const opened = isUnpacked ? await unpacked(path, bytes, onBlock) : openSync(path, 'r');
    const file = new CapturedFile(opened, isUnpacked ? fstatSync(opened).size : bytes);
    try {
      await file.#index(isUnpacked ? () => onBlock(0) : onBlock);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Ids of the records that are not deleted. */
  ids(): Iterable<string> {
    return this.#last.keys();
  }

  get size(): number {
    return this.#last.size;
  }

  has(id: string): boolean {
    return this.#last.has(id);
  }

  /** The record's properties as JSON texts; later lines override earlier ones. */
  get(id: string): Map<string, string> | undefined {
    const last = this.#last.get(id);
    if (last === undefined) return undefined;
    const chain: number[] = [];
    for (let line = last; line !== none; line = this.#before[line]!) chain.push(line);
    const merged = new Map<string, string>();
    for (const line of chain.reverse()) for (const [name, value] of propertiesOf(this.#text(line))) merged.set(name, value);
    merged.delete('_meta');
    return merged;
  }

  close(): void {
    closeSync(this.#file);
  }

  async #index(onBlock: (bytes: number) => Promise<void>): Promise<void> {
    let kept = Buffer.alloc(0);
    let at = 0;
    for (;;) {
      const block = Buffer.allocUnsafe(Math.min(blockBytes, this.#bytes - at));
      const read = readSync(this.#file, block, 0, block.length, at);
      if (read === 0) break;
      at += read;
      const bytes = Buffer.concat([kept, block.subarray(0, read)]);
      const offset = at - bytes.length;
      let from = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
        this.#add(bytes.subarray(from, end), offset + from);
        from = end + 1;
      }
      kept = bytes.subarray(from);
      await onBlock(read);
    }
    this.#begin(this.lines, at - kept.length);
  }

  #add(line: Buffer, start: number): void {
    const number = this.lines++;
    const id = beginning.exec(line.toString('latin1', 0, 40))?.[1];
    if (id === undefined)
      throw new Error(`Cannot read line ${number + 1}: it does not begin with an id, so it is not a captured document`);
    this.#begin(number, start);
    this.#before[number] = this.#last.get(id) ?? none;
    if (line.subarray(-deleted.length).equals(deleted)) this.#last.delete(id);
    else this.#last.set(id, number);
  }

  /** Notes where a line begins, and so where the one before it ends. */
  #begin(line: number, start: number): void {
    if (line >= this.#starts.length) {
      const starts = new Float64Array(2 * this.#starts.length);
      starts.set(this.#starts);
      this.#starts = starts;
      const befores = new Int32Array(2 * this.#before.length);
      befores.set(this.#before);
      this.#before = befores;
    }
    this.#starts[line] = start;
  }

  #text(line: number): string {
    const start = this.#starts[line]!;
    const bytes = Buffer.allocUnsafe(this.#starts[line + 1]! - start - 1);
    const read = readSync(this.#file, bytes, 0, bytes.length, start);
    return bytes.toString('utf8', 0, read);
  }
}
