/** The rows of a sweep: what changed since a cursor, by keyset pages over `(Modified_Time, id)`; and rows by their ids. */

import {ZohoError} from '../errors/errors.ts';
import {instantOf} from '../flow/state.ts';
import {aheadRowsMax, coqlRowsLarge, coqlRowsSmall, windowLagS} from '../limits.ts';
import type {Batch, BindingPatch, RowBlock} from '../records/batch.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {cellText, noRows, splitRows, weightOf} from '../records/rows.ts';
import {datedRows, silentQuarantine} from '../records/unusable-rows.ts';
import type {Key} from '../zoho/coql.ts';
import {type CoqlContext, type CoqlPlan, idsQueryOf, mustBeWhole, readSlices} from './coql-slices.ts';
import {type CoqlPage, readWindow} from './coql-window.ts';
import {idLists} from './id-lists.ts';
import {PageSize} from './page-size.ts';
import {readAgain} from './readings.ts';
import {type Place, windowPages} from './window-pages.ts';

export type {CoqlContext, CoqlPlan} from './coql-slices.ts';

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

/** Where the cursor may go when all rows of a sweep have been dealt with. */
export type DrainedCursor = {readonly cursor: string; readonly after: null};

/**
 * Yields everything modified since `fromS`, oldest first, drained to the end, however many rows
 * share one second. Returns the cursor of the drained window.
 *
 * The window ends a lag behind Zoho's clock, as the first answer tells it: the cursor goes there and no further, because the seconds after it are
 * not complete. Rows beyond are yielded all the same, up to that clock, so that a mass edit of just now need not wait for the next sweep, which reads them
 * again; what is modified meanwhile lies after that clock, so the pages come to an end. Every page past the cursor and within the window, but the last,
 * carries the patch that moves the cursor to its last row.
 *
 * Records may lie in the future: their `Modified_Time` was set so. The pages go on among them as long as they bring one that is not known, so that all of them
 * are captured when they appear, and sweeps that follow cost no more than without them.
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
    // Zoho's clock when the first page was read: never later than either reading of it.
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

/** Whether a page has a record of the future that is not known. */
function hasUnknown(rows: RowBlock, nowS: number, {isKnown}: Sweep): boolean {
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
      pageSize.succeeded(asked, page.rowCount, page.weight);
      return page;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isByItsSize(error)) throw error;
      const first = await readWindow(keysOnly(plan), place, 1, context);
      if (pageSize.failed(asked)) {
        context.log?.('info', `${error.message}; asking for ${pageSize.rows} records at once instead of ${asked}`, {module});
        continue;
      }
      // Whatever stands in the way, the keys alone are all that is asked for here.
      if (plan.slices.every((columns) => columns.length <= keyColumns.length) || first.last === undefined) return first;
      leaveOut(first.last, error, 'a page of its changes', plan, context);
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
  const {signal, log, bulkIds} = context;
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
        repeats: false,
      };
  }
}

/** Cuts a page into pieces that are small enough to be written at once, the last of them with what it closes; a page without rows is one piece. */
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
  /** The ids of those that exist; one that is being edited just now may have no row all the same. */
  readonly live: ReadonlySet<string>;
  readonly rows: RowBlock;
}

/** Reads whole records by id, all slices of each, in lists of as many ids as Zoho takes and serves. One without any `Modified_Time` has its `Created_Time` as such. */
export async function* rowsByIds(plan: CoqlPlan, ids: readonly string[], context: CoqlContext): AsyncGenerator<ById, void, void> {
  const {module, pageSize, listSize} = plan;
  const lists = idLists<Omit<ById, 'asked'>>(ids, {
    sizes: {list: listSize, page: pageSize},
    read: (asked) => readList(plan, asked, context),
    onRefused: (size) =>
      context.log?.('info', `Zoho takes no more than ${size} ids in a list; asking for as many at once from now on`, {module}),
    async onFailed(asked, error) {
      context.signal.throwIfAborted();
      if (!isByItsSize(error)) throw error;
      const {live, rows} = await readList(keysOnly(plan), asked.slice(0, 1), context);
      if (pageSize.failed(asked.length)) {
        context.log?.('info', `${error.message}; asking for ${pageSize.rows} records at once instead of ${asked.length}`, {
          module,
        });
        return undefined;
      }
      for (let row = 0; row < rows.count; row++) leaveOut(keyAt(rows, row), error, 'its records read by id', plan, context);
      return {live, rows: noRows};
    },
  });
  for await (const {asked, answer} of lists) yield {asked, ...answer};
}

/** Yields the id of every record modified since `fromS`, page by page, and nothing else of it but `Modified_Time`. */
export async function* idsSince(plan: CoqlPlan, fromS: number, context: CoqlContext): AsyncGenerator<RowBlock, void, void> {
  // How many whole records a page may have says nothing of their keys.
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
  const live = new Set(Array.from({length: first.count}, (_, row) => cellText(first, row, first.columns.indexOf('id'))));
  return {live, rows};
}

/** Leaves a record out that Zoho cannot serve, whatever else it answers. */
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

function keyAt(rows: RowBlock, row: number): Key {
  const seconds = modifiedSeconds(cellText(rows, row, rows.columns.indexOf('Modified_Time')));
  return {seconds, id: cellText(rows, row, rows.columns.indexOf('id'))};
}
