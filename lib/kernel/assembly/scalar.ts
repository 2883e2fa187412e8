/**
 * Numbers, booleans and ids, copied as they are when valid. Each function returns the address after
 * its output, or `misfit`.
 */
import {cellClean, strideBytes} from '../codes';
import {copy, string} from './text';

/** Returned for a cell that does not fit its column's type. No memory has this address. */
export const misfit: usize = 0;

const zero: u8 = 0x30;
const minus: u8 = 0x2d;
const plus: u8 = 0x2b;
const dot: u8 = 0x2e;
const letterE: u8 = 0x65;
/** Turns a letter into lower case. */
const small: u8 = 0x20;
const trueWord: u32 = 0x6575_7274;
const falsWord: u32 = 0x736c_6166;
const smallWord: u32 = 0x2020_2020;
const idDigitsMax: usize = 19;
/** A number of at most this length, with at most `finiteExponent` digits of exponent, is finite. */
const finiteLength: usize = 200;
const finiteExponent: usize = 2;

/** Whether a text is a record id: 1 to 19 digits, the first of them not zero. */
export function isId(from: usize, to: usize): bool {
  return to > from && to - from <= idDigitsMax && load<u8>(from) !== zero && digitsEnd(from, to) === to;
}

/**
 * JSON integers. A fraction of zeros, as COQL writes some numbers (zoho-api sheet 5.5), is dropped:
 * the value is the same.
 */
export function integer(at: usize, from: usize, to: usize): usize {
  const end = integerEnd(from, to);
  if (end === misfit || end - from > finiteLength || (end < to && !isZeroFraction(end, to))) return misfit;
  return copy(at, from, end - from);
}

/** JSON numbers with every digit received, if they are clearly finite as doubles. */
export function number(at: usize, from: usize, to: usize): usize {
  let end = integerEnd(from, to);
  if (end === misfit || to - from > finiteLength) return misfit;
  if (end < to && load<u8>(end) === dot) {
    const first = end + 1;
    end = digitsEnd(first, to);
    if (end === first) return misfit;
  }
  if (end < to && (load<u8>(end) | small) === letterE) {
    const sign = load<u8>(end, 1);
    const first = end + (sign === plus || sign === minus ? 2 : 1);
    end = digitsEnd(first, to);
    if (end <= first || end - first > finiteExponent) return misfit;
  }
  return end === to ? copy(at, from, to - from) : misfit;
}

/**
 * Digits alone, as a string. A leading zero is a misfit, because a number is spelled without it.
 */
export function digits(at: usize, from: usize, to: usize): usize {
  return load<u8>(from) !== zero && isDigits(from, to) ? string(at, from, to, cellClean) : misfit;
}

/** `true` or `false` in any case (zoho-api sheet 4.4). */
export function boolean(at: usize, from: usize, to: usize): usize {
  const word = load<u32>(from) | smallWord;
  if (to - from === 4 && word === trueWord) {
    store<u32>(at, trueWord);
    return at + 4;
  }
  if (to - from !== 5 || word !== falsWord || (load<u8>(from, 4) | small) !== letterE) return misfit;
  store<u32>(at, falsWord);
  store<u8>(at, letterE, 4);
  return at + 5;
}

/** Whether a text consists of digits, checked 16 bytes at a time. Most lookups do. */
function isDigits(from: usize, to: usize): bool {
  for (let at = from; at < to; at += strideBytes) {
    const others = i8x16.bitmask(i8x16.ge_u(i8x16.sub(v128.load(at), i8x16.splat(zero)), i8x16.splat(10)));
    const left = <i32>(to - at);
    const meant = left >= strideBytes ? others : others & ((1 << left) - 1);
    if (meant !== 0) return false;
  }
  return true;
}

/** Where an optional minus sign and digits without a leading zero end. */
function integerEnd(from: usize, to: usize): usize {
  const first = load<u8>(from) === minus ? from + 1 : from;
  const end = digitsEnd(first, to);
  return end <= first || (load<u8>(first) === zero && end > first + 1) ? misfit : end;
}

function digitsEnd(from: usize, to: usize): usize {
  let at = from;
  while (at < to && <u8>(load<u8>(at) - zero) < 10) at++;
  return at;
}

function isZeroFraction(from: usize, to: usize): bool {
  if (load<u8>(from) !== dot || from + 1 === to) return false;
  for (let at = from + 1; at < to; at++) if (load<u8>(at) !== zero) return false;
  return true;
}
