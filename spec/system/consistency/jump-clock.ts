/**
 * Time for a capture and its sandbox together. It stands still while anything runs, and jumps over
 * waits.
 */
import type {Clock} from '../../../lib/platform/clock.ts';
import type {SandboxClock} from '../../../lib/sandbox/clock.ts';

interface Sleeper {
  readonly atMs: number;
  wake(): void;
}

/** A clock that moves only on request: to the next awaited moment, or ahead. */
export class JumpClock implements Clock, SandboxClock {
  readonly #sleepers = new Set<Sleeper>();
  #nowMs: number;

  constructor(startMs = Date.parse('2026-10-01T10:00:00Z')) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  /** Pending waits. */
  get waiting(): number {
    return this.#sleepers.size;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        atMs: this.#nowMs + Math.max(0, delayMs),
        wake: () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
      };
      signal?.addEventListener('abort', stop, {once: true});
      this.#sleepers.add(sleeper);
    });
  }

  /** Moves ahead, and wakes everyone who waited for an earlier moment. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const sleeper of [...this.#sleepers].sort((a, b) => a.atMs - b.atMs)) {
      if (sleeper.atMs > this.#nowMs) break;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }

  /** Moves to the next awaited moment, unless that is after `endMs`. Returns whether it did. */
  jump(endMs: number): boolean {
    let atMs = Number.POSITIVE_INFINITY;
    for (const sleeper of this.#sleepers) atMs = Math.min(atMs, sleeper.atMs);
    if (atMs > endMs) return false;
    this.advance(Math.max(0, atMs - this.#nowMs));
    return true;
  }
}
