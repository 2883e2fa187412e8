/** The rows of a backfill: Bulk Read jobs over a range of `Modified_Time`, page after page. */

import {ZohoError} from '../errors/errors.ts';
import {type RangePlace, secondsOf} from '../flow/state.ts';
import {bulkPageRows} from '../limits.ts';
import type {Release, Semaphore} from '../platform/semaphore.ts';
import type {Batch, BindingPatch, LateBindingPatch, RowBlock} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {noRows} from '../records/rows.ts';
import type {BulkJob} from '../zoho/api.ts';
import {awaitJob, NextJob, waitFor} from './bulk-job.ts';
import {type PageContext, readPage} from './bulk-page.ts';

export interface BulkRange {
  readonly module: string;
  /**
   * The fields of each slice. A wide module takes several jobs over the same range (design 5.2).
   */
  readonly slices: readonly (readonly string[])[];
  readonly fields: ReadonlyMap<string, Field>;
  readonly fromS: number;
  /** Reads the records without any `Modified_Time` instead of a range. All of them are yielded. */
  readonly untimed?: boolean;
  /** Reads all rows of a module without `Modified_Time` instead of a range. */
  readonly whole?: boolean;
  /** The patch of the last batch, which ends the range. */
  readonly done: BindingPatch | LateBindingPatch;
}

export interface BulkContext extends PageContext {
  /** Concurrent downloads of pages, of all bindings. */
  readonly pageSlots: Semaphore;
  /** Called with the fields of an accepted job, before its rows are read. */
  readonly onAccepted?: (fields: readonly string[]) => Promise<void>;
}

/**
 * Yields the rows of a range from where `saved` stands, each batch with the patch that records how
 * far they reach. A range without slices ends at once.
 *
 * The patch of a page's last rows also moves to the next page, whose job is submitted while the
 * current page is downloaded. It is yielded only after the file proved complete. A failure is
 * thrown as it comes. Reading that resumes from the state repeats no row that was written.
 */
export async function* bulkRows(
  range: BulkRange,
  saved: RangePlace,
  context: BulkContext,
): AsyncGenerator<Batch<RowBlock>, void, void> {
  if (range.slices.length === 0) return yield {items: noRows, patch: range.done};
  let page: Page | undefined = {
    slice: Math.min(saved.slice ?? 0, range.slices.length - 1),
    token: saved.next_page,
    job: saved.job,
    rows: saved.rows ?? 0,
    nextJob: saved.next_job,
  };
  for (let {again = false} = context; page !== undefined; again = false)
    page = yield* onePage(page, range, secondsOf(saved.cutoff), {...context, again});
}

/** The position of a reading, as in `RangePlace`. */
interface Page {
  readonly slice: number;
  readonly token: string | undefined;
  readonly job: string | undefined;
  /** Rows that were passed of the job's file; without a job they count for nothing. */
  readonly rows: number;
  readonly nextJob: string | undefined;
}

/** Yields one page and returns the next one. */
async function* onePage(
  begun: Page,
  range: BulkRange,
  toS: number,
  context: BulkContext,
): AsyncGenerator<Batch<RowBlock>, Page | undefined, void> {
  const {progress, pageSlots} = context;
  const releaseJob = await waitFor('job', context.jobSlots, context);
  let releasePage: Release | undefined;
  let next: NextJob | undefined;
  try {
    const page = yield* ensureJob(begun, range, toS, context);
    const done = await awaitJob(page.job, context);
    releaseJob();
    progress.pageRows = done.count;
    next = new NextJob(page.nextJob, hasNext(done) ? done.nextPageToken : undefined, context);
    let last = noRows;
    // An empty result may have no file.
    if (done.count !== 0 || page.rows > 0) {
      releasePage = await waitFor('download', pageSlots, context);
      progress.phase = 'downloading';
      last = yield* readPage({...range, ...page, done}, next, context);
    }
    const following = await followingPage(page, done, next, range);
    yield {items: last, patch: following.patch};
    return following.page;
  } catch (error) {
    // Reading that resumes from the state can then use this job for the next page.
    await next?.job;
    const news = next?.takePatch() ?? {};
    if (!context.signal.aborted && news.next_job !== undefined) yield {items: noRows, patch: {backfill: news}};
    throw error;
  } finally {
    releaseJob();
    releasePage?.();
    next?.release();
  }
}

/** Submits the job of a page unless it has one, and yields the patch that records it. */
async function* ensureJob(
  page: Page,
  {module, slices, fromS, untimed, whole}: BulkRange,
  toS: number,
  {client, signal, onAccepted}: BulkContext,
): AsyncGenerator<Batch<RowBlock>, Page & {readonly job: string}, void> {
  const {token} = page;
  if (page.job !== undefined) return {...page, job: page.job};
  const fields = slices[page.slice]!;
  const query = token === undefined ? {module, fields, fromS, toS, untimed, whole} : {pageToken: token};
  const job = await client.createJob(query, signal);
  // A job by page token keeps the fields of the page before.
  if (token === undefined) await onAccepted?.(fields);
  yield {items: noRows, patch: {backfill: {job, rows: null, next_job: null}}};
  return {...page, job, rows: 0, nextJob: undefined};
}

/**
 * The page after a completed one, and the patch that moves there. The pages end if Zoho says so. If
 * Zoho does not say, they end unless the page is full.
 */
async function followingPage(
  page: Page,
  done: BulkJob,
  next: NextJob,
  range: BulkRange,
): Promise<{page: Page | undefined; patch: BindingPatch | LateBindingPatch}> {
  if (hasNext(done)) {
    const nextJob = await next.job;
    return {
      page: {slice: page.slice, token: done.nextPageToken, job: nextJob, rows: 0, nextJob: undefined},
      patch: {backfill: {next_page: done.nextPageToken, job: nextJob ?? null, rows: null, next_job: null}},
    };
  }
  if (done.more === true || (done.more === undefined && (done.count ?? 0) >= (done.perPage || bulkPageRows))) {
    const says =
      done.more === true ? 'says that there are more rows but' : 'does not say whether more rows follow a full page and';
    throw new ZohoError('module', `Cannot read all of module ${range.module}: Zoho ${says} gives no token for the next page`);
  }
  if (page.slice + 1 < range.slices.length) {
    return {
      page: {slice: page.slice + 1, token: undefined, job: undefined, rows: 0, nextJob: undefined},
      patch: {backfill: {slice: page.slice + 1, next_page: null, job: null, rows: null, next_job: null}},
    };
  }
  return {page: undefined, patch: range.done};
}

function hasNext(done: BulkJob): done is BulkJob & {readonly nextPageToken: string} {
  return done.nextPageToken !== undefined && done.more !== false;
}
