/** The bulk side of a binding: a backfill, or a refresh of formula fields, from its beginning or from where it stopped. */

import {type BackfillState, instantOf, secondsOf} from '../flow/state.ts';
import {feedLagMs, refreshesInRowMax, windowOverlapS} from '../limits.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {cellText} from '../records/rows.ts';
import {bulkRows} from '../sources/bulk.ts';
import {idsSince, rowsByIds} from '../sources/coql.ts';
import {withReferenceIds} from '../sources/reference-names.ts';
import {backfillCredits} from '../zoho/usage.ts';
import {type Binding, backfillDone, FilterOverflow} from './binding.ts';
import {bisectBulkFields} from './bisect-fields.ts';
import {coqlContext} from './coql-context.ts';
import {BackfillRecovery, withNarrowerQuery} from './recovery.ts';
import {deletedSince, recheck} from './sweep.ts';
import {tally} from './tally.ts';
import {captureUntimed} from './untimed.ts';

const firstPage = {next_page: null, job: null, rows: null, next_job: null, slice: null};

/** Runs the range that the state holds to its end, whatever of it was done before; the state may hold another one then. */
export async function runBackfill(binding: Binding, signal: AbortSignal): Promise<void> {
  const {progress} = binding;
  const cost = tally(binding.shared.client);
  const shared = {...binding.shared, client: cost.client};
  const [beganMs, rowsBefore] = [shared.clock.elapsedMs(), progress.rows];
  const remedies = new BackfillRecovery(binding, (signal) => bisectBulkFields(binding, signal));
  const kind = binding.refreshing ? 'refresh' : 'backfill';
  const {start, backfill: saved} = binding.state;
  progress.range = kind;
  const credits = backfillCredits(1, binding.range.slices.length);
  shared.log(
    'info',
    `${saved?.job == null ? 'Beginning' : 'Resuming'} the ${kind} of module ${binding.module}, at about ${credits} credits for every 200,000 rows`,
    {module: binding.module, from: start, cutoff: saved?.cutoff, observable: true},
  );
  if (binding.range.slices.length === 0) await binding.patch(backfillDone);
  let again = false;
  for (let backfill = binding.state.backfill; backfill != null; backfill = binding.state.backfill) {
    try {
      await withNarrowerQuery(binding, () => rebuildFilter(binding, signal), signal);
      if (!binding.refreshing && isFresh(backfill) && !again) await captureUntimed(binding, signal);
      const onAccepted = (fields: readonly string[]) => binding.confirm(fields);
      const {quarantine} = binding;
      const rows = bulkRows(binding.range, backfill, {...shared, quarantine, progress, signal, again, onAccepted});
      await binding.emit(withReferenceIds(rows, {...binding.plan, ...shared, signal}), binding.admitBulk, signal);
      if (binding.state.backfill != null) await endBackfill(binding, kind, signal);
      break;
    } catch (error) {
      signal.throwIfAborted();
      again = true;
      if (error instanceof FilterOverflow) await startAgain(binding);
      else await remedies.apply(error, signal);
    }
  }
  const done = {
    rows: progress.rows - rowsBefore,
    seconds: Math.round((shared.clock.elapsedMs() - beganMs) / 1_000),
    credits: cost.credits(),
  };
  shared.log(
    'info',
    `The ${kind} of module ${binding.module} is complete: ${done.rows} rows in ${done.seconds} s, ${done.credits} credits`,
    {
      module: binding.module,
      ...done,
      dropped: progress.dropped,
    },
  );
  progress.range = undefined;
  progress.phase = 'backfilled';
  if (binding.state.backfill != null) return;
  binding.filter.end();
  binding.filterKnown = false;
}

/**
 * Ends the range of a module with fields that only Bulk Read reads. Records that sweeps captured meanwhile lack them: their rows were dropped, or had
 * left the range. So the very patch that would end it begins a refresh, a bounded number of times; a module that never rests waits for its schedule.
 */
async function endBackfill(binding: Binding, kind: string, signal: AbortSignal): Promise<void> {
  const {module, shared} = binding;
  const fields = binding.fields.coverage.bulkOnly.join(', ');
  if (binding.sweptMeanwhile && binding.refreshesInRow < refreshesInRowMax) {
    shared.log(
      'info',
      `Records of module ${module} changed during its ${kind}: ${fields} of them comes with a refresh, which begins now`,
      {
        module,
      },
    );
    await beginRefresh(binding, await shared.client.nowSeconds(signal), signal);
    binding.refreshesInRow++;
    return;
  }
  if (binding.sweptMeanwhile)
    shared.log('info', `Records of module ${module} keep changing: ${fields} of the latest comes with its next refresh`, {
      module,
    });
  await binding.patch(backfillDone);
  binding.refreshesInRow = 0;
}

/** Whether no job of a range was submitted yet. */
function isFresh({job, next_page, slice}: BackfillState): boolean {
  return job == null && next_page == null && slice == null;
}

/** Begins a refresh over everything captured so far. */
export async function beginRefresh(binding: Binding, nowS: number, signal: AbortSignal): Promise<void> {
  const release = await binding.coqlLock.acquire(signal);
  try {
    await withNarrowerQuery(binding, () => recheck(binding, binding.recycleBin.ids, signal), signal);
  } finally {
    release();
  }
  beginFilter(binding);
  const cutoff = binding.state.inc.cursor;
  await binding.patch({backfill: {...firstPage, cutoff}, is_connector_initiated: true, last_initialized: instantOf(nowS)});
}

/** A range whose gate overflowed begins anew where the sweeps are now; its jobs will photograph what is there from here on. */
async function startAgain(binding: Binding): Promise<void> {
  beginFilter(binding);
  binding.shared.log(
    'warn',
    `Module ${binding.module} changes faster than its ${binding.progress.range} can follow; it starts again`,
    {module: binding.module},
  );
  await binding.patch({backfill: {...firstPage, cutoff: binding.state.inc.cursor}});
}

/** Begins to remember what is emitted otherwise. Nothing of the range that starts now, and ends at the cursor, was photographed yet. */
export function beginFilter(binding: Binding): void {
  binding.filter.begin();
  binding.sweptMeanwhile = binding.sweptToS >= secondsOf(binding.state.inc.cursor);
  binding.filterKnown = true;
}

/**
 * After a restart in the middle of a range, asks Zoho for what may have been emitted since it began: ids modified from an overlap before the cutoff on, and ids
 * deleted since then. Sweeps meanwhile add to it. No bulk row is written before.
 *
 * The feed of deletions is read before and after the ids, and the latest ids once more: a record may go into the recycle bin, or come out of it, in between.
 *
 * During a refresh the records of that overlap are emitted anew, whole: their rows are about to be dropped, and the values they
 * were captured with may be older than the refresh.
 */
async function rebuildFilter(binding: Binding, signal: AbortSignal): Promise<void> {
  if (binding.filterKnown) return;
  binding.progress.phase = 'asking what changed since the range began';
  const cutoffS = secondsOf((binding.state.backfill as BackfillState).cutoff);
  const sinceS = Math.max(cutoffS - windowOverlapS, secondsOf(binding.state.start));
  const beganS = await binding.shared.client.nowSeconds(signal);
  const beganMs = binding.shared.clock.elapsedMs();
  await recallDeleted(binding, sinceS, signal);
  await recallModified(binding, sinceS, signal, binding.refreshing ? cutoffS : undefined);
  await feedSettled(binding, beganMs, signal);
  await recallDeleted(binding, sinceS, signal);
  await recallModified(binding, Math.max(sinceS, beganS - windowOverlapS), signal);
  if (binding.filter.overflowed) throw new FilterOverflow(binding.module);
  binding.filterKnown = true;
}

/**
 * Waits until the feed of deletions has everything that was deleted before a moment: it may lag behind COQL, and what neither of them shows at a moment would be
 * taken for never emitted.
 */
async function feedSettled({shared: {clock}, hasDeletions}: Binding, sinceMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = sinceMs + feedLagMs - clock.elapsedMs();
  if (hasDeletions && leftMs > 0) await clock.sleep(leftMs, signal);
}

async function recallModified(binding: Binding, sinceS: number, signal: AbortSignal, emitBeforeS = 0): Promise<void> {
  for await (const rows of idsSince(binding.plan, sinceS, coqlContext(binding, signal))) {
    const [idColumn, timeColumn] = [rows.columns.indexOf('id'), rows.columns.indexOf('Modified_Time')];
    const below: string[] = [];
    for (let row = 0; row < rows.count; row++) {
      const id = cellText(rows, row, idColumn);
      binding.filter.record(BigInt(id));
      binding.sweptMeanwhile = true;
      if (modifiedSeconds(cellText(rows, row, timeColumn)) < emitBeforeS) below.push(id);
    }
    if (below.length > 0) await emitAgain(binding, below, signal);
    if (binding.filter.overflowed) return;
  }
}

async function recallDeleted(binding: Binding, sinceS: number, signal: AbortSignal): Promise<void> {
  for await (const page of deletedSince(binding, sinceS, signal)) {
    if ('rows' in page) for (const {id} of page.rows) binding.filter.record(BigInt(id));
    // What cannot be known must not pass.
    if ('stopped' in page) throw new FilterOverflow(binding.module);
  }
  // Nor what was known and is refused now: deletions were emitted since the range began, and its jobs may still have the records.
  if (!binding.hasDeletions && emittedDeletions(binding)) throw new FilterOverflow(binding.module);
}

/** Whether the feed of deletions was read since the range began, by this process or another. */
function emittedDeletions({state}: Binding): boolean {
  return secondsOf(state.deleted.cursor) > secondsOf((state.backfill as BackfillState).cutoff);
}

async function emitAgain(binding: Binding, ids: readonly string[], signal: AbortSignal): Promise<void> {
  const release = await binding.coqlLock.acquire(signal);
  try {
    for await (const {rows} of rowsByIds(binding.plan, ids, coqlContext(binding, signal))) {
      await binding.emit([{items: rows}], binding.admitSwept, signal);
    }
  } finally {
    release();
  }
}
