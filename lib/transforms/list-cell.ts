/** Lists of texts: multi-select values and tags, which CSV joins into one cell (zoho-api sheet 4.4, 11) and COQL gives as arrays. */
import {cellJson, cellQuoted} from '../batch.ts';
import type {Field} from '../field.ts';
import {type CellWriter, misfit} from './cell.ts';
import {type Pen, prepare} from './pen.ts';

const semicolon = 0x3b;
const comma = 0x2c;
const space = 0x20;

/**
 * The writer for a list field's cells: an array of strings, spaces around them and empty ones left out, `null` when none is left.
 *
 * Tags are parted at commas. A multi-select cell is parted at semicolons if it has one, else at commas. Only where the field's known values themselves
 * contain such a separator, the values decide: the cell is read as values joined by `;`, else by `,`, the longest known value first; if
 * neither gives known values only, it is parted at semicolons, or at commas as long as no known value has one.
 */
export function listWriter(field: Field): CellWriter {
  if (field.dataType === 'tags') return arrayOr((pen, at, from, to, kind) => parts(pen, at, from, to, kind, comma));
  const values = field.values ?? [];
  if (values.some((value) => /[;,]/.test(value))) {
    const known = new Set(values);
    return arrayOr((pen, at, from, to, kind) => {
      const cell = Buffer.from(pen.source.subarray(from, to)).toString();
      return knownParts(pen, at, splitKnown(kind === cellQuoted ? cell.replaceAll('""', '"') : cell, known));
    });
  }
  return arrayOr((pen, at, from, to, kind) =>
    parts(pen, at, from, to, kind, has(pen.source, from, to, semicolon) ? semicolon : comma),
  );
}

/** An array is taken as it is; any other structure does not fit. */
function arrayOr(split: CellWriter): CellWriter {
  return (pen, at, from, to, kind) => {
    if (kind !== cellJson) return split(pen, at, from, to, kind);
    return isStringArray(pen.source, from, to) ? pen.copy(at, from, to) : misfit;
  };
}

function parts(pen: Pen, at: number, from: number, to: number, kind: number, separator: number): number {
  let end = at;
  for (let start = from; start <= to; ) {
    let stop = start;
    while (stop < to && pen.source[stop] !== separator) stop++;
    let first = start;
    let last = stop;
    while (first < last && pen.source[first] === space) first++;
    while (first < last && pen.source[last - 1] === space) last--;
    if (first < last) end = pen.string(pen.byte(end, end === at ? openBracket : comma), first, last, kind);
    start = stop + 1;
  }
  return end === at ? pen.prepared(at, nothing) : pen.byte(end, closeBracket);
}

const nothing = prepare('null');
const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const backslash = 0x5c;

function knownParts(pen: Pen, at: number, texts: readonly string[]): number {
  if (texts.length === 0) return pen.prepared(at, nothing);
  const json = Buffer.from(JSON.stringify(texts));
  pen.bytes.set(json, at);
  return at + json.length;
}

/** Parts a joined text by what is known of its values; see `listWriter`. */
function splitKnown(joined: string, known: ReadonlySet<string>): string[] {
  for (const separator of [';', ',']) {
    const values = longestKnown(joined.split(separator), separator, known);
    if (values.every((value) => known.has(value))) return values;
  }
  if (joined.includes(';')) return longestKnown(joined.split(';'), ';', known);
  return [...known].some((value) => value.includes(','))
    ? [joined.trim()].filter(Boolean)
    : longestKnown(joined.split(','), ',', known);
}

/** Puts pieces together again that make a known value only together. */
function longestKnown(pieces: readonly string[], separator: string, known: ReadonlySet<string>): string[] {
  const values: string[] = [];
  for (let from = 0; from < pieces.length; ) {
    let to = Math.min(pieces.length, from + piecesMax);
    while (to > from + 1 && !known.has(pieces.slice(from, to).join(separator).trim())) to--;
    const value = pieces.slice(from, to).join(separator).trim();
    if (value !== '') values.push(value);
    from = to;
  }
  return values;
}

/** Pieces that one value is looked for in: more separators than this in a name would be no name. */
const piecesMax = 8;

function has(bytes: Uint8Array, from: number, to: number, wanted: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === wanted) return true;
  return false;
}

/** Whether compact JSON text is an array of strings and nothing else. */
function isStringArray(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] !== openBracket) return false;
  let at = from;
  do {
    if (bytes[++at] !== quote) return false;
    for (at++; bytes[at] !== quote; at++) if (bytes[at] === backslash) at++;
    at++;
  } while (bytes[at] === comma);
  return bytes[at] === closeBracket && at + 1 === to;
}
