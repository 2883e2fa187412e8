/**
 * List cells of CSV: several texts joined into one (zoho-api sheet 4.4, 11). Known values of a
 * multi-select may contain the separators.
 */
import type {Field} from '../../records/field.ts';

/** The texts of a cell, trimmed, without empty ones. */
export type SplitList = (cell: string) => readonly string[];

/**
 * How to split the cells of a list field. Tags are split at commas. Other cells are split at
 * semicolons, or at commas if they have none, unless known values decide: a cell is first read as
 * known values joined by `;`, then by `,`, longest value first. If neither gives only known values,
 * it is split at semicolons, or at commas unless a known value contains one.
 */
export function splitList({dataType, values}: Field): SplitList {
  if (dataType === 'tags') return (cell) => parts(cell, ',');
  const known = new Set(values);
  return (cell) => splitKnown(cell, known);
}

function parts(joined: string, separator: string): string[] {
  return joined
    .split(separator)
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function splitKnown(joined: string, known: ReadonlySet<string>): string[] {
  for (const separator of [';', ',']) {
    const values = longestKnown(joined.split(separator), separator, known);
    if (values.every((value) => known.has(value))) return values;
  }
  if (joined.includes(';')) return longestKnown(joined.split(';'), ';', known);
  return [...known].some((value) => value.includes(',')) ? [joined.trim()] : parts(joined, ',');
}

/** Joins pieces that only together make a known value. */
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

/** Pieces joined for one value. No real name has more separators. */
const piecesMax = 8;
