/** Time as the connector sees it, passed in so that specs never wait for real time. */
import {setTimeout as delay} from 'node:timers/promises';

export interface Clock {
  /** Wall clock, milliseconds since the epoch; may jump. For logs and for display only. */
  nowMs(): number;
  /** Milliseconds that only go forward. For every duration, age and deadline. */
  elapsedMs(): number;
  /** Resolves after `delayMs`; rejects with the signal's reason at once when it aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** A timer takes no more than 31 bits of milliseconds (24.8 days); longer ones would fire at once. */
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
