/** What a CSV cell becomes (design 3), said once more and as plainly as possible: strings and regular expressions, nothing of the kernel. */
import type {Field} from '../../lib/records/field.ts';

const patterns: Partial<Record<Field['type'], RegExp>> = {
  integer: /^-?(0|[1-9]\d*)(\.0+)?$/,
  number: /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/,
  boolean: /^(true|false)$/i,
};

/** The JSON of a cell, and whether it fits its field. */
export function cellJson({type, dataType}: Field, cell: string): {json: string; fits: boolean} {
  if (cell === '') return {json: 'null', fits: true};
  if (type === 'list') return {json: listJson(cell, dataType === 'tags' || !cell.includes(';') ? ',' : ';'), fits: true};
  const pattern = patterns[type];
  if (pattern === undefined || !pattern.test(cell)) return {json: JSON.stringify(cell), fits: pattern === undefined};
  if (type === 'integer') return {json: cell.replace(/\..*/, ''), fits: true};
  return {json: type === 'boolean' ? cell.toLowerCase() : cell, fits: true};
}

function listJson(cell: string, separator: string): string {
  const texts = cell
    .split(separator)
    .map((text) => text.replace(/^ +| +$/g, ''))
    .filter((text) => text !== '');
  return texts.length === 0 ? 'null' : JSON.stringify(texts);
}
