/** The rows of a backfill or a refresh: Bulk Read jobs over a range of `Modified_Time`, page after page. */

import {ZohoError} from '../errors/errors.ts';
import {type RangePlace, secondsOf} from '../flow/state.ts';
import {bulkPageRows} from '../limits.ts';
import type {Log} from '../platform/log.ts';
import type {Release, Semaphore} from '../platform/semaphore.ts';
import type {Batch, BindingPatch, LateBindingPatch, RowBlock} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {type OddRow, oddRows, type Quarantine, silentQuarantine, withoutRows} from '../records/odd-rows.ts';
import {noRows} from '../records/rows.ts';
import {sizeCheck} from '../transforms/coerce.ts';
import {type CsvRows, parseCsv} from '../transforms/parse-csv.ts';
import {unzip} from '../transforms/unzip.ts';
import type {BulkJob} from '../zoho/api.ts';
import {awaitJob, type JobContext, type Prefetch, prefetch, waitFor} from './bulk-job.ts';
import {FileReadings} from './readings.ts';

export interface BulkRange {
  readonly module: string;
  /** The fields of each slice; a wide module takes several jobs over the same range (design 5.2). */
  readonly slices: readonly (readonly string[])[];
  readonly fields: ReadonlyMap<string, Field>;
  readonly fromS: number;
  /** Reads the records that have no `Modified_Time` at all, in place of a range; all that come are yielded. */
  readonly untimed?: boolean;
  /** What the last batch says of the binding: that the range is over. */
  readonly done: BindingPatch | LateBindingPatch;
}

export interface BulkContext extends JobContext {
  /** Pages being downloaded, of all bindings. */
  readonly pageSlots: Semaphore;
  readonly log?: Log;
  /** Where rows go that cannot become documents; without one they are left out in silence. */
  readonly quarantine?: Quarantine | undefined;
  /** Whether reading failed before, so that the first page's file must begin to arrive before the following page is exported: asking again leaves no unused jobs. */
  readonly again?: boolean;
  /** Told of the fields of a job that Zoho took, before anything of it is read. */
  readonly onAccepted?: (fields: readonly string[]) => Promise<void>;
}

/**
 * Yields the rows of a range from where `saved` stands, every batch with the patch that says how far they reach.
 *
 * The patch of a page's last rows also moves to the following page, whose job is submitted while the present page is being downloaded. It appears only after
 * the file proved whole: sizes, checksum and the row count that Zoho gave. Rows that cannot become documents count as passed; a file that has some is read
 * once more from the first of them before they are left out. Any failure is thrown as it comes; whoever resumes from the state
 * reached so far repeats no row that was written.
 */
export async function* bulkRows(
  range: BulkRange,
  saved: RangePlace,
  context: BulkContext,
): AsyncGenerator<Batch<RowBlock>, void, void> {
  let page: Page | undefined = {
    slice: Math.min(saved.slice ?? 0, range.slices.length - 1),
    token: saved.next_page,
    job: saved.job,
    rows: saved.job === undefined ? 0 : (saved.rows ?? 0),
    nextJob: saved.next_job,
  };
  for (let {again = false} = context; page !== undefined; again = false)
    page = yield* pageRows(page, range, secondsOf(saved.cutoff), {...context, again});
}

/** Where reading stands, as in `RangePlace`. */
interface Page {
  slice: number;
  token: string | undefined;
  job: string | undefined;
  rows: number;
  nextJob: string | undefined;
}

/** Yields one page, submitting its job if need be, and returns the page that follows it. */
async function* pageRows(
  page: Page,
  range: BulkRange,
  toS: number,
  context: BulkContext,
): AsyncGenerator<Batch<RowBlock>, Page | undefined, void> {
  const {client, signal, progress, pageSlots} = context;
  const fields = range.slices[page.slice] ?? [];
  const releaseJob = await waitFor('job', context.jobSlots, context);
  let releasePage: Release | undefined;
  let next: Prefetch | undefined;
  try {
    let job = page.job;
    if (job === undefined) {
      job = await client.createJob(
        page.token === undefined
          ? {module: range.module, fields, fromS: range.fromS, toS, untimed: range.untimed}
          : {pageToken: page.token},
        signal,
      );
      page = {...page, job, rows: 0, nextJob: undefined};
      // A token's job keeps the fields of the page before it.
      if (page.token === undefined) await context.onAccepted?.(fields);
      yield {items: noRows, patch: {backfill: {job, rows: null, next_job: null}}};
    }
    const done = await awaitJob(job, context);
    releaseJob();
    progress.pageRows = done.count;
    if (done.count === 0 && page.rows === 0) {
      // Of nothing there may be no file at all.
      const following = await followingPage(page, done, undefined, range);
      yield {items: noRows, patch: following.patch ?? {backfill: {rows: 0}}};
      return following.page;
    }
    releasePage = await waitFor('download', pageSlots, context);
    progress.phase = 'downloading';
    const named = onlyAsked(range);
    const {nextJob} = page;
    const goAhead = (): void => {
      if (hasNext(done)) next ??= prefetch(nextJob, done.nextPageToken, context);
    };
    if (!context.again) goAhead();
    const place = pagePlace(page, job);
    const readings = new FileReadings(context.quarantine ?? silentQuarantine, place);
    let rows = page.rows;
    let held: RowBlock | undefined;
    let brokenPlaces = 0;
    for (let isFirst = true; isFirst || readings.isTrial; isFirst = false) {
      if (!isFirst) {
        context.log?.('info', `Reading ${place} of module ${range.module} again: some of its rows cannot become documents`, {
          module: range.module,
        });
        readings.next();
      }
      brokenPlaces = 0;
      let readTo = rows;
      const download = client.download(job, signal);
      const file = isFirst && context.again ? onFirstChunk(download, goAhead) : download;
      for await (const read of parseCsv(unzip(file), {skipRows: rows, onBroken: () => brokenPlaces++})) {
        const {items, odd} = sound(named(read), readTo, range);
        readTo += items.count + odd.length;
        readings.note(odd);
        if (readings.isTrial) continue;
        if (held !== undefined) yield {items: held, patch: {backfill: {rows, ...next?.takePatch()}}};
        rows = readTo;
        progress.rows += items.count;
        held = items;
      }
    }
    const missing = done.count === undefined ? 0 : done.count - rows;
    // What cannot be read may be several rows.
    if (missing < 0 || (missing > 0 && brokenPlaces === 0)) {
      throw new ZohoError(
        'damaged',
        `Cannot use the result of job ${job} of module ${range.module}: it has ${rows} rows, Zoho counted ${done.count}`,
      );
    }
    if (missing > 0) context.quarantine?.addUnread(missing, place);
    const following = await followingPage(page, done, next, range);
    yield {items: held ?? noRows, patch: following.patch};
    return following.page;
  } catch (error) {
    // Whoever reads on from the state needs no other job for the following page.
    await next?.job;
    const news = next?.takePatch() ?? {};
    if (!signal.aborted && news.next_job !== undefined) yield {items: noRows, patch: {backfill: news}};
    throw error;
  } finally {
    releaseJob();
    releasePage?.();
    next?.release();
  }
}

/** The page after a finished one, and the patch that moves there. Zoho's plain "no" ends the pages; its silence does not where the page is full. */
async function followingPage(
  page: Page,
  done: BulkJob,
  next: Prefetch | undefined,
  range: BulkRange,
): Promise<{page: Page | undefined; patch: BindingPatch | LateBindingPatch}> {
  if (hasNext(done)) {
    const nextJob = await next?.job;
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

/** What of a batch can be used, and what cannot; `before` rows of the page were passed. */
function sound(read: CsvRows, before: number, {fields, untimed = false}: BulkRange): {items: RowBlock; odd: readonly OddRow[]} {
  const {unreadable, ...rows} = read;
  const odd = untimed ? [] : oddRows(rows, before + 1, sizeCheck(rows, fields));
  const items = withoutRows(rows, new Set(odd.map(({row}) => row - before - 1)));
  return {items, odd: unreadable === undefined ? odd : [...odd, unreadable]};
}

/** The page that a job exports, for messages. */
function pagePlace({slice}: Page, job: string): string {
  return `the result of bulk read job ${job}${slice === 0 ? '' : `, slice ${slice + 1} of the fields`}`;
}

/**
 * Names the columns of a file as documents have them: the record's id is `id` and stands in the first `Id`, or in `id`. The name is taken off columns that nobody
 * asked for or that repeat another, so that no document has them. All batches of a page keep one array of names.
 */
function onlyAsked({slices}: BulkRange): (rows: CsvRows) => CsvRows {
  // Those of all slices: a job submitted before the metadata changed may have a field of the neighbouring slice.
  const asked = new Set(['Modified_Time', ...slices.flat()]);
  let columns: readonly string[] = [];
  let named: readonly string[] = [];
  return (rows) => {
    if (rows.columns !== columns) {
      columns = rows.columns;
      const idAt = columns.includes('Id') ? columns.indexOf('Id') : columns.indexOf('id');
      named = columns.map((name, i) => {
        if (i === idAt) return 'id';
        return asked.has(name) && name !== 'id' && name !== 'Id' && columns.indexOf(name) === i ? name : '';
      });
    }
    return {...rows, columns: named};
  };
}

/** The same bytes; `then` is called when there are any. */
async function* onFirstChunk(bytes: AsyncIterable<Uint8Array>, then: () => void): AsyncGenerator<Uint8Array, void, void> {
  let first = true;
  for await (const chunk of bytes) {
    if (first) then();
    first = false;
    yield chunk;
  }
}
