/** Time that stands still until everything waits for it. */
import type {Clock} from '../platform/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  wake(): void;
}

/**
 * A clock on which a whole run is deterministic: it moves to the next sleeper only when nothing
 * else has anything to do. What runs on it must wait for nothing but the clock and promises.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #sleepers: Sleeper[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        atMs: this.#nowMs + Math.max(0, delayMs),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
      };
      signal?.addEventListener('abort', stop, {once: true});
      this.#sleepers.push(sleeper);
    });
  }

  /**
   * Lets everything run, moving time from sleeper to sleeper, until `done` or until `limitMs` have
   * passed. Returns whether it was done.
   */
  async run(done: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#nowMs + limitMs;
    for (;;) {
      await idle();
      if (done()) return true;
      const next = this.#sleepers.reduce<Sleeper | undefined>((first, other) => {
        if (first === undefined || other.atMs < first.atMs || (other.atMs === first.atMs && other.order < first.order))
          return other;
        return first;
      }, undefined);
      if (next === undefined || next.atMs > endMs) {
        this.#nowMs = Math.max(this.#nowMs, endMs);
        return false;
      }
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      next.wake();
    }
  }
}

/** Resolves when all promise reactions have run, and what they scheduled. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
