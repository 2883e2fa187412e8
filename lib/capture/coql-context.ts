/** What reading by COQL needs of a binding and tells it. */
import {instantOf} from '../flow/state.ts';
import {unservedNamedMax} from '../limits.ts';
import {cellText} from '../records/rows.ts';
import {bulkRows} from '../sources/bulk.ts';
import type {CoqlContext} from '../sources/coql.ts';
import type {Binding} from './binding.ts';
import {newProgress} from './progress.ts';

/** The context of whatever is read by COQL for a binding. */
export function coqlContext(binding: Binding, signal: AbortSignal): CoqlContext {
  const {module, shared, unserved} = binding;
  return {
    client: shared.client,
    signal,
    log: shared.log,
    onUnserved({seconds, id}, failure) {
      // A window overlaps the one before: what is left out once is left out again soon.
      if (unserved.has(`${id} ${seconds}`)) return;
      unserved.add(`${id} ${seconds}`);
      for (const oldest of unserved) {
        if (unserved.size <= unservedNamedMax) break;
        unserved.delete(oldest);
      }
      shared.log('warn', `Module ${module}, record ${id}: Zoho cannot serve it, so it is left out: ${failure.message}`, {
        module,
        id,
      });
    },
    bulkIds: (_module, fromS, toS) => idsByBulk(binding, fromS, toS, signal),
  };
}

/** Ids of the records modified in a range, from a bulk read job of their own. */
async function* idsByBulk(
  {module, shared}: Binding,
  fromS: number,
  toS: number,
  signal: AbortSignal,
): AsyncGenerator<readonly string[], void, void> {
  const range = {module, slices: [['id', 'Modified_Time']], fromS, done: undefined};
  // How far this has come is not shown: the binding shows its own range.
  const context = {...shared, progress: newProgress(module), signal};
  for await (const {items} of bulkRows(range, {cutoff: instantOf(toS)}, context)) {
    const column = items.columns.findIndex((name) => name === 'Id' || name === 'id');
    yield Array.from({length: items.count}, (_, row) => cellText(items, row, column));
    items.release?.();
  }
}
