/** What becomes of a binding whose attempt to capture fails: it is set aside and tries again, or the capture ends. */

import {ZohoError} from '../errors/errors.ts';
import {moduleRetryMaxMs, moduleRetryMs, outageMaxMs} from '../limits.ts';
import type {BindingOptions, Outage} from './binding.ts';
import {isOutage} from './outage.ts';
import type {BindingProgress} from './progress.ts';
import {reportUnexpected, unexpectedOf} from './unexpected.ts';

export interface SupervisedOptions extends BindingOptions {
  /** Stop when the binding is up to date, instead of going on. */
  readonly once: boolean;
}

export interface Supervised {
  /** Captures until the signal aborts, or with `once` until the binding is up to date. It may be called again after it failed. */
  attempt(): Promise<void>;
  /** Whether anything was asked that is about the module. A failure before concerns all. */
  hasBegun(): boolean;
}

/**
 * Runs a binding until the signal aborts, or with `once` until it is up to date.
 *
 * A fault of the module's own sets it aside, and so does a failure that nobody foresaw: it is reported and tried again later, and the promise stays pending. So
 * does an outage of Zoho, which is
 * tried again sooner; it is thrown once it has kept every binding from Zoho for long. Whatever else concerns all modules is thrown.
 */
export async function supervise(options: SupervisedOptions, {attempt, hasBegun}: Supervised, signal: AbortSignal): Promise<void> {
  const {clock, log, outages} = options.shared;
  const {progress, module} = options;
  let asideMs = moduleRetryMs;
  for (;;) {
    const sinceMs = clock.elapsedMs();
    const got = receivedBy(progress);
    try {
      await attempt();
      outages.reached(progress);
      progress.phase = 'up to date';
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (lacksScope(error, options)) throw unscoped(error);
      const odd = unexpectedOf(error, options.shared.sink);
      if (odd === undefined && (!(error instanceof ZohoError) || error.kind === 'credentials')) throw error;
      const outage = isOutage(error) ? noteOutage(options, got, sinceMs) : undefined;
      if (outage === undefined ? !hasBegun() && odd === undefined : isLong(options.shared)) throw error;
      if (clock.elapsedMs() - sinceMs > moduleRetryMaxMs) asideMs = moduleRetryMs;
      if (outage === undefined) outages.reached(progress);
      else outages.failed(progress);
      const delayMs = outage === undefined ? asideMs : outages.pauseMs;
      const over = options.once && (outage === undefined || clock.elapsedMs() - outage.sinceMs >= outageMaxMs);
      progress.fault = odd === undefined ? (error as ZohoError).message : reportUnexpected(odd, module, log);
      progress.phase = 'set aside';
      log('warn', `Module ${module} is set aside: ${progress.fault}`, {module, retryInS: over ? undefined : delayMs / 1000});
      if (over) return;
      if (outage !== undefined) {
        await outages.wait(progress, signal);
        continue;
      }
      asideMs = Math.min(2 * asideMs, moduleRetryMaxMs);
      await clock.sleep(delayMs, signal);
    }
  }
}

/** Notes that a binding does not reach Zoho. The outage began before the attempt, with it or at its end, depending on when something was got last. */
function noteOutage({progress, shared}: SupervisedOptions, gotBefore: number, attemptMs: number): Outage {
  const got = receivedBy(progress);
  const before = shared.cutOff.get(progress);
  if (before?.got === got) return before;
  const begun = {sinceMs: got === gotBefore ? attemptMs : shared.clock.elapsedMs(), got};
  shared.cutOff.set(progress, begun);
  return begun;
}

/** Whether no binding has reached Zoho for longer than an outage may last. */
function isLong({bindings, cutOff, clock}: SupervisedOptions['shared']): boolean {
  return bindings.every(({progress}) => {
    const outage = cutOff.get(progress);
    return outage?.got === receivedBy(progress) && clock.elapsedMs() - outage.sinceMs >= outageMaxMs;
  });
}

/** A number that grows with whatever Zoho gives a binding. */
function receivedBy({sweeps, rows, documents}: BindingProgress): number {
  return sweeps + rows + documents;
}

/** Whether Zoho refuses a scope to every binding and never granted it to any: then the token lacks it, and not the modules are special. */
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
