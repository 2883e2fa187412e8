/** The loops of one binding: ranges and sweeps side by side, and what happens when the module itself is at fault. */

import {ZohoError} from '../errors/errors.ts';
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
import {
  fieldsAgeMaxMs,
  moduleRetryMaxMs,
  moduleRetryMs,
  outageMaxMs,
  scheduleCheckMs,
  sweepSpacingMs,
  windowLagS,
} from '../limits.ts';
import type {Clock} from '../platform/clock.ts';
import type {Field} from '../records/field.ts';
import {beginRefresh, resumeRange, runBackfill} from './backfill.ts';
import {Binding, type BindingOptions, type Outage} from './binding.ts';
import {drain} from './drain.ts';
import {noteFields} from './field-notes.ts';
import {FieldPlan} from './field-plan.ts';
import {isOutage} from './outage.ts';
import type {BindingProgress} from './progress.ts';
import {fired} from './schedule.ts';
import {tellStart} from './start.ts';
import {reportUnexpected, unexpectedOf} from './unexpected.ts';

export interface RunBindingOptions extends BindingOptions {
  /** The whole task's state as Flow, or the output directory, kept it. */
  readonly saved: unknown;
  /** The configured `start_date`, if any. */
  readonly startDate: string | undefined;
  /** Stop when the backfill is done and one sweep is drained, instead of going on. */
  readonly once: boolean;
}

/**
 * Captures one module until the signal aborts, or with `once` until it is up to date.
 *
 * A fault of the module's own sets it aside, and so does a failure that nobody foresaw: it is reported and tried again later, and the promise stays pending. So
 * does an outage of Zoho, which is
 * tried again sooner; it is thrown once it has kept every binding from Zoho for long. Whatever else concerns all modules is thrown.
 */
export async function runBinding(options: RunBindingOptions, signal: AbortSignal): Promise<void> {
  const {clock, log, outages} = options.shared;
  const {progress, module} = options;
  let state: BindingState | undefined;
  let binding: Binding | undefined;
  let asideMs = moduleRetryMs;
  for (;;) {
    const sinceMs = clock.elapsedMs();
    const got = receivedBy(progress);
    try {
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
      progress.fault = undefined;
      await runLoops(binding, options.once, signal);
      outages.reached(progress);
      progress.phase = 'up to date';
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (lacksScope(error, options)) throw unscoped(error);
      const odd = unexpectedOf(error, options.shared.sink);
      if (odd === undefined && (!(error instanceof ZohoError) || error.kind === 'credentials')) throw error;
      const outage = isOutage(error) ? noteOutage(options, got, sinceMs) : undefined;
      // Without a state nothing was asked yet that is about the module.
      if (outage === undefined ? state === undefined && odd === undefined : isLong(options.shared)) throw error;
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
function noteOutage({progress, shared}: RunBindingOptions, gotBefore: number, attemptMs: number): Outage {
  const got = receivedBy(progress);
  const before = shared.cutOff.get(progress);
  if (before?.got === got) return before;
  const begun = {sinceMs: got === gotBefore ? attemptMs : shared.clock.elapsedMs(), got};
  shared.cutOff.set(progress, begun);
  return begun;
}

/** Whether no binding has reached Zoho for longer than an outage may last. */
function isLong({bindings, cutOff, clock}: RunBindingOptions['shared']): boolean {
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
function lacksScope(error: unknown, {target, shared}: RunBindingOptions): error is ZohoError {
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
  if (!fields.some(({name}) => name === 'Modified_Time')) {
    throw new ZohoError('module', 'it has no field Modified_Time, so its changes cannot be followed');
  }
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
    ended.abort(error);
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
