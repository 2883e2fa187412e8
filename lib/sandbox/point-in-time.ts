/** Points in the organisation's time, and which events each of them shows. */

/** A time, and of the events in the same millisecond those up to `seq`. */
export interface PointInTime {
  readonly atMs: number;
  readonly seq: number;
}

/**
 * An event: its time, its place in the order of all events, and when the APIs begin to show it.
 */
export interface Event {
  readonly atMs: number;
  readonly seq: number;
  readonly visibleMs: number;
}

/** After everything, whether visible yet or not. */
export const theEnd: PointInTime = {atMs: Number.POSITIVE_INFINITY, seq: Number.POSITIVE_INFINITY};

export function shows(moment: PointInTime, event: Event): boolean {
  return event.seq <= moment.seq && event.visibleMs <= moment.atMs && event.atMs <= moment.atMs;
}
