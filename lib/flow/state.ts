/** What a capture remembers between runs: reading, patching and taking over saved state. Pure (design 6). */
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
    // Years of four digits, since 1970: what Zoho knows, and what can be written and reckoned with.
    return /^\d{4}-/.test(text) && ms >= 0 && ms < Date.UTC(9999);
  }, 'expected a date and time'),
);
const text = v.pipe(v.string(), v.nonEmpty());
const id = v.pipe(v.string(), v.regex(/^\d+$/));
/** A job's id is Zoho's to choose; it becomes part of an address. */
const jobId = v.pipe(v.string(), v.regex(/^[\w-]+$/));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const names = v.array(text);

const seenSchema = v.looseObject({
  changes: absent(v.boolean()),
  deletions: absent(v.boolean()),
});
/** Of a range whose state does not say it, from a version that did not keep it, nothing is known: anything may have been emitted. */
const anythingSeen: v.InferOutput<typeof seenSchema> = {changes: true, deletions: true};

const backfillSchema = v.looseObject({
  /** The range ends here, exclusive. */
  cutoff: instant,
  /** Token of the page being read; absent, the first page. */
  next_page: absent(text),
  /** The job that exports that page. */
  job: absent(jobId),
  /** Rows of that job's file already passed, dropped ones included. */
  rows: absent(whole),
  /** The job already submitted for the following page. */
  next_job: absent(jobId),
  /** Which slice of the fields is being read; absent, the first (0). */
  slice: absent(whole),
  /** What was emitted otherwise since the range began (guarantee G2): records that changed, records that were deleted. */
  seen: v.nullish(v.fallback(seenSchema, anythingSeen), anythingSeen),
  /** The fields that a refresh reads, in its order: they stay the same until it ends, whatever metadata say meanwhile. */
  fields: absent(v.fallback(names, [])),
  /** Those of them that became owed again after it had begun. */
  again: absent(v.fallback(names, [])),
});

const fieldsSchema = v.looseObject({
  /** When metadata were last taken note of: read, and what had been refused asked for again. */
  read: absent(v.fallback(v.optional(instant), undefined)),
  /** Tells names that were captured then from others (`namesDigest`). */
  digest: absent(v.string()),
  /** Fields that were not read of some records: the next refresh brings them, at once (design 5.6). */
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
      /** The latest ids that went into the recycle bin, and when (epoch seconds). A list in another form is a help less, and no reason to stop. */
      recycled: absent(v.fallback(v.record(id, whole), {})),
      /** Sweeps have moved the other cursor since without reading deletions: the next window begins at this one (design 5.9). */
      skipped: absent(v.fallback(v.boolean(), false)),
    }),
  ),
  /** Captured records whose `Modified_Time` is still to come, and when (epoch seconds). Without it, a restart repeats them. */
  ahead: absent(v.fallback(v.record(id, whole), {})),
  /** In a form that is not ours it is as good as none: metadata are read again at each start. */
  fields: absent(v.fallback(v.optional(fieldsSchema), undefined)),
  last_initialized: absent(instant),
  is_connector_initiated: absent(v.boolean()),
});

const taskSchema = v.looseObject({
  bindingStateV1: absent(table(v.unknown())),
  backfillRequests: absent(table(v.unknown())),
  /** Of bindings whose new backfill was requested: `deleted` of the state that was thrown away, until the new one is written. */
  owedDeletions: absent(table(v.unknown())),
});

export type BackfillState = v.InferOutput<typeof backfillSchema>;
/** The part of it that says how far a range was read. */
export type RangePlace = Pick<BackfillState, 'cutoff' | 'next_page' | 'job' | 'rows' | 'next_job' | 'slice'>;
export type SavedBinding = v.InferOutput<typeof bindingSchema>;

/** A binding's state once it is complete. Instants are RFC 3339 in UTC with whole seconds. */
export interface BindingState extends SavedBinding {
  start: string;
  inc: {cursor: string; after?: string | undefined};
  deleted: {cursor: string; recycled?: Record<string, number> | undefined; skipped?: boolean | undefined};
}

/** Applies a merge patch as RFC 7396 says; neither argument is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isTable(patch)) return patch;
  const result: Record<string, unknown> = isTable(target) ? {...target} : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, mergePatch(own(result, key), value));
  }
  return result;
}

/** The patch of a task that patches one binding. */
export function bindingPatch(stateKey: string, patch: unknown): StatePatch {
  return {bindingStateV1: {[stateKey]: patch}};
}

/** Keys of a binding's state that say that it was begun. */
const begunKeys = ['start', 'inc', 'backfill', 'last_initialized'] as const;

/** Reads one binding's saved state, ours or the older connector's; undefined when it was not begun. Unknown keys are kept. */
export function savedBinding(state: unknown, stateKey: string): SavedBinding | undefined {
  const saved = own(task(state).bindingStateV1, stateKey);
  if (saved === undefined || saved === null) return undefined;
  const parsed = v.safeParse(bindingSchema, saved);
  if (parsed.success) return begunKeys.some((key) => parsed.output[key] !== undefined) ? parsed.output : undefined;
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue);
  throw new ConfigError(
    `Cannot read the saved state of binding ${stateKey}${place ? ` at ${place}` : ''}: it was not written by this connector; raise the binding's backfill counter to start it anew`,
  );
}

/**
 * What a binding that is backfilled anew still has to read of its deletions: those since its last sweep. No backfill brings them, and the collection
 * still has the records. Where the binding's state is gone already, as when the last start ended between its two checkpoints, it is what the first
 * of them noted. Undefined when nothing tells.
 */
export function owedDeletions(state: unknown, stateKey: string): BindingState['deleted'] | undefined {
  const {bindingStateV1, owedDeletions: noted} = task(state);
  for (const saved of [own(bindingStateV1, stateKey), {deleted: own(noted, stateKey)}]) {
    const parsed = v.safeParse(bindingSchema, saved);
    if (parsed.success && parsed.output.deleted !== undefined) return parsed.output.deleted;
  }
  return undefined;
}

/** Whether the state asks for a new backfill of a binding (`backfillRequests`). */
export function backfillRequested(state: unknown, stateKey: string): boolean {
  const request = own(task(state).backfillRequests, stateKey);
  return request !== undefined && request !== null && request !== false;
}

function task(state: unknown): v.InferOutput<typeof taskSchema> {
  const parsed = v.safeParse(taskSchema, state ?? {});
  if (!parsed.success) throw new ConfigError('Cannot read the saved state: expected an object with bindingStateV1');
  return parsed.output;
}

/** The state a binding starts with: the backfill covers `[start, now)`, everything after it is incremental (design 5.1). */
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
 * What a saved state lacks, as a patch to write back at once, or undefined when it is complete (design 6).
 *
 * The older connector keeps no `start`: it is the configured one, else 30 days before the earliest instant that it did keep. It
 * ignores deletions, so these are read from `start` on. Its instants are those of its host's clock: what lies ahead of Zoho's would be
 * passed over, so it is set back to `now`.
 */
export function takeOver(saved: SavedBinding, configuredStart: string | undefined, now: string): StatePatch | undefined {
  const start = saved.start ?? configuredStart ?? daysBefore(earliest(saved) ?? now, defaultStartDays);
  const patch: Record<string, unknown> = {};
  const isAhead = (instant: string | undefined) => instant !== undefined && secondsOf(instant) > secondsOf(now);
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

/** Whether a saved state lacks nothing that a capture goes on from. */
export function isComplete(saved: SavedBinding | undefined): saved is BindingState {
  if (saved?.start === undefined || saved.inc === undefined || saved.deleted === undefined) return false;
  return saved.last_initialized !== undefined;
}

/** Days before the present that a capture reaches back when no `start_date` is configured. */
export const defaultStartDays = 30;

function earliest(saved: SavedBinding): string | undefined {
  const known = [saved.backfill?.cutoff, saved.inc?.cursor, saved.last_initialized].filter((text) => text !== undefined);
  known.sort((a, b) => Date.parse(a) - Date.parse(b));
  return known[0] === undefined ? undefined : wholeSecond(known[0]);
}

/** Epoch seconds of a saved instant, fractions cut. */
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
