/**
 * Time that runs faster than the machine's, for captures over real sockets that must not wait for
 * real minutes.
 */
import {setTimeout as delay} from 'node:timers/promises';
import type {Clock} from '../../../lib/platform/clock.ts';
import type {SandboxClock} from '../../../lib/sandbox/clock.ts';

/**
 * A clock on which `speed` milliseconds pass in each of the machine's. Run the sandbox's clock at
 * the same speed: then limits counted by the minute mean the same on both sides.
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

/**
 * How often this process looks whether it runs, and the most that counts from one look to the next.
 */
const lookMs = 5;
const stepMaxMs = 20;
let ranMs = 0;
let lookedMs = performance.now();
setInterval(runningMs, lookMs).unref();

/** Milliseconds in which this process has run. Time that it waits for a core does not count. */
export function runningMs(): number {
  const nowMs = performance.now();
  ranMs += Math.min(stepMaxMs, nowMs - lookedMs);
  lookedMs = nowMs;
  return ranMs;
}

/**
 * One time for a capture and its sandbox in this process, on which `speed` milliseconds pass in
 * each that the process runs: on a busy machine it is slower, and waits mean as much work as ever.
 */
export function runningClock(speed: number): Clock & SandboxClock {
  const startMs = Date.now();
  const startedMs = runningMs();
  const elapsedMs = (): number => (runningMs() - startedMs) * speed;
  const real = fastClock(speed);
  let skippedMs = 0;
  return {
    nowMs: () => Math.floor(startMs + elapsedMs() + skippedMs),
    elapsedMs,
    async sleep(delayMs, signal) {
      const endMs = elapsedMs() + delayMs;
      do await real.sleep(endMs - elapsedMs(), signal);
      while (elapsedMs() < endMs);
    },
    advance(ms) {
      skippedMs += ms;
    },
  };
}
