/** Clocks for specs: time passes only on request. */
import type {Clock} from '../../lib/platform/clock.ts';

/** Time moves only by `advance`. */
export class ManualClock implements Clock {
  readonly #startMs: number;
  #ms = 1_000;
  #sleepers: {atMs: number; wake: () => void}[] = [];

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#startMs + this.#ms;
  }

  elapsedMs(): number {
    return this.#ms;
  }

  get sleepers(): number {
    return this.#sleepers.length;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = {
        atMs: this.#ms + delayMs,
        wake: () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
      };
      const stop = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, {once: true});
      this.#sleepers.push(sleeper);
    });
  }

  /** Moves time forward and wakes sleepers in order, including those that start in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#ms + ms;
    await settled();
    for (;;) {
      const next = this.#sleepers.filter(({atMs}) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#ms = Math.max(this.#ms, next.atMs);
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      next.wake();
      await settled();
    }
    this.#ms = Math.max(this.#ms, endMs);
  }
}

/**
 * Sleeps take no real time: the clock jumps to the next sleeper when nothing else has moved for a
 * turn.
 */
export class JumpingClock extends ManualClock {
  /** The durations slept, in order. */
  readonly slept: number[] = [];

  override async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(delayMs);
    const done = super.sleep(delayMs, signal);
    // Nobody who has stopped sleeping makes time pass.
    setImmediate(() => void (signal?.aborted !== true && this.advance(delayMs)));
    return done;
  }
}

/** Resolves when everything that can run without waiting has run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
