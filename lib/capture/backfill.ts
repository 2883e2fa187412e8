/**
 * The bulk side of a binding: backfills, and refreshes of formula fields. Either one is called a
 * range.
 */

import {type BackfillState, instantOf, secondsOf} from '../flow/state.ts';
import type {Batch, BindingPatch, RowBlock} from '../records/batch.ts';
import {type BulkContext, bulkRows} from '../sources/bulk.ts';
import {formulaRows} from '../sources/formula.ts';
import {withReferenceIds} from '../sources/reference-names.ts';
import {reportRange} from './backfill-report.ts';
import type {Binding} from './binding.ts';
import {bisectBulkFields, queryAllColumns} from './bisect-fields.ts';
import {drain} from './drain.ts';
import {rangeEnd} from './owed-fields.ts';
import {rebuildFilter} from './rebuild-filter.ts';
import {BackfillRecovery, withNarrowerQuery} from './recovery.ts';
import {FilterOverflow} from './seen/seen.ts';
import {recheck} from './sweep.ts';
import {tally} from './tally.ts';
import {captureUntimed} from './untimed.ts';

/** Runs the range in the state to its end, from wherever it stopped. */
export async function runBackfill(binding: Binding, signal: AbortSignal): Promise<void> {
  const cost = tally(binding.shared.client);
  const context = {...binding.shared, client: cost.client, signal};
  const reportEnd = reportRange(binding, cost);
  const recovery = new BackfillRecovery(binding, (signal) => findRefused(binding, signal));
  let again = false;
  for (let backfill = binding.state.backfill; backfill != null; backfill = binding.state.backfill) {
    try {
      await withNarrowerQuery(binding, () => rebuildFilter(binding, signal), signal);
      if (!binding.refreshing && isFresh(backfill) && !again) await captureUntimed(binding, signal);
      const rows = rangeRows(binding, backfill, {...context, again});
      const referenced = withReferenceIds(rows, {...binding.queries.plan, ...context});
      const admit = binding.refreshing ? binding.seen.admitRefreshed : binding.seen.admitBackfilled;
      await binding.emit(referenced, admit, signal, () => captureReturned(binding, signal));
    } catch (error) {
      signal.throwIfAborted();
      again = true;
      if (error instanceof FilterOverflow) await startOver(binding, signal);
      else await recovery.apply(error, signal);
    }
  }
  reportEnd();
  binding.seen.filter.end();
}

/** Whether no job of the range has been submitted. */
function isFresh({job, next_page, slice}: BackfillState): boolean {
  return job == null && next_page == null && slice == null;
}

/** The remaining rows of the range in the state. */
function rangeRows(
  binding: Binding,
  saved: BackfillState,
  options: Omit<BulkContext, 'quarantine' | 'progress' | 'onAccepted'>,
): AsyncGenerator<Batch<RowBlock>, void, void> {
  const {module, state, queries, quarantine, progress} = binding;
  const {fields} = queries;
  const done = (): BindingPatch => rangeEnd(binding.state, fields);
  const range = {module, fields: fields.all, fromS: secondsOf(state.start), done};
  const context = {...options, quarantine, progress, onAccepted: (names: readonly string[]) => binding.confirm(names)};
  return binding.refreshing
    ? formulaRows({...range, names: queries.refreshedBy(state), reads: fields.reads}, saved, context)
    : bulkRows({...range, slices: fields.bulkSlices}, saved, context);
}

/**
 * Captures completely those records that a refresh found alive although their last document was a
 * deletion.
 */
async function captureReturned(binding: Binding, signal: AbortSignal): Promise<void> {
  const ids = binding.seen.takeReturned();
  if (ids.length === 0) return;
  const release = await binding.coqlLock.acquire(signal);
  try {
    await withNarrowerQuery(binding, () => recheck(binding, ids, signal), signal);
  } finally {
    release();
  }
}

/**
 * Omits the fields that Bulk Read rejects without naming them. COQL is queried first, because the
 * fields that it rejects are the likely ones.
 */
async function findRefused(binding: Binding, signal: AbortSignal): Promise<boolean> {
  await withNarrowerQuery(binding, () => queryAllColumns(binding, signal), signal);
  return bisectBulkFields(binding, signal);
}

/** Begins a refresh of everything captured so far. */
export async function beginRefresh(binding: Binding, nowS: number, signal: AbortSignal): Promise<void> {
  const {seen, queries} = binding;
  await withDeletionsRead(binding, signal, async () => {
    await withNarrowerQuery(binding, () => recheck(binding, seen.recycleBin.ids, signal), signal);
    await binding.patch(() => ({
      backfill: {...beginning(binding), fields: queries.fields.toRefresh(binding.state.fields?.owed)},
      is_connector_initiated: true,
      last_initialized: instantOf(nowS),
    }));
  });
}

/**
 * Restarts a range whose filter overflowed, with a cutoff at the current cursor. Jobs submitted
 * from now on export the current records.
 */
async function startOver(binding: Binding, signal: AbortSignal): Promise<void> {
  const {module, progress, shared} = binding;
  shared.log('warn', `Module ${module} changes faster than its ${progress.range} can follow; it starts over`, {module});
  await withDeletionsRead(binding, signal, () => binding.patch(() => ({backfill: beginning(binding)})));
}

/**
 * Runs an action while no sweep runs. If sweeps have skipped deletions, they are read first: after
 * a restart, the filter covers only changes from the range's cutoff, and a window that begins
 * earlier could emit others.
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

const firstPage = {next_page: null, job: null, rows: null, next_job: null, slice: null, again: null};

/**
 * The patch that begins a range ending at the cursor. No job has been exported yet, so only later
 * emissions count. Records that a sweep captured beyond the cursor are outside the range, and count
 * as changes.
 */
function beginning({state, seen}: Binding): BindingPatch {
  const {cursor} = state.inc;
  seen.filter.begin({isComplete: true});
  const changes = seen.hasSweptTo(secondsOf(cursor)) ? true : null;
  return {...firstPage, cutoff: cursor, seen: {changes, deletions: null}};
}
