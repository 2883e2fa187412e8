/** Handles the failures of a binding: it is paused and retried, or the capture ends. */

import {ZohoError} from '../errors/errors.ts';
import {moduleRetryMaxMs, moduleRetryMs, outageMaxMs} from '../limits.ts';
import type {BindingOptions} from './binding.ts';
import {isOutage} from './outage.ts';
import type {BindingProgress} from './progress.ts';
import type {Outage} from './shared.ts';
import {reportUnexpected, unexpectedOf} from './unexpected.ts';

export interface SupervisedOptions extends BindingOptions {
  /** Stop when the binding is up to date, instead of continuing. */
  readonly once: boolean;
}

export interface Supervised {
  /**
   * Captures until the signal aborts, or with `once` until the binding is up to date. It may be
   * called again after a failure.
   */
  attempt(): Promise<void>;
  /** Whether anything about the module was requested. An earlier failure concerns all modules. */
  hasBegun(): boolean;
}

/**
 * Runs a binding until the signal aborts, or with `once` until it is up to date.
 *
 * A fault of the module's own pauses and retries it, and so does an unexpected failure, which is
 * also reported; the promise stays pending. An outage of Zoho pauses it for a shorter time, and is
 * thrown after it has kept every binding from Zoho for long. Anything else that concerns all
 * modules is thrown.
 */
export async function supervise(options: SupervisedOptions, {attempt, hasBegun}: Supervised, signal: AbortSignal): Promise<void> {
  const {clock, log, outages} = options.shared;
  const {progress, module} = options;
  let pauseMs = moduleRetryMs;
  for (;;) {
    const sinceMs = clock.elapsedMs();
    const received = receivedBy(progress);
    try {
      await attempt();
      outages.reached(progress);
      progress.phase = 'up to date';
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (lacksScope(error, options)) throw unscoped(error);
      const unexpected = unexpectedOf(error, options.shared.sink);
      if (unexpected === undefined && (!(error instanceof ZohoError) || error.kind === 'credentials')) throw error;
      const outage = isOutage(error) ? noteOutage(options, received, sinceMs) : undefined;
      if (outage === undefined ? !hasBegun() && unexpected === undefined : isLong(options.shared)) throw error;
      if (clock.elapsedMs() - sinceMs > moduleRetryMaxMs) pauseMs = moduleRetryMs;
      if (outage === undefined) outages.reached(progress);
      else outages.failed(progress);
      const delayMs = outage === undefined ? pauseMs : outages.pauseMs;
      const isOver = options.once && (outage === undefined || clock.elapsedMs() - outage.sinceMs >= outageMaxMs);
      progress.fault = unexpected === undefined ? (error as ZohoError).message : reportUnexpected(unexpected, module, log);
      progress.phase = 'paused';
      log('warn', `Module ${module} is paused: ${progress.fault}`, {module, retryInS: isOver ? undefined : delayMs / 1000});
      if (isOver) return;
      if (outage !== undefined) {
        await outages.wait(progress, signal);
        continue;
      }
      pauseMs = Math.min(2 * pauseMs, moduleRetryMaxMs);
      await clock.sleep(delayMs, signal);
    }
  }
}

/**
 * Records that a binding does not reach Zoho. The outage began when the binding last received
 * anything: before the attempt, with it, or at its end.
 */
function noteOutage({progress, shared}: SupervisedOptions, receivedBefore: number, attemptMs: number): Outage {
  const received = receivedBy(progress);
  const before = shared.outageOf.get(progress);
  if (before?.received === received) return before;
  const begun = {sinceMs: received === receivedBefore ? attemptMs : shared.clock.elapsedMs(), received};
  shared.outageOf.set(progress, begun);
  return begun;
}

/** Whether no binding has reached Zoho for longer than an outage may last. */
function isLong({bindings, outageOf, clock}: SupervisedOptions['shared']): boolean {
  return bindings.every(({progress}) => {
    const outage = outageOf.get(progress);
    return outage?.received === receivedBy(progress) && clock.elapsedMs() - outage.sinceMs >= outageMaxMs;
  });
}

/** A number that grows whenever Zoho delivers anything to a binding. */
function receivedBy({sweeps, rows, documents}: BindingProgress): number {
  return sweeps + rows + documents;
}

/**
 * Whether Zoho rejects a scope for every binding and never granted it to any, so the token lacks
 * it; no single module is at fault.
 */
function lacksScope(error: unknown, {target, shared}: SupervisedOptions): error is ZohoError {
  const lacking = error instanceof ZohoError && error.isScopeUnproven;
  if (lacking) shared.unscoped.add(target.index);
  else shared.unscoped.delete(target.index);
  return lacking && shared.unscoped.size === shared.bindings.length;
}

function unscoped(cause: ZohoError): ZohoError {
  if (cause.kind === 'credentials') return cause;
  return new ZohoError(
    'credentials',
    `No module of the capture can be read: ${cause.message}; authorize again with all scopes that the connector needs`,
    {cause, code: 'OAUTH_SCOPE_MISMATCH'},
  );
}
