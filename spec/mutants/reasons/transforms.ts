import type {Reasons} from './reasons.ts';

/** Why no spec in milliseconds notices a change to these lines of `lib/transforms/`. */
export const transforms: Reasons = {};
