/** Copies text, 16 bytes at a time. */
import {cellClean, cellQuoted, strideBytes} from '../codes';

const quote: u8 = 0x22;
const backslash: u8 = 0x5c;

/**
 * A mask of the bytes among 16 that a JSON string must escape (control characters, quotes,
 * backslashes) and, if asked for, of commas.
 */
export function special(bytes: v128, commas: bool): i32 {
  let hits = v128.or(
    i8x16.lt_u(bytes, i8x16.splat(0x20)),
    v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
  );
  if (commas) hits = v128.or(hits, i8x16.eq(bytes, i8x16.splat(0x2c)));
  return i8x16.bitmask(hits);
}

/**
 * Copies `length` bytes and up to 16 more that do not matter. Returns the address after the copy.
 */
export function copy(at: usize, from: usize, length: usize): usize {
  v128.store(at, v128.load(from));
  for (let done: usize = strideBytes; done < length; done += strideBytes) v128.store(at + done, v128.load(from + done));
  return at + length;
}

/** Writes a cell as a JSON string. One byte becomes at most six. */
export function string(at: usize, from: usize, to: usize, kind: i32): usize {
  store<u8>(at, quote);
  const end = kind === cellClean ? copy(at + 1, from, to - from) : escaped(at + 1, from, to, kind);
  store<u8>(end, quote);
  return end + 1;
}

/** Writes text with JSON's escapes; a doubled quote of CSV becomes one. */
function escaped(at: usize, from: usize, to: usize, kind: i32): usize {
  while (from < to) {
    const bytes = v128.load(from);
    v128.store(at, bytes);
    const hits = special(bytes, false);
    const plain: usize = hits === 0 ? strideBytes : ctz(hits);
    if (from + plain >= to) return at + (to - from);
    from += plain;
    at += plain;
    if (hits === 0) continue;
    const byte = load<u8>(from++);
    at = escapeOf(at, byte);
    if (byte === quote && kind === cellQuoted) from++;
  }
  return at;
}

function escapeOf(at: usize, byte: u8): usize {
  store<u8>(at, backslash);
  let letter: u8 = 0x75;
  switch (byte) {
    case 0x08:
      letter = 0x62;
      break;
    case 0x09:
      letter = 0x74;
      break;
    case 0x0a:
      letter = 0x6e;
      break;
    case 0x0c:
      letter = 0x66;
      break;
    case 0x0d:
      letter = 0x72;
      break;
    case quote:
    case backslash:
      letter = byte;
  }
  store<u8>(at, letter, 1);
  if (letter !== 0x75) return at + 2;
  store<u16>(at, 0x3030, 2);
  store<u8>(at, 0x30 + (byte >> 4), 4);
  const digit = byte & 15;
  store<u8>(at, digit + (digit < 10 ? 0x30 : 0x57), 5);
  return at + 6;
}
