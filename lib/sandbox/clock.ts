/**
 * The sandbox's own time. Everything in it ages by this clock, and every answer's `Date` header
 * shows it.
 */

export interface SandboxClock {
  /** Milliseconds since the epoch; never goes back. */
  nowMs(): number;
  /** Moves the time forward. */
  advance(ms: number): void;
}

export interface RealClockOptions {
  /** How far the sandbox is ahead of the machine. */
  readonly offsetMs?: number;
  /** Sandbox milliseconds per real one. */
  readonly speed?: number;
}

/** Runs on its own, starting at the machine's time. */
export function realClock({offsetMs = 0, speed = 1}: RealClockOptions = {}): SandboxClock {
  const startMs = Date.now() + offsetMs;
  const startedMs = performance.now();
  let skippedMs = 0;
  return {
    nowMs: () => Math.floor(startMs + skippedMs + (performance.now() - startedMs) * speed),
    advance(ms) {
      skippedMs += forward(ms);
    },
  };
}

/** Stands still except for `advance`. */
export function manualClock(startMs: number): SandboxClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    advance(ms) {
      nowMs += forward(ms);
    },
  };
}

function forward(ms: number): number {
  if (!(ms >= 0)) throw new RangeError(`Cannot move the sandbox's clock by ${ms} ms, time only goes forward`);
  return ms;
}
