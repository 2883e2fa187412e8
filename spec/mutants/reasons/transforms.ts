import type {Reasons} from './reasons.ts';

/** Why no spec in milliseconds notices a change to these lines of `lib/transforms/`. */
export const transforms: Reasons = {
  'lib/transforms/coerce.ts': [
    [
      'if (!hasKeys) return',
      'callers ask only about pages that have both columns; without them the kernel would read what its memory holds by chance',
    ],
  ],
  'lib/transforms/json/json-tree.ts': [
    ['} catch {', 'a function that ends without a value returns undefined, as the block does'],
  ],
  'lib/transforms/parse-csv.ts': [
    [
      '#endLine(block: Uint8Array)',
      'the spec gives up a row of more than 16 MB, in a case that a busy machine does not run for each mutant',
    ],
    [
      'this.#inLine = end === 0',
      'the spec gives up a row of more than 16 MB, in a case that a busy machine does not run for each mutant',
    ],
    ['> rowBytesMax', 'the spec has a row of one byte more; at the very bound either end of the row will do'],
  ],
  'lib/transforms/parse-json.ts': [
    [
      'this.#rows.rowBytes > documentBytesMax',
      'the spec holds it, in the case about a row that is too large, with 30 MB of text, which takes longer than mutants are given',
    ],
    ["const keyNames = ['id', 'Modified_Time'];", 'the same case holds it: the key of a row that is too large is kept'],
  ],
  'lib/transforms/zip/inflate.ts': [
    [
      '{signal: this.#stopped.signal}',
      'only a piece that arrives between the end of zlib and the stop of its feed waits for the signal, and no spec can bring that about at will',
    ],
  ],
};
