/** One received cell to one JSON value, by the type of its field (design 3): bytes to bytes, each digit as received. */
import type {Field} from '../field.ts';
import {listWriter} from './list-cell.ts';
import type {Pen} from './pen.ts';

/**
 * Writes a cell that is not empty. Returns false, having written nothing, when its text does not fit the type; the caller then writes it as a
 * string.
 */
export type CellWriter = (pen: Pen, from: number, to: number, kind: number) => boolean;

/** The writer for a field's cells. A field that is unknown is text. */
export function cellWriter(field: Field | undefined): CellWriter {
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
      return text;
  }
}

const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
const plus = 0x2b;
const dot = 0x2e;

/** Any text, dates and ids of other records included. What the source received as a structure is the text of its JSON. */
export function text(pen: Pen, from: number, to: number, kind: number): boolean {
  pen.string(from, to, kind);
  return true;
}

/** JSON's integers. A fraction of zeros, as COQL writes some numbers (zoho-api sheet 5.5), is left out: the value is the same. */
function integer(pen: Pen, from: number, to: number): boolean {
  const {source} = pen;
  const end = integerEnd(source, from, to);
  if (end < 0 || (end < to && !isZeroFraction(source, end, to))) return false;
  pen.copy(from, end);
  return true;
}

/** JSON's numbers, with every digit received. */
function number(pen: Pen, from: number, to: number): boolean {
  const {source} = pen;
  let at = integerEnd(source, from, to);
  if (at < 0) return false;
  if (at < to && source[at] === dot) {
    const first = at + 1;
    at = digitsEnd(source, first, to);
    if (at === first) return false;
  }
  if (at < to && (source[at]! | 0x20) === 0x65) {
    const sign = source[at + 1];
    const first = at + (sign === plus || sign === minus ? 2 : 1);
    at = digitsEnd(source, first, to);
    if (at <= first) return false;
  }
  if (at !== to) return false;
  pen.copy(from, to);
  return true;
}

/** `true` or `false` in any case of letters (zoho-api sheet 4.4). */
function boolean(pen: Pen, from: number, to: number): boolean {
  const word = to - from === 4 ? trueLetters : falseLetters;
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i++) if ((pen.source[from + i]! | 0x20) !== word[i]) return false;
  for (let i = 0; i < word.length; i++) pen.byte(word[i]!);
  return true;
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
