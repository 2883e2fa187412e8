/** The parts of a binding that COQL sources need. */
import {instantOf} from '../flow/state.ts';
import {cellText} from '../records/rows.ts';
import {bulkRows} from '../sources/bulk.ts';
import type {CoqlContext} from '../sources/coql.ts';
import type {Binding} from './binding.ts';
import {newProgress} from './progress.ts';

/** The context of all COQL reading for a binding. */
export function coqlContext(binding: Binding, signal: AbortSignal): CoqlContext {
  const {shared, quarantine} = binding;
  const {client, log} = shared;
  return {client, log, signal, quarantine, bulkIds: (fromS, toS) => idsByBulk(binding, fromS, toS, signal)};
}

/** Ids of the records modified in a range, read by a bulk job. */
async function* idsByBulk(
  {module, shared, quarantine}: Binding,
  fromS: number,
  toS: number,
  signal: AbortSignal,
): AsyncGenerator<readonly string[], void, void> {
  const range = {module, slices: [['id', 'Modified_Time']], fields: new Map(), fromS, done: {}};
  // Its progress stays hidden: the binding shows that of its own range.
  const context = {...shared, quarantine, progress: newProgress(module), signal};
  for await (const {items} of bulkRows(range, {cutoff: instantOf(toS)}, context)) {
    const column = items.columns.indexOf('id');
    yield Array.from({length: items.count}, (_, row) => cellText(items, row, column));
    items.release?.();
  }
}
