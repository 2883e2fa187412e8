/** The rows of a sweep: what changed since a cursor, by keyset pages over `(Modified_Time, id)`. */

import {ZohoError} from '../errors/errors.ts';
import {instantOf} from '../flow/state.ts';
import {aheadRowsMax, coqlRowsLarge, coqlRowsSmall, sliceRoundsMax, windowLagS} from '../limits.ts';
import type {Log} from '../platform/log.ts';
import type {Batch, BindingPatch, Rows} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {appendRows, cellText, joinSlices, noRows, splitRows} from '../records/rows.ts';
import {parseCoql} from '../transforms/parse-json.ts';
import type {ZohoClient} from '../zoho/client.ts';
import {idsQuery, type Key, secondQuery, windowQuery} from '../zoho/coql.ts';
import {idLists} from './id-lists.ts';
import {PageSize} from './page-size.ts';
import {type Place, type WindowPage, windowPages} from './window-pages.ts';

export interface CoqlContext {
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Told of a record that Zoho cannot serve, whatever else it answers: it is left out. */
  onUnserved(key: Key, failure: ZohoError): void;
  /** Ids of the records modified in a range, by a bulk read job: for what no query leads to. */
  bulkIds(module: string, fromS: number, toS: number, signal: AbortSignal): AsyncIterable<readonly string[]>;
}

/** What to ask of each record. Every slice holds `id` and `Modified_Time`; together they hold all fields that COQL reads. */
export interface CoqlPlan {
  readonly module: string;
  readonly slices: readonly (readonly string[])[];
  readonly fields: ReadonlyMap<string, Field>;
  /** Reserved words that this Zoho takes as names without quotes. */
  readonly bare?: ReadonlySet<string>;
  /** Rows of a page, as this Zoho allows and serves them. */
  readonly pageSize: PageSize;
  /** Ids of one list, as this Zoho allows. */
  readonly listSize: PageSize;
}

export interface Sweep {
  readonly fromS: number;
  /** Where the last sweep ended; only pages past it move the saved cursor. */
  readonly cursorS: number;
  /** Rows expected, so that the first page is the cheapest that is large enough. */
  readonly rowsExpected: number;
  /** Whether a record is known to be captured with that `Modified_Time`. */
  isKnown(id: string, seconds: number): boolean;
  /** Whether all records beyond Zoho's clock are looked through, known or not. */
  readonly lookAhead: boolean;
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
 *
 * Records may lie in the future: their `Modified_Time` was set so. The pages go on among them as long as they bring one that is not known, so that all of them
 * are captured when they appear, and sweeps that follow cost no more than without them.
 */
export async function* sweepRows(plan: CoqlPlan, sweep: Sweep, context: CoqlContext): AsyncGenerator<SweptRows, void, void> {
  const {client, signal} = context;
  const firstRows = sweep.rowsExpected > coqlRowsSmall ? coqlRowsLarge : coqlRowsSmall;
  const beforeS = await client.nowSeconds(signal);
  let nowS: number | undefined;
  let endS = sweep.cursorS;
  let ahead = 0;
  for await (const page of pagesFrom(plan, sweep.fromS, firstRows, context)) {
    const latestS = await client.nowSeconds(signal);
    // Zoho's clock when the first page was read: never later than either reading of it.
    nowS ??= Math.min(beforeS, latestS);
    endS = Math.max(sweep.cursorS, nowS - windowLagS);
    const {last, rows} = page;
    const isPast = last !== undefined && last.seconds <= Math.max(endS, nowS);
    const isFuture = last !== undefined && last.seconds > latestS;
    const goesOn = isPast || (isFuture && ahead < aheadRowsMax && (sweep.lookAhead || hasUnknown(rows, latestS, sweep)));
    if (!goesOn || page.more === false) {
      for (const items of cut(rows)) yield {items, drained: {cursor: instantOf(endS), after: null}};
      return;
    }
    if (isFuture) ahead += rows.count;
    const parts = cut(rows);
    const inWindow = last.seconds >= sweep.cursorS && last.seconds < endS;
    const patch = inWindow ? {inc: {cursor: instantOf(last.seconds), after: last.id}} : undefined;
    for (const [i, items] of parts.entries()) yield i === parts.length - 1 ? {items, patch} : {items};
  }
  yield {items: noRows, drained: {cursor: instantOf(endS), after: null}};
}

/** Whether a page has a record of the future that is not known. */
function hasUnknown(rows: Rows, nowS: number, {isKnown}: Sweep): boolean {
  const [idColumn, timeColumn] = [rows.columns.indexOf('id'), rows.columns.indexOf('Modified_Time')];
  for (let row = 0; row < rows.count; row++) {
    const seconds = modifiedSeconds(cellText(rows, row, timeColumn));
    if (seconds > nowS && !isKnown(cellText(rows, row, idColumn), seconds)) return true;
  }
  return false;
}

/** The pages of a window, each as large as Zoho serves it. */
function pagesFrom(plan: CoqlPlan, fromS: number, firstRows: number, context: CoqlContext): AsyncGenerator<CoqlPage, void, void> {
  return windowPages(fromS, firstRows, {
    page: (place, rows) => readPage(plan, place, rows, context),
    second: (second) => readSecond(plan, second, context),
  });
}

/**
 * Reads a page, with fewer rows as long as it fails; one that fails with a single record goes without it. Whether it is the page that fails, and not Zoho or the
 * module, shows in a query for the keys alone: when that fails as well, its failure is thrown.
 */
async function readPage(plan: CoqlPlan, place: Place, rowsMax: number, context: CoqlContext): Promise<CoqlPage> {
  const {module, pageSize} = plan;
  for (;;) {
    const asked = Math.min(rowsMax, pageSize.rows);
    try {
      const page = await readWindow(plan, place, asked, context);
      pageSize.succeeded(asked, page.rowCount, page.rows.bytes.length);
      return page;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isByItsSize(error)) throw error;
      const first = await readWindow(keysOnly(plan), place, 1, context);
      if (pageSize.failed(asked)) {
        context.log('info', `${error.message}; asking for ${pageSize.rows} records at once instead of ${asked}`, {module});
        continue;
      }
      // Whatever stands in the way, the keys alone are all that is asked for here.
      if (plan.slices.every((columns) => columns.length <= keyColumns.length) || first.last === undefined) return first;
      context.onUnserved(first.last, error);
      return {...first, rows: noRows, rowCount: 0};
    }
  }
}

/** Whether a failure may come of how much was asked for: an answer that breaks off, does not come in time, is too large, or is an error of the server's. */
function isByItsSize(error: unknown): error is ZohoError {
  if (!(error instanceof ZohoError) || error.status === 429 || error.code === 'TOO_MANY_REQUESTS') return false;
  return error.kind === 'unavailable' || error.kind === 'damaged';
}

const keyColumns = ['id', 'Modified_Time'];

function keysOnly(plan: CoqlPlan): CoqlPlan {
  return {...plan, slices: [keyColumns]};
}

/**
 * Reads a second that pages by time do not get through: by id, and where Zoho refuses such a query, its ids by a bulk read job and then the records by
 * their ids.
 */
async function* readSecond(plan: CoqlPlan, second: number, context: CoqlContext): AsyncGenerator<CoqlPage, void, void> {
  const {signal, log} = context;
  let afterId: string | undefined;
  try {
    for (;;) {
      const page = await readPage(plan, {second, afterId}, Number.POSITIVE_INFINITY, context);
      // What it says of the end is about the second, and not about the window.
      yield {...page, more: undefined};
      if (page.more === false || page.last === undefined) return;
      afterId = page.last.id;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ZohoError) || error.kind !== 'refused' || afterId !== undefined) throw error;
    log('info', `${error.message}; its records of ${instantOf(second)} are looked up by a bulk read job`, {module: plan.module});
  }
  for await (const ids of context.bulkIds(plan.module, second, second + 1, signal)) {
    for await (const {asked, rows} of rowsByIds(plan, ids, context))
      yield {rows, rowCount: rows.count, more: undefined, last: {seconds: second, id: asked.at(-1)!}, repeats: false};
  }
}

/** Cuts a page into batches that are small enough to be written in one piece. */
function cut(rows: Rows): Rows[] {
  return rows.count === 0 ? [rows] : splitRows(rows);
}

interface CoqlPage extends WindowPage {
  readonly rows: Rows;
}

/** Reads one page of the window with all its slices. */
async function readWindow(plan: CoqlPlan, place: Place, limit: number, context: CoqlContext): Promise<CoqlPage> {
  const {module, bare} = plan;
  const parts: Rows[] = [];
  let more: boolean | undefined;
  for (const columns of plan.slices) {
    const query =
      'second' in place
        ? secondQuery({module, columns, ...place, limit, bare})
        : windowQuery({module, columns, ...place, limit, bare});
    const answer = await ask(query, plan, columns, context);
    if (parts.length === 0) more = answer.more;
    parts.push(answer.rows);
    if (answer.rows.count === 0) break;
  }
  const [first = noRows] = parts;
  const {last, repeats} = 'second' in place ? lastOfSecond(first, place, module) : lastKey(first, place.after, module);
  return {rows: await settle(plan, parts, context), rowCount: first.count, more, last, repeats};
}

type End = Pick<WindowPage, 'last' | 'repeats'>;

/** The place of a page's last row in the order of the window, and whether the page has the record again that it begins behind. */
function lastKey(rows: Rows, after: Key | undefined, module: string): End {
  if (rows.count === 0) return {last: undefined, repeats: false};
  const last = keyAt(rows, rows.count - 1);
  // Without this, an answer that ignores the conditions would be read for ever.
  if (Number.isNaN(last.seconds) || (after !== undefined && last.seconds < after.seconds)) throw doesNotFollow(module);
  return {last, repeats: after !== undefined && hasKey(rows, after)};
}

/** The same among the records of one second, by id. */
function lastOfSecond(rows: Rows, {second, afterId}: Extract<Place, {second: number}>, module: string): End {
  if (rows.count === 0) return {last: undefined, repeats: false};
  const last = keyAt(rows, rows.count - 1);
  if (last.seconds !== second || (afterId !== undefined && hasKey(rows, {seconds: second, id: afterId})))
    throw doesNotFollow(module);
  return {last, repeats: false};
}

function doesNotFollow(module: string): ZohoError {
  return new ZohoError('damaged', `Cannot page through module ${module}: Zoho's answer does not follow the page before it`);
}

function keyAt(rows: Rows, row: number): Key {
  const seconds = modifiedSeconds(cellText(rows, row, rows.columns.indexOf('Modified_Time')));
  return {seconds, id: cellText(rows, row, rows.columns.indexOf('id'))};
}

/** Whether a record is among the rows of its second, with which the page begins. */
function hasKey(rows: Rows, {seconds, id}: Key): boolean {
  for (let row = 0; row < rows.count; row++) {
    const key = keyAt(rows, row);
    if (key.seconds > seconds) return false;
    if (key.id === id) return true;
  }
  return false;
}

export interface ById {
  readonly asked: readonly string[];
  /** The ids of those that exist; one that is being edited just now may have no row all the same. */
  readonly live: ReadonlySet<string>;
  readonly rows: Rows;
}

/** Reads whole records by id, all slices of each, in lists of as many ids as Zoho takes and serves. */
export async function* rowsByIds(plan: CoqlPlan, ids: readonly string[], context: CoqlContext): AsyncGenerator<ById, void, void> {
  for await (const {asked, answer} of readLists(plan, ids, context)) {
    const {parts, unserved} = answer;
    const [first = noRows] = parts;
    const served = Array.from({length: first.count}, (_, row) => cellText(first, row, first.columns.indexOf('id')));
    yield {asked, live: new Set([...served, ...unserved]), rows: await settle(plan, parts, context)};
  }
}

/** Yields the id of every record modified since `fromS`, page by page, and nothing else of it but `Modified_Time`. */
export async function* idsSince(plan: CoqlPlan, fromS: number, context: CoqlContext): AsyncGenerator<Rows, void, void> {
  // How many whole records a page may have says nothing of their keys.
  const keys = {...keysOnly(plan), pageSize: new PageSize({most: plan.pageSize.most})};
  for await (const {rows} of pagesFrom(keys, fromS, Number.POSITIVE_INFINITY, context)) if (rows.count > 0) yield rows;
}

interface ReadList {
  readonly parts: readonly Rows[];
  /** Ids of records that are there but that Zoho cannot serve. */
  readonly unserved: readonly string[];
}

/** Reads slices by id, list by list. */
function readLists(
  plan: CoqlPlan,
  ids: readonly string[],
  context: CoqlContext,
): AsyncGenerator<{asked: readonly string[]; answer: ReadList}, void, void> {
  const {module, pageSize, listSize} = plan;
  return idLists<ReadList>(ids, {
    sizes: {list: listSize, page: pageSize},
    async read(asked) {
      const parts = await readIds(plan, asked, context);
      const bytes = parts.reduce((sum, {bytes}) => sum + bytes.length, 0);
      pageSize.succeeded(asked.length, parts[0]?.count ?? 0, bytes);
      return {parts, unserved: []};
    },
    onRefused: (size) =>
      context.log('info', `Zoho takes no more than ${size} ids in a list; asking for as many at once from now on`, {module}),
    async onFailed(asked, error) {
      context.signal.throwIfAborted();
      if (!isByItsSize(error)) throw error;
      const [keys = noRows] = await readIds(keysOnly(plan), asked.slice(0, 1), context);
      if (pageSize.failed(asked.length)) {
        context.log('info', `${error.message}; asking for ${pageSize.rows} records at once instead of ${asked.length}`, {module});
        return undefined;
      }
      if (keys.count > 0) context.onUnserved(keyAt(keys, 0), error);
      return {parts: [], unserved: keys.count > 0 ? asked : []};
    },
  });
}

async function readIds(plan: CoqlPlan, ids: readonly string[], context: CoqlContext): Promise<Rows[]> {
  const parts: Rows[] = [];
  for (const columns of plan.slices) {
    const {rows, more} = await ask(idsQuery({module: plan.module, columns, ids, bare: plan.bare}), plan, columns, context);
    if (more === true && rows.count < ids.length)
      throw new ZohoError(
        'damaged',
        `Cannot read ${ids.length} records of module ${plan.module} by id: Zoho gives ${rows.count} and says that more follow`,
      );
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
  const read = async (body: AsyncIterable<Uint8Array>): Promise<Answer> => {
    const answer = await parseCoql(body, columns, plan.fields);
    if (answer.more !== true || answer.rows.count > 0) return answer;
    throw new ZohoError(
      'damaged',
      `Cannot page through module ${plan.module}: Zoho says that more records follow, and gives none`,
    );
  };
  return (await client.coql(query, read, signal)) ?? {rows: noRows, more: false};
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
    for await (const {answer} of readLists(plan, torn, context)) {
      const again = joinSlices(answer.parts);
      settled.push(again.rows);
      stillTorn.push(...again.torn);
    }
    torn = stillTorn;
  }
  return appendRows(settled);
}
