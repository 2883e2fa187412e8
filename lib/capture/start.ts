/** The start of a binding's captured records, and the reason for it. */
import {type BindingState, backfillRequested, defaultStartDays, savedBinding, secondsOf} from '../flow/state.ts';
import type {Log} from '../platform/log.ts';
import type {Target} from '../sinks/sink.ts';
import type {BindingProgress} from './progress.ts';

export interface StartOptions {
  readonly target: Target;
  readonly module: string;
  /** The complete state of the task before this run. */
  readonly saved: unknown;
  readonly startDate: string | undefined;
  readonly progress: BindingProgress;
}

/**
 * Logs the start and keeps it in the binding's progress. Call this once, when the binding has its
 * state.
 */
export function reportStart({target, module, saved, startDate, progress}: StartOptions, {start}: BindingState, log: Log): void {
  const {stateKey, collection} = target;
  const kept = backfillRequested(saved, stateKey) ? undefined : savedBinding(saved, stateKey)?.start;
  const isKept = kept !== undefined;
  const reason = isKept ? 'unchanged since its first start' : startReason(startDate);
  progress.since = {start, reason};
  log('info', `Module ${module}: records modified since ${start} are captured (${reason})`, {module, start});
  if (isKept && startDate !== undefined && secondsOf(startDate) !== secondsOf(start))
    log('info', `The start of ${collection} stays ${start}; its next backfill begins at ${startDate}`, {stateKey});
}

/** The reason for the start of a first capture. */
export function startReason(startDate: string | undefined): string {
  return startDate === undefined
    ? `${defaultStartDays} days before the first start, because none is configured`
    : 'the configured start';
}
