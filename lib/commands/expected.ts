/** How many rows the backfills of a run will read, for progress display. */
import type {CaptureBinding} from '../capture/capture.ts';
import type {BindingProgress} from '../capture/progress.ts';
import {daysBefore, defaultStartDays, instantOf, savedBinding, secondsOf} from '../flow/state.ts';
import type {Setup} from './context.ts';

export interface ExpectedOptions {
  readonly setup: Setup;
  readonly bindings: readonly (CaptureBinding & {readonly slices: number})[];
  /** The state before the run. */
  readonly state: unknown;
  readonly signal: AbortSignal;
}

/**
 * Counts, one after another, the records of every module whose backfill has not begun, into
 * `expected`. A resumed backfill is partly read, and nobody knows how much is left. A count that
 * fails is left out; nothing else fails with it.
 */
export async function countExpected(
  {setup: {client, config}, bindings, state, signal}: ExpectedOptions,
  expected: Map<BindingProgress, number>,
): Promise<void> {
  const fresh = bindings.filter(({target, snapshot}) => snapshot !== true && savedBinding(state, target.stateKey) === undefined);
  for (const {resource, progress, slices} of fresh) {
    try {
      const start = config.startDate ?? daysBefore(instantOf(await client.nowSeconds(signal)), defaultStartDays);
      const records = await client.count(resource.name, secondsOf(start), signal);
      if (records !== undefined) expected.set(progress, records * slices);
    } catch {
      // The run meets the same failure and reports it.
      return;
    }
  }
}
