/**
 * The state of a module that is captured as a snapshot, in the form of the older kit (design 5.7,
 * 6). Pure.
 */
import * as v from 'valibot';
import {ConfigError} from '../errors/errors.ts';
import {isTable} from '../platform/own-property.ts';
import {backfillRequested, bindingPatch, type StatePatch, savedTable} from './state.ts';

export interface SnapshotState {
  /** When the rows of the last snapshot were read; undefined before the first. */
  readonly updatedAt: string | undefined;
  /** Numbers below this are in the collection. */
  readonly lastCount: number;
  /** Digest of the last snapshot's rows; undefined while the collection holds parts of two. */
  readonly lastDigest: string | undefined;
}

/** A change of the state. `null` removes the digest. */
export type SnapshotPatch = {
  readonly updated_at?: string;
  readonly last_count?: number;
  readonly last_digest?: string | null;
};

/**
 * An unreadable time or digest counts as absent, which costs one snapshot. An unreadable count is
 * an error: without it, surplus rows would remain.
 */
const schema = v.looseObject({
  updated_at: v.fallback(
    v.nullish(
      v.pipe(
        v.string(),
        v.check((text) => Date.parse(text) > 0),
      ),
    ),
    undefined,
  ),
  last_count: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
  last_digest: v.fallback(v.nullish(v.pipe(v.string(), v.nonEmpty())), undefined),
});

/** Keys of the state of a capture by `Modified_Time`. */
const recordKeys = ['start', 'inc', 'backfill', 'deleted', 'ahead', 'fields'];

const none: SnapshotState = {updatedAt: undefined, lastCount: 0, lastDigest: undefined};

/** Reads the saved state of a snapshot, ours or the older kit's; undefined when none was begun. */
export function savedSnapshot(state: unknown, stateKey: string): SnapshotState | undefined {
  const saved = savedTable(state, stateKey);
  const snapshot = isTable(saved) ? (saved.snapshot ?? undefined) : undefined;
  if (snapshot === undefined) return undefined;
  const parsed = v.safeParse(schema, snapshot);
  if (!parsed.success)
    throw new ConfigError(
      `Cannot read the saved state of binding ${stateKey} at snapshot: it was not written by this connector; raise the binding's backfill counter to start it anew`,
    );
  const {updated_at, last_count, last_digest} = parsed.output;
  return {updatedAt: updated_at ?? undefined, lastCount: last_count ?? 0, lastDigest: last_digest ?? undefined};
}

/**
 * The state from which a snapshot continues, and the patch to write before any row is read. A
 * requested backfill removes the digest, so that all rows are written again; the numbers in the
 * collection stay known. The state of a capture by `Modified_Time` is removed.
 */
export function beginSnapshots(state: unknown, stateKey: string): {readonly begun: SnapshotState; readonly patch?: StatePatch} {
  const kept = savedSnapshot(state, stateKey) ?? none;
  const isRequested = backfillRequested(state, stateKey);
  const saved = savedTable(state, stateKey);
  const stale = isTable(saved) ? recordKeys.filter((key) => key in saved) : [];
  if (!isRequested && stale.length === 0) return {begun: kept};
  const patch = {
    ...Object.fromEntries(stale.map((key) => [key, null])),
    ...(isRequested && {snapshot: {last_digest: null}}),
  };
  return {
    begun: isRequested ? {...kept, lastDigest: undefined} : kept,
    patch: {...bindingPatch(stateKey, patch), ...(isRequested && {backfillRequests: {[stateKey]: null}})},
  };
}

/** The state after a change. */
export function movedSnapshot(state: SnapshotState, {updated_at, last_count, last_digest}: SnapshotPatch): SnapshotState {
  return {
    updatedAt: updated_at ?? state.updatedAt,
    lastCount: last_count ?? state.lastCount,
    lastDigest: last_digest === undefined ? state.lastDigest : (last_digest ?? undefined),
  };
}
