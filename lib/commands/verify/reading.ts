/** Reads what Zoho holds of one module, and compares it with what was captured. */
import {fieldCodes} from '../../capture/bisect-fields.ts';
import type {FieldPlan} from '../../capture/field-plan.ts';
import {newProgress} from '../../capture/progress.ts';
import {ZohoError} from '../../errors/errors.ts';
import {instantOf} from '../../flow/state.ts';
import {coqlIdsMax, coqlRowsSmall, verifyAheadS} from '../../limits.ts';
import {pipe} from '../../pipeline.ts';
import {systemClock} from '../../platform/clock.ts';
import type {Log} from '../../platform/log.ts';
import {Semaphore} from '../../platform/semaphore.ts';
import type {Batch, DocBlock, RowBlock} from '../../records/batch.ts';
import {idOf, modifiedOf} from '../../records/documents.ts';
import {modifiedSeconds} from '../../records/instant.ts';
import {batchWriter} from '../../sinks/writers.ts';
import {type BulkContext, bulkRows} from '../../sources/bulk.ts';
import {rowsByIds} from '../../sources/coql.ts';
import {deletedPages} from '../../sources/deleted.ts';
import {PageSize} from '../../sources/page-size.ts';
import {withReferenceIds} from '../../sources/reference-names.ts';
import {type Untimed, untimedIds} from '../../sources/untimed.ts';
import type {ZohoClient} from '../../zoho/api.ts';
import type {Work} from '../terminal/work.ts';
import type {CapturedRecords, Comparison} from './compare.ts';
import type {Extent} from './extent.ts';
import type {ListedQuarantine} from './left-out.ts';
import {propertiesOf} from './properties.ts';

export interface Reading extends Extent {
  readonly module: string;
  readonly plan: FieldPlan;
  /** Share of the records whose values are compared. */
  readonly share: number;
  readonly captured: CapturedRecords;
  /** Captured records not yet found in Zoho. */
  readonly left: Set<string>;
  readonly comparison: Comparison;
  /** Receives what cannot become a document. */
  readonly quarantine: ListedQuarantine;
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Counts records, and yields to other work in between. */
  readonly work: Pick<Work, 'add' | 'pause'>;
}

/** Compares all records that Zoho has now. */
export async function compareRows(reading: Reading): Promise<void> {
  const {module, plan, client, signal} = reading;
  const cutoff = instantOf((await client.nowSeconds(signal)) + verifyAheadS);
  for (let slice = 0; slice < plan.bulkSlices.length; ) {
    const slices = [plan.bulkSlices[slice]!];
    const rows = bulkRows({module, slices, fields: plan.all, fromS: reading.startS, done: {}}, {cutoff}, bulkContext(reading));
    try {
      const {client, signal} = reading;
      const named = withReferenceIds(rows, {module, fields: plan.all, client, signal});
      await eachDocument(named, reading, (docs, at) => compareDocument(docs, at, slice === 0, reading));
      slice++;
    } catch (error) {
      // The refusal comes before any row, so nothing is counted twice.
      if (!(error instanceof ZohoError) || !leaveOutOfBulk(plan, error)) throw error;
    }
  }
}

/**
 * Removes from jobs the fields that Bulk Read refuses. A refusal that names no field means one
 * hidden from the token's user, which COQL refuses as well. All fields that COQL refuses are then
 * removed, because finding the one would cost a job per try. Returns false when nothing is left to
 * remove.
 */
function leaveOutOfBulk(plan: FieldPlan, {code, field}: ZohoError): boolean {
  if (field !== undefined) return plan.refuse('bulk', field);
  if (!fieldCodes.has(String(code))) return false;
  return plan.coverage.bulkOnly.filter((name) => plan.refuse('bulk', name)).length > 0;
}

function compareDocument(
  docs: DocBlock,
  at: number,
  isFirst: boolean,
  {captured, comparison, cursorS, left, share, work}: Reading,
): void {
  const id = String(idOf(docs, at));
  const isLater = modifiedSeconds(modifiedOf(docs, at)) >= cursorS;
  if (isFirst) {
    left.delete(id);
    work.add();
    if (isLater) comparison.changedSince++;
    else comparison.present(id);
  }
  if (isLater || !captured.has(id) || !isSampled(id, share)) return;
  comparison.values(id, propertiesOf(textOf(docs, at)));
}

/**
 * Compares the records without `Modified_Time`, which no time range contains. They were captured
 * with their creation time, unless created before the start.
 */
export async function compareUntimed(reading: Reading): Promise<void> {
  const {module, plan, startS, client, signal, quarantine, log} = reading;
  const {ids, unknown} = await untimedIds(module, bulkContext(reading), plan.quoting).catch((error: unknown): Untimed => {
    if (!(error instanceof ZohoError) || error.kind === 'credentials') throw error;
    return {ids: [], unknown: error.message};
  });
  if (unknown !== undefined)
    log('warn', `Module ${module}: records that have no Modified_Time cannot be compared, because ${unknown}`, {module});
  const sizes = {pageSize: new PageSize({most: coqlRowsSmall}), listSize: new PageSize({most: coqlIdsMax})};
  const query = {module, slices: plan.coqlSlices, fields: plan.all, quoting: plan.quoting, ...sizes};
  for await (const {rows} of rowsByIds(query, ids, {client, signal, quarantine})) {
    await eachDocument([{items: rows}], reading, (docs, at) => {
      if (modifiedSeconds(modifiedOf(docs, at)) >= startS) compareDocument(docs, at, true, reading);
    });
  }
  for (const id of ids) reading.left.delete(id);
}

/**
 * Separates records deleted since the capture from those whose deletion it should have captured.
 */
export async function compareDeletions({
  module,
  startS,
  deletedFromS,
  captured,
  left,
  comparison,
  quarantine,
  client,
  signal,
  log,
}: Reading): Promise<void> {
  for (const id of quarantine.ids) left.delete(id);
  // From an earlier backfill that reached further back. Sweeps do not follow such records.
  for (const id of left) if (capturedTimeS(captured, id) < startS) left.delete(id);
  if (left.size === 0) return;
  const deletedSince = new Set<string>();
  const read = async (sinceS: number): Promise<void> => {
    for await (const page of deletedPages(module, sinceS, {client, signal, quarantine}))
      for (const {id, deletedS} of page) if (deletedS >= deletedFromS) deletedSince.add(id);
  };
  const unexplained = (): string[] => [...left].filter((id) => !deletedSince.has(id) && !quarantine.ids.has(id));
  try {
    await read(deletedFromS);
    // The capture may have left out a deletion that names one of them.
    if (unexplained().length > 0 && startS < deletedFromS) await read(startS);
  } catch (error) {
    if (!(error instanceof ZohoError) || error.kind !== 'module') throw error;
    // A module without a deletions feed is captured without deletions.
    comparison.changedSince += left.size;
    log('warn', `Module ${module} is captured without deletions; ${left.size} of its records are no longer in Zoho`, {module});
    return;
  }
  for (const id of left) if (deletedSince.has(id)) comparison.changedSince++;
  for (const id of unexplained()) comparison.notAtZoho(id);
}

/** When a captured record was modified, in epoch seconds. */
function capturedTimeS(captured: CapturedRecords, id: string): number {
  return Date.parse(JSON.parse(captured.get(id)!.get('Modified_Time') ?? '""')) / 1_000;
}

function bulkContext({client, signal, log, module, quarantine}: Reading): BulkContext {
  const slots = {jobSlots: new Semaphore(1), pageSlots: new Semaphore(1)};
  return {client, clock: systemClock, signal, log, progress: newProgress(module), quarantine, ...slots};
}

/** Turns rows into documents, as a capture does, and passes each on. */
async function eachDocument(
  rows: AsyncIterable<Batch<RowBlock>> | Iterable<Batch<RowBlock>>,
  {module, plan, signal, work}: Reading,
  take: (docs: DocBlock, at: number) => void,
): Promise<void> {
  await pipe(rows, {
    module,
    fields: plan.all,
    signal,
    onMisfit() {},
    into: batchWriter(async ({items}) => {
      for (let at = 0; at < items.count; at++) {
        take(items, at);
        await work.pause();
      }
    }),
  });
}

function textOf({bytes, ranges}: DocBlock, i: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', ranges[2 * i], ranges[2 * i + 1]);
}

/** A deterministic sample, spread over all records. */
function isSampled(id: string, share: number): boolean {
  const parts = 1_000_003n;
  return Number((BigInt(id) * 7_919n) % parts) < share * Number(parts);
}
