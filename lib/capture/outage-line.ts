/** Bindings that an outage keeps from Zoho take turns to try again; the first to get through wakes the others. */
import {outageDelayMaxMs, outageDelayMs} from '../limits.ts';
import {backoff} from '../platform/backoff.ts';
import type {Clock} from '../platform/clock.ts';
import {type Release, Semaphore} from '../platform/semaphore.ts';

/**
 * However many bindings wait, one of them tries at a time, after a pause that is capped: so an outage costs as few calls with a hundred bindings as with one, and
 * is found to be over within seconds. Bindings that reach Zoho all the while wake nobody, so that an outage of one module does not turn into a storm.
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

  /** The pause before the next try. */
  get pauseMs(): number {
    return backoff(this.#failures + 1, {firstMs: outageDelayMs, maxMs: outageDelayMaxMs});
  }

  /** Resolves when a binding may try again: in its turn, or when another got through. Rejects when the signal aborts. */
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

  /** A binding got something from Zoho. If it was its turn to try, all others may. */
  reached(binding: object): void {
    if (this.#probe?.binding !== binding) return;
    this.#end(0);
    this.#over.abort();
    this.#over = new AbortController();
  }

  /** A binding did not reach Zoho. If it was its turn to try, the next one has it. */
  failed(binding: object): void {
    if (this.#probe?.binding === binding) this.#end(this.#failures + 1);
  }

  #end(failures: number): void {
    this.#failures = failures;
    this.#probe?.release();
    this.#probe = undefined;
  }
}
