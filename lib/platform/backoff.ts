/** Delays before retries. */

export interface Backoff {
  /** The delay after the first failure; it doubles with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** Without one, delays are exact. */
  readonly jitter?: Jitter;
}

/**
 * Spreads delays over `least` to `least + spread` times their length, so that several processes do
 * not return at once.
 */
export interface Jitter {
  readonly least: number;
  readonly spread: number;
  /** 0 to 1, 1 excluded. */
  readonly random: () => number;
}

/** The delay after so many failed tries; none before the first failure. */
export function backoff(tries: number, {firstMs, maxMs, jitter}: Backoff): number {
  const delayMs = tries === 0 ? 0 : Math.min(maxMs, firstMs * 2 ** (tries - 1));
  return jitter === undefined ? delayMs : jittered(delayMs, jitter);
}

export function jittered(delayMs: number, {least, spread, random}: Jitter): number {
  return delayMs * (least + spread * random());
}
