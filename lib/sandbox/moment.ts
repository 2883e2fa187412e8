/** Moments of the organisation, and what of its history each of them shows. */

/** A moment: a time, and among what happened in the same millisecond the first `seq` events. */
export interface PointInTime {
  readonly atMs: number;
  readonly seq: number;
}

/** Something that happened: when, the how manieth it was, and from when the APIs show it. */
export interface Event {
  readonly atMs: number;
  readonly seq: number;
  readonly visibleMs: number;
}

/** After everything, whether visible yet or not. */
export const theEnd: PointInTime = {atMs: Number.POSITIVE_INFINITY, seq: Number.POSITIVE_INFINITY};

export function shows(moment: PointInTime, happened: Event): boolean {
  return happened.seq <= moment.seq && happened.visibleMs <= moment.atMs && happened.atMs <= moment.atMs;
}
