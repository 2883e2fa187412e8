/** Time as a dependency, so that specs never wait for real time. */
import {setTimeout as delay} from 'node:timers/promises';

export interface Clock {
  /** Wall clock in milliseconds since the epoch. It may jump: use it for logs and display only. */
  nowMs(): number;
  /** Monotonic milliseconds. Use them for every duration, age and deadline. */
  elapsedMs(): number;
  /** Resolves after `delayMs`. Rejects at once with the signal's reason when it aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** A timer holds 31 bits of milliseconds (24.8 days); longer ones would fire at once. */
const timerMaxMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  async sleep(delayMs, signal) {
    signal?.throwIfAborted();
    try {
      let leftMs = delayMs;
      do {
        await delay(Math.min(leftMs, timerMaxMs), undefined, {signal});
        leftMs -= timerMaxMs;
      } while (leftMs > 0);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
