/** Time that runs faster than the machine's, for captures over real sockets that must not wait for real minutes. */
import {setTimeout as delay} from 'node:timers/promises';
import type {Clock} from '../../../lib/platform/clock.ts';

/**
 * A clock on which `speed` milliseconds pass in each of the machine's. Run the sandbox's clock at the same speed: then limits counted by the minute
 * mean the same on both sides.
 */
export function fastClock(speed: number): Clock {
  const startMs = Date.now();
  const elapsedMs = (): number => performance.now() * speed;
  const startedMs = elapsedMs();
  return {
    nowMs: () => startMs + (elapsedMs() - startedMs),
    elapsedMs,
    async sleep(delayMs, signal) {
      signal?.throwIfAborted();
      // Sockets get their turn even where a wait is too short for the machine's timers.
      await delay(Math.max(1, delayMs / speed), undefined, {signal}).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw error;
      });
    },
  };
}
