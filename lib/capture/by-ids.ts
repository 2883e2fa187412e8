/** Captures records by their ids. */
import {only} from '../platform/generators.ts';
import {rowsByIds} from '../sources/coql.ts';
import type {Binding} from './binding.ts';
import {coqlContext} from './coql-context.ts';

/** Emits the current versions of these records, as far as they exist and are news. Takes the `coqlLock`. */
export async function captureByIds(binding: Binding, ids: readonly string[], signal: AbortSignal): Promise<void> {
  const {queries, seen} = binding;
  const release = await binding.coqlLock.acquire(signal);
  try {
    for await (const {rows} of rowsByIds(queries.plan, ids, coqlContext(binding, signal)))
      await binding.emit(only({items: rows}), seen.admitSwept, signal);
  } finally {
    release();
  }
}
