/** The incremental side of a binding: what changed and what was deleted since the cursors. */

import {ZohoError} from '../errors/errors.ts';
import {instantOf, secondsOf} from '../flow/state.ts';
import {aheadLookMs, windowOverlapS} from '../limits.ts';
import type {BindingPatch, DocBlock, RowBlock} from '../records/batch.ts';
import {idOf, modifiedOf, tombstones} from '../records/documents.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {cellText} from '../records/rows.ts';
import {rowsByIds, sweepRows} from '../sources/coql.ts';
import {type DeletedPage, deletedPages} from '../sources/deleted.ts';
import type {DeletedRow} from '../zoho/api.ts';
import type {Admit, Binding} from './binding.ts';
import {coqlContext} from './coql-context.ts';
import {isWindowFull, type SweptWindow} from './deletion-schedule.ts';

/** How a sweep differs from the usual one. */
export interface SweepOptions {
  /** Read the feed of deletions, whether or not it is due. */
  readonly readsDeletions?: boolean;
}

/**
 * Drains one window: every change up to Zoho's now, then, when they are due, every deletion.
 *
 * The cursors reach the window's end in one checkpoint after both: a record that lay in the recycle bin while its change was due, and comes back before
 * its deletion was committed, is still ahead of the cursor then. For the same reason the next window begins where the feed was last read, if this sweep
 * leaves it out.
 */
export async function sweep(binding: Binding, signal: AbortSignal, options: SweepOptions = {}): Promise<void> {
  const release = await binding.coqlLock.acquire(signal);
  try {
    binding.progress.phase = 'sweeping';
    const window = await changes(binding, signal);
    const feed = await deletions(binding, window, options, signal);
    await advanceCursors(binding, window.end, feed);
    const {state} = binding;
    const readAgainS = Math.min(secondsOf(state.inc.cursor), secondsOf(state.deleted.cursor)) - windowOverlapS;
    binding.emitted.forget(readAgainS);
    binding.ahead.forget(readAgainS);
    if (binding.ahead.hasNews) await binding.patch({});
  } finally {
    release();
  }
}

/** Moves the cursors, if they move: an idle binding writes one small checkpoint a sweep, and none within a second. */
async function advanceCursors(binding: Binding, inc: BindingPatch | undefined, feed: FeedReading): Promise<void> {
  const {state} = binding;
  const moves = inc !== undefined && (inc.cursor !== state.inc.cursor || state.inc.after != null);
  const deletedMoves = feed.readToS !== undefined && feed.readToS > secondsOf(state.deleted.cursor);
  const isSkipped = feed.isSkipped && (moves || state.deleted.skipped === true);
  const noteChanges = isSkipped !== (state.deleted.skipped === true);
  if (!moves && !deletedMoves && !noteChanges) return;
  const deleted = {
    ...(deletedMoves && {cursor: instantOf(feed.readToS)}),
    ...(noteChanges && {skipped: isSkipped ? true : null}),
  };
  await binding.patch({...(moves && {inc}), ...((deletedMoves || noteChanges) && {deleted})});
}

/** A window of changes that was read to its end. */
interface Window extends SweptWindow {
  /** Where the cursor may go. */
  readonly end: BindingPatch | undefined;
  /** Where it was before. */
  readonly cursorS: number;
}

/** Emits what changed since the cursor, or since deletions were last read if that was before. */
async function changes(binding: Binding, signal: AbortSignal): Promise<Window> {
  const {state, plan} = binding;
  const cursorS = secondsOf(state.inc.cursor);
  const isLong = state.deleted.skipped === true;
  const sinceS = isLong ? Math.min(cursorS, secondsOf(state.deleted.cursor)) : cursorS;
  const fromS = Math.max(secondsOf(state.start), sinceS - windowOverlapS);
  let rows = 0;
  let fresh = 0;
  let end: BindingPatch | undefined;
  const {clock} = binding.shared;
  const lookAhead = binding.lookedAheadMs === undefined || clock.elapsedMs() - binding.lookedAheadMs >= aheadLookMs;
  if (lookAhead) binding.lookedAheadMs = clock.elapsedMs();
  const isKnown = (id: string, seconds: number): boolean => binding.emitted.holdsDocument(BigInt(id), seconds);
  const window = {fromS, cursorS, rowsExpected: binding.rowsExpected, isKnown, lookAhead};
  const source = sweepRows(plan, window, coqlContext(binding, signal));
  await binding.emit(
    (async function* () {
      for await (const {items, patch, drained} of source) {
        if (drained !== undefined) end = drained;
        await binding.lookAtClock(signal);
        // Every sweep reads records of the future, so these say nothing of how much has changed.
        rows += countUpTo(items, binding.presentS);
        yield {items, patch};
      }
    })(),
    (docs, i) => {
      const isAdmitted = binding.admitSwept(docs, i);
      if (isAdmitted) fresh++;
      return isAdmitted;
    },
    signal,
  );
  // A window without rows asked for the first slice alone.
  await binding.confirm(plan.slices[0] ?? []);
  binding.rowsExpected = isLong ? fresh : rows;
  return {rows, fresh, end, cursorS};
}

/** The records of a page, in order of time, that were modified no later than at a time. */
function countUpTo(rows: RowBlock, nowS: number): number {
  const timeColumn = rows.columns.indexOf('Modified_Time');
  let count = rows.count;
  while (count > 0 && modifiedSeconds(cellText(rows, count - 1, timeColumn)) > nowS) count--;
  return count;
}

/** What a sweep learnt from the feed of deletions. */
interface FeedReading {
  /** How far it was read to its end. */
  readonly readToS: number | undefined;
  /** Whether the sweep left it out. */
  readonly isSkipped: boolean;
}

/**
 * Emits what was deleted since the cursor. Read after the window of changes, so that a record changed and then deleted ends deleted; each id is asked
 * for by COQL first, so that one restored since ends alive.
 */
async function deletions(binding: Binding, window: Window, options: SweepOptions, signal: AbortSignal): Promise<FeedReading> {
  const {client, credits} = binding.shared;
  const isShort = credits.onHold.deletions && options.readsDeletions !== true;
  if (!isShort) await recheck(binding, binding.recycleBin.due(await client.nowSeconds(signal)), signal);
  if (mayWait(binding, window, isShort) && options.readsDeletions !== true) return {readToS: undefined, isSkipped: true};
  let readToS: number | undefined;
  const listed = new Set<bigint>();
  for await (const page of deletedSince(binding, secondsOf(binding.state.deleted.cursor) - windowOverlapS, signal)) {
    if ('readToS' in page) readToS = page.readToS;
    else if ('rows' in page) {
      for (const {id} of page.rows) listed.add(BigInt(id));
      await emitDeletions(binding, page.rows, signal);
    }
  }
  binding.deletionSchedule.read(listed.size > 0 || readToS === undefined, binding.shared.clock.elapsedMs());
  if (readToS !== undefined || !binding.hasDeletions) await settleDoubts(binding, listed, signal);
  return {readToS, isSkipped: false};
}

/**
 * Whether this sweep may leave the feed out. It may not when the feed lags behind for another reason than that: where it was read last is no good
 * beginning of windows then.
 */
function mayWait(binding: Binding, window: Window, isShort: boolean): boolean {
  const {deletionSchedule, doubted, hasDeletions, shared, state} = binding;
  const isDue = deletionSchedule.sweeps(window, shared.clock.elapsedMs());
  const isBehind = state.deleted.skipped !== true && secondsOf(state.deleted.cursor) < window.cursorS - windowOverlapS;
  if (!hasDeletions || isBehind || isWindowFull(window)) return false;
  return isShort || (!isDue && doubted.size === 0);
}

/**
 * Emits records that are there again after their deletion was emitted: those that the feed of deletions lists no longer. What it still lists was read
 * from a part of Zoho that lags behind; a restore that is newer than the feed is found when the recycle bin's ids are asked for again.
 */
async function settleDoubts(binding: Binding, listed: ReadonlySet<bigint>, signal: AbortSignal): Promise<void> {
  const ids = [...binding.doubted].filter((id) => !listed.has(id)).map(String);
  binding.doubted.clear();
  await emitBack(binding, ids, () => new Set(), binding.admitRestored, signal);
}

/** The feed of deletions; nothing of it from a module that has none, which is said once and asked again now and then. */
export async function* deletedSince(
  binding: Binding,
  sinceS: number,
  signal: AbortSignal,
): AsyncGenerator<DeletedPage, void, void> {
  const {module, shared} = binding;
  if (!binding.hasDeletions) return;
  try {
    for await (const page of deletedPages(module, sinceS, {client: shared.client, signal, quarantine: binding.quarantine})) {
      if ('stopped' in page) shared.log('warn', `${page.stopped}; they are read again with the next sweep`, {module});
      yield page;
    }
  } catch (error) {
    if (!(error instanceof ZohoError) || !refusesFeed(error)) throw error;
    binding.hasDeletions = false;
    shared.log(binding.deletionsNoted ? 'debug' : 'warn', `Module ${module} is captured without deletions: ${error.message}`, {
      module,
    });
    binding.deletionsNoted = true;
  }
}

/** Whether Zoho says that it has no deletions for whoever asks, in whatever words; a redirect says nothing of the kind. */
function refusesFeed({kind, status = 400}: ZohoError): boolean {
  return kind === 'module' || (kind === 'refused' && !(status >= 300 && status < 400));
}

/** Emits what became of one page of deleted ids. */
async function emitDeletions(binding: Binding, page: readonly DeletedRow[], signal: AbortSignal): Promise<void> {
  const latest = new Map<string, DeletedRow>();
  for (const row of page) {
    const other = latest.get(row.id);
    if (other === undefined || modifiedSeconds(row.deletedTime) > modifiedSeconds(other.deletedTime)) latest.set(row.id, row);
  }
  const fresh = [...latest.values()].filter(
    (row) => !binding.emitted.holdsDeletion(BigInt(row.id), modifiedSeconds(row.deletedTime)),
  );
  const ids = fresh.map(({id}) => id);
  for await (const {asked, live, rows} of rowsByIds(binding.plan, ids, coqlContext(binding, signal))) {
    if (rows.count > 0) await binding.emit([{items: rows}], binding.admitSwept, signal);
    const gone = asked.filter((id) => !live.has(id)).map((id) => latest.get(id)!);
    if (gone.length > 0)
      await binding.put({items: tombstones(gone), patch: await watch(binding, gone, signal)}, admitDeleted(binding));
  }
}

function admitDeleted(binding: Binding): Admit {
  return (docs: DocBlock, i: number) => {
    const id = idOf(docs, i);
    if (!binding.emitted.deletion(id, modifiedSeconds(modifiedOf(docs, i)))) return false;
    binding.recordEmitted(id, 'deletions');
    binding.progress.deletions++;
    return true;
  };
}

/** Watches what went into the recycle bin; gives the patch that keeps it beyond this process. */
async function watch(
  {recycleBin: recycled, shared}: Binding,
  gone: readonly DeletedRow[],
  signal: AbortSignal,
): Promise<BindingPatch | undefined> {
  const inBin = gone.filter(({type}) => type === 'recycle');
  if (inBin.length === 0) return undefined;
  const nowS = await shared.client.nowSeconds(signal);
  const deleted = inBin.map(({id, deletedTime}) => ({id, deletedS: modifiedSeconds(deletedTime)}));
  return {deleted: {recycled: recycled.add(deleted, nowS)}};
}

/**
 * Asks for what was seen to go into the recycle bin, and emits what came back: a restore need not move `Modified_Time`. The caller holds the binding's
 * COQL turn.
 */
export async function recheck(binding: Binding, ids: readonly string[], signal: AbortSignal): Promise<void> {
  await emitBack(binding, ids, (rows) => doubtful(binding, rows), binding.admitSwept, signal);
}

/** Emits those of some records that are there, and watches them no longer, but for the ones that are doubted. */
async function emitBack(
  binding: Binding,
  ids: readonly string[],
  doubtedOf: (rows: RowBlock) => ReadonlySet<string>,
  admit: Admit,
  signal: AbortSignal,
): Promise<void> {
  const {recycleBin: recycled, plan, shared} = binding;
  for await (const {asked, live, rows} of rowsByIds(plan, ids, coqlContext(binding, signal))) {
    const doubted = doubtedOf(rows);
    const back = new Set([...live].filter((id) => !doubted.has(id)));
    const patch = back.size === 0 ? undefined : {deleted: {recycled: Object.fromEntries([...back].map((id) => [id, null]))}};
    if (live.size > 0) await binding.emit([{items: rows, patch}], admit, signal);
    recycled.note(asked, back, await shared.client.nowSeconds(signal));
  }
}

/** Records that were read with a `Modified_Time` which their deletion, just emitted, has outlived. */
function doubtful({emitted: overlap}: Binding, rows: RowBlock): ReadonlySet<string> {
  const [idColumn, timeColumn] = [rows.columns.indexOf('id'), rows.columns.indexOf('Modified_Time')];
  const ids = new Set<string>();
  for (let row = 0; row < rows.count; row++) {
    const id = cellText(rows, row, idColumn);
    if (overlap.isDoubtful(BigInt(id), modifiedSeconds(cellText(rows, row, timeColumn)))) ids.add(id);
  }
  return ids;
}
