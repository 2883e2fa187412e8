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
   * Whether a reading failed before. The next page is then exported only once rows of the file
   * arrive, so that retries leave no unused jobs.
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
    const options = {
      skipRows: rows,
      // Equivalent mutants (UpdateOperator): only compared with zero
      onBroken: () => brokenPlaces++,
    };
    for await (const read of parseCsv(unzip(client.download(job, signal)), options)) {
      next.submit();
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
  const missing = (done.count ?? rows) - rows;
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
  const first = before + 1;
  const unusable = untimed ? [] : (whole ? largeRows : unusableRows)(rows, first, isTooLarge);
  const items = withoutRows(rows, new Set(unusable.map(({row}) => row - first)));
  return {items, unusable: unreadable === undefined ? unusable : [...unusable, unreadable]};
}

/** A page as messages name it. */
function placeOf({job, slice}: PageFile): string {
  return `the result of bulk read job ${job}${slice === 0 ? '' : `, slice ${slice + 1} of the fields`}`;
}

/**
 * Names the columns of a file as documents do: the record's id is `id`, from the first `Id`, or
 * from `id`. Columns that were not requested, or that repeat the id, lose their name, so no
 * document has them. All batches of a page share one array of names.
 */
function onlyAsked({slices}: PageFile): (rows: CsvRows) => CsvRows {
  // Fields of all slices: a job submitted before the metadata changed may have fields of the next
  // slice.
  const asked = new Set(slices.flat());
  let last: {readonly columns: readonly string[]; readonly named: readonly string[]} | undefined;
  return (rows) => {
    if (last?.columns !== rows.columns) last = {columns: rows.columns, named: namesOf(rows.columns, asked)};
    return {...rows, columns: last.named};
  };
}

function namesOf(columns: readonly string[], asked: ReadonlySet<string>): string[] {
  const idAt = columns.indexOf(columns.includes('Id') ? 'Id' : 'id');
  return columns.map((name, i) => {
    if (i === idAt) return 'id';
    return asked.has(name) && name !== 'id' && name !== 'Id' ? name : '';
  });
}
