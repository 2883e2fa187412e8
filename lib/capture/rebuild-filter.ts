/** What was emitted beside a range before the process restarted: asked of Zoho again (guarantee G2). */
import {type BackfillState, type BindingState, secondsOf} from '../flow/state.ts';
import {feedLagMs, windowOverlapS} from '../limits.ts';
import {consume, only} from '../platform/generators.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {cellText} from '../records/rows.ts';
import {idsSince, rowsByIds} from '../sources/coql.ts';
import type {Binding} from './binding.ts';
import {coqlContext} from './coql-context.ts';
import {FilterOverflow} from './seen/seen.ts';
import {deletedSince} from './sweep.ts';

/** Begins to remember what is emitted beside a range that goes on after a restart; nothing is unknown of it if nothing was emitted before. */
export function resumeRange({state, seen}: Binding): void {
  const {backfill} = state;
  if (backfill == null || seen.filter.isComplete) return;
  seen.filter.begin({isComplete: backfill.seen.changes !== true && backfill.seen.deletions !== true});
}

/**
 * After a restart in the middle of a range, asks Zoho for what may have been emitted since it began,
 * if the state says that anything was: ids modified from an overlap before the cutoff on, and ids
 * deleted since then. Sweeps meanwhile add to it. No bulk row is written before.
 *
 * A record that was emitted and deleted afterwards is in neither until the feed lists it, which may
 * take a moment: so the feed is read again that much later. The latest ids are, too: a record may go
 * into the recycle bin, or come out of it, in between. What is known to have gone into the bin counts
 * in any case.
 *
 * During a refresh the records of that overlap are emitted anew, whole: their rows are about to be
 * dropped, and the values they were captured with may be older than the refresh.
 */
export async function rebuildFilter(binding: Binding, signal: AbortSignal): Promise<void> {
  const {seen, state, shared, module, refreshing} = binding;
  const {filter, recycleBin} = seen;
  if (filter.isComplete) return;
  binding.progress.phase = 'asking what changed since the range began';
  // Rows of a refresh are looked up there one by one.
  if (!refreshing) for (const id of recycleBin.ids) filter.record(BigInt(id));
  const cutoffS = secondsOf((state.backfill as BackfillState).cutoff);
  const sinceS = Math.max(cutoffS - windowOverlapS, secondsOf(state.start));
  const beganS = await shared.client.nowSeconds(signal);
  await recallDeleted(binding, sinceS, signal);
  await recallModified(binding, sinceS, signal, refreshing ? cutoffS : undefined);
  await feedSettled(binding, shared.clock.elapsedMs(), signal);
  await recallDeleted(binding, sinceS, signal);
  await recallModified(binding, Math.max(sinceS, beganS - windowOverlapS), signal);
  if (filter.overflowed) throw new FilterOverflow(module);
  filter.rebuilt();
}

/**
 * Waits until the feed of deletions has everything that was deleted before a moment: it may lag
 * behind COQL, and what neither of them shows at a moment would be taken for never emitted.
 */
async function feedSettled({shared: {clock}, deletionSchedule}: Binding, sinceMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = sinceMs + feedLagMs - clock.elapsedMs();
  if (deletionSchedule.hasFeed && leftMs > 0) await clock.sleep(leftMs, signal);
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
    if (below.length > 0) await emitAgain(binding, below, signal);
    if (seen.filter.overflowed) return;
  }
}

async function recallDeleted(binding: Binding, sinceS: number, signal: AbortSignal): Promise<void> {
  const {module, seen} = binding;
  const end = await consume(deletedSince(binding, sinceS, signal), (page) => {
    for (const {id} of page) seen.filter.record(BigInt(id));
  });
  // What cannot be known must not pass, nor what was known and is refused now: the range's jobs may still have the records.
  const isUnknown = end === undefined ? mayMissDeletions(binding.state) : 'stopped' in end;
  if (isUnknown) throw new FilterOverflow(module);
}

/**
 * Whether deletions were emitted since the range began. Records that changed since then may have
 * been deleted as well; that counts where the feed has been read meanwhile, and not for a module
 * whose deletions Zoho never lists.
 */
function mayMissDeletions({backfill, deleted}: BindingState): boolean {
  const {seen, cutoff} = backfill as BackfillState;
  const wasRead = secondsOf(deleted.cursor) > secondsOf(cutoff);
  return seen.deletions === true || (seen.changes === true && wasRead);
}

async function emitAgain(binding: Binding, ids: readonly string[], signal: AbortSignal): Promise<void> {
  const {queries, seen} = binding;
  const release = await binding.coqlLock.acquire(signal);
  try {
    for await (const {rows} of rowsByIds(queries.plan, ids, coqlContext(binding, signal)))
      await binding.emit(only({items: rows}), seen.admitSwept, signal);
  } finally {
    release();
  }
}
