/**
 * Splits documents without losing a digit: every property keeps the JSON text of its value. Pure.
 */
import {isDeepStrictEqual} from 'node:util';
import {isTable} from '../../platform/own-property.ts';
import {sameNumber} from '../../transforms/values/number.ts';

/**
 * The JSON text of each top-level property: numbers as they are written, everything else as
 * `JSON.stringify` writes it. The message of a failure holds nothing of the document.
 */
export function propertiesOf(document: string): Map<string, string> {
  const values = exactValues(document);
  if (!isTable(values)) throw new Error(`Cannot read a document of ${document.length} characters: it is not a JSON object`);
  return new Map(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
}

/**
 * The value of a JSON text, with its numbers kept as texts: an id has more digits than a number
 * holds. Undefined for text that is not JSON.
 */
function exactValues(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text, (_name, value, {source}) => (typeof value === 'number' ? JSON.rawJSON(source!) : value));
  } catch {
    // Node's own error would quote the text.
  }
  return value;
}

/**
 * Whether two JSON texts are the same value. Numbers are compared to the last digit in any
 * spelling: two of Zoho's APIs write `5` and `5.0`.
 */
export function sameValue(a: string, b: string): boolean {
  if (a === b) return true;
  return /^[-\d]/.test(a) ? sameNumber(a, b) : isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
}

/** Whether two JSON texts are strings for the same point in time. */
export function sameInstant(a: string, b: string): boolean {
  return a[0] === '"' && b[0] === '"' && Date.parse(String(JSON.parse(a))) === Date.parse(String(JSON.parse(b)));
}
