/** When the feed of deletions is read (design 5.9): with every sweep while there are deletions, ever more rarely while there are none. */
import {coqlRowsSmall, deletionsPauseMaxMs} from '../limits.ts';

/** What happened since the feed was last read. */
export interface FeedHistory {
  /** Sweeps since then, the present one included. */
  readonly sweeps: number;
  /** Time since then; undefined when this process has not read it yet. */
  readonly elapsedMs: number | undefined;
  /** Readings in a row that listed no deletion. */
  readonly quiet: number;
}

/** The window of changes that a sweep has just read. */
export interface SweptWindow {
  /** Its records, those included that earlier sweeps emitted. */
  readonly rows: number;
  /** Those of them that this sweep emitted. */
  readonly fresh: number;
}

/**
 * Whether a sweep reads the feed. Until it does, windows of changes begin where the feed was last read, so they must not outgrow the cheapest page: a window
 * that would, if as much changes again, makes the feed due. Otherwise the pause doubles with each reading that lists nothing, so a deletion waits
 * about as long as there was none before it, and no longer than the limit. Pure.
 */
export function isFeedDue({sweeps, elapsedMs, quiet}: FeedHistory, {rows, fresh}: SweptWindow): boolean {
  if (elapsedMs === undefined || elapsedMs >= deletionsPauseMaxMs || isWindowFull({rows, fresh})) return true;
  // The limit in sweeps is rounded down, so that sweeps which come a little late do not exceed it.
  const sweepMs = elapsedMs / sweeps;
  return sweeps >= 2 ** quiet || elapsedMs + sweepMs > deletionsPauseMaxMs + sweepMs * lateShare;
}

/** How late a sweep may be, as a share of the time between two of them, before the next one is taken to come after the limit. */
const lateShare = 0.1;

/** Whether the next window would not fit into the cheapest page if as much changes again: reading the feed is then the cheaper way. */
export function isWindowFull({rows, fresh}: SweptWindow): boolean {
  return rows + fresh > coqlRowsSmall;
}

/** Keeps the history of one binding's feed, and whether the module has one. */
export class DeletionSchedule {
  #sweeps = 0;
  #quiet = 0;
  #readMs: number | undefined;
  #isRefused = false;
  #wasRefused = false;

  /** False once Zoho has refused the feed, until it may be asked again. */
  get hasFeed(): boolean {
    return !this.#isRefused;
  }

  /** Takes note that Zoho refuses the feed. Returns whether it does so for the first time. */
  refused(): boolean {
    const isFirst = !this.#wasRefused;
    this.#isRefused = true;
    this.#wasRefused = true;
    return isFirst;
  }

  /** The feed may be asked for again. */
  allow(): void {
    this.#isRefused = false;
  }

  /** Takes note of a sweep and says whether it reads the feed. */
  sweeps(window: SweptWindow, nowMs: number): boolean {
    this.#sweeps++;
    const elapsedMs = this.#readMs === undefined ? undefined : nowMs - this.#readMs;
    return isFeedDue({sweeps: this.#sweeps, elapsedMs, quiet: this.#quiet}, window);
  }

  /** Takes note of a reading, and whether more deletions are to be expected at once: it listed some, or could not be read to its end. */
  read(expectsMore: boolean, nowMs: number): void {
    this.#sweeps = 0;
    this.#quiet = expectsMore ? 0 : this.#quiet + 1;
    this.#readMs = nowMs;
  }
}
