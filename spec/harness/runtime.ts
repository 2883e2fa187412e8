/**
 * A strict stand-in for the Flow runtime: it reads protocol lines, commits at checkpoints, and
 * reduces documents by key.
 */
import assert from 'node:assert/strict';
import {mergePatch} from '../../lib/flow/state.ts';

/** A document whose numbers keep their text. */
export type Reduced = Readonly<Record<string, unknown>>;

/**
 * Parses JSON and keeps every number as written: `12.50` becomes `#12.50`, an id
 * `#5725767000000524157`.
 */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: {source?: string}) =>
    typeof value === 'number' ? `#${context?.source}` : value,
  );
}

/**
 * The collections of a capture, by name and record id. Deletions delete; documents merge by
 * top-level property. Rows of a snapshot are kept by their numbers, and the last document of
 * a number replaces it.
 */
export class Collections {
  readonly byName = new Map<string, Map<string, Reduced>>();

  reduce(collection: string, doc: Reduced): void {
    const records = this.of(collection);
    const id = String(doc.id);
    const meta = doc._meta as {op?: string; row_id?: string} | undefined;
    if (meta?.row_id !== undefined) {
      const isNew = !records.has(meta.row_id);
      assert.equal(
        isNew,
        meta.op === 'c',
        `${collection}: op ${meta.op} for row ${meta.row_id}, which is ${isNew ? 'new' : 'there'}`,
      );
      if (meta.op === 'd') records.delete(meta.row_id);
      else records.set(meta.row_id, doc);
    } else if (meta?.op === 'd') records.delete(id);
    else records.set(id, {...records.get(id), ...doc});
  }

  of(collection: string): Map<string, Reduced> {
    const known = this.byName.get(collection);
    if (known) return known;
    const made = new Map<string, Reduced>();
    this.byName.set(collection, made);
    return made;
  }
}

interface Captured {
  readonly binding: number;
  readonly doc: Reduced;
}

/**
 * A possible commit of the runtime: the documents of a sequence and the state patch of its
 * checkpoint.
 */
interface Sequence {
  readonly docs: readonly Captured[];
  readonly patch: unknown;
}

/**
 * One session of a capture task. Lines are checked as they arrive. Sequences wait until `commit`
 * takes them, so a session can lose any number of them, as if the runtime had not committed them.
 */
export class Session {
  /** The last lines read, shortened, for failure reports. */
  readonly lastLines: string[] = [];
  documents = 0;
  checkpoints = 0;
  opened = false;
  readonly #collections: readonly string[];
  readonly #isSnapshot: (binding: number) => boolean;
  readonly #waiting: Sequence[] = [];
  /** Sequences read so far, committed ones included. */
  #read = 0;
  #ahead: {readonly of: unknown; readonly read: number; readonly reduced: unknown} = {of: undefined, read: 0, reduced: undefined};
  #docs: Captured[] = [];
  #bytes = 0;

  /** `isSnapshot` says which bindings have rows with numbers instead of records with ids. */
  constructor(collections: readonly string[], isSnapshot: (binding: number) => boolean = () => false) {
    this.#collections = collections;
    this.#isSnapshot = isSnapshot;
  }

  /** Reads one line of the connector's stdout after the answer to `spec`. */
  read(line: string): void {
    this.lastLines.push(line.slice(0, 300));
    if (this.lastLines.length > 20) this.lastLines.shift();
    const message = parseExact(line) as Record<string, Record<string, unknown>>;
    const kinds = Object.keys(message);
    assert.equal(kinds.length, 1, `one kind in a message: ${kinds}`);
    const [kind] = kinds;
    const body = message[kind!]!;
    if (!this.opened) {
      assert.equal(kind, 'opened', 'the first line after open');
      only(body, ['explicitAcknowledgements']);
      this.opened = true;
      return;
    }
    switch (kind) {
      case 'captured':
        this.#captured(body, line.length);
        break;
      case 'sourcedSchema':
        only(body, ['binding', 'documentSchema']);
        this.#bindingOf(body);
        closed(body.documentSchema, '');
        break;
      case 'checkpoint':
        this.#checkpoint(body);
        break;
      default:
        assert.fail(`unexpected message ${kind}`);
    }
  }

  /** Number of sequences read and not yet committed. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Commits the oldest `count` sequences (all by default), documents and state together. */
  commit(task: Task, count = this.#waiting.length): void {
    for (const {docs, patch} of this.#waiting.splice(0, count)) {
      for (const {binding, doc} of docs) task.collections.reduce(this.#collections[binding]!, doc);
      task.state = mergePatch(task.state, patch);
    }
  }

  /**
   * `state` with everything read so far applied, committed or not. Continues from its last answer
   * for the same state.
   */
  ahead(state: unknown): unknown {
    const {of, read, reduced} = this.#ahead;
    const known = of === state && read <= this.#read && this.#read - read <= this.#waiting.length;
    const news = known ? this.#waiting.slice(this.#waiting.length - (this.#read - read)) : this.#waiting;
    const next = news.reduce<unknown>((before, {patch}) => mergePatch(before, patch), known ? reduced : state);
    this.#ahead = {of: state, read: this.#read, reduced: next};
    return next;
  }

  /** Whether documents were written that no checkpoint has followed yet. */
  get halfSequence(): boolean {
    return this.#docs.length > 0;
  }

  #captured(body: Record<string, unknown>, bytes: number): void {
    only(body, ['binding', 'doc']);
    const binding = this.#bindingOf(body);
    assert.ok(
      this.#docs.every((captured) => captured.binding === binding),
      'a sequence holds documents of one binding',
    );
    this.#bytes += bytes;
    assert.ok(this.#bytes < 64 << 20, 'a sequence of less than 64 MiB');
    const doc = body.doc as Reduced;
    this.#docs.push({binding, doc});
    this.documents++;
    if (this.#isSnapshot(binding)) row(doc);
    else record(doc);
  }

  #checkpoint(body: Record<string, unknown>): void {
    only(body, ['state']);
    const state = body.state as Record<string, unknown>;
    only(state, ['updated', 'mergePatch']);
    assert.equal(state.mergePatch, true);
    assert.equal(typeof state.updated, 'object');
    this.#read++;
    this.#waiting.push({docs: this.#docs, patch: exactState(state.updated)});
    this.#docs = [];
    this.#bytes = 0;
    this.checkpoints++;
  }

  #bindingOf(body: Record<string, unknown>): number {
    const index = body.binding === undefined ? 0 : Number(String(body.binding).slice(1));
    assert.ok(index < this.#collections.length, `binding ${index} exists`);
    return index;
  }
}

/** Checks the document of a record. */
function record(doc: Reduced): void {
  assert.match(String(doc.id), /^#[1-9]\d{0,18}$/, 'id is an integer');
  assert.match(
    String(doc.Modified_Time),
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    'Modified_Time is a date-time',
  );
  assert.ok(['u', 'd'].includes(String((doc._meta as {op?: string} | undefined)?.op)), '_meta.op is u or d');
}

/** Checks a row of a snapshot. */
function row(doc: Reduced): void {
  const {op, row_id: number} = doc._meta as {op?: string; row_id?: string};
  assert.match(String(number), /^#(0|[1-9]\d*)$/, '_meta.row_id is a number');
  assert.ok(['c', 'u', 'd'].includes(String(op)), '_meta.op is c, u or d');
  if (op === 'd') assert.deepEqual(Object.keys(doc), ['_meta'], 'a tombstone holds nothing else');
}

/** What outlives sessions: the state and the collections. */
export class Task {
  state: unknown = {};
  readonly collections = new Collections();
}

/** Restores numbers. In a state, only row counts and slices are numbers. */
function exactState(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('#') ? Number(value.slice(1)) : value;
  if (Array.isArray(value)) return value.map(exactState);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, exactState(inner)]));
}

function only(body: Record<string, unknown>, names: readonly string[]): void {
  for (const name of Object.keys(body)) assert.ok(names.includes(name), `the runtime knows no ${name}`);
}

/** Asserts that every object schema with properties is closed. */
function closed(schema: unknown, place: string): void {
  if (typeof schema !== 'object' || schema === null) return;
  const {properties, additionalProperties} = schema as {properties?: Record<string, unknown>; additionalProperties?: unknown};
  if (properties === undefined) return;
  assert.equal(additionalProperties, false, `sourcedSchema is open at ${place || 'its root'}`);
  for (const [name, inner] of Object.entries(properties)) closed(inner, `${place}/${name}`);
}

/**
 * Compares the captured records of a module with Zoho's: none missing, none extra, each with its
 * latest values. Returns up to ten differences, by id and property, without the values.
 *
 * @param ignore properties that no API delivers, or only a refresh.
 */
export function differences(
  captured: ReadonlyMap<string, Reduced>,
  truth: Iterable<Reduced>,
  ignore: ReadonlySet<string> = new Set(),
): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  for (const record of truth) {
    const id = String(record.id);
    seen.add(id);
    const doc = captured.get(id);
    if (doc === undefined) found.push(`${id}: missing`);
    else {
      for (const [name, value] of Object.entries(record)) {
        if (name !== '_meta' && !ignore.has(name) && JSON.stringify(doc[name]) !== JSON.stringify(value))
          found.push(`${id}: ${name} differs`);
      }
    }
    if (found.length >= 10) return found;
  }
  for (const id of captured.keys()) if (!seen.has(id)) found.push(`${id}: extra`);
  return found.slice(0, 10);
}

/**
 * Compares the rows of a snapshot with Zoho's regardless of their numbers: each as often as Zoho
 * has it, numbered without a gap. Returns up to ten differences, without the values.
 *
 * @param ignore properties that Bulk Read does not deliver.
 */
export function rowDifferences(
  captured: ReadonlyMap<string, Reduced>,
  truth: Iterable<Reduced>,
  ignore: ReadonlySet<string> = new Set(),
): string[] {
  const found: string[] = [];
  const textOf = (doc: Reduced): string =>
    JSON.stringify(
      Object.entries(doc)
        .filter(([name]) => name !== '_meta' && !ignore.has(name))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  const left = new Map<string, number>();
  for (const doc of captured.values()) left.set(textOf(doc), (left.get(textOf(doc)) ?? 0) + 1);
  for (const record of truth) {
    const count = left.get(textOf(record)) ?? 0;
    if (count === 0) found.push(`the row of ${record.id} is missing`);
    else left.set(textOf(record), count - 1);
  }
  for (const count of left.values()) if (count > 0) found.push(`${count} rows should not be there`);
  for (let number = 0; number < captured.size; number++)
    if (!captured.has(`#${number}`)) found.push(`number ${number} is not used`);
  return found.slice(0, 10);
}
