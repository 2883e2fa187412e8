/** One page of a range: the rows of its file that can become documents. */
import {ZohoError} from '../errors/errors.ts';
import type {Log} from '../platform/log.ts';
import type {Batch, RowBlock} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {noRows} from '../records/rows.ts';
import {
  largeRows,
  type Quarantine,
  silentQuarantine,
  type UnusableRow,
  unusableRows,
  withoutRows,
} from '../records/unusable-rows.ts';
import {sizeCheck} from '../transforms/coerce.ts';
import {type CsvRows, parseCsv} from '../transforms/parse-csv.ts';
import {unzip} from '../transforms/unzip.ts';
import type {BulkJob} from '../zoho/api.ts';
import type {JobContext, NextJob} from './bulk-job.ts';
import {FileReadings} from './readings.ts';

/** The contents of a page's file. */
export interface PageFile {
  readonly module: string;
  /** The job that exported it. */
  readonly job: string;
  /** Zoho's description of the result. */
  readonly done: BulkJob;
  /** Index of the slice of fields, and all slices. */
  readonly slice: number;
  readonly slices: readonly (readonly string[])[];
  readonly fields: ReadonlyMap<string, Field>;
  readonly untimed?: boolean | undefined;
  readonly whole?: boolean | undefined;
  /** Rows of the page that were passed before. */
  readonly rows: number;
}

export interface PageContext extends JobContext {
  readonly log?: Log;
  /** Receives rows that cannot become documents. Without it they are omitted silently. */
  readonly quarantine?: Quarantine | undefined;
  /**
   * Whether a reading failed before. The file must then begin to arrive before the next page is
   * exported, so that retries leave no unused jobs.
   */
  readonly again?: boolean;
}

/**
 * Yields the rows of a file, each batch with the patch that records how far they reach, and has the
 * next page exported meanwhile. Returns the last batch once the file has proved complete: its
 * sizes, its checksum and Zoho's row count.
 *
 * Rows that cannot become documents count as passed. A file with such rows is read once more, from
 * the first of them, before they are omitted.
 */
export async function* readPage(
  file: PageFile,
  next: NextJob,
  context: PageContext,
): AsyncGenerator<Batch<RowBlock>, RowBlock, void> {
  const {client, signal, progress, quarantine = silentQuarantine} = context;
  const {module, job, done} = file;
  if (!context.again) next.submit();
  const place = placeOf(file);
  const named = onlyAsked(file);
  const readings = new FileReadings(quarantine, place);
  let {rows} = file;
  let held: RowBlock | undefined;
  let brokenPlaces = 0;
  for (let isFirst = true; isFirst || readings.isTrial; isFirst = false) {
    if (!isFirst) {
      context.log?.('info', `Reading ${place} of module ${module} again: some of its rows cannot become documents`, {module});
      readings.next();
    }
    brokenPlaces = 0;
    let readTo = rows;
    const download = client.download(job, signal);
    const bytes = isFirst && context.again ? onFirstChunk(download, () => next.submit()) : download;
    for await (const read of parseCsv(unzip(bytes), {skipRows: rows, onBroken: () => brokenPlaces++})) {
      const {items, unusable} = divide(named(read), readTo, file);
      readTo += items.count + unusable.length;
      readings.note(unusable);
      if (readings.isTrial) continue;
      if (held !== undefined) yield {items: held, patch: {backfill: {rows, ...next.takePatch()}}};
      rows = readTo;
      progress.rows += items.count;
      held = items;
    }
  }
  const missing = done.count === undefined ? 0 : done.count - rows;
  // One unreadable place may hold several rows.
  if (missing < 0 || (missing > 0 && brokenPlaces === 0)) {
    throw new ZohoError(
      'damaged',
      `Cannot use the result of job ${job} of module ${module}: it has ${rows} rows, Zoho counted ${done.count}`,
    );
  }
  if (missing > 0) quarantine.addUnread(missing, place);
  return held ?? noRows;
}

/** Divides a batch into usable rows and unusable ones. `before` rows of the page were passed. */
function divide(
  read: CsvRows,
  before: number,
  {fields, untimed = false, whole = false}: PageFile,
): {items: RowBlock; unusable: readonly UnusableRow[]} {
  const {unreadable, ...rows} = read;
  const isTooLarge = sizeCheck(rows, fields, whole);
  const unusable = untimed ? [] : whole ? largeRows(rows, before + 1, isTooLarge) : unusableRows(rows, before + 1, isTooLarge);
  const items = withoutRows(rows, new Set(unusable.map(({row}) => row - before - 1)));
  return {items, unusable: unreadable === undefined ? unusable : [...unusable, unreadable]};
}

/** A page as messages name it. */
function placeOf({job, slice}: PageFile): string {
  return `the result of bulk read job ${job}${slice === 0 ? '' : `, slice ${slice + 1} of the fields`}`;
}

/**
 * Names the columns of a file as documents do: the record's id is `id`, from the first `Id`, or
 * from `id`. Columns that were not requested, or that repeat another, lose their name, so no
 * document has them. All batches of a page share one array of names.
 */
function onlyAsked({slices}: PageFile): (rows: CsvRows) => CsvRows {
  // Fields of all slices: a job submitted before the metadata changed may have fields of the next
  // slice.
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

/** The same bytes. `then` is called with the first chunk. */
async function* onFirstChunk(bytes: AsyncIterable<Uint8Array>, then: () => void): AsyncGenerator<Uint8Array, void, void> {
  let first = true;
  for await (const chunk of bytes) {
    if (first) then();
    first = false;
    yield chunk;
  }
}
