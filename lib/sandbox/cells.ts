/** Cells as bytes, so that a file of 200,000 rows is written as fast as it can be compressed. */

/** Returned when a block has no room for what was to be written. */
export const noRoom = -1;

/** Texts in UTF-8 in one block, to be copied many times. */
export class TextBlock {
  readonly #bytes: Uint8Array;
  readonly #ends: Int32Array;

  constructor(texts: readonly string[]) {
    const parts = texts.map((text) => Buffer.from(text));
    this.#bytes = Buffer.concat(parts);
    let end = 0;
    this.#ends = Int32Array.from(parts, ({length}) => (end += length));
  }

  /** Copies text `i` to `out` at `at`; returns where it ends, or `noRoom`. */
  copy(i: number, out: Uint8Array, at: number): number {
    const start = i === 0 ? 0 : this.#ends[i - 1]!;
    const end = this.#ends[i]!;
    if (at + end - start > out.length) return noRoom;
    // Most cells are short, and a loop is faster than a call into the engine.
    if (end - start > 48) {
      out.set(this.#bytes.subarray(start, end), at);
      return at + end - start;
    }
    const bytes = this.#bytes;
    let to = at;
    for (let from = start; from < end; from += 1, to += 1) out[to] = bytes[from]!;
    return to;
  }
}

/** No UTF-8 character begins with it. */
const invalidByte = 0xff;
const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Like `writeText`, except that half a surrogate pair becomes a byte that is not UTF-8. */
export function writeOddText(text: string, out: Buffer, at: number): number {
  if (text.isWellFormed()) return writeText(text, out, at);
  let end = at;
  for (const [i, part] of text.split(half).entries()) {
    if (i > 0) {
      if (end >= out.length) return noRoom;
      out[end++] = invalidByte;
    }
    end = writeText(part, out, end);
    if (end === noRoom) return noRoom;
  }
  return end;
}

/** Writes a text as UTF-8 to `out` at `at`; returns where it ends, or `noRoom`. */
export function writeText(text: string, out: Buffer, at: number): number {
  const {length} = text;
  if (at + length * 3 > out.length) return noRoom;
  if (length > 48) return at + out.write(text, at);
  for (let i = 0; i < length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return at + out.write(text, at);
    out[at + i] = code;
  }
  return at + length;
}
