/**
 * Splits documents without losing a digit: every property keeps the JSON text of its value. Pure.
 */
import {isDeepStrictEqual} from 'node:util';
import {sameNumber} from '../../transforms/values/number.ts';

/**
 * The JSON text of each top-level property. The text must be one JSON object; otherwise the result
 * is undefined behaviour.
 */
export function propertiesOf(document: string): Map<string, string> {
  const properties = new Map<string, string>();
  let at = skipBlanks(document, document.indexOf('{') + 1);
  while (document[at] === '"') {
    const keyEnd = afterString(document, at);
    const key = document.slice(at + 1, keyEnd - 1);
    const start = skipBlanks(document, document.indexOf(':', keyEnd) + 1);
    const end = afterValue(document, start);
    properties.set(key.includes('\\') ? String(JSON.parse(`"${key}"`)) : key, document.slice(start, end));
    at = skipBlanks(document, end);
    if (document[at] === ',') at = skipBlanks(document, at + 1);
  }
  return properties;
}

/**
 * Whether two JSON texts are the same value. Numbers are compared to the last digit in any
 * spelling: two of Zoho's APIs write `5` and `5.0`.
 */
export function sameValue(a: string, b: string): boolean {
  if (a === b) return true;
  const first = a[0];
  if (/^-?\d/.test(a) && /^-?\d/.test(b)) return sameNumber(a, b);
  if (first !== b[0] || (first !== '"' && first !== '[' && first !== '{')) return false;
  return isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
}

/** Whether two JSON texts are strings for the same point in time. */
export function sameInstant(a: string, b: string): boolean {
  return a[0] === '"' && b[0] === '"' && Date.parse(String(JSON.parse(a))) === Date.parse(String(JSON.parse(b)));
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next++;
  return next;
}

/** Where a string that begins at `at` ends. */
function afterString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

function afterValue(text: string, at: number): number {
  if (text[at] === '"') return afterString(text, at);
  let depth = 0;
  for (let end = at; end < text.length; ) {
    const character = text[end];
    if (character === '"') {
      end = afterString(text, end);
      continue;
    }
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      if (depth === 0) return end;
      depth--;
      if (depth === 0) return end + 1;
    } else if (depth === 0 && (character === ',' || character === ' ' || character === '\n')) return end;
    end++;
  }
  return text.length;
}
