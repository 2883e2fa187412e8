/**
 * One seeded run: a capture of the model org under edits, faults, kills and restarts, and what it
 * did wrong.
 */
import {VirtualClock} from '../../../lib/bench/virtual-clock.ts';
import {runCapture} from '../../../lib/capture/capture.ts';
import {newProgress} from '../../../lib/capture/progress.ts';
import type {Log} from '../../../lib/platform/log.ts';
import {FlowSink} from '../../../lib/sinks/flow.ts';
import type {ZohoClient} from '../../../lib/zoho/api.ts';
import {lineWriter} from '../../harness/lines.ts';
import {differences, type Reduced, Session, Task} from '../../harness/runtime.ts';
import {Boundaries, boundaries} from './boundaries.ts';
import {churn} from './churn.ts';
import {ModelZoho, timeText} from './client.ts';
import {ModelFields, textOf} from './fields.ts';
import {drawOddities, type Oddities} from './oddities.ts';
import {Order} from './order.ts';
import {ModelOrg, type Seen} from './org.ts';
import {Random} from './random.ts';

export interface ModelRun {
  readonly seed: number;
  /** Seconds of edits; a quiet time follows. */
  readonly busyS?: number;
  /** Stands between the connector and the model, for broken controls. */
  readonly wrap?: (client: ZohoClient, zoho: ModelZoho, task: Task) => ZohoClient;
  readonly pagesShift?: boolean;
  /** Of these kinds for certain; of the others as the seed has it. */
  readonly oddities?: Partial<Oddities>;
  /**
   * How far the feed of deletions is behind; more than the connector allows for is a control that
   * must be caught.
   */
  readonly feedLagMs?: number;
  /**
   * The second session lives through all edits and the quiet time, so that what a process remembers
   * counts. No field is refused: it would take a day.
   */
  readonly lasts?: boolean;
  /**
   * Fields stay as they are, formulas have two values, and deletions are always told: refreshes
   * follow the schedule alone.
   */
  readonly isSteady?: boolean;
}

export interface ModelReport {
  /** Empty for a run that kept every promise. */
  readonly violations: string[];
  readonly kills: number;
  readonly documents: number;
  readonly jobs: number;
  readonly refreshes: number;
}

/** When a run begins. */
export const startMs = Date.parse('2026-10-01T09:59:30Z');
/** A process reads fields and looks at records of the future hourly, and a restart at once. */
const hourlyMs = 75 * 60_000;
const collection = 'acme/Records';
const stateKey = 'Records';
const module = 'Records';

/** Runs one seed to its end. The same seed gives the same run. */
export async function modelRun({
  seed,
  busyS = 240,
  wrap,
  pagesShift = false,
  feedLagMs,
  oddities,
  lasts = false,
  isSteady = false,
}: ModelRun): Promise<ModelReport> {
  const random = new Random(seed);
  const clock = new VirtualClock(startMs);
  const org = new ModelOrg(random, () => clock.nowMs(), random.chance(0.5) ? 45_000 : 0);
  // Drawn apart, so that the rest of a run is as it was without them.
  const odd = {...drawOddities(new Random(seed * 7919)), ...oddities};
  const apart = new Random(seed * 104_729);
  const fields = new ModelFields(apart, () => clock.nowMs(), busyS * 1000, {
    mayBeWide: odd.servedMax > 20 && odd.listMax > 3,
    mayChange: !isSteady,
    mayBeRefused: !isSteady && !lasts,
  });
  if (isSteady) Object.assign(org, {scores: 2, drifting: 40});
  org.hasLate = () => fields.madeMs !== undefined && clock.nowMs() >= fields.madeMs;
  const zoho = new ModelZoho(
    org,
    clock,
    random,
    {
      rowsPerJob: 5 + random.below(30),
      coqlRows: random.pick([3, 10, 200]),
      photograph: random.pick(['at submit', 'at run', 'first page for all'] as const),
      faults: random.pick([0, 0, 0.05, 0.15]),
      pagesShift,
      odd,
      feedLagMs: feedLagMs ?? apart.pick([0, 0, 4_000, 8_000]),
      feedRefusedFromMs: apart.chance(0.25) && !isSteady ? startMs + apart.below(busyS * 1000) : Number.POSITIVE_INFINITY,
    },
    fields,
  );
  const records = 10 + random.below(60);
  for (let i = 0; i < records; i++) org.seed(random.below(31 * 86_400));

  const task = new Task();
  const order = new Order(org, odd.lagMs > 0);
  order.tellsDeletions = () => clock.nowMs() < zoho.options.feedRefusedFromMs;
  order.mayOwe = fields.mayOwe;
  const busyUntilMs = startMs + busyS * 1000;
  let editing = true;
  const edits = churn(org, order, clock, random, busyUntilMs, isSteady).then(() => {
    editing = false;
  });
  if (odd.future > 0) void clock.sleep(busyS * 400).then(() => org.insertAhead(odd.future));
  /** Has Zoho answer as it should from now on. */
  const rest = async (isOver: () => boolean): Promise<void> => {
    zoho.options.faults = 0;
    zoho.options.feedRefusedFromMs = Number.POSITIVE_INFINITY;
    // What was refused once is asked for again after a day.
    if (fields.rest()) await clock.run(isOver, 25 * 3_600_000);
  };
  let kills = 0;
  let documents = 0;
  const violations: string[] = [];
  for (let quiet = false; !quiet; ) {
    quiet = lasts ? kills > 0 : !editing && (kills > 3 || random.chance(0.5));
    if (quiet && !lasts) await rest(() => false);
    const session = new Session([collection]);
    const places = new Boundaries();
    const ended = new AbortController();
    let dead = false;
    const output = lineWriter((line) => {
      if (dead) return;
      session.read(line);
      places.read(line, stateKey);
    });
    output.write('{"opened":{}}\n');
    const client = zoho.client();
    let failure: unknown;
    let over = false;
    const running = runCapture({
      client: wrap?.(client, zoho, task) ?? client,
      clock,
      log: noting(violations),
      sink: new FlowSink(output, ended.signal),
      bindings: [
        {
          target: {index: 0, stateKey, collection},
          resource: {name: module, intervalMs: 1000 * (1 + random.below(20)), schedule: '* * * * *'},
          progress: newProgress(module),
        },
      ],
      state: structuredClone(task.state),
      startDate: undefined,
      once: false,
      signal: ended.signal,
    }).then(
      () => (over = true),
      (error: unknown) => {
        failure = error;
        over = true;
      },
    );
    // Committed as it comes: reducing all that waits, over and over, would take longer than the
    // run.
    const commit = (): void => session.commit(order.watch(task));
    if (quiet && lasts) {
      await clock.run(
        () => {
          commit();
          return over || !editing;
        },
        2 * busyS * 1000,
      );
      await rest(() => over);
    }
    const lifeMs = quiet ? (lasts && !isSteady ? hourlyMs : 12 * 60_000) : random.below(60_000);
    await clock.run(() => over, lifeMs);
    if (quiet) {
      const settled = (): boolean => {
        commit();
        return isSettled(task.state);
      };
      await clock.run(() => over || settled(), 3_600_000);
    }
    // What the runtime had not committed when the session ended is lost.
    dead = true;
    const place = random.chance(0.5) ? places.upTo(random.pick(boundaries)) : undefined;
    const committed = quiet ? session.waiting : (place ?? random.below(session.waiting + 1));
    session.commit(order.watch(task), committed);
    documents += session.documents;
    ended.abort(new Error('killed'));
    if (!(await clock.run(() => over, 60_000))) violations.push('a session did not end when it was killed');
    else await running;
    if (failure !== undefined && !quiet) violations.push(`a session failed: ${failure}`);
    kills++;
    if (violations.length > 0 || kills > 60) break;
  }
  await clock.run(() => !editing, busyS * 1000);
  await edits;
  const {promised} = fields;
  // No refresh reaches a record of the future: its time lies past every cursor.
  const namesOf = ({id}: Seen) => (org.isAhead(id) ? ['Name'] : promised);
  const truth = org
    .seen(clock.nowMs())
    .filter(({modifiedS}) => modifiedS >= Date.parse(startOf(task)) / 1000)
    .map(
      (row): Reduced => ({
        ...Object.fromEntries(namesOf(row).map((name) => [name, textOf(row, name) ?? null])),
        id: `#${row.id}`,
        Modified_Time: timeText(row.modifiedS),
        Score: `#${row.score}`,
      }),
    );
  violations.push(...order.violations, ...differences(task.collections.of(collection), truth));
  return {
    violations,
    kills,
    documents,
    jobs: zoho.jobs.size,
    refreshes: zoho.created.filter((names) => names.includes('Score') && !names.includes('Name')).length,
  };
}

/** Whether no range is running and nothing is owed. */
function isSettled(state: unknown): boolean {
  const {bindingStateV1} = state as {bindingStateV1?: Record<string, {backfill?: object; fields?: {owed?: string[]}}>};
  const {backfill, fields} = bindingStateV1?.[stateKey] ?? {};
  return backfill === undefined && fields?.owed === undefined;
}

function startOf(task: Task): string {
  const state = task.state as {bindingStateV1?: Record<string, {start?: string}>};
  return state.bindingStateV1?.[stateKey]?.start ?? '';
}

/** A failure that nobody foresaw sets a module aside, and would pass for a busy one. */
function noting(violations: string[]): Log {
  return (level, message, fields) => {
    if (level === 'error') violations.push(`${message} ${JSON.stringify(fields)}`);
  };
}
