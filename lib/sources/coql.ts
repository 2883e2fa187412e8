/** The rows of a sweep: what changed since a cursor, by keyset pages over `(Modified_Time, id)`. */

import {ZohoError} from '../errors/errors.ts';
import {instantOf} from '../flow/state.ts';
import {coqlIdsMax, coqlRowsSmall, sliceRoundsMax, windowLagS} from '../limits.ts';
import type {Batch, BindingPatch, Rows} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {latestS, modifiedSeconds} from '../records/instant.ts';
import {
  datedRows,
  type OddRow,
  oddRows,
  type Quarantine,
  rowsWithoutId,
  silentQuarantine,
  withoutRows,
} from '../records/odd-rows.ts';
import {appendRows, cellText, type Joined, joinSlices, noRows, splitRows} from '../records/rows.ts';
import {sizeCheck} from '../transforms/coerce.ts';
import {parseCoql} from '../transforms/parse-json.ts';
import type {ZohoClient} from '../zoho/client.ts';
import {idsQuery, type Key, type Quoting, windowQuery} from '../zoho/coql.ts';
import {readAgain} from './readings.ts';

export interface CoqlContext {
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
  /** Where rows go that cannot become documents; without one they are left out in silence. */
  readonly quarantine?: Quarantine | undefined;
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

/** Reads one page of the window with all its slices; larger ones, when there is no row in it to go on from. */
async function readWindow(
  plan: CoqlPlan,
  fromS: number,
  after: Key | undefined,
  limit: number,
  context: CoqlContext,
): Promise<CoqlPage> {
  const query = (columns: readonly string[]): string =>
    windowQuery({module: plan.module, columns, fromS, after, limit, quoting: plan.quoting});
  const {rows, first, more} = await readAgain(
    () => readSlices(plan, query, context),
    context.quarantine ?? silentQuarantine,
    'a page of its changes',
  );
  const keys = keysOf(first);
  const isFullOfOdd = first.count >= limit && !keys.some(({id}) => id !== undefined);
  if (isFullOfOdd && limit < plan.rowsMax) return readWindow(plan, fromS, after, Math.min(plan.rowsMax, 2 * limit), context);
  if (isFullOfOdd && keys.length === 0)
    throw new ZohoError('damaged', `Cannot page through module ${plan.module}: no row of a whole page has a valid Modified_Time`);
  return {rows, more, last: lastKey(keys, after, plan.module)};
}

/** A place in the order of a window, as far as a row names it. */
interface RowKey {
  readonly seconds: number;
  readonly id: string | undefined;
}

/** The places of the rows that have a valid time. */
function keysOf(rows: Rows): RowKey[] {
  const odd = new Set(oddRows(rows, 0, () => false).map(({row}) => row));
  const [idColumn, timeColumn] = [rows.columns.indexOf('id'), rows.columns.indexOf('Modified_Time')];
  const keys: RowKey[] = [];
  for (let row = 0; row < rows.count; row++) {
    const seconds = modifiedSeconds(cellText(rows, row, timeColumn));
    if (!Number.isNaN(seconds)) keys.push({seconds, id: odd.has(row) ? undefined : cellText(rows, row, idColumn)});
  }
  return keys;
}

/** Before and behind every record of a second. */
const firstId = '0';
const lastId = '9223372036854775807';

/**
 * The place of a page's last row in the order of the window; of the last one that can be used. Where there is none, it goes on at the last second that the
 * page names, and behind that second when it has been there.
 */
function lastKey(keys: readonly RowKey[], after: Key | undefined, module: string): Key | undefined {
  const last = keys.findLast(({id}) => id !== undefined) ?? keys.at(-1);
  if (last === undefined) return undefined;
  // Times that no query can name are the last of all.
  if (last.seconds > latestS) return undefined;
  const {seconds, id = after?.seconds === seconds ? lastId : firstId} = last;
  // Without this, an answer that ignores the conditions would be read for ever.
  if (after !== undefined && (seconds < after.seconds || (seconds === after.seconds && id === after.id))) {
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

/** Reads whole records by id, all slices of each, 100 ids at a time. One without any `Modified_Time` has its `Created_Time` as such. */
export async function* rowsByIds(plan: CoqlPlan, ids: readonly string[], context: CoqlContext): AsyncGenerator<ById, void, void> {
  for (let i = 0; i < ids.length; i += coqlIdsMax) {
    const asked = ids.slice(i, i + coqlIdsMax);
    const query = idsQueryOf(plan, asked);
    const {rows, first} = await readAgain(
      () => readSlices(plan, query, context, datedRows),
      context.quarantine ?? silentQuarantine,
      'its records read by id',
    );
    const live = new Set(Array.from({length: first.count}, (_, row) => cellText(first, row, first.columns.indexOf('id'))));
    yield {asked, live, rows};
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

interface Reading {
  /** What can be used of the records, all slices together. */
  readonly rows: Rows;
  /** The first slice as received. */
  readonly first: Rows;
  readonly more: boolean | undefined;
  readonly odd: readonly OddRow[];
}

/** Reads the slices of some records and joins them; `prepare` changes the rows before they are looked at. */
async function readSlices(
  plan: CoqlPlan,
  query: (columns: readonly string[]) => string,
  context: CoqlContext,
  prepare: (rows: Rows) => Rows = (rows) => rows,
): Promise<Reading> {
  const {parts, more, hasOddSlices} = await readParts(plan, query, context);
  const [first = noRows] = parts;
  const withoutId = rowsWithoutId(first);
  const {rows: joined, torn} = await settle(plan, parts.map(withIds), context);
  const rows = prepare(joined);
  const places = new Map<string, number>();
  const placeOf = (id: string | undefined): number => {
    if (places.size === 0)
      for (let row = 0; row < first.count; row++) places.set(cellText(first, row, first.columns.indexOf('id')), row + 1);
    return places.get(id ?? '') ?? 0;
  };
  const odd = oddRows(rows, 0, sizeCheck(rows, plan.fields));
  const lost = hasOddSlices ? torn : [];
  return {
    rows: withoutRows(rows, new Set(odd.map(({row}) => row))),
    first,
    more,
    odd: [
      ...withoutId,
      ...odd.map((row) => ({...row, row: placeOf(row.id)})),
      ...lost.map((id): OddRow => ({row: placeOf(id), id, fault: 'slices', digest: `slices of ${id}`})),
    ],
  };
}

interface Parts {
  /** One for each slice, as received. */
  readonly parts: readonly Rows[];
  readonly more: boolean | undefined;
  /** Whether a slice other than the first has rows that nobody knows the record of. */
  readonly hasOddSlices: boolean;
}

async function readParts(plan: CoqlPlan, query: (columns: readonly string[]) => string, context: CoqlContext): Promise<Parts> {
  const parts: Rows[] = [];
  let more: boolean | undefined;
  for (const columns of plan.slices) {
    const answer = await ask(query(columns), plan, columns, context);
    if (parts.length === 0) more = answer.more;
    parts.push(answer.rows);
    if (answer.rows.count === 0) break;
  }
  return {parts, more, hasOddSlices: parts.slice(1).some((rows) => rowsWithoutId(rows).length > 0)};
}

function withIds(rows: Rows): Rows {
  return withoutRows(rows, new Set(rowsWithoutId(rows).map(({row}) => row - 1)));
}

function idsQueryOf({module, quoting}: CoqlPlan, ids: readonly string[]): (columns: readonly string[]) => string {
  return (columns) => idsQuery({module, columns, ids, quoting});
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
 * number of times. One that still differs is torn, and left out; its last change lies past this window, so the next sweep has it.
 */
async function settle(plan: CoqlPlan, parts: readonly Rows[], context: CoqlContext): Promise<Joined> {
  const joined = joinSlices(parts);
  const settled = [joined.rows];
  let {torn} = joined;
  for (let round = 0; torn.length > 0 && round < sliceRoundsMax; round++) {
    const stillTorn: string[] = [];
    for (let i = 0; i < torn.length; i += coqlIdsMax) {
      const again = await readParts(plan, idsQueryOf(plan, torn.slice(i, i + coqlIdsMax)), context);
      const {rows, torn: some} = joinSlices(again.parts.map(withIds));
      settled.push(rows);
      stillTorn.push(...some);
    }
    torn = stillTorn;
  }
  return {rows: appendRows(settled), torn};
}
