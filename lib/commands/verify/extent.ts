/** How much of a module a saved state says was captured. Pure. */
import {type SavedBinding, secondsOf} from '../../flow/state.ts';
import {windowOverlapS} from '../../limits.ts';

/** Epoch seconds. */
export interface Extent {
  readonly startS: number;
  /** Records modified from here on are later than the capture. */
  readonly cursorS: number;
  /** Deletions from here on may be later than the capture. */
  readonly deletedFromS: number;
}

export const notCaptured = {reason: 'it has not been captured into this directory'} as const;

/** The extent of a capture, or why nothing of it can be compared. */
export function extentOf(state: SavedBinding | undefined): Extent | {readonly reason: string} {
  if (state?.start === undefined || state.inc === undefined) return notCaptured;
  if (state.backfill !== undefined && state.is_connector_initiated !== true)
    return {reason: 'its backfill is not complete; run capture again first'};
  const startS = secondsOf(state.start);
  return {
    startS,
    cursorS: secondsOf(state.inc.cursor),
    deletedFromS: (state.deleted === undefined ? startS : secondsOf(state.deleted.cursor)) - windowOverlapS,
  };
}
