import type {Reasons} from './reasons.ts';

/** Why no spec in milliseconds notices a change to these lines of `lib/sinks/`. */
export const sinks: Reasons = {};
