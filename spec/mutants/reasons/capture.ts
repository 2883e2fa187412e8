import type {Reasons} from './reasons.ts';

/** Why no spec in milliseconds notices a change to these lines of `lib/capture/`. */
export const capture: Reasons = {
  'lib/capture/capture.ts': [
    [
      '{ids: ',
      'room for millions of ids, which no case fills in milliseconds; spec/capture/seen/id-table holds what a table does that has no more room',
    ],
  ],
};
