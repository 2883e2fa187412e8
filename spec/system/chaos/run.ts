/**
 * Chaos: the connector's process against the sandbox, round after round with every possible fault,
 * until a round without any.
 */
import {mergePatch} from '../../../lib/flow/state.ts';
import {realClock} from '../../../lib/sandbox/clock.ts';
import {faultNames} from '../../../lib/sandbox/fault-list.ts';
import {startSandbox} from '../../../lib/sandbox/server.ts';
import type {SwitchChoices} from '../../../lib/sandbox/switches.ts';
import {FlowTask, type TaskBinding} from '../../harness/flow-runtime.ts';
import type {Session} from '../../harness/runtime.ts';
import {Edits} from '../faults/edits.ts';
import {Random} from '../model/random.ts';
import type {Defect} from './defects.ts';
import {type ChaosBinding, chaosModules, faultOf, type RoundPlan, roundPlan} from './plan.ts';
import {chaosSession} from './session.ts';
import {chaosSpeed} from './speed.ts';
import {Watch} from './watch.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly rounds: number;
  /** Planted in every session. */
  readonly defect?: Defect;
  /** Called with the result of each round, in one line. */
  readonly tell?: (line: string) => void;
  /** Plays further organisations, within bounds, until each fault has met a call. */
  readonly meetAll?: boolean;
}

export interface ChaosReport {
  /** Seeds whose organisation was captured, one after another. */
  readonly seeds: number[];
  rounds: number;
  kills: number;
  /** Sessions asked to stop, and those that ended with an error of their own. */
  stops: number;
  failures: number;
  quiescences: number;
  jumps: number;
  /** Calls spoiled, by fault. */
  readonly faults: Record<string, number>;
  edits: number;
  /** Documents read, those of them committed, and committed ones that changed nothing. */
  documents: number;
  committed: number;
  repeats: number;
  /** Broken promises; empty for a run that kept all. */
  readonly violations: string[];
  /** The command that repeats it. */
  replay: string | undefined;
}

/** Rounds of one organisation, and rounds between two comparisons with the truth. */
export const roundsOfSeed = 20;
const roundsToQuiet = 5;
/** Those of fifteen organisations. Few calls concern jobs, so a fault of theirs may miss many rounds. */
const furtherRoundsMax = 300;
/** Real time for a capture to catch up without faults: seconds, except on a busy machine. */
const quietMs = 120_000;
/** The longest that a change stays invisible, on the sandbox's clock. */
const lateMostMs = 40_000;
const startDaysBack = 31;

/**
 * Runs rounds until there are enough or a promise is broken. Each organisation has a seed of its
 * own, so that one alone can be replayed.
 */
export async function chaosRun({seed, rounds, defect, meetAll = false, tell = () => {}}: ChaosOptions): Promise<ChaosReport> {
  const report: ChaosReport = {
    seeds: [],
    rounds: 0,
    kills: 0,
    stops: 0,
    failures: 0,
    quiescences: 0,
    jumps: 0,
    faults: {},
    edits: 0,
    documents: 0,
    committed: 0,
    repeats: 0,
    violations: [],
    replay: undefined,
  };
  let due = rounds;
  for (let own = seed; report.rounds < due && report.violations.length === 0; own++) {
    report.seeds.push(own);
    const before = report.rounds;
    await seedRun(own, Math.min(roundsOfSeed, due - report.rounds), {defect, tell, report});
    const isShort = meetAll && report.rounds === due && due < rounds + furtherRoundsMax && unmetFaults(report).length > 0;
    if (isShort) due += roundsOfSeed;
    if (report.violations.length > 0) report.replay = `npm run chaos -- --seed ${own} --rounds ${report.rounds - before}`;
  }
  return report;
}

/** The faults that no call has met. */
export function unmetFaults({faults}: Pick<ChaosReport, 'faults'>): string[] {
  return faultNames.filter((name) => (faults[name] ?? 0) === 0);
}

interface SeedOptions {
  readonly defect: Defect | undefined;
  readonly tell: (line: string) => void;
  readonly report: ChaosReport;
}

async function seedRun(seed: number, rounds: number, {defect, tell, report}: SeedOptions): Promise<void> {
  const random = new Random(seed);
  const sandbox = await startSandbox({
    seed,
    records: {Deals: 700, Leads: 1_600, Contacts: 250, Products: 150},
    clock: realClock({speed: chaosSpeed}),
    switches: switchesOf(random),
  });
  const options: {bindings: readonly TaskBinding[]; startDate: string} = {
    bindings: [],
    startDate: new Date(sandbox.clock.nowMs() - startDaysBack * 86_400_000).toISOString().replace(/\.\d+/, ''),
  };
  const task = new FlowTask(sandbox, options);
  const watch = new Watch();
  watch.over(task.collections);
  try {
    for (let round = 0; round < rounds && report.violations.length === 0; round++) {
      const plan = roundPlan(seed, round);
      options.bindings = plan.bindings.map(bindingOf);
      const said = await chaoticRound(plan, {task, watch, defect, report});
      report.rounds += 1;
      tell(`seed ${seed} round ${round}: ${said}`);
      if (report.violations.length > 0 || ((round + 1) % roundsToQuiet !== 0 && round + 1 < rounds)) continue;
      options.bindings = chaosModules.map((module) => bindingOf({module, interval: 'PT5S'}));
      await quiescence({task, defect, report});
      report.quiescences += 1;
      tell(`seed ${seed} round ${round}: quiet, ${report.violations.length === 0 ? 'equal to the truth' : 'not as promised'}`);
    }
  } finally {
    report.violations.push(...watch.violations, ...sandbox.failures.map(({message}) => `the sandbox failed: ${message}`));
    report.committed += watch.committed;
    report.repeats += watch.repeats;
    await sandbox.close();
  }
}

/** How this organisation's Zoho differs from others. */
function switchesOf(random: Random): SwitchChoices {
  return {
    rowsPerJob: random.pick([300, 700, 2_000]),
    jobMs: random.pick([0, 2_000, 20_000]),
    serialJobs: random.chance(0.3),
    photograph: random.pick(['submit', 'run', 'first page'] as const),
    rowOrder: random.pick(['id', 'created', 'scattered'] as const),
    zip: random.pick(['descriptor', 'sizes', 'stored'] as const),
    lineEnd: random.pick(['\r\n', '\n'] as const),
    quoteAll: random.chance(0.5),
    goneStatus: random.pick([400, 404] as const),
    deletedOrder: random.pick(['ascending', 'descending', 'shuffled'] as const),
    unchangedStatus: random.pick([204, 304] as const),
    coqlLists: random.pick(['array', 'joined'] as const),
    // A crash loop requests a token with every start. That it then waits has a spec of its own.
    tokensPerWindow: 1_000,
  };
}

function bindingOf({module, interval}: ChaosBinding): TaskBinding {
  return {module, interval, schedule: '*/2 * * * *'};
}

interface RoundOptions {
  readonly task: FlowTask;
  readonly watch: Watch;
  readonly defect: Defect | undefined;
  readonly report: ChaosReport;
}

async function chaoticRound(plan: RoundPlan, {task, watch, defect, report}: RoundOptions): Promise<string> {
  const {sandbox} = task;
  if (plan.reset !== undefined) reset(plan.reset, task, watch);
  for (const fault of plan.faults) sandbox.faults.add(fault);
  for (const module of chaosModules) sandbox.org.module(module).setVisibleLate(plan.lateMs);
  const edits = new Edits(sandbox, plan.editSeed, {
    modules: chaosModules,
    everyMs: plan.editEveryMs,
    deletionCaptured: (module, id) => watch.deleted(task.collectionOf({module}), id),
  });
  let refusals = false;
  try {
    const {jump} = plan;
    const {documents, ended, violations, logs} = await chaosSession({
      task,
      plan,
      defect,
      onLine(count) {
        if (count !== jump?.atLine) return;
        sandbox.clock.advance(jump.ms);
        report.jumps += 1;
      },
    });
    // One field of the sandbox is always refused.
    refusals = logs.some(({message}) => message.includes(' refuses it') && !message.includes('Internal_Score'));
    report.violations.push(...violations);
    report.documents += documents;
    if (ended === 'killed') report.kills += 1;
    else if (ended === 'stopped') report.stops += 1;
    else {
      report.failures += 1;
      if (!mayFail(plan, ended.code)) report.violations.push(`ended without need, with code ${ended.code}: ${ended.failure}`);
    }
    return `${documents} documents, ${typeof ended === 'object' ? `failed: ${ended.failure}` : ended}; ${plan.faults.join(' ') || 'no faults'}`;
  } finally {
    edits.stop();
    report.edits += edits.count;
    for (const {name, hits} of sandbox.faults.reading()) if (hits > 0) report.faults[name] = (report.faults[name] ?? 0) + hits;
    sandbox.faults.clear();
    // A field that a fault made an API refuse stays refused for a day. A new backfill requests it
    // again.
    if (plan.backfillAfter || refusals) task.state = mergePatch(task.state, {backfillRequests: requestsOf(plan)});
  }
}

/** Requests a new backfill of every binding. Its collection stays unchanged. */
function requestsOf({bindings}: RoundPlan): Readonly<Record<string, true>> {
  return Object.fromEntries(bindings.map(({module}) => [module, true] as const));
}

/** Empties a module's collection and requests its backfill. */
function reset(module: string, task: FlowTask, watch: Watch): void {
  const collection = task.collectionOf({module});
  task.collections.byName.delete(collection);
  watch.forget(collection);
  task.state = mergePatch(task.state, {backfillRequests: {[module]: true}});
}

/** Faults that only a person can resolve, as far as the connector can know. */
const credentialFaults = ['invalid-token', 'scope-mismatch', 'no-permission', 'token-revoked'];

/**
 * Whether a round's faults may end a session: outages with code 1, rejected credentials with code
 * 3.
 */
function mayFail({faults}: RoundPlan, code: number): boolean {
  const names = faults.map(faultOf);
  return code === 3 ? names.some((name) => credentialFaults.includes(name)) : code === 1 && names.length > 0;
}

/** Lets the capture catch up and compares it with the truth. */
async function quiescence({task, defect, report}: Omit<RoundOptions, 'watch'>): Promise<void> {
  const {sandbox} = task;
  for (const module of chaosModules) sandbox.org.module(module).setVisibleLate(0);
  const sinceMs = sandbox.clock.nowMs() + lateMostMs + 1_000;
  const plan = {
    reader: {everyLines: 0, pauseMs: 0},
    lines: Number.POSITIVE_INFINITY,
    lifeMs: quietMs,
    end: 'SIGTERM',
    committed: 1,
    beforeLargest: false,
  } as const;
  const behind = new Set(task.options.bindings);
  let seen = 0;
  const until = (session: Session): boolean => {
    if (session.checkpoints === seen) return false;
    seen = session.checkpoints;
    for (const binding of behind) if (caughtUp(binding, task, session, sinceMs)) behind.delete(binding);
    return behind.size === 0;
  };
  const {documents, ended, violations, logs} = await chaosSession({task, plan, defect, until});
  report.documents += documents;
  report.violations.push(...violations);
  if (typeof ended === 'object') report.violations.push(`the capture ended although nothing went wrong: ${ended.failure}`);
  else if (behind.size > 0)
    for (const {module} of behind) {
      const said = logs.filter(({message}) => message.includes(module)).slice(-5);
      report.violations.push(`${module} never caught up; last of it: ${said.map(({message}) => message).join(' / ')}`);
    }
  else report.violations.push(...differencesOf(task));
}

/** Differences from the truth. A missing state of a binding counts as one. */
function differencesOf(task: FlowTask): string[] {
  try {
    return task.differences();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/**
 * Whether a binding has drained a window and, where it has fields to refresh, completed a refresh,
 * both begun after a moment of the sandbox's clock.
 */
function caughtUp(binding: TaskBinding, task: FlowTask, session: Session, sinceMs: number): boolean {
  const state = task.stateOf(binding, session) as {
    backfill?: unknown;
    inc?: {cursor: string; after?: string};
    deleted?: {cursor: string};
    last_initialized?: string;
    fields?: {owed?: readonly string[]};
  };
  const {computed, bulkOnly} = task.sandbox.org.readers(binding.module);
  const past = (instant: string | undefined) => instant !== undefined && Date.parse(instant) > sinceMs;
  const refreshed = computed.length + bulkOnly.length === 0 || past(state.last_initialized);
  return (
    refreshed &&
    state.backfill == null &&
    state.fields?.owed === undefined &&
    state.inc?.after == null &&
    past(state.inc?.cursor) &&
    past(state.deleted?.cursor)
  );
}
