/** The status of the capture, as Flow shows it for the task (flow-protocol sheet 1.6, 4.5). */

import {costLogMs, statusCheckMs} from '../limits.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {type CreditReserve, nothingOnHold, type OnHold} from './credit-reserve.ts';
import type {BindingProgress} from './progress.ts';

/** Logs one event that Flow shows as the task's status. */
export function logStatus(log: Log, message: string): void {
  log('info', message, {eventType: 'connectorStatus'});
}

/**
 * Logs the status now and at every change, and the cost every hour, until the signal aborts. Never
 * rejects.
 */
export async function reportStatus(
  bindings: readonly {progress: BindingProgress}[],
  {client, clock, log, credits}: {client: ZohoClient; clock: Clock; log: Log; credits: CreditReserve},
  signal: AbortSignal,
): Promise<void> {
  let last: string | undefined;
  let waitingBefore = '';
  let costLoggedMs = clock.elapsedMs();
  while (!signal.aborted) {
    const now = statusOf(
      bindings.map(({progress}) => progress),
      credits.onHold,
    );
    if (now !== last) logStatus(log, now);
    last = now;
    const waiting = waitingOf(credits.onHold);
    if (waiting !== waitingBefore) logReserve(credits, log);
    waitingBefore = waiting;
    if (clock.elapsedMs() - costLoggedMs >= costLogMs) {
      costLoggedMs = clock.elapsedMs();
      logCost(client, log);
    }
    await clock.sleep(statusCheckMs, signal).catch(() => {});
  }
}

function logReserve({onHold, remaining}: CreditReserve, log: Log): void {
  const waiting = waitingOf(onHold);
  if (waiting === '') log('info', "Zoho's API credits are sufficient again: nothing is on hold");
  else log('warn', `${remaining} of Zoho's API credits are left: ${waiting} are on hold until more are available`);
}

/** What waits while credits run short; empty if nothing does. */
function waitingOf({deletions, refreshes}: OnHold): string {
  if (refreshes) return 'deletions and refreshes';
  return deletions ? 'deletions' : '';
}

function logCost(client: ZohoClient, log: Log): void {
  const {callsTotal, creditsTotal, remaining, credits} = client.spent();
  const left = remaining === undefined ? '' : `, ${remaining} credits are left`;
  log('info', `${callsTotal} calls and ${creditsTotal} credits since the start${left}`, {credits});
}

/** The status of all bindings, in a sentence or two. */
export function statusOf(bindings: readonly BindingProgress[], onHold: OnHold = nothingOnHold): string {
  if (bindings.length === 0) return 'Capture started. No bindings are enabled.';
  const paused = bindings.filter(({fault}) => fault !== undefined);
  const backfilling = bindings.filter(({range, fault}) => range === 'backfill' && fault === undefined);
  const refreshing = bindings.filter(({range, fault}) => range === 'refresh' && fault === undefined);
  const snapshots = bindings.filter(({range, fault}) => range === 'snapshot' && fault === undefined);
  const starting = bindings.filter(({phase}) => phase === 'starting');
  const parts: string[] = [];
  if (starting.length === bindings.length) parts.push('Capture started.');
  else if (backfilling.length > 0) parts.push(`Backfilling ${backfilling.length} out of ${bindings.length} bindings.`);
  else if (paused.length < bindings.length)
    parts.push(`Streaming change events (${bindings.length - paused.length} bindings are backfilled).`);
  if (refreshing.length > 0) parts.push(`Refreshing formula fields of ${refreshing.length} bindings.`);
  if (snapshots.length > 0) parts.push(`Taking snapshots of ${snapshots.length} bindings.`);
  const refreshed = bindings.flatMap(({lastRefresh}) => lastRefresh ?? []);
  if (refreshed.length > 0) {
    const sum = (of: 'records' | 'changed'): string =>
      refreshed.reduce((total, one) => total + one[of], 0).toLocaleString('en-US');
    parts.push(`The latest formula refreshes found changed values in ${sum('changed')} of ${sum('records')} records.`);
  }
  if (onHold.deletions) parts.push(`Zoho's API credits are running short: ${waitingOf(onHold)} are on hold.`);
  for (const {name, fault} of paused) parts.push(`Module ${name} is paused: ${fault}.`);
  for (const {name, quarantined} of bindings) {
    if (quarantined > 0)
      parts.push(`${quarantined} ${quarantined === 1 ? 'row' : 'rows'} of module ${name} left out: see the log, or run verify.`);
  }
  return parts.join(' ');
}
