/** What a CSV cell becomes (design 3), said once more and as plainly as possible: strings and regular expressions, nothing of the kernel. */
import type {Field} from '../../lib/records/field.ts';

/** The JSON of a cell, and whether it fits its field. */
export function cellJson({type, dataType}: Field, cell: string): {json: string; fits: boolean} {
  if (cell === '') return {json: 'null', fits: true};
  if (type === 'list') return {json: listJson(cell, dataType === 'tags' || !cell.includes(';') ? ',' : ';'), fits: true};
  if (type === 'boolean') {
    const word = cell.trim().toLowerCase();
    return word === 'true' || word === 'false' ? {json: word, fits: true} : {json: JSON.stringify(cell), fits: false};
  }
  if (type === 'lookup' && /^\d+( *[;,] *\d+)+$/.test(cell))
    return {json: JSON.stringify(cell.replace(/ *[;,] */g, ',')), fits: true};
  if (type !== 'integer' && type !== 'number') return {json: JSON.stringify(cell), fits: true};
  const parts = /^ *([+-]?)([\d,]*)(\.\d*)?([eE][+-]?\d+)?( ?%)? *$/.exec(cell);
  const isGrouped = parts?.[2]?.includes(',') === true;
  const isNumber =
    parts !== null &&
    (!isGrouped || /^[1-9]\d{0,2}(,\d{3})+$/.test(parts[2]!)) &&
    /\d/.test(parts[2]! + (parts[3] ?? '')) &&
    Number.isFinite(Number(cell.replace(/[, %]/g, '')));
  if (!isNumber) return {json: JSON.stringify(cell), fits: false};
  const [, sign = '', whole = '', fraction = '', exponent = ''] = parts;
  const integer = whole.replaceAll(',', '').replace(/^0+(?=\d)/, '') || '0';
  const json = `${sign.replace('+', '')}${integer}${fraction === '.' ? '' : fraction}${exponent}`;
  if (type === 'number') return {json: isJson(cell) ? cell : json, fits: true};
  const value = written(integer + fraction.replace('.', ''), Number(exponent.slice(1) || 0) - Math.max(0, fraction.length - 1));
  const signed = value === '0' ? '0' : sign.replace('+', '') + value;
  const isPlain = /^-?(0|[1-9]\d*)(\.0+)?$/.test(cell);
  if (!isPlain && signed.length > cell.length + 40) return {json: JSON.stringify(cell), fits: false};
  if (isPlain) return {json: cell.replace(/\..*/, ''), fits: true};
  return value.includes('.') ? {json: JSON.stringify(signed), fits: false} : {json: signed, fits: true};
}

/** Digits with the decimal point so many places to the right. */
function written(digits: string, places: number): string {
  const padded = '0'.repeat(Math.max(0, -places)) + digits + '0'.repeat(Math.max(0, places));
  const point = padded.length + Math.min(0, places);
  const [whole, fraction] = [padded.slice(0, point).replace(/^0+(?=\d)/, '') || '0', padded.slice(point).replace(/0+$/, '')];
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return !/^\s|\s$/.test(text);
  } catch {
    return false;
  }
}

function listJson(cell: string, separator: string): string {
  const texts = cell
    .split(separator)
    .map((text) => text.replace(/^ +| +$/g, ''))
    .filter((text) => text !== '');
  return texts.length === 0 ? 'null' : JSON.stringify(texts);
}
