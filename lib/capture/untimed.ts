/** Captures the records of a module that have no `Modified_Time`, once for each backfill. */
import {coqlIdsMax} from '../limits.ts';
import {type Untimed, untimedIds} from '../sources/untimed.ts';
import type {Binding} from './binding.ts';
import {captureByIds} from './by-ids.ts';
import {isOutage} from './outage.ts';
import {withNarrowerQuery} from './recovery.ts';

/**
 * Emits these records completely, dated by their creation. One without a `Created_Time` goes into
 * quarantine. A record gets a time with its first modification, and sweeps capture it from then on.
 * If Zoho cannot list these records, that is logged; it is not the module's fault.
 */
export async function captureUntimed(binding: Binding, signal: AbortSignal): Promise<void> {
  const {module, shared, progress} = binding;
  const {ids, unknown} = await untimedIds(module, {...shared, progress, signal}, binding.queries.fields.quoting).catch(
    (error: unknown): Untimed => {
      // A general outage also fails the next request. One of this query alone would block the
      // module for ever.
      if (!isOutage(error) || binding.queries.countUntimedOutage() === 0) throw error;
      return {ids: [], unknown: error.message};
    },
  );
  if (unknown !== undefined) {
    shared.log('warn', `Module ${module}: records that have no Modified_Time may be missing, because ${unknown}`, {module});
  }
  // Equivalent mutants (EqualityOperator): a list without ids asks nothing
  for (let at = 0; at < ids.length; at += coqlIdsMax) {
    const some = ids.slice(at, at + coqlIdsMax);
    await withNarrowerQuery(binding, () => captureByIds(binding, some, signal), signal);
  }
  if (ids.length > 0)
    shared.log('info', `Module ${module}: ${ids.length} records without a Modified_Time are dated by their Created_Time`, {
      module,
    });
}
