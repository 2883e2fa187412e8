/** Finds the bytes that matter, several at a time. */

const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;

/**
 * The first byte of `bytes[from .. to)` that cannot stand in a JSON string as it is (control characters, quotes, backslashes), or `to`. `view` is of the
 * same bytes.
 *
 * Four bytes are looked at together. For each byte of `word`, the highest bit of `(word - c) & ~word` tells whether it is below `c`, and that of
 * `(x - 1) & ~x` with `x = word ^ c` whether it equals `c`. A borrow can make a byte above a hit look like one, but the lowest hit is always true.
 */
export function plainEnd(bytes: Uint8Array, view: DataView, from: number, to: number): number {
  let at = from;
  for (const last = to - 4; at <= last; at += 4) {
    const word = view.getInt32(at, true);
    const quotes = word ^ 0x22222222;
    const backslashes = word ^ 0x5c5c5c5c;
    const hits =
      (((word - 0x20202020) & ~word) | ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes)) &
      0x80808080;
    if (hits !== 0) return at + ((31 - Math.clz32(hits & -hits)) >> 3);
  }
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte < space || byte === quote || byte === backslash) break;
  }
  return at;
}

/** The same, and commas too. */
export function plainEndOrComma(bytes: Uint8Array, view: DataView, from: number, to: number): number {
  let at = from;
  for (const last = to - 4; at <= last; at += 4) {
    const word = view.getInt32(at, true);
    const commas = word ^ 0x2c2c2c2c;
    const quotes = word ^ 0x22222222;
    const backslashes = word ^ 0x5c5c5c5c;
    const hits =
      (((word - 0x20202020) & ~word) |
        ((commas - 0x01010101) & ~commas) |
        ((quotes - 0x01010101) & ~quotes) |
        ((backslashes - 0x01010101) & ~backslashes)) &
      0x80808080;
    if (hits !== 0) return at + ((31 - Math.clz32(hits & -hits)) >> 3);
  }
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte < space || byte === quote || byte === comma || byte === backslash) break;
  }
  return at;
}
