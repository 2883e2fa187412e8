/**
 * Lists of texts: multi-select values and tags. CSV joins them into one cell (zoho-api sheet 4.4,
 * 11); COQL gives arrays.
 */
import {writeTags} from '../codes';
import {misfit} from './scalar';
import {copy, string} from './text';

const semicolon: u8 = 0x3b;
const comma: u8 = 0x2c;
const space: u8 = 0x20;
const quote: u8 = 0x22;
const backslash: u8 = 0x5c;
const openBracket: u8 = 0x5b;
const closeBracket: u8 = 0x5d;
const nullWord: u32 = 0x6c6c_756e;

/**
 * Writes a cell as an array of trimmed, non-empty strings, or `null` when there is none. Tags are
 * split at commas; other lists at semicolons, or at commas if they have no semicolon.
 */
export function list(writer: i32, at: usize, from: usize, to: usize, kind: i32): usize {
  const separator = writer !== writeTags && has(from, to, semicolon) ? semicolon : comma;
  let end = at;
  let start = from;
  while (start <= to) {
    let stop = start;
    while (stop < to && load<u8>(stop) !== separator) stop++;
    let first = start;
    let last = stop;
    while (first < last && load<u8>(first) === space) first++;
    while (first < last && load<u8>(last - 1) === space) last--;
    if (first < last) {
      store<u8>(end, end === at ? openBracket : comma);
      end = string(end + 1, first, last, kind);
    }
    start = stop + 1;
  }
  if (end === at) {
    store<u32>(at, nullWord);
    return at + 4;
  }
  store<u8>(end, closeBracket);
  return end + 1;
}

/** Copies compact JSON text that is an array of strings. Any other structure is a misfit. */
export function stringArray(at: usize, from: usize, to: usize): usize {
  if (load<u8>(from) !== openBracket) return misfit;
  let end = from;
  do {
    if (load<u8>(++end) !== quote) return misfit;
    for (end++; load<u8>(end) !== quote; end++) if (load<u8>(end) === backslash) end++;
    end++;
  } while (load<u8>(end) === comma);
  return load<u8>(end) === closeBracket && end + 1 === to ? copy(at, from, to - from) : misfit;
}

function has(from: usize, to: usize, wanted: u8): bool {
  for (let at = from; at < to; at++) if (load<u8>(at) === wanted) return true;
  return false;
}
