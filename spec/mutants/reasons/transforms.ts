import type {Reasons} from './reasons.ts';

/** Why no spec in milliseconds notices a change to these lines of `lib/transforms/`. */
export const transforms: Reasons = {
  'lib/transforms/coerce.ts': [
    [
      'if (!hasKeys) return',
      'callers ask only about pages that have both columns; without them the kernel would read what its memory holds by chance',
    ],
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
};
