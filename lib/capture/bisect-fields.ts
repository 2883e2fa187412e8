/** Finds the fields that an API rejects without naming them. */

import {ZohoError} from '../errors/errors.ts';
import {type BackfillState, secondsOf} from '../flow/state.ts';
import {keyFields} from '../sources/slices.ts';
import {windowQuery} from '../zoho/coql.ts';
import type {Binding} from './binding.ts';
import type {Queries} from './queries.ts';

/** Codes with which Bulk Read rejects a field. The answer may not name it (zoho-api sheet 4.5). */
export const fieldCodes: ReadonlySet<string | undefined> = new Set(['FIELD_NOT_AVAILABLE', 'FIELD_NOT_SUPPORTED']);

/** What is searched, and how it is tested. */
export interface FieldSearch {
  readonly names: readonly string[];
  /** Those of them that are likely to be rejected. */
  readonly suspects: readonly string[];
  /** Submits a job with these fields and the key. It throws the rejection. */
  createJob(names: readonly string[]): Promise<string>;
  /** Omits a field. Returns false if that changes nothing. */
  refuse(name: string): Promise<boolean>;
}

/** A job that was submitted as a test and accepted. */
interface Accepted {
  readonly job: string;
  readonly names: readonly string[];
}

export interface Searched {
  /** The rejected fields, which are omitted by now. */
  readonly found: ReadonlySet<string>;
  readonly accepted: readonly Accepted[];
}

/**
 * Finds and omits the fields that Bulk Read rejects without naming them.
 *
 * An accepted test leaves a job of 50 credits behind, and a rejection costs almost nothing. Suspects
 * are therefore tested first, one by one. Among the others, tests omit a few at a time.
 */
export async function findRefused({names, suspects, createJob, refuse}: FieldSearch): Promise<Searched> {
  const found = new Set<string>();
  const accepted: Accepted[] = [];

  async function omit(name: string): Promise<void> {
    if (!(await refuse(name))) throw new ZohoError('module', `Bulk Read still refuses ${name}`);
    found.add(name);
  }

  /**
   * Whether any of these fields is rejected without a name. A field that Zoho names is omitted at
   * once.
   */
  async function areRefused(some: readonly string[]): Promise<boolean> {
    for (;;) {
      const asked = some.filter((name) => !found.has(name));
      if (asked.length === 0) return false;
      try {
        accepted.push({job: await createJob(asked), names: asked});
        return false;
      } catch (error) {
        if (isUnnamed(error)) return true;
        const named = asked.find((name) => error instanceof ZohoError && name === error.field);
        if (named === undefined) throw error;
        await omit(named);
      }
    }
  }

  /**
   * Finds the rejected fields among `unknown`, which holds at least one. Those in `good` are
   * accepted.
   */
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
    // A field that Zoho named meanwhile may have been the only one.
    for (const name of pool) {
      if (found.size === before || (await areRefused([...proved, name]))) await omit(name);
      else proved.push(name);
    }
    const rest = unknown.filter((name) => !found.has(name) && !proved.includes(name));
    if (await areRefused(rest.length > 0 ? [...proved, ...rest] : [])) await search(proved, rest);
  }

  const others = names.filter((name) => !suspects.includes(name));
  if (await areRefused(others)) await search([], others);
  // A single suspect is at fault if the others are not.
  const isLone = suspects.length === 1 && found.size === 0;
  for (const name of suspects) if (isLone || (await areRefused([name]))) await omit(name);
  return {found, accepted};
}

/** Whether Bulk Read rejects a field without naming it. */
function isUnnamed(error: unknown): boolean {
  return error instanceof ZohoError && error.kind === 'refused' && fieldCodes.has(error.code);
}

/**
 * Finds and omits the fields of the current slice that Bulk Read rejects without naming them.
 * Returns whether it found any. If a test job was accepted with exactly the remaining fields, the
 * range uses it.
 */
export async function bisectBulkFields(binding: Binding, signal: AbortSignal): Promise<boolean> {
  const {module, shared, state, queries} = binding;
  const {slice = 0, cutoff} = state.backfill as BackfillState;
  const [fromS, toS] = [secondsOf(state.start), secondsOf(cutoff)];
  // The last slice, where metadata have left fewer than there were: `bulkRows` reads that one.
  const names = (): string[] => {
    const current = queries
      .slices(state)
      .slice(0, slice + 1)
      .slice(-1);
    return current.flat().filter((name) => !keyFields.includes(name));
  };
  const {found, accepted} = await findRefused({
    names: names(),
    suspects: suspectedOf(queries, names()),
    createJob: (some) => shared.client.createJob({module, fields: [...keyFields, ...some], fromS, toS}, signal),
    refuse: (name) => binding.refuse('bulk', name),
  });
  await useJobOf(accepted, names(), binding);
  return found.size > 0;
}

/**
 * The share of the unknown fields that one test omits. An accepted job costs as much as 50
 * rejections, so tests must seldom be accepted.
 */
const leftOutShare = 1 / 8;

/**
 * The fields that Bulk Read is likely to reject: those that metadata call hidden, and those that
 * COQL rejects.
 */
function suspectedOf({fields}: Queries, names: readonly string[]): string[] {
  const refused = new Set(fields.refused.coql);
  return names.filter((name) => fields.all.get(name)!.hidden === true || refused.has(name));
}

/** Uses the job that was accepted with exactly these fields for the current page. */
async function useJobOf(accepted: readonly Accepted[], names: readonly string[], binding: Binding): Promise<void> {
  const wanted = new Set(names);
  const found = accepted.findLast((job) => wanted.symmetricDifference(new Set(job.names)).size === 0);
  const {next_page} = binding.state.backfill as BackfillState;
  if (found === undefined || next_page != null) return;
  await binding.patch({backfill: {job: found.job, rows: null, next_job: null}});
}

/**
 * Queries every field of one record by COQL, so that it names hidden fields before jobs are spent
 * on them. Call this where a rejected column is omitted and the query repeated.
 */
export async function queryAllColumns({module, queries, shared, state}: Binding, signal: AbortSignal): Promise<void> {
  const {fields} = queries;
  if ([...fields.all.values()].some(({hidden}) => hidden)) return;
  for (const columns of fields.coqlSlices) {
    const query = windowQuery({module, columns, fromS: secondsOf(state.inc.cursor), limit: 1, quoting: fields.quoting});
    await shared.client.coql(query, signal);
  }
}
