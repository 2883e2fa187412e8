/** Where lines and rows of a page end. Pure. */
import type {Dialect} from './csv-dialect.ts';

const quote = 0x22;

/** Where the next line begins; 0 when this one does not end in `bytes`. */
export function lineEnd(bytes: Uint8Array, from: number, {lineEnd}: Dialect): number {
  return bytes.indexOf(lineEnd.charCodeAt(0), from) + 1;
}

/** Where the next row begins, for a row with valid quotes that ends in `bytes`. */
export function rowEnd(bytes: Uint8Array, from: number, dialect: Dialect): number {
  const [delimiter, end] = [dialect.delimiter.charCodeAt(0), dialect.lineEnd.charCodeAt(0)];
  let inQuotes = false;
  let mayOpen = true;
  // Equivalent mutants (EqualityOperator): there is no byte behind the last
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === quote && (inQuotes || mayOpen)) {
      inQuotes = !inQuotes;
      // A second quote inside quotes opens them again.
      mayOpen = true;
    } else if (byte === end && !inQuotes) return at + 1;
    else mayOpen = byte === delimiter;
  }
  return bytes.length;
}
