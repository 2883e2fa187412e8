/** Outages of Zoho while a capture is open: they are ridden out, for a time (design 7: retries are bounded and visible). */

import {ZohoError} from '../errors/errors.ts';
import {outageDelayMaxMs, outageDelayMs, outageMaxMs} from '../limits.ts';
import {backoff} from '../platform/backoff.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';

export interface RideOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Told what is the matter, and `undefined` when it is over. */
  readonly tell?: (reason: string | undefined) => void;
}

/** Repeats what fails because Zoho is out of reach, as long as an outage may last; throws what it ended with, and any other failure as it comes. */
export async function ridingOut<T>(attempt: () => Promise<T>, options: RideOptions, signal: AbortSignal): Promise<T> {
  const {clock, log, tell = () => {}} = options;
  const sinceMs = clock.elapsedMs();
  for (let tries = 0; ; tries++) {
    try {
      const result = await attempt();
      if (tries > 0) tell(undefined);
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (!isOutage(error) || clock.elapsedMs() - sinceMs >= outageMaxMs) throw error;
      const delayMs = outagePauseMs(tries);
      log('warn', `${error.message}; trying again in ${delayMs / 1000} s`);
      tell(`Waiting for Zoho: ${error.message}`);
      await clock.sleep(delayMs, signal);
    }
  }
}

export function isOutage(error: unknown): error is ZohoError {
  return error instanceof ZohoError && error.kind === 'unavailable';
}

/** How long to wait after so many tries before. */
export function outagePauseMs(tries: number): number {
  return backoff(tries + 1, {firstMs: outageDelayMs, maxMs: outageDelayMaxMs});
}
