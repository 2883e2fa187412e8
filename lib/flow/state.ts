/**
 * What a capture remembers between runs: parsing, patching and taking over saved state. Pure
 * (design 6).
 */
import * as v from 'valibot';
import {ConfigError} from '../errors/errors.ts';
import {table} from '../errors/validation.ts';
import {isTable, own, setOwn} from '../platform/own-property.ts';
import {isoSeconds} from '../records/instant.ts';

/** A merge patch (RFC 7396) of the whole task's state. */
export type StatePatch = Readonly<Record<string, unknown>>;

const absent = <S extends v.GenericSchema>(schema: S) =>
  v.pipe(
    v.nullish(schema),
    v.transform((value) => value ?? undefined),
  );
const instant = v.pipe(
  v.string(),
  v.check((text) => {
    const ms = Date.parse(text);
    // Years of four digits, from 1970 on: what Zoho knows, and what can be formatted and computed
    // with.
    return /^\d{4}-/.test(text) && ms >= 0 && ms < Date.UTC(9999);
  }, 'expected a date and time'),
);
const text = v.pipe(v.string(), v.nonEmpty());
const id = v.pipe(v.string(), v.regex(/^\d+$/));
/** Zoho chooses a job's id, which becomes part of a URL. */
const jobId = v.pipe(v.string(), v.regex(/^[\w-]+$/));
const integer = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const names = v.array(text);

const seenSchema = v.looseObject({
  changes: absent(v.boolean()),
  deletions: absent(v.boolean()),
});
/** For a state from a version that did not record it: anything may have been emitted. */
const anythingSeen: v.InferOutput<typeof seenSchema> = {changes: true, deletions: true};

const backfillSchema = v.looseObject({
  /** End of the backfill, exclusive. */
  cutoff: instant,
  /** Token of the page being read; absent for the first page. */
  next_page: absent(text),
  /** The job that exports that page. */
  job: absent(jobId),
  /** Rows of that job's file already passed, including those filtered out. */
  rows: absent(integer),
  /** The job already submitted for the next page. */
  next_job: absent(jobId),
  /** The slice of fields being read; absent for the first (0). */
  slice: absent(integer),
  /**
   * What else was emitted since the range began (guarantee G2): changed records, deleted records.
   */
  seen: v.nullish(v.fallback(seenSchema, anythingSeen), anythingSeen),
  /**
   * The fields that a refresh reads, in order. They stay fixed until it ends, whatever metadata
   * say.
   */
  fields: absent(v.fallback(names, [])),
  /** Those of them that became owed again after it began. */
  again: absent(v.fallback(names, [])),
});

const fieldsSchema = v.looseObject({
  /** When metadata were last evaluated: read, and refused fields tried again. */
  read: absent(v.fallback(v.optional(instant), undefined)),
  /** A digest of the names captured at that time (`namesDigest`). */
  digest: absent(v.string()),
  /** Fields that some records lack. A refresh brings them at once (design 5.6). */
  owed: absent(names),
  /** Fields that an API has refused. */
  refused: absent(v.looseObject({bulk: absent(names), coql: absent(names)})),
});

const bindingSchema = v.looseObject({
  start: absent(instant),
  inc: absent(v.looseObject({cursor: instant, after: absent(id)})),
  backfill: absent(backfillSchema),
  deleted: absent(
    v.looseObject({
      cursor: instant,
      /**
       * The latest ids in the recycle bin, and when they went there (epoch seconds). It is an
       * optional help, so an unreadable value counts as empty.
       */
      recycled: absent(v.fallback(v.record(id, integer), {})),
      /**
       * Sweeps have moved the other cursor since without reading deletions: the next window begins
       * here.
       */
      skipped: absent(v.fallback(v.boolean(), false)),
    }),
  ),
  /**
   * Captured records whose `Modified_Time` is in the future: that time (epoch seconds) and a digest
   * of the document. Without it, a restart repeats them.
   */
  ahead: absent(v.fallback(v.record(id, v.tuple([integer, text])), {})),
  /** An unreadable value counts as none: metadata are then read again at each start. */
  fields: absent(v.fallback(v.optional(fieldsSchema), undefined)),
  last_initialized: absent(instant),
  is_connector_initiated: absent(v.boolean()),
});

const taskSchema = v.looseObject({
  bindingStateV1: absent(table(v.unknown())),
  backfillRequests: absent(table(v.unknown())),
  /** For a requested backfill: `deleted` of the discarded state, until the new state is written. */
  owedDeletions: absent(table(v.unknown())),
});

export type BackfillState = v.InferOutput<typeof backfillSchema>;
/** The part of it that says how far a range was read. */
export type RangePlace = Pick<BackfillState, 'cutoff' | 'next_page' | 'job' | 'rows' | 'next_job' | 'slice'>;
export type SavedBinding = v.InferOutput<typeof bindingSchema>;

/** A complete binding state. Instants are RFC 3339 in UTC with whole seconds. */
export interface BindingState extends SavedBinding {
  start: string;
  inc: {cursor: string; after?: string | undefined};
  deleted: {cursor: string; recycled?: Record<string, number> | undefined; skipped?: boolean | undefined};
}

/** Applies a merge patch as in RFC 7396 without changing either argument. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isTable(patch)) return patch;
  const result: Record<string, unknown> = isTable(target) ? {...target} : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, mergePatch(own(result, key), value));
  }
  return result;
}

/** The task's patch that patches one binding. */
export function bindingPatch(stateKey: string, patch: unknown): StatePatch {
  return {bindingStateV1: {[stateKey]: patch}};
}

/** Keys of a binding's state that show that it has begun. */
const begunKeys = ['start', 'inc', 'backfill', 'last_initialized'] as const;

/** One binding's saved state as it stands there; undefined when there is none. */
export function savedTable(state: unknown, stateKey: string): unknown {
  return own(task(state).bindingStateV1, stateKey) ?? undefined;
}

/**
 * Parses one binding's saved state, ours or the older connector's; undefined when it has not begun.
 * Unknown keys are kept.
 */
export function savedBinding(state: unknown, stateKey: string): SavedBinding | undefined {
  const saved = savedTable(state, stateKey);
  if (saved === undefined) return undefined;
  const parsed = v.safeParse(bindingSchema, saved);
  if (parsed.success) return begunKeys.some((key) => parsed.output[key] !== undefined) ? parsed.output : undefined;
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue);
  throw new ConfigError(
    `Cannot read the saved state of binding ${stateKey}${place ? ` at ${place}` : ''}: it was not written by this connector; raise the binding's backfill counter to start it anew`,
  );
}

/**
 * The deletions that a new backfill of a binding still has to read: those since its last sweep. No
 * backfill brings them, and the collection still has the records. If the binding's state is already
 * gone, because the last start ended between its two checkpoints, the first of these has noted
 * them. Undefined when neither does.
 */
export function owedDeletions(state: unknown, stateKey: string): BindingState['deleted'] | undefined {
  const {bindingStateV1, owedDeletions: noted} = task(state);
  for (const saved of [own(bindingStateV1, stateKey), {deleted: own(noted, stateKey)}]) {
    const parsed = v.safeParse(bindingSchema, saved);
    if (parsed.success && parsed.output.deleted !== undefined) return parsed.output.deleted;
  }
  return undefined;
}

/** Whether the state requests a new backfill of a binding (`backfillRequests`). */
export function backfillRequested(state: unknown, stateKey: string): boolean {
  const request = own(task(state).backfillRequests, stateKey);
  return request !== undefined && request !== null && request !== false;
}

function task(state: unknown): v.InferOutput<typeof taskSchema> {
  const parsed = v.safeParse(taskSchema, state ?? {});
  if (!parsed.success) throw new ConfigError('Cannot read the saved state: expected an object with bindingStateV1');
  return parsed.output;
}

/**
 * The initial state of a binding: the backfill covers `[start, now)`, and everything later is
 * incremental (design 5.1).
 */
export function initialState(start: string, now: string, deleted: BindingState['deleted'] = {cursor: now}): BindingState {
  return {
    start,
    inc: {cursor: now},
    backfill: {cutoff: now, seen: {}},
    deleted,
    last_initialized: now,
    is_connector_initiated: false,
  } as BindingState;
}

/**
 * What a saved state lacks, as a patch to write back at once; undefined when it is complete (design
 * 6).
 *
 * The older connector saves no `start`: it is the configured one, otherwise 30 days before the
 * earliest saved instant. It ignores deletions, so these are read from `start` on. Its instants
 * come from its host's clock; one after Zoho's present would skip records, so it becomes `now`.
 */
export function takeOver(saved: SavedBinding, configuredStart: string | undefined, now: string): StatePatch | undefined {
  const start = saved.start ?? configuredStart ?? daysBefore(earliest(saved), defaultStartDays);
  const patch: Record<string, unknown> = {};
  const isAhead = (instant = now) => secondsOf(instant) > secondsOf(now);
  if (saved.start === undefined) {
    patch.start = start;
    if (isAhead(saved.inc?.cursor)) patch.inc = {cursor: now};
    if (isAhead(saved.backfill?.cutoff)) patch.backfill = {cutoff: now};
  }
  if (saved.inc === undefined) {
    const reached = saved.backfill?.cutoff ?? saved.last_initialized ?? now;
    patch.inc = {cursor: isAhead(reached) ? now : wholeSecond(reached)};
  }
  if (saved.deleted === undefined) patch.deleted = {cursor: start};
  if (saved.last_initialized === undefined) patch.last_initialized = now;
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** Whether a saved state has everything that a capture needs to continue. */
export function isComplete(saved: SavedBinding | undefined): saved is BindingState {
  if (saved?.start === undefined || saved.inc === undefined || saved.deleted === undefined) return false;
  return saved.last_initialized !== undefined;
}

/** How many days a capture reaches back when no `start_date` is configured. */
export const defaultStartDays = 30;

/** The earliest instant of a state without a start. It has one, or it would not have begun. */
function earliest({backfill, inc, last_initialized}: SavedBinding): string {
  const known = [backfill?.cutoff, inc?.cursor, last_initialized].flatMap((text) =>
    text === undefined ? [] : [secondsOf(text)],
  );
  return instantOf(Math.min(...known));
}

/** Epoch seconds of a saved instant, without fractions. */
export function secondsOf(instant: string): number {
  return Math.floor(Date.parse(instant) / 1000);
}

/** A saved instant from epoch seconds: `2026-10-01T10:05:00Z`. */
export function instantOf(seconds: number): string {
  return `${isoSeconds(seconds)}Z`;
}

export function wholeSecond(instant: string): string {
  return instantOf(secondsOf(instant));
}

export function daysBefore(instant: string, days: number): string {
  return instantOf(secondsOf(instant) - days * 86_400);
}
