/**
 * The rows of a sweep: changes since a cursor, by keyset pages over `(Modified_Time, id)`; and rows
 * by their ids.
 */

import {ZohoError} from '../errors/errors.ts';
import {instantOf} from '../flow/state.ts';
import {aheadRowsMax, coqlRowsLarge, coqlRowsSmall, windowLagS} from '../limits.ts';
import type {Batch, BindingPatch, RowBlock} from '../records/batch.ts';
import {noRows, splitRows, weightOf} from '../records/rows.ts';
import {datedRows, silentQuarantine} from '../records/unusable-rows.ts';
import type {Key} from '../zoho/coql.ts';
import {type CoqlContext, type CoqlPlan, idsQueryOf, mustBeWhole, readSlices} from './coql-slices.ts';
import {type CoqlPage, keysOf, readWindow} from './coql-window.ts';
import {idLists} from './id-lists.ts';
import {PageSize} from './page-size.ts';
import {readAgain} from './readings.ts';
import {type PageStart, windowPages} from './window-pages.ts';

export type {CoqlContext, CoqlPlan} from './coql-slices.ts';

export interface Sweep {
  readonly fromS: number;
  /** Where the last sweep ended. Only pages beyond it move the saved cursor. */
  readonly cursorS: number;
  /** Expected rows. The first page is the cheapest one that is large enough. */
  readonly rowsExpected: number;
  /** Whether a record was captured with this `Modified_Time`. */
  isKnown(id: string, seconds: number): boolean;
  /** Whether to read all records beyond Zoho's clock, including known ones. */
  readonly lookAhead: boolean;
}

/** The new cursor once all rows of a sweep are written. */
export type DrainedCursor = {readonly cursor: string; readonly after: null};

/**
 * Yields everything modified since `fromS`, oldest first and to the end, however many rows share
 * one second. Returns the cursor of the drained window.
 *
 * The window ends a lag before Zoho's clock at the first answer. The cursor goes no further,
 * because later seconds are incomplete. Rows up to that clock are yielded as well, so that a recent
 * mass edit need not wait for the next sweep, which reads them again. Records modified meanwhile
 * lie after that clock, so the pages come to an end. Every page beyond the cursor and within the
 * window, except the last, has the patch that moves the cursor to its last row.
 *
 * Records may be dated in the future. Pages continue among them as long as they bring an unknown
 * one, so all of them are captured when they appear, and later sweeps cost no more.
 */
export async function* sweepRows(
  plan: CoqlPlan,
  sweep: Sweep,
  context: CoqlContext,
): AsyncGenerator<Batch<RowBlock>, DrainedCursor, void> {
  const {client, signal} = context;
  const firstRows = sweep.rowsExpected > coqlRowsSmall ? coqlRowsLarge : coqlRowsSmall;
  const beforeS = await client.nowSeconds(signal);
  let nowS: number | undefined;
  let endS = sweep.cursorS;
  let ahead = 0;
  for await (const page of pagesFrom(plan, sweep.fromS, firstRows, context)) {
    const presentS = await client.nowSeconds(signal);
    // Zoho's clock at the first page: never later than either reading of it.
    nowS ??= Math.min(beforeS, presentS);
    endS = Math.max(sweep.cursorS, nowS - windowLagS);
    const {last, rows} = page;
    const isPast = last !== undefined && last.seconds <= Math.max(endS, nowS);
    const isFuture = last !== undefined && last.seconds > presentS;
    const goesOn = isPast || (isFuture && ahead < aheadRowsMax && (sweep.lookAhead || hasUnknown(rows, presentS, sweep)));
    if (!goesOn || page.more === false) {
      yield* closedBy(undefined, rows);
      break;
    }
    if (isFuture) ahead += rows.count;
    const inWindow = last.seconds >= sweep.cursorS && last.seconds < endS;
    yield* closedBy(inWindow ? {inc: {cursor: instantOf(last.seconds), after: last.id}} : undefined, rows);
  }
  return {cursor: instantOf(endS), after: null};
}

/** Whether a page has an unknown record of the future. */
function hasUnknown(rows: RowBlock, nowS: number, {isKnown}: Sweep): boolean {
  return keysOf(rows).some(({seconds, id}) => seconds > nowS && !isKnown(id, seconds));
}

/** The pages of a window, as large as Zoho delivers them. */
function pagesFrom(plan: CoqlPlan, fromS: number, firstRows: number, context: CoqlContext): AsyncGenerator<CoqlPage, void, void> {
  return windowPages(fromS, firstRows, {
    page: (place, rows) => readPage(plan, place, rows, context),
    second: (second) => readSecond(plan, second, context),
  });
}

/**
 * Reads a page, with fewer rows as long as it fails. If it fails with a single record, that record
 * is omitted. A query for the keys alone shows whether the page is at fault rather than Zoho or the
 * module: if that fails as well, its failure is thrown.
 */
async function readPage(plan: CoqlPlan, place: PageStart, rowsMax: number, context: CoqlContext): Promise<CoqlPage> {
  const {pageSize} = plan;
  for (;;) {
    const asked = Math.min(rowsMax, pageSize.rows);
    try {
      const page = await readWindow(plan, place, asked, context);
      pageSize.succeeded(asked, page.rowCount, page.weight);
      return page;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isByItsSize(error)) throw error;
      const first = await readWindow(keysOnly(plan), place, 1, context);
      if (shrinks(asked, error, plan, context)) continue;
      // If the plan requests only keys, this page of one row has everything.
      if (plan.slices.every((columns) => columns.length <= keyColumns.length) || first.last === undefined) return first;
      leaveOut(first.last, error, 'a page of its changes', plan, context);
      return {...first, rows: noRows, rowCount: 0};
    }
  }
}

/**
 * Whether a failure may depend on the size of the request: the answer breaks off, takes too long,
 * is too large, or is a server error.
 */
function isByItsSize(error: unknown): error is ZohoError {
  if (!(error instanceof ZohoError) || error.status === 429 || error.code === 'TOO_MANY_REQUESTS') return false;
  return error.kind === 'unavailable' || error.kind === 'damaged';
}

/** Makes later requests smaller after one failed by its size. Returns false if they cannot be. */
function shrinks(asked: number, failure: ZohoError, {module, pageSize}: CoqlPlan, {log}: CoqlContext): boolean {
  if (!pageSize.failed(asked)) return false;
  log?.('info', `${failure.message}; asking for ${pageSize.rows} records at once instead of ${asked}`, {module});
  return true;
}

const keyColumns = ['id', 'Modified_Time'];

function keysOnly(plan: CoqlPlan): CoqlPlan {
  return {...plan, slices: [keyColumns]};
}

/**
 * Reads a second that pages by time cannot pass: by id or, if Zoho rejects such a query, by ids
 * from a bulk job.
 */
async function* readSecond(plan: CoqlPlan, second: number, context: CoqlContext): AsyncGenerator<CoqlPage, void, void> {
  const {log, bulkIds} = context;
  let afterId: string | undefined;
  try {
    for (;;) {
      const page = await readPage(plan, {second, afterId}, Number.POSITIVE_INFINITY, context);
      // The end of the second is not the end of the window, as an empty page or a flag would be.
      if (page.last === undefined) return;
      yield {...page, more: undefined};
      if (page.more === false) return;
      afterId = page.last.id;
    }
  } catch (error) {
    const isRefused = error instanceof ZohoError && error.kind === 'refused' && afterId === undefined;
    if (!isRefused || bulkIds === undefined) throw error;
    log?.('info', `${error.message}; its records of ${instantOf(second)} are looked up by a bulk read job`, {
      module: plan.module,
    });
  }
  for await (const ids of bulkIds(second, second + 1)) {
    for await (const {asked, rows} of rowsByIds(plan, ids, context))
      yield {
        rows,
        rowCount: rows.count,
        more: undefined,
        weight: weightOf(rows),
        last: {seconds: second, id: asked.at(-1)!},
        // Equivalent mutants (BooleanLiteral): only asked of a page that was reached by time
        repeats: false,
      };
  }
}

/**
 * Cuts a page into pieces small enough for one transaction. The last one has the patch. A page
 * without rows is one piece.
 */
function* closedBy(patch: BindingPatch | undefined, rows: RowBlock): Generator<Batch<RowBlock>, void, void> {
  let held: RowBlock | undefined;
  for (const items of splitRows(rows)) {
    if (held !== undefined) yield {items: held};
    held = items;
  }
  yield {items: held ?? rows, patch};
}

export interface ById {
  readonly asked: readonly string[];
  /** Ids of the existing records. One that is being edited may lack a row nevertheless. */
  readonly live: ReadonlySet<string>;
  readonly rows: RowBlock;
}

/**
 * Reads complete records by id, with all slices, in lists as long as Zoho accepts and delivers. A
 * record without a `Modified_Time` gets its `Created_Time` instead.
 */
export async function* rowsByIds(plan: CoqlPlan, ids: readonly string[], context: CoqlContext): AsyncGenerator<ById, void, void> {
  const {module, pageSize, listSize} = plan;
  const lists = idLists<Omit<ById, 'asked'>>(ids, {
    sizes: {list: listSize, page: pageSize},
    read: (asked) => readList(plan, asked, context),
    onRefused: (size) =>
      context.log?.('info', `Zoho accepts at most ${size} ids in a list; later lists are no longer than that`, {module}),
    async onFailed(asked, error) {
      context.signal.throwIfAborted();
      if (!isByItsSize(error)) throw error;
      const {live, rows} = await readList(keysOnly(plan), asked.slice(0, 1), context);
      if (shrinks(asked.length, error, plan, context)) return undefined;
      for (const key of keysOf(rows)) leaveOut(key, error, 'its records read by id', plan, context);
      return {live, rows: noRows};
    },
  });
  for await (const {asked, answer} of lists) yield {asked, ...answer};
}

/** Yields the id and `Modified_Time` of every record modified since `fromS`, page by page. */
export async function* idsSince(plan: CoqlPlan, fromS: number, context: CoqlContext): AsyncGenerator<RowBlock, void, void> {
  // The page size of complete records does not apply to their keys.
  const keys = {...keysOnly(plan), pageSize: new PageSize({most: plan.pageSize.most})};
  for await (const {rows} of pagesFrom(keys, fromS, Number.POSITIVE_INFINITY, context)) if (rows.count > 0) yield rows;
}

async function readList(plan: CoqlPlan, asked: readonly string[], context: CoqlContext): Promise<Omit<ById, 'asked'>> {
  const {rows, first, more, weight} = await readAgain(
    () => readSlices(plan, idsQueryOf(plan, asked), context, datedRows),
    context.quarantine ?? silentQuarantine,
    'its records read by id',
  );
  mustBeWhole(plan, asked.length, first.count, more);
  plan.pageSize.succeeded(asked.length, first.count, weight);
  return {live: new Set(keysOf(first).map(({id}) => id)), rows};
}

/** Omits a record that Zoho cannot deliver. */
function leaveOut(
  {seconds, id}: Key,
  failure: ZohoError,
  page: string,
  {module}: CoqlPlan,
  {quarantine, log}: CoqlContext,
): void {
  const digest = `unserved ${id} ${seconds}`;
  if (quarantine?.has(digest) === true) return;
  log?.('info', `${failure.message}, even for record ${id} alone`, {module, id});
  quarantine?.add({row: 1, id, fault: 'unserved', digest}, page);
}
