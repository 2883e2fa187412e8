/** Finds the cells of plain CSV (RFC 4180, with commas and line feeds). */
import {cellClean, cellPlain, cellQuoted, scanDeclined, scanIncomplete, scanRagged} from '../codes';
import {special} from './text';

const lineFeed: u8 = 0x0a;
const carriageReturn: u8 = 0x0d;
const quote: u8 = 0x22;
const comma: u8 = 0x2c;

/** Bytes compared at once: one for each bit of the widest integer. */
const scanBytes: usize = 64;

/** Set by `scan`: where the first unread row begins, and why it was not read. */
export let next: usize = 0;
export let stop: i32 = scanIncomplete;

/**
 * Reads complete rows of `width` cells starting at `from`, at most `rowsMax`, and returns their
 * number; blank lines do not count. The cells, as in `RowBlock` and relative to `from`, are put at
 * `cells`. 64 bytes after `to` may be read.
 *
 * It compares 64 bytes at a time with separators, quotes and everything that JSON escapes, and
 * jumps from one hit to the next.
 */
export function scan(from: usize, to: usize, width: i32, cells: usize, rowsMax: i32): i32 {
  let rows: i32 = 0;
  let column: i32 = 0;
  let start = from;
  let kind: i32 = cellClean;
  let inQuotes = false;
  /** Hits before this place were handled along with an earlier one. */
  let seen = from;
  let cell = cells;
  stop = scanIncomplete;
  next = from;
  for (let block = from; block < to; block += scanBytes) {
    let hits = specials(block);
    while (hits !== 0) {
      const at = block + <usize>ctz(hits);
      hits &= hits - 1;
      if (at < seen) continue;
      if (at >= to) return rows;
      const byte = load<u8>(at);
      if (byte === comma && !inQuotes) {
        // The most frequent case by far.
        if (column < width) cell = put(cell, start - from, at - from, kind);
        column++;
        start = at + 1;
        kind = cellClean;
        continue;
      }
      const end = at;
      /** The byte after the cell that ends here; 0 when none does. */
      let separator: u8 = 0;
      if (inQuotes) {
        if (byte !== quote) {
          // A comma inside quotes needs no escape in JSON.
          if (byte !== comma && kind === cellClean) kind = cellPlain;
          continue;
        }
        if (at + 1 >= to) return rows;
        separator = load<u8>(at + 1);
        seen = at + 2;
        if (separator === quote) {
          kind = cellQuoted;
          continue;
        }
        if (separator === carriageReturn) {
          // It may be the first half of a line end that the next block completes.
          if (at + 2 >= to) return rows;
          separator = load<u8>(at + 2);
          if (separator === comma) separator = 0;
          seen = at + 3;
        }
        if (separator !== comma && separator !== lineFeed) {
          stop = scanDeclined;
          return rows;
        }
      } else if (byte === lineFeed) {
        separator = byte;
        seen = at + 1;
      } else if (byte === quote && at === start) {
        inQuotes = true;
        start++;
        continue;
      } else if (byte === carriageReturn) {
        if (at + 1 >= to) return rows;
        separator = load<u8>(at + 1);
        if (separator !== lineFeed) {
          kind = cellPlain;
          continue;
        }
        seen = at + 2;
      } else {
        kind = cellPlain;
        continue;
      }
      if (column < width) cell = put(cell, start - from, end - from, kind);
      column++;
      if (separator === lineFeed) {
        const isBlank = column === 1 && !inQuotes && start === end;
        if (column !== width && !isBlank) {
          stop = scanRagged;
          return rows;
        }
        if (isBlank) cell -= 8;
        else rows++;
        column = 0;
        next = seen;
        if (rows === rowsMax) return rows;
      }
      start = seen;
      kind = cellClean;
      inQuotes = false;
    }
  }
  return rows;
}

/** A mask of the bytes that matter among 64. */
function specials(block: usize): u64 {
  return (
    <u64>special(v128.load(block), true) |
    ((<u64>special(v128.load(block, 16), true)) << 16) |
    ((<u64>special(v128.load(block, 32), true)) << 32) |
    ((<u64>special(v128.load(block, 48), true)) << 48)
  );
}

/** Stores a cell; returns the address for the next one. */
function put(cell: usize, start: usize, end: usize, kind: i32): usize {
  store<u32>(cell, ((<u32>start) << 2) | kind);
  store<u32>(cell, <u32>end, 4);
  return cell + 8;
}
