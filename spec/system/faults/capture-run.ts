/**
 * A capture of the sandbox in this process, with fast time and short timeouts, while faults are
 * about and people edit.
 */
import {runCapture} from '../../../lib/capture/capture.ts';
import {newProgress} from '../../../lib/capture/progress.ts';
import type {Clock} from '../../../lib/platform/clock.ts';
import type {Level} from '../../../lib/platform/log.ts';
import type {MeterReading} from '../../../lib/sandbox/meters.ts';
import {startSandbox} from '../../../lib/sandbox/server.ts';
import type {SwitchChoices} from '../../../lib/sandbox/switches.ts';
import {FlowSink} from '../../../lib/sinks/flow.ts';
import {createClient} from '../../../lib/zoho/client.ts';
import {FlowTask, type TaskBinding} from '../../harness/flow-runtime.ts';
import {lineWriter} from '../../harness/lines.ts';
import {parseExact, type Reduced, Session} from '../../harness/runtime.ts';
import {Edits} from './edits.ts';
import {runningClock, runningMs} from './fast-clock.ts';

/** Milliseconds of the capture's clock, and of the sandbox's, in one of the machine's. */
const speed = 60;
// The times below are those of the process: what it waits for a core does not count.

/** Time in which a capture says what a fault led to. */
const saidMs = 200;

/**
 * Time in which a capture without faults must catch up: some rounds of set-aside modules and
 * refreshes.
 */
const catchUpMs = 20_000;

/**
 * Real times after which a call is given up, so long that no busy machine makes a fault of its own;
 * and for faults that have to be waited for.
 */
const patient = {connectMs: 5_000, headersMs: 5_000, idleMs: 5_000, callMs: 30_000, tokenMs: 10_000};
const impatient = {connectMs: 5_000, headersMs: 400, idleMs: 400, callMs: 3_000, tokenMs: 800};
const modules = ['Deals', 'Leads'] as const;

export interface FaultyRun {
  readonly seed: number;
  /** Orders as for the sandbox, for the first start of the capture. */
  readonly faults: readonly string[];
  /**
   * Time of that start at most. It is over when all faults were met as often as ordered, or ended
   * it.
   */
  readonly faultyMs?: number;
  /** That start is over as soon as a module was paused, too. */
  readonly untilAside?: boolean;
  /** That start is not over before a module was paused, although every fault was met. */
  readonly alsoAside?: boolean;
  /** Keeps the first start going until everything is captured, whatever was met. */
  readonly oneStart?: boolean;
  readonly records?: number;
  readonly switches?: SwitchChoices;
  /** Whether faults are among these that no answer follows, so that calls are given up soon. */
  readonly isSilent?: boolean;
  /** Milliseconds of the capture's clock for which limits may hold a call up. */
  readonly waitMaxMs?: number;
}

export interface FaultyOutcome {
  /**
   * Against the sandbox's truth, after faults and edits ended and a refresh was completed;
   * undefined when that was never reached.
   */
  readonly differences: readonly string[] | undefined;
  /** The line that ended the capture under the faults, if they did. */
  readonly stopped: string | undefined;
  /** Why modules were paused, each once. */
  readonly aside: readonly string[];
  /** Fields that an API refused, as the capture reports them. */
  readonly refused: readonly string[];
  /** Calls spoiled, for each order. */
  readonly hits: readonly number[];
  /** Of the time with faults, and of all. */
  readonly faulty: MeterReading;
  readonly meters: MeterReading;
  /** What the capture logged, level first. */
  readonly logs: readonly string[];
}

/**
 * Runs one capture through its faults to the truth. What ends it starts again from what it had
 * committed, as Flow would.
 */
export async function faultyRun(run: FaultyRun): Promise<FaultyOutcome> {
  const {
    seed,
    faults,
    faultyMs = 5_000,
    oneStart = false,
    untilAside = false,
    alsoAside = false,
    records = 150,
    switches = {},
  } = run;
  const clock = runningClock(speed);
  const sandbox = await startSandbox({
    seed,
    records: {Deals: records, Leads: records >> 1},
    clock,
    switches: {rowsPerJob: Math.ceil(records / 3), jobMs: 2_000, ...switches},
  });
  const task = new FlowTask(sandbox, {bindings: modules.map((module) => ({module}))});
  const deletions = new Deletions();
  const edits = new Edits(sandbox, seed, {modules, everyMs: 25, deletionCaptured: (module, id) => deletions.has(module, id)});
  const logs: string[] = [];
  try {
    for (const fault of faults) sandbox.faults.add(fault);
    const orders = sandbox.faults.reading();
    const startedMs = runningMs();
    const isPast = (ms: number): boolean => runningMs() - startedMs > ms;
    let metMs: number | undefined;
    // What the last fault leads to takes a moment to be said.
    const met = () => {
      const all = sandbox.faults.reading().every(({hits}, i) => hits >= (orders[i]?.count ?? Number.POSITIVE_INFINITY));
      if (all) metMs ??= runningMs();
      return metMs !== undefined && runningMs() - metMs > saidMs;
    };
    let caught = false;
    const refreshed = new Set<string>();
    const caughtUp = (session: Session) => {
      for (const {module} of refreshedSince(task, session, edits.lastMs)) refreshed.add(module);
      caught = refreshed.size === modules.length;
      return caught || isPast(faultyMs + catchUpMs);
    };
    const {failure} = await capture(task, run, clock, deletions, logs, (session) => {
      const isAside = logs.some((line) => asideLine.test(line));
      const over = isPast(faultyMs) || (met() && (isAside || !alsoAside)) || (untilAside && isAside);
      if (!oneStart || !over) return over;
      edits.stop();
      return caughtUp(session);
    });
    const hits = sandbox.faults.reading().map((order) => order.hits);
    const faulty = sandbox.meters.reading();
    sandbox.faults.clear();
    edits.stop();
    if (!caught) {
      const again = await capture(task, run, clock, deletions, logs, caughtUp);
      if (again.failure !== undefined) throw new Error(`The capture ended once more after the faults: ${again.failure}`);
    }
    if (sandbox.failures.length > 0) throw new AggregateError(sandbox.failures, 'The sandbox itself has failed');
    return {
      differences: caught ? task.differences() : undefined,
      stopped: failure,
      aside: found(logs, asideLine),
      refused: found(logs, /^warn: Module \w+, field (\w+): .* refuses it/),
      hits,
      faulty,
      meters: sandbox.meters.reading(),
      logs,
    };
  } finally {
    edits.stop();
    await sandbox.close();
  }
}

const asideLine = /^warn: Module \w+ is paused: (.*)$/;

function found(logs: readonly string[], pattern: RegExp): string[] {
  return [...new Set(logs.flatMap((line) => pattern.exec(line)?.[1] ?? []))];
}

/** Ids whose last document was a deletion. */
class Deletions {
  readonly #ids = new Set<string>();

  see(module: string, doc: Reduced): void {
    const key = `${module} ${String(doc.id)}`;
    if ((doc._meta as {op?: string} | undefined)?.op === 'd') this.#ids.add(key);
    else this.#ids.delete(key);
  }

  has(module: string, id: string): boolean {
    return this.#ids.has(`${module} #${id}`);
  }
}

interface Ended {
  readonly failure: string | undefined;
}

/**
 * One start of the capture, from the task's state, until `until` says stop or it ends by itself.
 * All that was read is committed.
 */
async function capture(
  task: FlowTask,
  run: FaultyRun,
  clock: Clock,
  deletions: Deletions,
  logs: string[],
  until: (session: Session) => boolean,
): Promise<Ended> {
  const log = (level: Level, message: string): void => void logs.push(`${level}: ${message}`);
  const {client_id, client_secret, refresh_token} = task.sandbox.credentials;
  const client = createClient({
    apiDomain: task.sandbox.url,
    credentials: {clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token},
    clock,
    log,
    waitMaxMs: run.waitMaxMs,
    timeouts: run.isSilent === true ? impatient : patient,
  });
  const session = new Session(task.options.bindings.map((binding) => task.collectionOf(binding)));
  const stop = new AbortController();
  const output = lineWriter((line) => {
    session.read(line);
    const captured = /^\{"captured":\{"binding":(\d+),"doc":(.*)\}\}$/.exec(line);
    if (captured) deletions.see(task.options.bindings[Number(captured[1])]!.module, parseExact(captured[2]!) as Reduced);
  });
  output.write('{"opened":{}}\n');
  const bindings = task.options.bindings.map(({module}, index) => ({
    target: {index, stateKey: module, collection: task.collectionOf({module})},
    resource: {name: module, intervalMs: 4_000, schedule: '* * * * *'},
    progress: newProgress(module),
  }));
  let failure: string | undefined;
  const watch = setInterval(() => {
    if (until(session)) stop.abort(new Error('Stopped'));
  }, 20);
  try {
    await runCapture({
      client,
      clock,
      log,
      sink: new FlowSink(output, stop.signal),
      bindings,
      state: structuredClone(task.state),
      startDate: undefined,
      once: false,
      signal: stop.signal,
    });
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    clearInterval(watch);
    await client.close();
  }
  if (output.errored) throw output.errored;
  session.commit(task);
  return {failure};
}

/**
 * The bindings that have just drained a window and completed a refresh, both begun after a moment
 * of the sandbox's clock. Refreshes follow each other closely here, so that there may never be a
 * moment without one in any of the bindings: each binding's own moment counts.
 */
function refreshedSince(task: FlowTask, session: Session, sinceMs: number): readonly TaskBinding[] {
  return task.options.bindings.filter((binding) => {
    const state = task.stateOf(binding, session) as {
      backfill?: unknown;
      inc?: {cursor: string; after?: string};
      deleted?: {cursor: string};
      last_initialized?: string;
    };
    const past = (instant: string | undefined) => instant !== undefined && Date.parse(instant) > sinceMs;
    return (
      state.backfill == null &&
      state.inc?.after == null &&
      [state.inc?.cursor, state.deleted?.cursor, state.last_initialized].every(past)
    );
  });
}
