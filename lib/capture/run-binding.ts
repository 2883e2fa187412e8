/** The loops of one binding: ranges and sweeps side by side, and what happens when the module itself is at fault. */

import {ZohoError} from '../errors/errors.ts';
import {keyFault, recordKey} from '../flow/discover.ts';
import {
  type BindingState,
  backfillRequested,
  bindingPatch,
  daysBefore,
  defaultStartDays,
  initialState,
  instantOf,
  isComplete,
  mergePatch,
  owedDeletions,
  savedBinding,
  secondsOf,
  takeOver,
} from '../flow/state.ts';
import {fieldsAgeMaxMs, scheduleCheckMs, sweepSpacingMs, windowLagS} from '../limits.ts';
import type {Clock} from '../platform/clock.ts';
import type {Field} from '../records/field.ts';
import {hasModifiedTime} from '../zoho/fields.ts';
import {beginRefresh, resumeRange, runBackfill} from './backfill.ts';
import {Binding} from './binding.ts';
import {drain} from './drain.ts';
import {noteFields} from './field-notes.ts';
import {FieldPlan} from './field-plan.ts';
import {fired} from './schedule.ts';
import {tellStart} from './start.ts';
import {type SupervisedOptions, supervise} from './supervise.ts';

export interface RunBindingOptions extends SupervisedOptions {
  /** The whole task's state as Flow, or the output directory, kept it. */
  readonly saved: unknown;
  /** The configured `start_date`, if any. */
  readonly startDate: string | undefined;
}

/**
 * Captures one module until the signal aborts, or with `once` until it is up to date; its faults are dealt with as `supervise` says.
 */
export async function runBinding(options: RunBindingOptions, signal: AbortSignal): Promise<void> {
  const {log} = options.shared;
  let state: BindingState | undefined;
  let binding: Binding | undefined;
  async function attempt(): Promise<void> {
    if (state === undefined) {
      state = await resume(options, signal);
      tellStart(options, state, log);
    }
    const fields = await fieldsOf(options, binding !== undefined || wasRead(state), signal);
    options.shared.unscoped.delete(options.target.index);
    const haveChanged = binding?.fields.replace(fields) ?? false;
    binding ??= createBinding(options, state, fields);
    await noteFields(binding, haveChanged, signal);
    await binding.describe();
    options.progress.fault = undefined;
    await runLoops(binding, options.once, signal);
  }
  await supervise(options, {attempt, hasBegun: () => state !== undefined}, signal);
}

/** The binding's state to go on from. What is missing in it is checkpointed before any record is fetched. */
async function resume({target, shared, saved, startDate}: RunBindingOptions, signal: AbortSignal): Promise<BindingState> {
  const {client, log, sink} = shared;
  const {stateKey} = target;
  const requested = backfillRequested(saved, stateKey);
  const kept = requested ? undefined : savedBinding(saved, stateKey);
  if (isComplete(kept)) {
    return kept;
  }
  const now = instantOf(await client.nowSeconds(signal));
  const start = startDate ?? daysBefore(now, defaultStartDays);
  const owed = kept === undefined ? (owedDeletions(saved, stateKey) ?? (requested ? {cursor: start} : undefined)) : undefined;
  if (requested) {
    log('info', `A new backfill of ${target.collection} was requested`, {stateKey});
    const noted = {owedDeletions: {[stateKey]: owed}};
    await sink.write({target, patch: {...bindingPatch(stateKey, null), backfillRequests: {[stateKey]: null}, ...noted}});
  }
  const patch = kept === undefined ? initialState(start, now, owed) : takeOver(kept, startDate, now);
  const settled = owed && {owedDeletions: {[stateKey]: null}};
  if (patch !== undefined) await sink.write({target, patch: {...bindingPatch(stateKey, patch), ...settled}});
  return mergePatch(kept ?? {}, patch ?? {}) as BindingState;
}

/** Whether records of the module were asked for before, which takes field metadata: its state is not the one that it began with. */
function wasRead({inc, backfill, fields}: BindingState): boolean {
  if (fields?.digest !== undefined) return true;
  return backfill == null || backfill.job != null || inc.after != null || backfill.cutoff !== inc.cursor;
}

/** A module that had fields does not lose all of them: an empty answer about it is an outage (design 7). Some modules never have any. */
async function fieldsOf({module, shared}: RunBindingOptions, hadFields: boolean, signal: AbortSignal): Promise<readonly Field[]> {
  const fields = await shared.client.fields(module, signal);
  if (fields === null && hadFields) throw new ZohoError('unavailable', emptyMetadata);
  if (fields === null) throw new ZohoError('module', 'Zoho has no field metadata for it');
  const fault = keyFault({name: module, snapshot: !hasModifiedTime(fields)}, [recordKey]);
  if (fault !== undefined) throw new ZohoError('module', fault);
  return fields;
}

/** A binding that goes on from its state. */
function createBinding(options: RunBindingOptions, state: BindingState, fields: readonly Field[]): Binding {
  return new Binding(options, state, new FieldPlan(fields, state.fields?.refused));
}

/** Runs both sides until the signal aborts or, with `once`, until both are through. The failure of one ends the other. */
async function runLoops(binding: Binding, once: boolean, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  resumeRange(binding);
  const ranges = backfillLoop(binding, once, both);
  const sweeps = sweepLoop(binding, once ? ranges : undefined, both);
  try {
    await Promise.all([ranges, sweeps]);
  } catch (error) {
    // Without a reason: the other loop would take this failure for Zoho's answer to its own call.
    ended.abort();
    await Promise.allSettled([ranges, sweeps]);
    throw error;
  }
}

/** The range that is pending, then a refresh whenever one is due or something is owed. */
async function backfillLoop(binding: Binding, once: boolean, signal: AbortSignal): Promise<void> {
  const {clock, client} = binding.shared;
  for (;;) {
    if (binding.state.backfill != null) {
      await runBackfill(binding, signal);
      noteOwed(binding);
      // A schedule that fires faster than its refreshes take leaves them some rest; what is owed does not wait.
      if (!once && owedOf(binding).length === 0) await clock.sleep(scheduleCheckMs, signal);
    }
    const nowS = await client.nowSeconds(signal);
    const isDue = refreshDue(binding, nowS);
    // The first sweep of a process emits the overlap again; of a refresh that runs already, those rows would be dropped.
    if (once && isDue && binding.progress.sweeps === 0) await drain(binding, signal);
    if (isDue && binding.progress.sweeps > 0) {
      await beginRefresh(binding, nowS, signal);
      if (owedOf(binding).length > 0) binding.owedRefreshes.begun(clock.elapsedMs());
    } else if (once) return;
    else await clock.sleep(scheduleCheckMs, signal);
  }
}

/** Whether a refresh is to begin now, for what is owed or by the schedule; not without anything that it could read. */
function refreshDue(binding: Binding, nowS: number): boolean {
  const {schedule, state, fields, owedRefreshes, shared} = binding;
  if (shared.credits.onHold.refreshes) return false;
  const owed = owedOf(binding);
  if (fields.toRefresh(owed).length === 0) return false;
  if (owed.length > 0 && owedRefreshes.mayBegin(shared.clock.elapsedMs())) return true;
  return schedule !== undefined && fired(schedule, secondsOf(state.last_initialized ?? state.start), nowS);
}

/** Says what a range that has ended leaves owed, and when it comes. */
function noteOwed(binding: Binding): void {
  const {module, shared, owedRefreshes} = binding;
  const owed = owedOf(binding);
  const mustWait = owedRefreshes.ended(owed.length > 0);
  if (owed.length === 0) return;
  const names = owed.join(', ');
  const what = mustWait
    ? `Records of module ${module} keep changing: ${names} of the latest comes with its next refresh`
    : `Records of module ${module} were captured without ${names}: it comes with a refresh, which begins now`;
  shared.log('info', what, {module, fields: owed});
}

function owedOf({state}: Binding): readonly string[] {
  return state.fields?.owed ?? [];
}

/** A sweep every interval; with `ranges`, until they are done and a sweep after them has drained all seconds up to the one that this began in. */
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
    if (binding.fieldsStale || startedMs - readFieldsMs > fieldsAgeMaxMs) {
      await readFields(binding, signal);
      readFieldsMs = startedMs;
    }
    if (binding.progress.range === undefined) binding.progress.phase = 'up to date';
    const pauseMs = Math.max(binding.intervalMs, sweepSpacingMs) - (clock.elapsedMs() - startedMs);
    if (pauseMs > 0) await pause(pauseMs, ranges, clock, signal);
  }
}

/** Waits out a pause, or less when `ranges` end before it; what fails, fails. */
async function pause(pauseMs: number, ranges: Promise<void> | undefined, clock: Clock, signal: AbortSignal): Promise<void> {
  if (ranges === undefined) return clock.sleep(pauseMs, signal);
  const over = new AbortController();
  const waited = clock.sleep(pauseMs, AbortSignal.any([signal, over.signal])).catch(() => signal.throwIfAborted());
  try {
    await Promise.race([ranges, waited]);
  } finally {
    over.abort();
  }
}

/** Reads the field metadata again; a field that is new arrives with the next sweep. */
async function readFields(binding: Binding, signal: AbortSignal): Promise<void> {
  const fields = await binding.shared.client.fields(binding.module, signal);
  binding.fieldsStale = false;
  if (fields === null) {
    const {module, shared} = binding;
    return shared.log('warn', `Module ${module}: ${emptyMetadata}; those known before stay in use`, {module});
  }
  binding.hasDeletions = true;
  const haveChanged = binding.fields.replace(fields);
  if (haveChanged) {
    binding.shared.log('info', `The fields of module ${binding.module} have changed`, {
      module: binding.module,
      fields: fields.length,
    });
  }
  await noteFields(binding, haveChanged, signal);
  await binding.describe();
}

const emptyMetadata = 'Zoho gives an empty answer about its fields, although it had some';
