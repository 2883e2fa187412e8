/** The bulk side of a binding: a backfill, or a refresh of formula fields, from its beginning or from where it stopped. */

import {type BackfillState, type BindingState, instantOf, secondsOf} from '../flow/state.ts';
import {feedLagMs, windowOverlapS} from '../limits.ts';
import type {BindingPatch} from '../records/batch.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {cellText} from '../records/rows.ts';
import {bulkRows} from '../sources/bulk.ts';
import {idsSince, rowsByIds} from '../sources/coql.ts';
import {withReferenceIds} from '../sources/reference-names.ts';
import {backfillCredits} from '../zoho/usage.ts';
import {type Binding, FilterOverflow} from './binding.ts';
import {askForColumns, bisectBulkFields} from './bisect-fields.ts';
import {coqlContext} from './coql-context.ts';
import {drain} from './drain.ts';
import {rangeEnd} from './owed-fields.ts';
import {BackfillRecovery, withNarrowerQuery} from './recovery.ts';
import {deletedSince, recheck} from './sweep.ts';
import {tally} from './tally.ts';
import {captureUntimed} from './untimed.ts';

const firstPage = {next_page: null, job: null, rows: null, next_job: null, slice: null, again: null};

/** Runs the range that the state holds to its end, whatever of it was done before. */
export async function runBackfill(binding: Binding, signal: AbortSignal): Promise<void> {
  const {progress} = binding;
  const cost = tally(binding.shared.client);
  const shared = {...binding.shared, client: cost.client};
  const [beganMs, before] = [shared.clock.elapsedMs(), {...progress}];
  const remedies = new BackfillRecovery(binding, (signal) => findRefused(binding, signal));
  const kind = binding.refreshing ? 'refresh' : 'backfill';
  const {start, backfill: saved} = binding.state;
  progress.range = kind;
  const credits = backfillCredits(1, binding.range.slices.length);
  shared.log(
    'info',
    `${saved?.job == null ? 'Beginning' : 'Resuming'} the ${kind} of module ${binding.module}, at about ${credits} credits for every 200,000 rows`,
    {module: binding.module, from: start, cutoff: saved?.cutoff, observable: true},
  );
  if (binding.range.slices.length === 0) await binding.patch(() => rangeEnd(binding.state, binding.fields));
  let again = false;
  for (let backfill = binding.state.backfill; backfill != null; backfill = binding.state.backfill) {
    try {
      await withNarrowerQuery(binding, () => rebuildFilter(binding, signal), signal);
      if (!binding.refreshing && isFresh(backfill) && !again) await captureUntimed(binding, signal);
      const onAccepted = (fields: readonly string[]) => binding.confirm(fields);
      const {quarantine} = binding;
      const rows = bulkRows(binding.range, backfill, {...shared, quarantine, progress, signal, again, onAccepted});
      const referenced = withReferenceIds(rows, {...binding.plan, ...shared, signal});
      await binding.emit(referenced, binding.admitBulk, signal, () => captureReturned(binding, signal));
    } catch (error) {
      signal.throwIfAborted();
      again = true;
      if (error instanceof FilterOverflow) await startAgain(binding, signal);
      else await remedies.apply(error, signal);
    }
  }
  const done = {
    rows: progress.rows - before.rows,
    seconds: Math.round((shared.clock.elapsedMs() - beganMs) / 1_000),
    credits: cost.credits(),
  };
  const changed = progress.refreshed - before.refreshed;
  const compared = {changed, records: changed + progress.unchanged - before.unchanged};
  if (kind === 'refresh') progress.lastRefresh = compared;
  const found = kind === 'refresh' ? `; ${changed} of ${compared.records} records have other values` : '';
  shared.log(
    'info',
    `The ${kind} of module ${binding.module} is complete: ${done.rows} rows in ${done.seconds} s, ${done.credits} credits${found}`,
    {
      module: binding.module,
      ...done,
      ...(kind === 'refresh' && compared),
      dropped: progress.dropped,
    },
  );
  progress.range = undefined;
  progress.phase = 'backfilled';
  binding.filter.end();
  binding.filterKnown = false;
}

/** Emits whole what a refresh found alive of records that were captured as deleted. */
async function captureReturned(binding: Binding, signal: AbortSignal): Promise<void> {
  if (binding.returned.size === 0) return;
  const ids = [...binding.returned];
  binding.returned.clear();
  const release = await binding.coqlLock.acquire(signal);
  try {
    await withNarrowerQuery(binding, () => recheck(binding, ids, signal), signal);
  } finally {
    release();
  }
}

/** Leaves out the fields that Bulk Read refuses without naming them; those that COQL refuses are suspected first, so it is asked before. */
async function findRefused(binding: Binding, signal: AbortSignal): Promise<boolean> {
  await withNarrowerQuery(binding, () => askForColumns(binding, signal), signal);
  return bisectBulkFields(binding, signal);
}

/** Whether no job of a range was submitted yet. */
function isFresh({job, next_page, slice}: BackfillState): boolean {
  return job == null && next_page == null && slice == null;
}

/** Begins a refresh over everything captured so far. */
export async function beginRefresh(binding: Binding, nowS: number, signal: AbortSignal): Promise<void> {
  await withDeletionsRead(binding, signal, async () => {
    await withNarrowerQuery(binding, () => recheck(binding, binding.recycleBin.ids, signal), signal);
    await binding.patch(() => ({
      backfill: {...beginning(binding), fields: binding.fields.toRefresh(binding.state.fields?.owed)},
      is_connector_initiated: true,
      last_initialized: instantOf(nowS),
    }));
  });
}

/** A range whose gate overflowed begins anew where the sweeps are now; its jobs will photograph what is there from here on. */
async function startAgain(binding: Binding, signal: AbortSignal): Promise<void> {
  binding.shared.log(
    'warn',
    `Module ${binding.module} changes faster than its ${binding.progress.range} can follow; it starts again`,
    {module: binding.module},
  );
  await withDeletionsRead(binding, signal, () => binding.patch(() => ({backfill: beginning(binding)})));
}

/**
 * Does something while no sweep runs, after a reading of deletions if sweeps have left them out. A window that begins before a range's cutoff, where they
 * were last read, may emit records that the filter would not ask for after a restart.
 */
async function withDeletionsRead(binding: Binding, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
  for (;;) {
    if (binding.state.deleted.skipped === true) await drain(binding, signal, {readsDeletions: true});
    const release = await binding.coqlLock.acquire(signal);
    try {
      if (binding.state.deleted.skipped !== true) return await action();
    } finally {
      release();
    }
  }
}

/**
 * Where a range begins that ends at the cursor. Nothing of it was photographed yet, so only what is emitted from here on counts; what a sweep
 * captured beyond the cursor is not in the range, and counts as a change.
 */
function beginning(binding: Binding): BindingPatch {
  const {cursor} = binding.state.inc;
  binding.filter.begin();
  binding.filterKnown = true;
  const isBeyond = binding.sweptToS >= secondsOf(cursor);
  return {...firstPage, cutoff: cursor, seen: {changes: isBeyond ? true : null, deletions: null}};
}

/** Begins to remember what is emitted beside a range that goes on after a restart; nothing is unknown of it if nothing was emitted before. */
export function resumeRange(binding: Binding): void {
  const {backfill} = binding.state;
  if (backfill == null || binding.filterKnown) return;
  binding.filter.begin();
  binding.filterKnown = backfill.seen.changes !== true && backfill.seen.deletions !== true;
}

/**
 * After a restart in the middle of a range, asks Zoho for what may have been emitted since it began, if the state says that anything
 * was: ids modified from an overlap before the cutoff on, and ids deleted since then. Sweeps meanwhile add to it. No bulk row is written before.
 *
 * A record that was emitted and deleted afterwards is in neither until the feed lists it, which may take a moment: so the feed is read
 * again that much later. The latest ids are, too: a record may go into the recycle bin, or come out of it, in between. What is known to have
 * gone into the bin counts in any case.
 *
 * During a refresh the records of that overlap are emitted anew, whole: their rows are about to be dropped, and the values they
 * were captured with may be older than the refresh.
 */
async function rebuildFilter(binding: Binding, signal: AbortSignal): Promise<void> {
  if (binding.filterKnown) return;
  const {clock, client} = binding.shared;
  binding.progress.phase = 'asking what changed since the range began';
  // Rows of a refresh are looked up there one by one.
  if (!binding.refreshing) for (const id of binding.recycleBin.ids) binding.filter.record(BigInt(id));
  const cutoffS = secondsOf((binding.state.backfill as BackfillState).cutoff);
  const sinceS = Math.max(cutoffS - windowOverlapS, secondsOf(binding.state.start));
  const beganS = await client.nowSeconds(signal);
  await recallDeleted(binding, sinceS, signal);
  await recallModified(binding, sinceS, signal, binding.refreshing ? cutoffS : undefined);
  await feedSettled(binding, clock.elapsedMs(), signal);
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
  // Nor what was known and is refused now: the range's jobs may still have the records.
  if (!binding.hasDeletions && mayMissDeletions(binding.state)) throw new FilterOverflow(binding.module);
}

/**
 * Whether deletions were emitted since the range began. Records that changed since then may have been deleted as well; that counts where the feed
 * has been read meanwhile, and not for a module whose deletions Zoho never tells.
 */
function mayMissDeletions({backfill, deleted}: BindingState): boolean {
  const {seen, cutoff} = backfill as BackfillState;
  const wasRead = secondsOf(deleted.cursor) > secondsOf(cutoff);
  return seen.deletions === true || (seen.changes === true && wasRead);
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
