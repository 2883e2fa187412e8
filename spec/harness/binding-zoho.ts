/**
 * One binding over a small Zoho behind the client's interface: what it writes, and what it asks,
 * without server or process.
 */
import assert from 'node:assert/strict';
import {Binding} from '../../lib/capture/binding.ts';
import {CreditReserve} from '../../lib/capture/credit-reserve.ts';
import {FieldPlan, type Refusals} from '../../lib/capture/field-plan.ts';
import {OutageLine} from '../../lib/capture/outage-line.ts';
import {newProgress} from '../../lib/capture/progress.ts';
import type {RunBindingOptions} from '../../lib/capture/run-binding.ts';
import type {Shared} from '../../lib/capture/shared.ts';
import {WatchedSink} from '../../lib/capture/watched-sink.ts';
import type {BindingState, StatePatch} from '../../lib/flow/state.ts';
import {coqlIdsMax} from '../../lib/limits.ts';
import {Semaphore} from '../../lib/platform/semaphore.ts';
import type {Field} from '../../lib/records/field.ts';
import {patchOf, type Sink} from '../../lib/sinks/sink.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {parseCoql} from '../../lib/transforms/parse-json.ts';
import type {BulkJob, CoqlOptions, DeletedRow, ZohoClient} from '../../lib/zoho/api.ts';
import type {BulkPage, BulkQuery} from '../../lib/zoho/bulk.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {inPieces} from '../transforms/archive.ts';
import {textsOf} from './blocks.ts';
import {bulkZoho, type JobAnswer} from './bulk-zoho.ts';
import {JumpingClock} from './clocks.ts';
import {textField} from './fields.ts';
import {stateTime, zohoTime} from './times.ts';

/** When the specs of bindings begin, epoch seconds. */
export const nowS = Date.UTC(2026, 0, 1) / 1_000 + 1;

export {stateTime, zohoTime};

export interface BenchRecord {
  readonly id: string;
  readonly modifiedS: number;
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface BenchOptions {
  readonly state?: Partial<BindingState>;
  readonly records?: readonly BenchRecord[];
  readonly deleted?: readonly DeletedRow[];
  readonly fields?: readonly Field[];
  readonly refused?: Refusals;
  readonly intervalMs?: number;
  /** Pages of a bulk read; by default the records of the range. */
  readonly job?: (query: Partial<BulkQuery & BulkPage>, number: number) => JobAnswer;
  /** Called before each call with its kind and what it asks; may change the records, or throw. */
  readonly before?: (call: string, bench: Bench) => void | Promise<void>;
  /** Credits that Zoho says are left. */
  readonly remaining?: number;
  /** Zoho's clock goes with that of the machine. Otherwise it stands still. */
  readonly ticking?: true;
}

export interface Bench {
  readonly binding: Binding;
  readonly signal: AbortSignal;
  readonly clock: JumpingClock;
  readonly shared: Shared;
  /** Live records by id. */
  readonly records: Map<string, BenchRecord>;
  readonly deleted: DeletedRow[];
  /** What was asked, in order. */
  readonly calls: string[];
  /** Documents written, parsed. */
  readonly written: {readonly id: number; readonly [name: string]: unknown}[];
  /** Patches of the whole task's state, in the order of their writing. */
  readonly taskPatches: StatePatch[];
  /** Those of this binding's state. */
  readonly patches: Record<string, unknown>[];
  readonly schemas: unknown[];
  readonly logged: string[];
  /** The fields of each log line. */
  readonly facts: unknown[];
  nowS: number;
  /** Moves a record to a time, now by default. */
  edit(id: string, modifiedS?: number, values?: Readonly<Record<string, unknown>>): void;
  remove(id: string, deletedS?: number, type?: string): void;
}

export function bench(options: BenchOptions = {}): Bench {
  const clock = new JumpingClock();
  const records = new Map((options.records ?? []).map((record) => [record.id, record]));
  const deleted = [...(options.deleted ?? [])];
  const {signal} = new AbortController();
  const [calls, logged]: [string[], string[]] = [[], []];
  const facts: unknown[] = [];
  const [written, schemas]: [Bench['written'], unknown[]] = [[], []];
  const [taskPatches, patches]: [StatePatch[], Bench['patches']] = [[], []];
  const beganMs = clock.elapsedMs();

  const call = async (what: string): Promise<void> => {
    calls.push(what);
    await options.before?.(what, it);
  };

  const rangeOf = ({fields = [], fromS = 0, toS = 0}: Partial<BulkQuery>): JobAnswer => {
    const rows = [...records.values()].filter(({modifiedS}) => modifiedS >= fromS && modifiedS < toS);
    const lines = rows.map((record) => fields.map((name) => String(cellOf(record, name) ?? '')).join());
    return {count: rows.length, csv: [fields.map((name) => (name === 'id' ? 'Id' : name)).join(), ...lines, ''].join('\n')};
  };
  const bulk = bulkZoho(options.job ?? rangeOf);
  const {client: bulkClient} = bulk;

  const client = {
    origin: 'https://zoho',
    nowSeconds: async () => it.nowS + (options.ticking ? Math.floor((clock.elapsedMs() - beganMs) / 1_000) : 0),
    fields: async () => fields,
    spent: () => ({remaining: options.remaining}),
    async createJob(query: BulkQuery | BulkPage) {
      await call('pageToken' in query ? `create ${query.pageToken}` : `create ${query.fields.join()}`);
      return bulkClient.createJob(query, signal);
    },
    async job(id: string): Promise<BulkJob> {
      await call(`job ${id}`);
      return bulkClient.job(id, signal);
    },
    async *download(id: string) {
      await call(`download ${id}`);
      yield* bulkClient.download(id, signal);
    },
    async coql({text, columns, limit}: CoqlQuery, _signal: AbortSignal, {fields: known, bytesMax}: CoqlOptions = {}) {
      await call(text);
      const found = matching(text, [...records.values()]);
      const page = found.slice(0, limit);
      if (page.length === 0) return null;
      const data = page.map((record) => Object.fromEntries(columns.map((name) => [name, cellOf(record, name) ?? null])));
      const body = JSON.stringify({data, info: {more_records: found.length > page.length}});
      return parseCoql(inPieces(Buffer.from(body)), columns, known, bytesMax);
    },
    async deleted(_module: string, sinceS: number, page: number) {
      await call(`deleted ${sinceS} ${page}`);
      const rows = deleted.filter(({deletedTime}) => Date.parse(deletedTime) / 1_000 >= sinceS);
      return rows.length === 0 ? null : {rows, more: false};
    },
  } as unknown as ZohoClient;

  const sink: Sink = {
    async write({docs, admit, patch, target}) {
      const texts = docs === undefined ? [] : textsOf(docs);
      const admitted = texts.filter((_, i) => admit?.(docs!, i) ?? true);
      written.push(...admitted.map((text) => JSON.parse(text)));
      const made = patchOf({patch, target}) as {bindingStateV1?: {Leads?: Record<string, unknown>}} | undefined;
      if (made !== undefined) taskPatches.push(made);
      if (made?.bindingStateV1?.Leads != null) patches.push(made.bindingStateV1.Leads);
      return admitted.length;
    },
    async describe(_target, schema) {
      schemas.push(schema);
    },
    async close() {},
  };

  const progress = newProgress('Leads');
  const intervalMs = options.intervalMs ?? 300_000;
  const shared: Shared = {
    client,
    clock,
    log(level, message, named) {
      assert.ok(named?.module === 'Leads' || named?.stateKey === 'Leads', `a line of the log names no module: ${message}`);
      logged.push(`${level} ${message}`);
      facts.push(named);
    },
    sink: new WatchedSink(sink),
    jobSlots: new Semaphore(3),
    pageSlots: new Semaphore(3),
    sweepSlots: new Semaphore(3),
    bindings: [{progress}],
    outageOf: new Map(),
    outages: new OutageLine(clock),
    unscoped: new Set(),
    filterIds: {ids: 10_000},
    emittedIds: {ids: 10_000},
    refreshedIds: {ids: 10_000},
    credits: new CreditReserve(() => options.remaining, [intervalMs]),
    listSize: new PageSize({most: coqlIdsMax}),
  };
  const fields = [
    textField('id', {type: 'id', dataType: 'bigint'}),
    textField('Modified_Time', {type: 'datetime', dataType: 'datetime'}),
    ...(options.fields ?? [textField('A')]),
  ];
  const cursor = stateTime(nowS - 1_000);
  const state: BindingState = {
    start: stateTime(nowS - 100_000),
    inc: {cursor},
    deleted: {cursor},
    last_initialized: cursor,
    ...options.state,
  };
  const target = {index: 0, stateKey: 'Leads', collection: 'acme/Leads'};
  const it: Bench = {
    binding: new Binding(
      {target, module: 'Leads', intervalMs, schedule: undefined, progress, shared},
      state,
      new FieldPlan(fields, options.refused),
    ),
    signal,
    clock,
    shared,
    records,
    deleted,
    calls,
    written,
    taskPatches,
    patches,
    schemas,
    logged,
    facts,
    nowS,
    edit(id, modifiedS = it.nowS, values = records.get(id)?.values ?? {}) {
      records.set(id, {id, modifiedS, values});
    },
    remove(id, deletedS = it.nowS, type = 'recycle') {
      records.delete(id);
      deleted.push({id, deletedTime: zohoTime(deletedS), deletedS, type});
    },
  };
  return it;
}

/** Options to run the binding of a bench: it captures once, from a task without state by default. */
export function lifeOf({binding, shared}: Bench, more: Partial<RunBindingOptions> = {}): RunBindingOptions {
  const {target, module, intervalMs, progress} = binding;
  const usual = {target, module, intervalMs, schedule: undefined, progress, shared, saved: {}, startDate: undefined, once: true};
  return {...usual, ...more};
}

/** The saved state of a task whose only binding has this state. */
export const savedOf = (binding: unknown, more: object = {}): object => ({bindingStateV1: {Leads: binding}, ...more});

function cellOf({id, modifiedS, values = {}}: BenchRecord, name: string): unknown {
  if (name === 'id') return id;
  return name === 'Modified_Time' ? zohoTime(modifiedS) : values[name];
}

/** The records that a query means, in its order. */
function matching(text: string, records: readonly BenchRecord[]): BenchRecord[] {
  const byTime = records.toSorted((a, b) => a.modifiedS - b.modifiedS || (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  const list = / in \(([^)]*)\)/.exec(text)?.[1];
  if (list !== undefined) return byTime.filter(({id}) => list.replaceAll(/[' ]/g, '').split(',').includes(id));
  if (text.includes('is null')) return [];
  const [, sign, from = '', , id] = /Modified_Time (>=?) '([^']+)'( or .* id > '(\d+)')?/.exec(text) ?? [];
  const fromS = Date.parse(from) / 1_000;
  return byTime.filter(
    (record) =>
      record.modifiedS > fromS ||
      (record.modifiedS === fromS && (sign === '>=' || (id !== undefined && BigInt(record.id) > BigInt(id)))),
  );
}
