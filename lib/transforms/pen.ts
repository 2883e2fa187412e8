/** Writes JSON into one block of bytes out of ranges of another: no strings, no numbers, no objects between them. */
import {cellClean, cellQuoted} from '../batch.ts';

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

/** `null` as the number that four bytes make, lowest first. */
const nullWord = Buffer.from('null').readInt32LE();

/** Output bytes that one byte of a cell may become: `\u0000`. */
const bytesPerByte = 6;
/** Room for the quotes and brackets around a cell, and for writing eight bytes where fewer are meant. */
const roomAround = 32;

/**
 * A place in an output block, and the block that is read from. Whoever writes reserves room first; the methods do not check. Eight bytes are moved at a time, as
 * a double, where it is harmless to write past the end: that is exact, because the bytes that make a double a NaN are never valid UTF-8.
 */
export class Pen {
  /** Output, valid up to `at`. */
  bytes: Uint8Array = Buffer.allocUnsafeSlow(0);
  at = 0;
  source: Uint8Array = this.bytes;
  #view = viewOf(this.bytes);
  #sourceView = this.#view;

  /** Begins a new block of output. */
  begin(source: Uint8Array, capacity: number): void {
    this.source = source;
    this.#sourceView = viewOf(source);
    this.#use(Buffer.allocUnsafeSlow(capacity));
    this.at = 0;
  }

  /** Makes room for `fixedBytes` as they are and a cell of `cellBytes` in its worst form. */
  reserve(fixedBytes: number, cellBytes: number): void {
    const needed = this.at + fixedBytes + bytesPerByte * cellBytes + roomAround;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.at));
    this.#use(larger);
  }

  byte(byte: number): void {
    this.bytes[this.at++] = byte;
  }

  nothing(): void {
    this.#view.setInt32(this.at, nullWord, true);
    this.at += 4;
  }

  /** Writes `length` bytes of prepared text, which is given as doubles. */
  prepared(words: Float64Array, from: number, length: number): void {
    const view = this.#view;
    const {at} = this;
    view.setFloat64(at, words[from]!, true);
    view.setFloat64(at + 8, words[from + 1]!, true);
    for (let done = 16, word = from + 2; done < length; done += 8, word++) view.setFloat64(at + done, words[word]!, true);
    this.at = at + length;
  }

  /** Copies bytes of the source as they are. */
  copy(from: number, to: number): void {
    const {at} = this;
    if (to + 16 <= this.source.length) {
      const view = this.#view;
      const source = this.#sourceView;
      view.setFloat64(at, source.getFloat64(from, true), true);
      view.setFloat64(at + 8, source.getFloat64(from + 8, true), true);
      for (let done = 16; done < to - from; done += 8) view.setFloat64(at + done, source.getFloat64(from + done, true), true);
    } else {
      this.bytes.set(this.source.subarray(from, to), at);
    }
    this.at = at + to - from;
  }

  /** Writes a cell as a JSON string. */
  string(from: number, to: number, kind: number): void {
    this.bytes[this.at++] = quote;
    if (kind === cellClean) this.copy(from, to);
    else this.escaped(from, to, kind);
    this.bytes[this.at++] = quote;
  }

  /** Writes text with the escapes of JSON; a doubled quote of CSV becomes one. */
  escaped(from: number, to: number, kind: number): void {
    const {bytes, source} = this;
    let {at} = this;
    for (let i = from; i < to; i++) {
      const byte = source[i]!;
      const letter = escapeLetters[byte]!;
      if (letter === 0) {
        bytes[at++] = byte;
        continue;
      }
      bytes[at++] = backslash;
      bytes[at++] = letter;
      if (letter === letterU) {
        bytes[at++] = 0x30;
        bytes[at++] = 0x30;
        bytes[at++] = hexDigits[byte >> 4]!;
        bytes[at++] = hexDigits[byte & 15]!;
      } else if (byte === quote && kind === cellQuoted) i++;
    }
    this.at = at;
  }

  #use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Prepares texts for `Pen.prepared`: all of them in one array of doubles, each beginning with a double of its own. */
export function prepare(texts: readonly string[]): {words: Float64Array; from: number[]; length: number[]} {
  const encoded = texts.map((text) => Buffer.from(text));
  const from: number[] = [];
  let words = 0;
  for (const {length} of encoded) {
    from.push(words);
    words += Math.max(2, Math.ceil(length / 8));
  }
  const bytes = new Uint8Array(8 * words);
  for (const [i, text] of encoded.entries()) bytes.set(text, 8 * from[i]!);
  const view = viewOf(bytes);
  const doubles = Float64Array.from({length: words}, (_, i) => view.getFloat64(8 * i, true));
  return {words: doubles, from, length: encoded.map(({length}) => length)};
}
