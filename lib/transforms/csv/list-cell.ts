/** Multi-select cells whose known values contain the very separators that CSV joins them with (zoho-api sheet 4.4, 11). */

import type {SplitList} from '../../kernel/kernel.ts';
import type {Field} from '../../records/field.ts';

/**
 * How to part the cells of a list field where its values decide: the cell is read as values joined by `;`, else by `,`, the longest known value
 * first; if neither gives known values only, it is parted at semicolons, or at commas as long as no known value has one. Undefined for
 * fields without such values, whose cells can be parted blindly.
 */
export function knownSplit({values = []}: Field): SplitList | undefined {
  if (!values.some((value) => /[;,]/.test(value))) return undefined;
  const known = new Set(values);
  return (cell) => splitKnown(cell, known);
}

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
