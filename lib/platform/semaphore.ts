/** A counting semaphore that serves callers in their order. */

export type Release = () => void;

export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Resolves with a function that releases the permit; calling it twice does nothing. Rejects at
   * once when the signal aborts.
   */
  async acquire(signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    return this.#held();
  }

  /** A permit, if one is free and nobody waits for it. */
  tryAcquire(): Release | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    return this.#held();
  }

  #held(): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    const {promise, resolve, reject} = Promise.withResolvers<void>();
    const go = (): void => {
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(go), 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, {once: true});
    this.#waiting.push(go);
    return promise;
  }
}
