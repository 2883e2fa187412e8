import type {Reasons} from './reasons.ts';

/** Why no spec in milliseconds notices a change to these lines of `lib/sources/`. */
export const sources: Reasons = {
  'lib/sources/coql.ts': [
    [
      'ahead < aheadRowsMax',
      'sources/coql-bounds reads records of the future up to this bound, in more than a tenth of a second',
    ],
    ['if (isFuture) ahead += rows.count', 'the same case holds that they are counted; too many others would take as long'],
  ],
  'lib/sources/deleted.ts': [
    ['pages < deletedPagesMax', 'sources/deleted reads a feed without end up to this bound, in about a tenth of a second'],
  ],
  'lib/sources/reference-names.ts': [
    ['if (this.#ids.has(name)) continue', 'sources/reference-names learns names up to their bound, in about a tenth of a second'],
    ['> referenceNamesMax', 'the same case holds what counts towards the bound'],
  ],
};
