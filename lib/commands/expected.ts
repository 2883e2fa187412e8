/** How many rows the backfills of a run will read, for whoever watches it. */
import type {CaptureBinding} from '../capture/capture.ts';
import type {BindingProgress} from '../capture/progress.ts';
import {daysBefore, defaultStartDays, instantOf, savedBinding, secondsOf} from '../flow/state.ts';
import {countRecords} from '../zoho/count.ts';
import type {Setup} from './context.ts';

export interface ExpectedOptions {
  readonly setup: Setup;
  readonly bindings: readonly (CaptureBinding & {readonly slices: number})[];
  /** Before the run. */
  readonly state: unknown;
  readonly signal: AbortSignal;
}

/**
 * Counts the records of every module whose backfill is yet to begin, one after another, into `expected`: those of one that goes on are partly read, and
 * nobody knows how many; a snapshot is read twice, or once. A count that cannot be had is left out; nothing else fails for it.
 */
export async function countExpected(
  {setup: {client, config}, bindings, state, signal}: ExpectedOptions,
  expected: Map<BindingProgress, number>,
): Promise<void> {
  const fresh = bindings.filter(({target, snapshot}) => snapshot !== true && savedBinding(state, target.stateKey) === undefined);
  for (const {resource, progress, slices} of fresh) {
    try {
      const start = config.startDate ?? daysBefore(instantOf(await client.nowSeconds(signal)), defaultStartDays);
      const records = await countRecords(client, resource.name, secondsOf(start), signal);
      if (records !== undefined) expected.set(progress, records * slices);
    } catch {
      // The run meets the same failure, and tells it.
      return;
    }
  }
}
