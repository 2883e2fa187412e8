/** The rows of a sweep: what changed since a cursor, by keyset pages over `(Modified_Time, id)`. */

import {ZohoError} from '../errors/errors.ts';
import {instantOf} from '../flow/state.ts';
import {coqlIdsMax, coqlRowsSmall, sliceRoundsMax, windowLagS} from '../limits.ts';
import type {Batch, BindingPatch, Rows} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {appendRows, cellText, joinSlices, noRows, splitRows} from '../records/rows.ts';
import {parseCoql} from '../transforms/parse-json.ts';
import type {ZohoClient} from '../zoho/client.ts';
import {idsQuery, type Key, type Quoting, windowQuery} from '../zoho/coql.ts';

export interface CoqlContext {
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
}

/** What to ask of each record. Every slice holds `id` and `Modified_Time`; together they hold all fields that COQL reads. */
export interface CoqlPlan {
  readonly module: string;
  readonly slices: readonly (readonly string[])[];
  readonly fields: ReadonlyMap<string, Field>;
  /** How this Zoho wants names written. */
  readonly quoting?: Quoting | undefined;
  /** Rows of a page at most, as this Zoho allows. */
  readonly rowsMax: number;
}

export interface Sweep {
  readonly fromS: number;
  /** Where the last sweep ended; only pages past it move the saved cursor. */
  readonly cursorS: number;
  /** Rows expected, so that the first page is the cheapest that is large enough. */
  readonly rowsExpected: number;
}

/** Rows of a sweep; those of its last page say where the cursor may go when all of the window is dealt with. */
export interface SweptRows extends Batch<Rows> {
  readonly drained?: BindingPatch;
}

/**
 * Yields everything modified since `fromS`, oldest first, drained to the end, however many rows share one second.
 *
 * The window ends a lag behind Zoho's clock, as the first answer tells it: the cursor goes there and no further, because the seconds after it are
 * not complete. Rows beyond are yielded all the same, up to that clock, so that a mass edit of just now need not wait for the next sweep, which reads them
 * again; what is modified meanwhile lies after that clock, so the pages come to an end. Every page past the cursor and within the window, but the last,
 * carries the patch that moves the cursor to its last row.
 */
export async function* sweepRows(plan: CoqlPlan, sweep: Sweep, context: CoqlContext): AsyncGenerator<SweptRows, void, void> {
  let key: Key | undefined;
  let nowS: number | undefined;
  let limit = sweep.rowsExpected > coqlRowsSmall ? plan.rowsMax : Math.min(plan.rowsMax, coqlRowsSmall);
  for (;;) {
    const beforeS = await context.client.nowSeconds(context.signal);
    const page = await readWindow(plan, sweep.fromS, key, limit, context);
    // Zoho's clock when the page was read: never later than either reading of it.
    nowS ??= Math.min(beforeS, await context.client.nowSeconds(context.signal));
    const endS = Math.max(sweep.cursorS, nowS - windowLagS);
    const {last} = page;
    if (page.more === false || last === undefined || last.seconds > Math.max(endS, nowS)) {
      for (const items of cut(page.rows)) yield {items, drained: {cursor: instantOf(endS), after: null}};
      return;
    }
    const parts = cut(page.rows);
    const inWindow = last.seconds >= sweep.cursorS && last.seconds < endS;
    const patch = inWindow ? {inc: {cursor: instantOf(last.seconds), after: last.id}} : undefined;
    for (const [i, items] of parts.entries()) yield i === parts.length - 1 ? {items, patch} : {items};
    key = last;
    limit = plan.rowsMax;
  }
}

/** Cuts a page into batches that are small enough to be written in one piece. */
function cut(rows: Rows): Rows[] {
  return rows.count === 0 ? [rows] : splitRows(rows);
}

interface CoqlPage {
  readonly rows: Rows;
  /** Whether Zoho says that more rows follow; undefined when it does not say. */
  readonly more: boolean | undefined;
  /** The place of the page's last row; undefined for a page without rows. */
  readonly last: Key | undefined;
}

/** Reads one page of the window with all its slices. */
async function readWindow(
  plan: CoqlPlan,
  fromS: number,
  after: Key | undefined,
  limit: number,
  context: CoqlContext,
): Promise<CoqlPage> {
  const parts: Rows[] = [];
  let more: boolean | undefined;
  for (const columns of plan.slices) {
    const answer = await ask(
      windowQuery({module: plan.module, columns, fromS, after, limit, quoting: plan.quoting}),
      plan,
      columns,
      context,
    );
    if (parts.length === 0) more = answer.more;
    parts.push(answer.rows);
    if (answer.rows.count === 0) break;
  }
  const [first = noRows] = parts;
  return {rows: await settle(plan, parts, context), more, last: lastKey(first, after, plan.module)};
}

/** The place of a page's last row in the order of the window. */
function lastKey(rows: Rows, after: Key | undefined, module: string): Key | undefined {
  if (rows.count === 0) return undefined;
  const last = rows.count - 1;
  const seconds = modifiedSeconds(cellText(rows, last, rows.columns.indexOf('Modified_Time')));
  const id = cellText(rows, last, rows.columns.indexOf('id'));
  // Without this, an answer that ignores the conditions would be read for ever.
  if (
    Number.isNaN(seconds) ||
    (after !== undefined && (seconds < after.seconds || (seconds === after.seconds && id === after.id)))
  ) {
    throw new ZohoError('damaged', `Cannot page through module ${module}: Zoho's answer does not follow the page before it`);
  }
  return {seconds, id};
}

export interface ById {
  readonly asked: readonly string[];
  /** The ids of those that exist; one that is being edited just now may have no row all the same. */
  readonly live: ReadonlySet<string>;
  readonly rows: Rows;
}

/** Reads whole records by id, all slices of each, 100 ids at a time. */
export async function* rowsByIds(plan: CoqlPlan, ids: readonly string[], context: CoqlContext): AsyncGenerator<ById, void, void> {
  for (let i = 0; i < ids.length; i += coqlIdsMax) {
    const asked = ids.slice(i, i + coqlIdsMax);
    const parts = await readIds(plan, asked, context);
    const [first = noRows] = parts;
    const live = new Set(Array.from({length: first.count}, (_, row) => cellText(first, row, first.columns.indexOf('id'))));
    yield {asked, live, rows: await settle(plan, parts, context)};
  }
}

/** Yields the id of every record modified since `fromS`, page by page, and nothing else of it but `Modified_Time`. */
export async function* idsSince(
  module: string,
  fromS: number,
  rowsMax: number,
  context: CoqlContext,
  quoting?: Quoting,
): AsyncGenerator<Rows, void, void> {
  const plan: CoqlPlan = {module, slices: [['id', 'Modified_Time']], fields: new Map(), rowsMax, quoting};
  let key: Key | undefined;
  for (;;) {
    const page = await readWindow(plan, fromS, key, rowsMax, context);
    if (page.last === undefined) return;
    yield page.rows;
    if (page.more === false) return;
    key = page.last;
  }
}

async function readIds(plan: CoqlPlan, ids: readonly string[], context: CoqlContext): Promise<Rows[]> {
  const parts: Rows[] = [];
  for (const columns of plan.slices) {
    const {rows} = await ask(idsQuery({module: plan.module, columns, ids, quoting: plan.quoting}), plan, columns, context);
    parts.push(rows);
    if (rows.count === 0) break;
  }
  return parts;
}

interface Answer {
  readonly rows: Rows;
  readonly more: boolean | undefined;
}

async function ask(query: string, plan: CoqlPlan, columns: readonly string[], {client, signal}: CoqlContext): Promise<Answer> {
  const answer = await client.coql(query, (body) => parseCoql(body, columns, plan.fields), signal);
  return answer ?? {rows: noRows, more: false};
}

/**
 * Joins the slices of records by id. A record whose slices differ in `Modified_Time` changed between two queries: it is read again, a bounded
 * number of times. One that still differs is left out; its last change lies past this window, so the next sweep has it.
 */
async function settle(plan: CoqlPlan, parts: readonly Rows[], context: CoqlContext): Promise<Rows> {
  const joined = joinSlices(parts);
  const settled = [joined.rows];
  let torn = joined.torn;
  for (let round = 0; torn.length > 0 && round < sliceRoundsMax; round++) {
    const stillTorn: string[] = [];
    for (let i = 0; i < torn.length; i += coqlIdsMax) {
      const again = joinSlices(await readIds(plan, torn.slice(i, i + coqlIdsMax), context));
      settled.push(again.rows);
      stillTorn.push(...again.torn);
    }
    torn = stillTorn;
  }
  return appendRows(settled);
}
