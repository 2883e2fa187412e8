/** What a binding continues from: its saved state, and its module's fields. */
import {ZohoError} from '../errors/errors.ts';
import {keyFault} from '../flow/discover.ts';
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
  takeOver,
} from '../flow/state.ts';
import type {Field} from '../records/field.ts';
import {hasModifiedTime} from '../zoho/fields.ts';
import type {SupervisedOptions} from './supervise.ts';

export interface ResumeOptions extends SupervisedOptions {
  /** The complete state of the task, as Flow or the output directory keeps it. */
  readonly saved: unknown;
  /** The configured `start_date`, if any. */
  readonly startDate: string | undefined;
}

/**
 * The binding's state to continue from. Missing parts are checkpointed before any record is
 * requested.
 */
export async function resume({target, shared, saved, startDate}: ResumeOptions, signal: AbortSignal): Promise<BindingState> {
  const {client, log, sink} = shared;
  const {stateKey} = target;
  const requested = backfillRequested(saved, stateKey);
  const kept = requested ? undefined : savedBinding(saved, stateKey);
  if (isComplete(kept)) return kept;
  const now = instantOf(await client.nowSeconds(signal));
  const start = startDate ?? daysBefore(now, defaultStartDays);
  const owed = kept === undefined ? (owedDeletions(saved, stateKey) ?? (requested ? {cursor: start} : undefined)) : undefined;
  if (requested) {
    log('info', `A new backfill of ${target.collection} was requested`, {stateKey});
    const noted = {owedDeletions: {[stateKey]: owed}};
    await sink.write({target, patch: {...bindingPatch(stateKey, null), backfillRequests: {[stateKey]: null}, ...noted}});
  }
  const patch = kept === undefined ? initialState(start, now, owed) : takeOver(kept, startDate, now)!;
  const settled = owed && {owedDeletions: {[stateKey]: null}};
  await sink.write({target, patch: {...bindingPatch(stateKey, patch), ...settled}});
  return mergePatch(kept ?? {}, patch) as BindingState;
}

/**
 * Whether records of the module were requested before, which takes field metadata: the state is not
 * the initial one.
 */
export function wasRead({inc, backfill, fields}: BindingState): boolean {
  if (fields?.digest !== undefined) return true;
  return backfill == null || backfill.job != null || inc.after != null || backfill.cutoff !== inc.cursor;
}

/**
 * The fields of a module whose collection has that key. A module with fields does not lose all of
 * them, so an empty answer about it is an outage (design 7). Some modules never have any.
 */
export async function fieldsOf(
  {module, shared}: Pick<ResumeOptions, 'module' | 'shared'>,
  {hadFields, key}: {readonly hadFields: boolean; readonly key: string},
  signal: AbortSignal,
): Promise<readonly Field[]> {
  const fields = await shared.client.fields(module, signal);
  if (fields === null && hadFields) throw new ZohoError('unavailable', emptyMetadata);
  if (fields === null) throw new ZohoError('module', 'Zoho has no field metadata for it');
  const fault = keyFault({name: module, snapshot: !hasModifiedTime(fields)}, [key]);
  if (fault !== undefined) throw new ZohoError('module', fault);
  return fields;
}

/** Why an empty answer about a module's fields is not believed if it had some. */
export const emptyMetadata = 'Zoho gave an empty answer about its fields, although it had some';
