/** Writes JSON into one block of bytes out of ranges of another: no strings, no numbers, no objects between them. */
import {cellClean, cellQuoted} from '../batch.ts';
import {plainEnd} from './plain-bytes.ts';

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;

/** The letter behind the backslash for a byte that JSON text must escape; 0 for all others. */
const escapeLetters = new Uint8Array(256);
escapeLetters.fill(letterU, 0, 0x20);
for (const [byte, letter] of [
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [quote, '"'],
  [backslash, '\\'],
] as const) {
  escapeLetters[byte] = letter.charCodeAt(0);
}
const hexDigits = Buffer.from('0123456789abcdef');

/** Bytes that are moved at once, at least: most keys and cells are not longer. */
const strideBytes = 16;
/** Output bytes that one byte of a cell may become: `\u0000`. */
const bytesPerByte = 6;
/** Room for the quotes and brackets around a cell, and for a stride where fewer bytes are meant. */
const roomAround = 16 + strideBytes;

/**
 * An output block, and the block that is read from. Methods write at a place and return the one behind; whoever calls them reserves room first, they
 * do not check. Eight bytes are moved at a time, as a double, where it is harmless to write past the end: that is exact, because the
 * bytes that make a double a NaN are never valid UTF-8.
 */
export class Pen {
  bytes: Uint8Array = Buffer.allocUnsafeSlow(0);
  source: Uint8Array = this.bytes;
  #view = viewOf(this.bytes);
  #sourceView = this.#view;

  /** Begins a new block of output. */
  begin(source: Uint8Array, capacity: number): void {
    this.source = source;
    this.#sourceView = viewOf(source);
    this.#use(Buffer.allocUnsafeSlow(capacity));
  }

  /** Makes room behind `at` for `fixedBytes` as they are and cells of `cellBytes` in their worst form; keeps what stands before. */
  reserve(at: number, fixedBytes: number, cellBytes: number): void {
    const needed = at + fixedBytes + bytesPerByte * cellBytes + roomAround;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, at));
    this.#use(larger);
  }

  byte(at: number, byte: number): number {
    this.bytes[at] = byte;
    return at + 1;
  }

  /** Writes prepared text. */
  prepared(at: number, {words, length}: Prepared): number {
    const view = this.#view;
    view.setFloat64(at, words[0]!, true);
    view.setFloat64(at + 8, words[1]!, true);
    for (let done = strideBytes, word = 2; done < length; done += 8, word++) view.setFloat64(at + done, words[word]!, true);
    return at + length;
  }

  /** Copies bytes of the source as they are. */
  copy(at: number, from: number, to: number): number {
    if (to + strideBytes <= this.source.length) {
      const view = this.#view;
      const source = this.#sourceView;
      view.setFloat64(at, source.getFloat64(from, true), true);
      view.setFloat64(at + 8, source.getFloat64(from + 8, true), true);
      for (let done = strideBytes; done < to - from; done += 8) {
        view.setFloat64(at + done, source.getFloat64(from + done, true), true);
      }
    } else {
      this.bytes.set(this.source.subarray(from, to), at);
    }
    return at + to - from;
  }

  /** Writes a cell as a JSON string. */
  string(at: number, from: number, to: number, kind: number): number {
    this.bytes[at] = quote;
    const end = kind === cellClean ? this.copy(at + 1, from, to) : this.escaped(at + 1, from, to, kind);
    this.bytes[end] = quote;
    return end + 1;
  }

  /** Writes text with the escapes of JSON; a doubled quote of CSV becomes one. */
  escaped(at: number, from: number, to: number, kind: number): number {
    const {bytes, source} = this;
    let end = at;
    for (let i = from; ; i++) {
      const next = plainEnd(source, this.#sourceView, i, to);
      // The text up to there is copied even where that is only a few bytes: most escapes stand apart.
      end = this.copy(end, i, next);
      if (next === to) return end;
      i = next;
      const byte = source[i]!;
      const letter = escapeLetters[byte]!;
      bytes[end++] = backslash;
      bytes[end++] = letter;
      if (letter === letterU) {
        bytes[end++] = 0x30;
        bytes[end++] = 0x30;
        bytes[end++] = hexDigits[byte >> 4]!;
        bytes[end++] = hexDigits[byte & 15]!;
      } else if (byte === quote && kind === cellQuoted) i++;
    }
  }

  #use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

/** Text that is written again and again, as the doubles that its bytes make. */
export interface Prepared {
  readonly words: Float64Array;
  readonly length: number;
}

export function prepare(text: string): Prepared {
  const encoded = Buffer.from(text);
  const bytes = new Uint8Array(Math.max(strideBytes, 8 * Math.ceil(encoded.length / 8)));
  bytes.set(encoded);
  const view = viewOf(bytes);
  return {words: Float64Array.from({length: bytes.length / 8}, (_, i) => view.getFloat64(8 * i, true)), length: encoded.length};
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
