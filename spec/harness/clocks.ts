/** Clocks for specs: time passes when it is told to. */
import type {Clock} from '../../lib/platform/clock.ts';

/** Time moves by `advance` only. */
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

  /** Lets time pass, waking sleepers in their order, and what they start in between. */
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
    this.#ms = endMs;
  }
}

/** Sleeps take no real time: the clock jumps ahead to the next sleeper when nothing else has moved for a turn. */
export class JumpingClock extends ManualClock {
  /** What was slept, in order. */
  readonly slept: number[] = [];

  override async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(delayMs);
    const done = super.sleep(delayMs, signal);
    setImmediate(() => void this.advance(delayMs));
    return done;
  }
}

/** Resolves when all that could run without waiting has run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
