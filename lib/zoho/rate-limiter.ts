/**
 * Limits calls: how many at once, in which order, and how fast after a 429. All bindings of a
 * process share one.
 */

import {pagesAtOnce} from '../limits.ts';
import {backoff, jittered} from '../platform/backoff.ts';
import type {Clock} from '../platform/clock.ts';
import {
  callsAtOnce,
  coqlAtOnce,
  creditsGoneAfterMs,
  creditsProbeMs,
  downloadBlockMs,
  downloadsPerMinute,
  downloadWindowMs,
  passedOverMax,
  reportedPauseMs,
  slowLevelMax,
  throttleDelayMaxMs,
  throttleDelayMs,
} from './limits.ts';
import type {CallKind} from './usage.ts';

/** Sweeps first, then calls that keep backfills going, then downloads, which take longest. */
const priorityOf: Readonly<Record<CallKind, 0 | 1 | 2>> = {
  coql: 0,
  deleted: 0,
  modules: 1,
  fields: 1,
  create: 1,
  job: 1,
  download: 2,
};

const atOnceOf: Readonly<Partial<Record<CallKind, number>>> = {coql: coqlAtOnce, download: pagesAtOnce};

/**
 * How a call ended: `throttled` by a 429, `struggling` after an outage or cut, `neither` when it
 * proves nothing about limits.
 */
export type Outcome = 'good' | 'throttled' | 'struggling' | 'neither';

/** The right to make one call. */
export interface Permit {
  /**
   * Returns it; only the first call counts. Zoho may ask for a minimum pause with `retryAfterMs`.
   */
  release(outcome: Outcome, throttle?: {retryAfterMs?: number | undefined; creditsGone?: boolean}): void;
}

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random?: (() => number) | undefined;
  /** Called with the reason when all calls wait for long, and with `undefined` when they go on. */
  readonly onHold?: ((reason: string | undefined) => void) | undefined;
}

interface Waiter {
  readonly kind: CallKind;
  readonly key: string;
  readonly grant: (place: Permit) => void;
}

/**
 * Slows down by levels. A 429 to a call that started after the last slow-down raises the level: all
 * calls pause, for twice as long each time, and half as many run at once afterwards. Outages raise
 * it too, without a pause. Each good answer lowers it, so the pace returns as fast as it fell. A
 * 429 to a download delays only downloads, which have their own limit.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onHold: (reason: string | undefined) => void;
  /** By priority, then by binding. Calls of one binding keep their order; bindings take turns. */
  readonly #waiting: readonly Map<string, Waiter[]>[] = [new Map(), new Map(), new Map()];
  readonly #passedOver = [0, 0, 0];
  readonly #running = new Map<CallKind, number>();
  #runningTotal = 0;
  readonly #downloads: number[] = [];
  #level = 0;
  /** Changes with each slow-down. */
  #epoch = Symbol();
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #downloadsUntilMs = Number.NEGATIVE_INFINITY;
  #throttledSinceMs: number | undefined;
  #reported = false;
  /** Ends the timer that was set last. */
  #alarm = new AbortController();

  constructor({clock, random = Math.random, onHold = () => {}}: RateLimiterOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#onHold = onHold;
  }

  /**
   * Resolves when the call may be made. `key` names its binding or job. Rejects as soon as the
   * signal aborts.
   */
  async enter(kind: CallKind, key: string, signal: AbortSignal): Promise<Permit> {
    signal.throwIfAborted();
    const {promise, resolve, reject} = Promise.withResolvers<Permit>();
    const stop = (): void => {
      this.#forget(waiter);
      this.#pump();
      reject(signal.reason);
    };
    const waiter: Waiter = {
      kind,
      key,
      grant: (place) => {
        signal.removeEventListener('abort', stop);
        resolve(place);
      },
    };
    signal.addEventListener('abort', stop);
    const line = this.#waiting[priorityOf[kind]]!;
    const own = line.get(key);
    if (own) own.push(waiter);
    else line.set(key, [waiter]);
    this.#pump();
    return promise;
  }

  /** How long all calls still wait. */
  get pausedMs(): number {
    return Math.max(0, this.#pausedUntilMs - this.#clock.elapsedMs());
  }

  /** How long a waiting download still waits for its turn; undefined when none waits. */
  get nextDownloadMs(): number | undefined {
    if (this.#downloads.length < downloadsPerMinute || !this.#hasDownloadWaiting) return undefined;
    return Math.max(0, this.#downloads[0]! + downloadWindowMs - this.#clock.elapsedMs());
  }

  get #hasDownloadWaiting(): boolean {
    return this.#waiting[priorityOf.download]!.size > 0;
  }

  /** Calls that may run at once at present. */
  get atOnce(): number {
    return Math.max(1, callsAtOnce >> this.#level);
  }

  #pump(): void {
    const nowMs = this.#clock.elapsedMs();
    while (this.#downloads[0]! <= nowMs - downloadWindowMs) this.#downloads.shift();
    for (let waiter = this.#next(nowMs); waiter !== undefined; waiter = this.#next(nowMs)) {
      this.#forget(waiter);
      waiter.grant(this.#place(waiter, nowMs));
    }
    this.#setAlarm(nowMs);
  }

  /** The next call: of the highest priority, or one that has been passed over too often. */
  #next(nowMs: number): Waiter | undefined {
    if (nowMs < this.#pausedUntilMs || this.#runningTotal >= this.atOnce) return undefined;
    const ready = this.#waiting.flatMap((line, priority) => {
      const waiter = [...line.values()].flat().find(({kind}) => this.#admits(kind, nowMs));
      return waiter === undefined ? [] : {waiter, priority};
    });
    const chosen = ready.find(({priority}) => this.#passedOver[priority]! >= passedOverMax) ?? ready[0];
    if (chosen === undefined) return undefined;
    this.#passedOver[chosen.priority] = 0;
    for (const {priority} of ready) if (priority > chosen.priority) this.#passedOver[priority]!++;
    return chosen.waiter;
  }

  #admits(kind: CallKind, nowMs: number): boolean {
    if ((this.#running.get(kind) ?? 0) >= (atOnceOf[kind] ?? callsAtOnce)) return false;
    return kind !== 'download' || (nowMs >= this.#downloadsUntilMs && this.#downloads.length < downloadsPerMinute);
  }

  /** Removes a waiter. The rest of its binding moves to the end. */
  #forget(waiter: Waiter): void {
    const line = this.#waiting[priorityOf[waiter.kind]]!;
    const rest = line.get(waiter.key)!.filter((other) => other !== waiter);
    line.delete(waiter.key);
    if (rest.length > 0) line.set(waiter.key, rest);
  }

  #place({kind}: Waiter, nowMs: number): Permit {
    this.#runningTotal++;
    this.#running.set(kind, (this.#running.get(kind) ?? 0) + 1);
    if (kind === 'download') this.#downloads.push(nowMs);
    const epoch = this.#epoch;
    let held = true;
    return {
      release: (outcome, throttle = {}) => {
        if (!held) return;
        held = false;
        this.#runningTotal--;
        this.#running.set(kind, this.#running.get(kind)! - 1);
        if (outcome === 'throttled') this.#throttled(kind, epoch === this.#epoch, throttle);
        else if (epoch === this.#epoch && outcome !== 'neither') this.#learn(outcome);
        this.#pump();
      },
    };
  }

  #learn(outcome: 'good' | 'struggling'): void {
    if (outcome === 'struggling') {
      this.#slowDown();
      return;
    }
    this.#level = Math.max(0, this.#level - 1);
    this.#throttledSinceMs = undefined;
    if (this.#reported) this.#onHold(undefined);
    this.#reported = false;
  }

  #slowDown(): void {
    this.#level = Math.min(slowLevelMax, this.#level + 1);
    this.#epoch = Symbol();
  }

  #throttled(
    kind: CallKind,
    fresh: boolean,
    {retryAfterMs, creditsGone = false}: {retryAfterMs?: number | undefined; creditsGone?: boolean},
  ): void {
    const nowMs = this.#clock.elapsedMs();
    if (kind === 'download' && !creditsGone) {
      const pauseMs = retryAfterMs === undefined ? this.#jittered(downloadBlockMs) : Math.max(retryAfterMs, throttleDelayMs);
      this.#downloadsUntilMs = Math.max(this.#downloadsUntilMs, nowMs + pauseMs);
      return;
    }
    if (fresh) {
      this.#slowDown();
      this.#throttledSinceMs ??= nowMs;
    } else if (retryAfterMs === undefined) {
      return;
    }
    const gone = creditsGone || nowMs - (this.#throttledSinceMs ?? nowMs) >= creditsGoneAfterMs;
    const usualMs = gone
      ? creditsProbeMs
      : backoff(Math.max(1, this.#level), {firstMs: throttleDelayMs, maxMs: throttleDelayMaxMs});
    const pauseMs = Math.max(retryAfterMs ?? 0, this.#jittered(usualMs));
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs);
    this.#reportPause(
      gone
        ? "Zoho's API credits of the last 24 hours are used up, by this capture or by other applications of the organisation"
        : 'Zoho asks for fewer calls',
      pauseMs,
    );
  }

  /** Reports that a call waits for the end of an outage that Zoho has timed. The next good answer ends the report. */
  reportOutage(pauseMs: number): void {
    this.#reportPause('Zoho is unavailable', pauseMs);
  }

  #reportPause(why: string, pauseMs: number): void {
    if (pauseMs < reportedPauseMs) return;
    const at = new Date(this.#clock.nowMs() + pauseMs).toISOString().slice(0, 19);
    this.#reported = true;
    this.#onHold(`${why}; waiting, next try at ${at}Z`);
  }

  /** Up to a fifth longer, so that several processes do not return at once. */
  #jittered(delayMs: number): number {
    return jittered(delayMs, {least: 1, spread: 0.2, random: this.#random});
  }

  /** Sets a timer for the moment at which a waiter may go on. Without waiters no timer runs. */
  #setAlarm(nowMs: number): void {
    this.#alarm.abort();
    const atMs = this.#wakeAtMs(nowMs);
    if (atMs === undefined) return;
    this.#alarm = new AbortController();
    this.#clock.sleep(atMs - nowMs, this.#alarm.signal).then(
      () => this.#pump(),
      () => {
        // The timer was cancelled.
      },
    );
  }

  #wakeAtMs(nowMs: number): number | undefined {
    if (this.#waiting.every((line) => line.size === 0)) return undefined;
    if (nowMs < this.#pausedUntilMs) return this.#pausedUntilMs;
    if (!this.#hasDownloadWaiting) return undefined;
    const fullUntilMs = this.#downloads.length >= downloadsPerMinute ? this.#downloads[0]! + downloadWindowMs : nowMs;
    const untilMs = Math.max(this.#downloadsUntilMs, fullUntilMs);
    return untilMs > nowMs ? untilMs : undefined;
  }
}
