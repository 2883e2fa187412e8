import type {Reasons} from './reasons.ts';

/** Why no spec in milliseconds notices a change to these lines of `lib/sinks/`. */
export const sinks: Reasons = {
  'lib/sinks/ndjson.ts': [
    [
      'this.#newBytes > uncommittedBytesMax',
      'the spec holds it, in the case about a slow disk, which writes more than the bound of 64 MB and takes longer than mutants are given',
    ],
  ],
};
