/** Runs sweeps within the shared limit of concurrent ones. */
import type {Binding} from './binding.ts';
import {withNarrowerQuery} from './recovery.ts';
import {type SweepOptions, sweep} from './sweep.ts';

/** Drains one window once a slot is free. Fields that Zoho rejects are omitted. */
export async function drain(binding: Binding, signal: AbortSignal, options?: SweepOptions): Promise<void> {
  const release = await binding.shared.sweepSlots.acquire(signal);
  try {
    await withNarrowerQuery(binding, () => sweep(binding, signal, options), signal);
  } finally {
    release();
  }
  binding.shared.outages.reached(binding.progress);
  binding.progress.sweeps++;
}
