/**
 * When the feed of deletions is read (design 5.9): with every sweep while there are deletions, and
 * less often the longer there are none.
 */
import {coqlRowsSmall, deletionsPauseMaxMs} from '../limits.ts';

/** What happened since the last reading of the feed. */
export interface FeedHistory {
  /** Sweeps since then, including the current one. */
  readonly sweeps: number;
  readonly elapsedMs: number;
  /** Consecutive readings without a deletion; 0 before the first reading. */
  readonly quiet: number;
}

/** The window of changes of the current sweep. */
export interface SweptWindow {
  /** Its records, including those that earlier sweeps emitted. */
  readonly rows: number;
  /** Its records that this sweep emitted. */
  readonly fresh: number;
}

/**
 * Whether a sweep reads the feed. Pure.
 *
 * Until it does, windows of changes begin at the last reading, so they grow. The feed is due when
 * the next window would no longer fit the cheapest page. Otherwise the pause doubles with each
 * reading without deletions, up to the limit: a deletion waits about as long as there was none
 * before it.
 */
export function isFeedDue({sweeps, elapsedMs, quiet}: FeedHistory, {rows, fresh}: SweptWindow): boolean {
  if (sweeps >= 2 ** quiet || isWindowFull({rows, fresh})) return true;
  // The limit in sweeps is rounded down, so that slightly late sweeps do not exceed it.
  const sweepMs = elapsedMs / sweeps;
  // Equivalent mutants (EqualityOperator): a pause of exactly the limit may end either way
  return elapsedMs + sweepMs > deletionsPauseMaxMs + sweepMs * lateShare;
}

/** Tolerated delay of a sweep, as a share of the time between sweeps. */
const lateShare = 0.1;

/**
 * Whether the next window would exceed the cheapest page if as much changes again. Reading the feed
 * is then cheaper.
 */
export function isWindowFull({rows, fresh}: SweptWindow): boolean {
  return rows + fresh > coqlRowsSmall;
}

/** The history of one binding's feed, and whether the module has a feed. */
export class DeletionSchedule {
  #sweeps = 0;
  #quiet = 0;
  #readMs = 0;
  #isRefused = false;
  #wasRefused = false;

  /** False after Zoho rejected the feed, until it may be tried again. */
  get hasFeed(): boolean {
    return !this.#isRefused;
  }

  /** Records that Zoho rejects the feed. Returns whether this is the first time. */
  refused(): boolean {
    const isFirst = !this.#wasRefused;
    this.#isRefused = true;
    this.#wasRefused = true;
    return isFirst;
  }

  /** Allows the feed to be tried again. */
  allow(): void {
    this.#isRefused = false;
  }

  /** Records a sweep. Returns whether it reads the feed. */
  sweeps(window: SweptWindow, nowMs: number): boolean {
    this.#sweeps++;
    return isFeedDue({sweeps: this.#sweeps, elapsedMs: nowMs - this.#readMs, quiet: this.#quiet}, window);
  }

  /**
   * Records a reading. `expectsMore` says that it listed deletions or was incomplete, so more are
   * likely soon.
   */
  read(expectsMore: boolean, nowMs: number): void {
    this.#sweeps = 0;
    this.#quiet = expectsMore ? 0 : this.#quiet + 1;
    this.#readMs = nowMs;
  }
}
