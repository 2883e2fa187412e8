/** What it costs to watch a module for a day in which nothing happens. */
import {runCapture} from '../capture/capture.ts';
import {newProgress} from '../capture/progress.ts';
import {silent} from '../platform/log.ts';
import type {Field} from '../records/field.ts';
import {DiscardSink} from '../sinks/discard.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {queryCredits} from '../zoho/coql.ts';
import {type CallKind, creditsOf, Usage} from '../zoho/usage.ts';
import {VirtualClock} from './virtual-clock.ts';

export interface IdleDay {
  readonly interval: string;
  /** Credits for changes, deletions and field metadata, and in all. */
  readonly changes: number;
  readonly deletions: number;
  readonly fields: number;
  readonly credits: number;
}

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 1);
/** By then the module is backfilled, and its deletions are read as rarely as they ever are. Between two sweeps of any interval. */
const settledMs = 3 * hourMs + 30_000;

const intervals = [
  {interval: 'PT1M', intervalMs: 60_000},
  {interval: 'PT5M', intervalMs: 5 * 60_000},
  {interval: 'PT15M', intervalMs: 15 * 60_000},
  {interval: 'PT30M', intervalMs: 30 * 60_000},
  {interval: 'PT1H', intervalMs: hourMs},
];

/** Counts a day's credits of one module for each interval, on a clock that jumps from one wait to the next. */
export async function idleDays(): Promise<IdleDay[]> {
  const days: IdleDay[] = [];
  for (const {interval, intervalMs} of intervals) days.push(await idleDay(interval, intervalMs));
  return days;
}

async function idleDay(interval: string, intervalMs: number): Promise<IdleDay> {
  const clock = new VirtualClock(startMs);
  const client = nothingNew(clock);
  const ended = new AbortController();
  let failure: unknown;
  let isOver = false;
  const running = runCapture({
    client,
    clock,
    log: silent,
    sink: new DiscardSink(),
    bindings: [
      {
        target: {index: 0, stateKey: 'Idle', collection: 'bench/Idle'},
        resource: {name: 'Idle', intervalMs},
        progress: newProgress('Idle'),
      },
    ],
    state: sweptState,
    startDate: undefined,
    once: false,
    signal: ended.signal,
  }).then(
    () => (isOver = true),
    (error: unknown) => {
      failure = error;
      isOver = true;
    },
  );
  await clock.run(() => isOver, settledMs);
  const before = client.spent();
  await clock.run(() => isOver, 24 * hourMs);
  const after = client.spent();
  if (isOver) throw new Error('Cannot count the credits of a day: the capture ended early', {cause: failure});
  ended.abort();
  await clock.run(() => isOver, hourMs);
  await running;
  const spent = (kind: CallKind): number => after.credits[kind] - before.credits[kind];
  return {
    interval,
    changes: spent('coql'),
    deletions: spent('deleted'),
    fields: spent('fields'),
    credits: after.creditsTotal - before.creditsTotal,
  };
}

const since = '2025-12-31T00:00:00Z';
const sweptState = {
  bindingStateV1: {Idle: {start: since, inc: {cursor: since}, deleted: {cursor: since}, last_initialized: since}},
};

const field = (name: string, more: Partial<Field>): Field => ({
  name,
  type: 'text',
  dataType: 'text',
  jsonType: 'string',
  computed: false,
  dynamic: false,
  bulk: true,
  coql: true,
  ...more,
});
const fields = [
  field('id', {type: 'id', dataType: 'bigint'}),
  field('Modified_Time', {type: 'datetime', dataType: 'datetime'}),
  field('Name', {}),
];

/** A Zoho of one module in which nothing changes. Every call costs what Zoho takes for it. */
function nothingNew(clock: VirtualClock): ZohoClient {
  const usage = new Usage(() => clock.elapsedMs());
  async function call<T>(kind: CallKind, answer: T, signal: AbortSignal, credits = creditsOf[kind]): Promise<T> {
    await clock.sleep(answerMs, signal);
    usage.charge(kind, credits);
    return answer;
  }
  return {
    nowSeconds: async () => Math.floor(clock.nowMs() / 1_000),
    modules: (signal) => call('modules', [], signal),
    fields: (_module, signal) => call('fields', fields, signal),
    createJob: unexpected,
    job: unexpected,
    download: unexpected,
    coql: (query, signal) => call('coql', null, signal, queryCredits(query)),
    count: unexpected,
    deleted: (_module, _sinceS, _page, signal) => call('deleted', null, signal),
    scopes: async () => undefined,
    spent: () => usage.summary(),
    origin: 'http://idle',
    close: async () => {},
  };
}

/** Time that each call takes. */
const answerMs = 200;

function unexpected(): never {
  throw new Error('An idle module needs no export, and no count of its records');
}
