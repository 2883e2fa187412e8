/** Captures the records of a module that have no `Modified_Time`, once for each backfill. */
import {coqlIdsMax} from '../limits.ts';
import {only} from '../platform/generators.ts';
import {rowsByIds} from '../sources/coql.ts';
import {type Untimed, untimedIds} from '../sources/untimed.ts';
import type {Binding} from './binding.ts';
import {coqlContext} from './coql-context.ts';
import {isOutage} from './outage.ts';
import {withNarrowerQuery} from './recovery.ts';

/**
 * Emits these records whole, each dated by its creation; one that has no `Created_Time` either goes into quarantine. When one is modified, it has a time, and
 * sweeps see it. Zoho may not be able to name them: that is said, and is no fault of the module.
 */
export async function captureUntimed(binding: Binding, signal: AbortSignal): Promise<void> {
  const {module, shared, progress} = binding;
  const {ids, unknown} = await untimedIds(module, {...shared, progress, signal}, binding.queries.fields.quoting).catch(
    (error: unknown): Untimed => {
      signal.throwIfAborted();
      // An outage is met again by whatever comes next. One of this question alone would hold the module back for ever.
      if (!isOutage(error) || binding.queries.countUntimedOutage() === 0) throw error;
      return {ids: [], unknown: error.message};
    },
  );
  if (unknown !== undefined) {
    shared.log('warn', `Module ${module}: records that have no Modified_Time may be missing, because ${unknown}`, {module});
  }
  for (let at = 0; at < ids.length; at += coqlIdsMax) {
    const some = ids.slice(at, at + coqlIdsMax);
    await withNarrowerQuery(
      binding,
      async () => {
        const release = await binding.coqlLock.acquire(signal);
        try {
          for await (const {rows} of rowsByIds(binding.queries.plan, some, coqlContext(binding, signal)))
            await binding.emit(only({items: rows}), binding.seen.admitSwept, signal);
        } finally {
          release();
        }
      },
      signal,
    );
  }
  if (ids.length > 0)
    shared.log('info', `Module ${module}: ${ids.length} records without a Modified_Time are dated by their Created_Time`, {
      module,
    });
}
