/** The incremental side of a binding: changes and deletions since the cursors. */

import {ZohoError} from '../errors/errors.ts';
import {instantOf, secondsOf} from '../flow/state.ts';
import {windowOverlapS} from '../limits.ts';
import {consume, only, tapped} from '../platform/generators.ts';
import type {BindingPatch, RowBlock} from '../records/batch.ts';
import {tombstones} from '../records/documents.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {cellText} from '../records/rows.ts';
import {type DrainedCursor, rowsByIds, sweepRows} from '../sources/coql.ts';
import {type DeletedPage, deletedPages, type FeedEnd} from '../sources/deleted.ts';
import type {DeletedRow} from '../zoho/api.ts';
import type {Binding} from './binding.ts';
import {coqlContext} from './coql-context.ts';
import {isWindowFull, type SweptWindow} from './deletion-schedule.ts';
import type {Admit, Seen} from './seen/seen.ts';

/** How a sweep differs from a regular one. */
export interface SweepOptions {
  /** Read the feed of deletions, whether or not it is due. */
  readonly readsDeletions?: boolean;
}

/**
 * Drains one window: every change up to the current time, then, if they are due, every deletion.
 *
 * Both cursors reach the window's end in one checkpoint after both steps. A record may be in the
 * recycle bin while its change is due, and be restored before its deletion is committed; it is then
 * still ahead of the cursor. For the same reason, if this sweep skips the feed, the next window
 * begins where the feed was last read.
 */
export async function sweep(binding: Binding, signal: AbortSignal, options: SweepOptions = {}): Promise<void> {
  const release = await binding.coqlLock.acquire(signal);
  try {
    binding.progress.phase = 'sweeping';
    const window = await changes(binding, signal);
    const feed = await deletions(binding, window, options, signal);
    await advanceCursors(binding, window.end, feed);
    const {state, seen} = binding;
    seen.forget(Math.min(secondsOf(state.inc.cursor), secondsOf(state.deleted.cursor)) - windowOverlapS);
    if (seen.ahead.hasPatch) await binding.patch({});
  } finally {
    release();
  }
}

/**
 * Saves the cursors if they moved. An idle binding writes one small checkpoint per sweep, and none
 * within the same second.
 */
async function advanceCursors(binding: Binding, inc: DrainedCursor, feed: FeedReading): Promise<void> {
  const {state} = binding;
  const moves = inc.cursor !== state.inc.cursor || state.inc.after != null;
  const readToS = feed.readToS ?? 0;
  const deletedMoves = readToS > secondsOf(state.deleted.cursor);
  const isSkipped = feed.isSkipped && (moves || state.deleted.skipped === true);
  const noteChanges = isSkipped !== (state.deleted.skipped === true);
  if (!moves && !deletedMoves && !noteChanges) return;
  const deleted = {
    ...(deletedMoves && {cursor: instantOf(readToS)}),
    ...(noteChanges && {skipped: isSkipped ? true : null}),
  };
  await binding.patch({...(moves && {inc}), ...((deletedMoves || noteChanges) && {deleted})});
}

/** A window of changes that was read to its end. */
interface Window extends SweptWindow {
  /** The new cursor. */
  readonly end: DrainedCursor;
  /** The cursor before. */
  readonly cursorS: number;
}

/**
 * Emits the changes since the cursor, or since the last reading of deletions if that was earlier.
 */
async function changes(binding: Binding, signal: AbortSignal): Promise<Window> {
  const {state, queries, seen, shared} = binding;
  const {plan} = queries;
  const cursorS = secondsOf(state.inc.cursor);
  const isLong = state.deleted.skipped === true;
  const sinceS = isLong ? Math.min(cursorS, secondsOf(state.deleted.cursor)) : cursorS;
  const fromS = Math.max(secondsOf(state.start), sinceS - windowOverlapS);
  const lookAhead = seen.ahead.startLook(shared.clock.elapsedMs());
  const isKnown = (id: string, seconds: number): boolean => seen.emitted.holdsDocument(BigInt(id), seconds);
  const window = {fromS, cursorS, rowsExpected: queries.rowsExpected, isKnown, lookAhead};
  let rows = 0;
  let fresh = 0;
  const source = sweepRows(plan, window, coqlContext(binding, signal));
  const counted = tapped(source, async ({items}) => {
    await seen.readClock(shared.client, signal);
    // Every sweep reads records of the future, so they do not show how much has changed.
    rows += countUpTo(items, seen.presentS);
  });
  const admit: Admit = (docs, i) => {
    const isAdmitted = seen.admitSwept(docs, i);
    if (isAdmitted) fresh++;
    return isAdmitted;
  };
  const end = await binding.emit(counted, admit, signal);
  // A window without rows requested only the first slice.
  await binding.confirm(plan.slices[0]!);
  queries.expectRows(isLong ? fresh : rows);
  return {rows, fresh, end, cursorS};
}

/** The number of records modified up to a time, in a page ordered by time. */
function countUpTo(rows: RowBlock, nowS: number): number {
  const timeColumn = rows.columns.indexOf('Modified_Time');
  const isAhead = (row: number): boolean => modifiedSeconds(cellText(rows, row, timeColumn)) > nowS;
  let {count} = rows;
  // Equivalent mutants (ConditionalExpression,EqualityOperator): no row before the first is ahead
  while (count > 0 && isAhead(count - 1)) count--;
  return count;
}

/** What a sweep learnt from the feed of deletions. */
interface FeedReading {
  /** The time up to which the feed was read completely. */
  readonly readToS: number | undefined;
  /** Whether the sweep skipped the feed. */
  readonly isSkipped: boolean;
}

/**
 * Emits the deletions since the cursor. It runs after the changes, so a record that was changed and
 * then deleted ends deleted. COQL is asked about each id first, so a record restored since then
 * ends alive.
 */
async function deletions(binding: Binding, window: Window, options: SweepOptions, signal: AbortSignal): Promise<FeedReading> {
  const {client, credits} = binding.shared;
  const isShort = credits.onHold.deletions && options.readsDeletions !== true;
  if (!isShort) await recheck(binding, binding.seen.recycleBin.due(await client.nowSeconds(signal)), signal);
  if (maySkipFeed(binding, window, isShort) && options.readsDeletions !== true) return {readToS: undefined, isSkipped: true};
  const listed = new Set<bigint>();
  const sinceS = secondsOf(binding.state.deleted.cursor) - windowOverlapS;
  const end = await consume(deletedSince(binding, sinceS, signal), async (page) => {
    for (const {id} of page) listed.add(BigInt(id));
    await emitDeletions(binding, page, signal);
  });
  const readToS = end !== undefined && 'readToS' in end ? end.readToS : undefined;
  binding.deletionSchedule.read(listed.size > 0 || readToS === undefined, binding.shared.clock.elapsedMs());
  if (readToS !== undefined || !binding.deletionSchedule.hasFeed) await settleDoubts(binding, listed, signal);
  return {readToS, isSkipped: false};
}

/**
 * Whether this sweep may skip the feed. It may not if the feed lags for another reason than
 * skipping, because windows cannot begin at its last reading then.
 */
function maySkipFeed({deletionSchedule, seen, shared, state}: Binding, window: Window, isShort: boolean): boolean {
  const isDue = deletionSchedule.sweeps(window, shared.clock.elapsedMs());
  const isBehind = state.deleted.skipped !== true && secondsOf(state.deleted.cursor) < window.cursorS - windowOverlapS;
  if (!deletionSchedule.hasFeed || isBehind || isWindowFull(window)) return false;
  return isShort || (!isDue && !seen.hasDoubts);
}

/**
 * Emits records that exist again after their deletion was emitted and that the feed no longer
 * lists. One that the feed still lists was read from a part of Zoho that lags behind. A restore
 * newer than the feed is noticed when the recycle bin's ids are checked.
 */
async function settleDoubts(binding: Binding, listed: ReadonlySet<bigint>, signal: AbortSignal): Promise<void> {
  const ids = binding.seen.takeDoubted().filter((id) => !listed.has(id));
  await emitExisting(binding, ids.map(String), () => new Set(), binding.seen.admitRestored, signal);
}

/**
 * The feed of deletions. A module without one yields no page and returns no end. That is logged
 * once, and the feed is tried again from time to time.
 */
export async function* deletedSince(
  {module, shared, quarantine, deletionSchedule}: Binding,
  sinceS: number,
  signal: AbortSignal,
): AsyncGenerator<DeletedPage, FeedEnd | undefined, void> {
  if (!deletionSchedule.hasFeed) return undefined;
  try {
    const end = yield* deletedPages(module, sinceS, {client: shared.client, signal, quarantine});
    if ('stopped' in end) shared.log('warn', `${end.stopped}; they are read again with the next sweep`, {module});
    return end;
  } catch (error) {
    if (!(error instanceof ZohoError) || !refusesFeed(error)) throw error;
    const level = deletionSchedule.refused() ? 'warn' : 'debug';
    shared.log(level, `Module ${module} is captured without deletions: ${error.message}`, {module});
    return undefined;
  }
}

/**
 * Whether Zoho says, in any wording, that this user has no feed of deletions. A redirect does not
 * say so.
 */
function refusesFeed({kind, status = 400}: ZohoError): boolean {
  return kind === 'module' || (kind === 'refused' && !(status >= 300 && status < 400));
}

/** Emits the current versions or the tombstones of one page of deleted ids. */
async function emitDeletions(binding: Binding, page: readonly DeletedRow[], signal: AbortSignal): Promise<void> {
  const latest = new Map<string, DeletedRow>();
  for (const row of page) {
    const other = latest.get(row.id);
    // Equivalent mutants (EqualityOperator): of two deletions in one second either one will do
    if (other === undefined || row.deletedS > other.deletedS) latest.set(row.id, row);
  }
  const {seen, queries} = binding;
  const fresh = [...latest.values()].filter((row) => !seen.emitted.holdsDeletion(BigInt(row.id), row.deletedS));
  const ids = fresh.map(({id}) => id);
  for await (const {asked, live, rows} of rowsByIds(queries.plan, ids, coqlContext(binding, signal))) {
    await binding.emit(only({items: rows}), seen.admitSwept, signal);
    const gone = asked.filter((id) => !live.has(id)).map((id) => latest.get(id)!);
    const batch = {items: tombstones(gone), patch: await watch(binding, gone, signal)};
    await binding.emitDocuments([batch], seen.admitDeleted, signal);
  }
}

/** Watches records that went into the recycle bin. Returns the patch that saves them. */
async function watch(
  {seen, shared}: Binding,
  gone: readonly DeletedRow[],
  signal: AbortSignal,
): Promise<BindingPatch | undefined> {
  const inBin = gone.filter(({type}) => type === 'recycle');
  if (inBin.length === 0) return undefined;
  const nowS = await shared.client.nowSeconds(signal);
  return {deleted: {recycled: seen.recycleBin.add(inBin, nowS)}};
}

/**
 * Checks records that went into the recycle bin, and emits the restored ones: a restore may leave
 * `Modified_Time` unchanged. The caller holds the binding's `coqlLock`.
 */
export async function recheck(binding: Binding, ids: readonly string[], signal: AbortSignal): Promise<void> {
  await emitExisting(binding, ids, (rows) => doubtful(binding.seen, rows), binding.seen.admitSwept, signal);
}

/** Emits those of the records that exist. They are no longer watched, unless they are doubted. */
async function emitExisting(
  binding: Binding,
  ids: readonly string[],
  doubtedOf: (rows: RowBlock) => ReadonlySet<string>,
  admit: Admit,
  signal: AbortSignal,
): Promise<void> {
  const {seen, queries, shared} = binding;
  for await (const {asked, live, rows} of rowsByIds(queries.plan, ids, coqlContext(binding, signal))) {
    const doubted = doubtedOf(rows);
    const back = new Set([...live].filter((id) => !doubted.has(id)));
    const patch = back.size === 0 ? undefined : {deleted: {recycled: Object.fromEntries([...back].map((id) => [id, null]))}};
    await binding.emit(only({items: rows, patch}), admit, signal);
    seen.recycleBin.note(asked, back, await shared.client.nowSeconds(signal));
  }
}

/** Records whose `Modified_Time` is older than their deletion, which was just emitted. */
function doubtful({emitted}: Seen, rows: RowBlock): ReadonlySet<string> {
  const [idColumn, timeColumn] = [rows.columns.indexOf('id'), rows.columns.indexOf('Modified_Time')];
  const ids = new Set<string>();
  for (let row = 0; row < rows.count; row++) {
    const id = cellText(rows, row, idColumn);
    if (emitted.isDoubtful(BigInt(id), modifiedSeconds(cellText(rows, row, timeColumn)))) ids.add(id);
  }
  return ids;
}
