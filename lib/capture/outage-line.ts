/** In an outage, bindings retry one at a time. The first success wakes all others. */
import {outageDelayMaxMs, outageDelayMs} from '../limits.ts';
import {backoff} from '../platform/backoff.ts';
import type {Clock} from '../platform/clock.ts';
import {type Release, Semaphore} from '../platform/semaphore.ts';

/**
 * Only one of the waiting bindings retries at a time, after a pause with an upper limit. An outage
 * therefore costs as few calls with a hundred bindings as with one, and its end is noticed within
 * seconds. Bindings that still reach Zoho wake nobody, so an outage of one module causes no storm
 * of retries.
 */
export class OutageLine {
  readonly #clock: Clock;
  readonly #places = new Semaphore(1);
  #probe: {readonly binding: object; readonly release: Release} | undefined;
  #over = new AbortController();
  #failures = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The pause before the next retry. */
  get pauseMs(): number {
    return backoff(this.#failures + 1, {firstMs: outageDelayMs, maxMs: outageDelayMaxMs});
  }

  /**
   * Resolves when a binding may retry: in its turn, or after another one succeeded. Rejects when
   * the signal aborts.
   */
  async wait(binding: object, signal: AbortSignal): Promise<void> {
    const over = this.#over.signal;
    const woken = AbortSignal.any([signal, over]);
    let release: Release | undefined;
    try {
      release = await this.#places.acquire(woken);
      await this.#clock.sleep(this.pauseMs, woken);
      this.#probe = {binding, release};
    } catch (error) {
      release?.();
      signal.throwIfAborted();
      if (!over.aborted) throw error;
    }
  }

  /**
   * Reports that a binding received something from Zoho. If it was retrying in its turn, all others
   * may retry.
   */
  reached(binding: object): void {
    if (!this.#endTurn(binding, 0)) return;
    this.#over.abort();
    this.#over = new AbortController();
  }

  /**
   * Reports that a binding did not reach Zoho. If it was retrying in its turn, the next one
   * follows.
   */
  failed(binding: object): void {
    this.#endTurn(binding, this.#failures + 1);
  }

  /** Ends the turn of a binding. Returns false if it is not its turn. */
  #endTurn(binding: object, failures: number): boolean {
    if (this.#probe?.binding !== binding) return false;
    this.#failures = failures;
    this.#probe.release();
    this.#probe = undefined;
    return true;
  }
}
