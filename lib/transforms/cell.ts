/** One received cell to one JSON value, by the type of its field (design 3): bytes to bytes, each digit as received. */
import type {Field} from '../field.ts';
import {listWriter} from './list-cell.ts';
import type {Pen} from './pen.ts';

/**
 * Writes a cell that is not empty at a place of the output, and returns the place behind it; or `misfit` when its text does not fit the type. The
 * caller then writes it as a string.
 */
export type CellWriter = (pen: Pen, at: number, from: number, to: number, kind: number) => number;

export const misfit = -1;

/** The writer for a field's cells; undefined for text, dates and ids of other records, which any text fits. A field that is unknown is text. */
export function cellWriter(field: Field | undefined): CellWriter | undefined {
  switch (field?.type) {
    case 'integer':
      return integer;
    case 'number':
      return number;
    case 'boolean':
      return boolean;
    case 'list':
      return listWriter(field);
    default:
      return undefined;
  }
}

const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
const plus = 0x2b;
const dot = 0x2e;
const letterE = 0x65;
/** Makes a letter small. */
const small = 0x20;

/** JSON's integers. A fraction of zeros, as COQL writes some numbers (zoho-api sheet 5.5), is left out: the value is the same. */
function integer(pen: Pen, at: number, from: number, to: number): number {
  const {source} = pen;
  const end = integerEnd(source, from, to);
  if (end < 0 || (end < to && !isZeroFraction(source, end, to))) return misfit;
  return pen.copy(at, from, end);
}

/** JSON's numbers, with every digit received. */
function number(pen: Pen, at: number, from: number, to: number): number {
  const {source} = pen;
  let end = integerEnd(source, from, to);
  if (end < 0) return misfit;
  if (end < to && source[end] === dot) {
    const first = end + 1;
    end = digitsEnd(source, first, to);
    if (end === first) return misfit;
  }
  if (end < to && (source[end]! | small) === letterE) {
    const sign = source[end + 1];
    const first = end + (sign === plus || sign === minus ? 2 : 1);
    end = digitsEnd(source, first, to);
    if (end <= first) return misfit;
  }
  return end === to ? pen.copy(at, from, to) : misfit;
}

/** `true` or `false` in any case of letters (zoho-api sheet 4.4). */
function boolean(pen: Pen, at: number, from: number, to: number): number {
  const word = to - from === trueLetters.length ? trueLetters : falseLetters;
  if (to - from !== word.length) return misfit;
  for (let i = 0; i < word.length; i++) {
    if ((pen.source[from + i]! | small) !== word[i]) return misfit;
    pen.bytes[at + i] = word[i]!;
  }
  return at + word.length;
}

const trueLetters = Buffer.from('true');
const falseLetters = Buffer.from('false');

/** Where an optional minus sign and digits without a leading zero end; -1 when there are none. */
function integerEnd(bytes: Uint8Array, from: number, to: number): number {
  const first = bytes[from] === minus ? from + 1 : from;
  const end = digitsEnd(bytes, first, to);
  return end <= first || (bytes[first] === zero && end > first + 1) ? -1 : end;
}

function digitsEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at]! >= zero && bytes[at]! <= nine) at++;
  return at;
}

function isZeroFraction(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] !== dot || from + 1 === to) return false;
  for (let at = from + 1; at < to; at++) if (bytes[at] !== zero) return false;
  return true;
}
