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
    ['> rowBytesMax', 'the spec has a row of one byte more; at the very bound either end of the row will do'],
  ],
};
