/**
 * The life of a binding whose module has no `Modified_Time`: a snapshot at the start, and whenever
 * one is due.
 */
import {snapshotKey} from '../../flow/discover.ts';
import {scheduleCheckMs} from '../../limits.ts';
import {fieldsOf} from '../resume.ts';
import type {RunBindingOptions} from '../run-binding.ts';
import {supervise} from '../supervise.ts';
import {SnapshotBinding} from './snapshot-binding.ts';
import {takeSnapshot} from './take-snapshot.ts';

/**
 * Captures one module until the signal aborts, or with `once` a single time. `supervise` handles
 * its failures.
 */
export async function runSnapshots(options: RunBindingOptions, signal: AbortSignal): Promise<void> {
  let binding: SnapshotBinding | undefined;
  async function attempt(): Promise<void> {
    binding ??= await SnapshotBinding.resume(options, options.saved);
    await repeat(binding, options, signal);
  }
  // Nothing is requested of Zoho before the binding exists, so no failure of Zoho comes before it.
  await supervise(options, {attempt, hasBegun: () => true}, signal);
}

async function repeat(binding: SnapshotBinding, {once, target, shared}: RunBindingOptions, signal: AbortSignal): Promise<void> {
  const {client, clock} = shared;
  const {progress} = binding;
  for (;;) {
    if (once || binding.isDue(await client.nowSeconds(signal))) {
      await readFields(binding, signal);
      shared.unscoped.delete(target.index);
      await takeSnapshot(binding, signal);
      progress.sweeps++;
    }
    progress.fault = undefined;
    progress.phase = 'up to date';
    if (once) return;
    await clock.sleep(scheduleCheckMs, signal);
  }
}

/** Reads the metadata, whose cost is small compared with a snapshot's. */
async function readFields(binding: SnapshotBinding, signal: AbortSignal): Promise<void> {
  const hadFields = binding.state.updatedAt !== undefined || binding.fields.all.size > 0;
  binding.takeFields(await fieldsOf(binding, {hadFields, key: snapshotKey}, signal));
}
