/**
 * After a restart, asks Zoho again which records were emitted during the running range (guarantee
 * G2).
 */
import {type BackfillState, type BindingState, secondsOf} from '../flow/state.ts';
import {feedLagMs, windowOverlapS} from '../limits.ts';
import {consume} from '../platform/generators.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {cellText} from '../records/rows.ts';
import {idsSince} from '../sources/coql.ts';
import type {Binding} from './binding.ts';
import {captureByIds} from './by-ids.ts';
import {coqlContext} from './coql-context.ts';
import {FilterOverflow} from './seen/seen.ts';
import {deletedSince} from './sweep.ts';

/**
 * Continues a range after a restart: emissions are remembered from now on. The filter is complete
 * if nothing was emitted before.
 */
export function resumeRange({state, seen}: Binding): void {
  const {backfill} = state;
  if (backfill == null || seen.filter.isComplete) return;
  seen.filter.begin({isComplete: backfill.seen.changes !== true && backfill.seen.deletions !== true});
}

/**
 * After a restart during a range, asks Zoho which records may have been emitted since it began, if
 * the state says that any were: ids modified since an overlap before the cutoff, and ids deleted
 * since then. Concurrent sweeps add to them. No bulk row is written before this ends.
 *
 * A record that was emitted and then deleted is in neither list until the feed has caught up. The
 * feed is therefore read again after its lag. So are the latest ids, because a record may enter or
 * leave the recycle bin in between. Records known to be in the bin always count.
 *
 * During a refresh, the records of the overlap are emitted again completely: their rows will be
 * dropped, and the values captured before may be older than the refresh.
 */
export async function rebuildFilter(binding: Binding, signal: AbortSignal): Promise<void> {
  const {seen, state, shared, module, refreshing} = binding;
  const {filter, recycleBin} = seen;
  if (filter.isComplete) return;
  binding.progress.phase = 'checking what changed since the range began';
  // Rows of a refresh are looked up in the bin one by one.
  if (!refreshing) for (const id of recycleBin.ids) filter.record(BigInt(id));
  const cutoffS = secondsOf((state.backfill as BackfillState).cutoff);
  const sinceS = Math.max(cutoffS - windowOverlapS, secondsOf(state.start));
  const beganS = await shared.client.nowSeconds(signal);
  await recallDeleted(binding, sinceS, signal);
  await recallModified(binding, sinceS, signal, refreshing ? cutoffS : undefined);
  await feedSettled(binding, signal);
  await recallDeleted(binding, sinceS, signal);
  await recallModified(binding, Math.max(sinceS, beganS - windowOverlapS), signal);
  if (filter.overflowed) throw new FilterOverflow(module);
  filter.rebuilt();
}

/**
 * Waits until the feed of deletions holds everything deleted before now. It may lag behind COQL,
 * and a record that neither shows would seem never emitted.
 */
async function feedSettled({shared: {clock}, deletionSchedule}: Binding, signal: AbortSignal): Promise<void> {
  if (deletionSchedule.hasFeed) await clock.sleep(feedLagMs, signal);
}

async function recallModified(binding: Binding, sinceS: number, signal: AbortSignal, emitBeforeS = 0): Promise<void> {
  const {queries, seen} = binding;
  for await (const rows of idsSince(queries.plan, sinceS, coqlContext(binding, signal))) {
    const [idColumn, timeColumn] = [rows.columns.indexOf('id'), rows.columns.indexOf('Modified_Time')];
    const below: string[] = [];
    for (let row = 0; row < rows.count; row++) {
      const id = cellText(rows, row, idColumn);
      seen.filter.record(BigInt(id));
      if (modifiedSeconds(cellText(rows, row, timeColumn)) < emitBeforeS) below.push(id);
    }
    // Equivalent mutants (ConditionalExpression,EqualityOperator): an empty list asks nothing
    if (below.length > 0) await captureByIds(binding, below, signal);
    if (seen.filter.overflowed) return;
  }
}

async function recallDeleted(binding: Binding, sinceS: number, signal: AbortSignal): Promise<void> {
  const {module, seen} = binding;
  const end = await consume(deletedSince(binding, sinceS, signal), (page) => {
    for (const {id} of page) seen.filter.record(BigInt(id));
  });
  // Unknown records must not pass, nor those that a now rejected feed listed before: the range's
  // jobs may still have them.
  const isUnknown = end === undefined ? mayMissDeletions(binding.state) : 'stopped' in end;
  if (isUnknown) throw new FilterOverflow(module);
}

/**
 * Whether deletions were emitted since the range began, given that anything was. Changed records
 * may have been deleted as well. That counts if the feed has been read since, and not for a module
 * whose deletions Zoho never lists.
 */
function mayMissDeletions({backfill, deleted}: BindingState): boolean {
  const {seen, cutoff} = backfill as BackfillState;
  return seen.deletions === true || secondsOf(deleted.cursor) > secondsOf(cutoff);
}
