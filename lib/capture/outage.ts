/** Retries during an outage of Zoho, for a limited time (design 7). */

import {ZohoError} from '../errors/errors.ts';
import {outageDelayMaxMs, outageDelayMs, outageMaxMs} from '../limits.ts';
import {backoff} from '../platform/backoff.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';

export interface OutageRetryOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the reason of a wait, and with `undefined` when it is over. */
  readonly onWait?: (reason: string | undefined) => void;
}

/**
 * Repeats an action that fails because Zoho cannot be reached, for as long as an outage may last.
 * Then it throws the last failure. Other failures are thrown at once.
 */
export async function retryInOutage<T>(attempt: () => Promise<T>, options: OutageRetryOptions, signal: AbortSignal): Promise<T> {
  const {clock, log, onWait: tell = () => {}} = options;
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

/** The pause after this number of retries. */
export function outagePauseMs(tries: number): number {
  return backoff(tries + 1, {firstMs: outageDelayMs, maxMs: outageDelayMaxMs});
}
