/** The two concurrent loops of a binding: one for backfills and refreshes, one for sweeps. */
import {secondsOf} from '../flow/state.ts';
import {fieldsAgeMaxMs, scheduleCheckMs, sweepSpacingMs, windowLagS} from '../limits.ts';
import type {Clock} from '../platform/clock.ts';
import {beginRefresh, runBackfill} from './backfill.ts';
import type {Binding} from './binding.ts';
import {drain} from './drain.ts';
import {noteFields} from './field-notes.ts';
import {resumeRange} from './rebuild-filter.ts';
import {emptyMetadata} from './resume.ts';
import {fired} from './schedule.ts';

/**
 * Runs both loops until the signal aborts or, with `once`, until both are done. A failure of one
 * ends the other.
 */
export async function runLoops(binding: Binding, once: boolean, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  resumeRange(binding);
  const ranges = backfillLoop(binding, once, both);
  const sweeps = sweepLoop(binding, once ? ranges : undefined, both);
  try {
    await Promise.all([ranges, sweeps]);
  } catch (error) {
    // Without a reason: the other loop would mistake this failure for Zoho's answer to its own
    // call.
    ended.abort();
    await Promise.allSettled([ranges, sweeps]);
    throw error;
  }
}

/** Runs the pending range, then a refresh whenever one is due or fields are owed. */
async function backfillLoop(binding: Binding, once: boolean, signal: AbortSignal): Promise<void> {
  const {clock, client} = binding.shared;
  for (;;) {
    if (binding.state.backfill != null) {
      await runBackfill(binding, signal);
      logOwed(binding);
      // A schedule may fire faster than its refreshes complete. Owed fields do not wait.
      if (!once && owedOf(binding).length === 0) await clock.sleep(scheduleCheckMs, signal);
    }
    const nowS = await client.nowSeconds(signal);
    const isDue = refreshDue(binding, nowS);
    // The first sweep of a process emits the overlap again, and a running refresh would drop those
    // rows.
    if (once && isDue && binding.progress.sweeps === 0) await drain(binding, signal);
    if (isDue && binding.progress.sweeps > 0) {
      await beginRefresh(binding, nowS, signal);
      if (owedOf(binding).length > 0) binding.owedRefreshes.begun(clock.elapsedMs());
    } else if (once) return;
    else await clock.sleep(scheduleCheckMs, signal);
  }
}

/**
 * Whether a refresh should begin now, for owed fields or by the schedule, and has fields to read.
 */
function refreshDue(binding: Binding, nowS: number): boolean {
  const {schedule, state, queries, owedRefreshes, shared} = binding;
  if (shared.credits.onHold.refreshes) return false;
  const owed = owedOf(binding);
  if (queries.fields.toRefresh(owed).length === 0) return false;
  if (owed.length > 0 && owedRefreshes.mayBegin(shared.clock.elapsedMs())) return true;
  return schedule !== undefined && fired(schedule, secondsOf(state.last_initialized ?? state.start), nowS);
}

/** Logs the fields that are still owed after a range, and when they arrive. */
function logOwed(binding: Binding): void {
  const {module, shared, owedRefreshes} = binding;
  const owed = owedOf(binding);
  const mustWait = owedRefreshes.ended(owed.length > 0);
  if (owed.length === 0) return;
  const names = owed.join(', ');
  const what = mustWait
    ? `Records of module ${module} keep changing: their latest values of ${names} arrive with the next refresh`
    : `Records of module ${module} were captured without ${names}: a refresh that adds the values begins now`;
  shared.log('info', what, {module, fields: owed});
}

function owedOf({state}: Binding): readonly string[] {
  return state.fields?.owed ?? [];
}

/**
 * Sweeps at every interval. With `ranges`, it ends after they do, with a sweep that drains every
 * second up to the one in which this loop began.
 */
async function sweepLoop(binding: Binding, ranges: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  const {client, clock} = binding.shared;
  const beganS = await client.nowSeconds(signal);
  let readFieldsMs = clock.elapsedMs();
  let rangesDone = false;
  ranges?.then(
    () => (rangesDone = true),
    () => {},
  );
  if (ranges !== undefined) await pause(Math.max(binding.intervalMs, sweepSpacingMs), ranges, clock, signal);
  for (;;) {
    const startedMs = clock.elapsedMs();
    const last = rangesDone;
    while (last && (await client.nowSeconds(signal)) - windowLagS <= beganS) await clock.sleep(sweepSpacingMs, signal);
    await drain(binding, signal, {readsDeletions: last});
    if (last) return;
    if (binding.queries.areFieldsStale || startedMs - readFieldsMs > fieldsAgeMaxMs) {
      await readFields(binding, signal);
      readFieldsMs = startedMs;
    }
    if (binding.progress.range === undefined) binding.progress.phase = 'up to date';
    const pauseMs = Math.max(binding.intervalMs, sweepSpacingMs) - (clock.elapsedMs() - startedMs);
    await pause(Math.max(0, pauseMs), ranges, clock, signal);
  }
}

/** Waits for a pause, or until `ranges` end. Rejects if they fail. */
async function pause(pauseMs: number, ranges: Promise<void> | undefined, clock: Clock, signal: AbortSignal): Promise<void> {
  if (ranges === undefined) return clock.sleep(pauseMs, signal);
  const over = new AbortController();
  try {
    await Promise.race([ranges, clock.sleep(pauseMs, AbortSignal.any([signal, over.signal]))]);
  } finally {
    over.abort();
  }
}

/** Reads the field metadata again. A new field arrives with the next sweep. */
async function readFields(binding: Binding, signal: AbortSignal): Promise<void> {
  const {module, shared, queries, deletionSchedule} = binding;
  const fields = await shared.client.fields(module, signal);
  if (fields === null) {
    queries.keepFields();
    return shared.log('warn', `Module ${module}: ${emptyMetadata}; the known fields stay in use`, {module});
  }
  deletionSchedule.allow();
  const haveChanged = queries.takeFields(fields);
  if (haveChanged) shared.log('info', `The fields of module ${module} have changed`, {module, fields: fields.length});
  await noteFields(binding, haveChanged, signal);
  await binding.describe();
}
