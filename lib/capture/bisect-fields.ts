/** Which fields an API refuses when it does not say. */

import {ZohoError} from '../errors/errors.ts';
import {secondsOf} from '../flow/state.ts';
import {keyFields} from '../sources/slices.ts';
import {windowQuery} from '../zoho/coql.ts';
import type {Binding} from './binding.ts';
import type {Queries} from './queries.ts';

/** Codes with which Bulk Read refuses a field; the answer need not name it (zoho-api sheet 4.5). */
export const fieldCodes = new Set(['FIELD_NOT_AVAILABLE', 'FIELD_NOT_SUPPORTED']);

/** A job that was created to learn whether fields are refused, and was not. */
interface Accepted {
  readonly job: string;
  readonly names: readonly string[];
}

/**
 * Finds the fields of the slice being read that Bulk Read refuses without naming them, and leaves them out. Returns whether any was found.
 *
 * An answer that is no refusal leaves a job of 50 credits behind, and a refusal costs next to nothing. So the fields that
 * metadata call hidden and those that COQL refuses are suspected first, each on its own; the others are searched by leaving out few at a
 * time. The job that was accepted for all the fields that are left is the one that the range goes on with.
 */
export async function bisectBulkFields(binding: Binding, signal: AbortSignal): Promise<boolean> {
  const {module, shared, state, queries} = binding;
  const slice = state.backfill?.slice ?? 0;
  const toS = secondsOf(state.backfill?.cutoff ?? state.inc.cursor);
  const names = (): string[] => (queries.slices(state)[slice] ?? []).filter((name) => !keyFields.includes(name));
  const found = new Set<string>();
  const accepted: Accepted[] = [];

  async function refuse(name: string): Promise<void> {
    if (!(await binding.refuse('bulk', name))) throw new ZohoError('module', `Bulk Read goes on refusing ${name}`);
    found.add(name);
  }

  /** Whether any of some fields is refused without a name; one that Zoho does name is left out at once. */
  async function areRefused(some: readonly string[]): Promise<boolean> {
    for (;;) {
      const asked = some.filter((name) => !found.has(name));
      if (asked.length === 0) return false;
      try {
        const job = await shared.client.createJob(
          {module, fields: [...keyFields, ...asked], fromS: secondsOf(state.start), toS},
          signal,
        );
        accepted.push({job, names: asked});
        return false;
      } catch (error) {
        if (!(error instanceof ZohoError)) throw error;
        if (error.kind === 'field' && error.field !== undefined && asked.includes(error.field)) await refuse(error.field);
        else if (error.kind === 'refused' && fieldCodes.has(error.code ?? '')) return true;
        else throw error;
      }
    }
  }

  /** Finds what is refused of `unknown`, of which something is; `good` is not refused. */
  async function search(good: readonly string[], unknown: readonly string[]): Promise<void> {
    const proved = [...good];
    const before = found.size;
    let pool = unknown;
    while (pool.length > 1) {
      const kept = pool.slice(0, pool.length - Math.ceil(pool.length * leftOutShare));
      const isAmongKept = await areRefused([...proved, ...kept]);
      if (!isAmongKept) proved.push(...kept);
      pool = (isAmongKept ? kept : pool.slice(kept.length)).filter((name) => !found.has(name));
    }
    // One that was named meanwhile may have been all there was.
    for (const name of pool) if (found.size === before || (await areRefused([...proved, name]))) await refuse(name);
    const rest = unknown.filter((name) => !found.has(name) && !proved.includes(name));
    if (await areRefused(rest.length > 0 ? [...proved, ...rest] : [])) await search(proved, rest);
  }

  const suspects = suspectedOf(queries, names());
  const others = names().filter((name) => !suspects.includes(name));
  if (await areRefused(others)) await search([], others);
  // When the others are not to blame, a single suspect is.
  const isLone = suspects.length === 1 && found.size === 0;
  for (const name of suspects) if (isLone || (await areRefused([name]))) await refuse(name);
  await goOnWith(accepted, names(), binding);
  return found.size > 0;
}

/** The part of the fields in question that is left out at once: an accepted job costs as much as 50 refusals, and so few are accepted. */
const leftOutShare = 1 / 8;

/** The fields among some that Bulk Read is likely to refuse: those that metadata call hidden, and those that COQL refuses. */
function suspectedOf({fields}: Queries, names: readonly string[]): string[] {
  const refused = new Set(fields.refused.coql);
  return names.filter((name) => fields.all.get(name)?.hidden === true || refused.has(name));
}

/** Takes the job that was accepted for just these fields as that of the page being read. */
async function goOnWith(accepted: readonly Accepted[], names: readonly string[], binding: Binding): Promise<void> {
  const wanted = new Set(names);
  const found = accepted.findLast((job) => job.names.length === wanted.size && job.names.every((name) => wanted.has(name)));
  const {backfill} = binding.state;
  if (found === undefined || backfill == null || backfill.next_page != null) return;
  await binding.patch({backfill: {job: found.job, rows: null, next_job: null}});
}

/**
 * Asks COQL for every field of one record, so that it names the hidden ones before jobs are spent on them. To be called where a refused column is
 * left out and asking goes on.
 */
export async function askForColumns({module, queries, shared, state}: Binding, signal: AbortSignal): Promise<void> {
  const {fields} = queries;
  if ([...fields.all.values()].some(({hidden}) => hidden)) return;
  for (const columns of fields.coqlSlices) {
    const query = windowQuery({module, columns, fromS: secondsOf(state.inc.cursor), limit: 1, quoting: fields.quoting});
    await shared.client.coql(query, signal);
  }
}
