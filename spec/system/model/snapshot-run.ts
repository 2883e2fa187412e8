/**
 * One seeded run over a model org whose module has no Modified_Time: snapshots under edits, faults,
 * kills and restarts, and what they did wrong.
 */
import {VirtualClock} from '../../../lib/bench/virtual-clock.ts';
import {runCapture} from '../../../lib/capture/capture.ts';
import {newProgress} from '../../../lib/capture/progress.ts';
import {FlowSink} from '../../../lib/sinks/flow.ts';
import type {ZohoClient} from '../../../lib/zoho/api.ts';
import {lineWriter} from '../../harness/lines.ts';
import {type Reduced, rowDifferences, Session, Task} from '../../harness/runtime.ts';
import {ModelZoho} from './client.ts';
import {ModelFields} from './fields.ts';
import {noOddities} from './oddities.ts';
import {ModelOrg} from './org.ts';
import {Random} from './random.ts';

export interface SnapshotReport {
  /** Empty for a run that kept every promise. */
  readonly violations: string[];
  readonly kills: number;
  /** Kills that left a collection with parts of two snapshots. */
  readonly killsInTheMiddle: number;
  readonly documents: number;
}

const startMs = Date.parse('2026-10-01T09:59:30Z');
const busyMs = 240_000;
const collection = 'acme/Links';
const module = 'Links';

/** Runs one seed to its end. The same seed gives the same run. */
export async function snapshotRun(seed: number): Promise<SnapshotReport> {
  const random = new Random(seed);
  const clock = new VirtualClock(startMs);
  const org = new ModelOrg(random, () => clock.nowMs(), random.chance(0.3) ? 45_000 : 0);
  const zoho = new ModelZoho(
    org,
    clock,
    random,
    {
      rowsPerJob: 12 + random.below(40),
      coqlRows: 200,
      photograph: random.pick(['at submit', 'at run', 'first page for all'] as const),
      faults: random.pick([0, 0, 0.05, 0.15]),
      pagesShift: false,
      odd: noOddities,
      feedLagMs: 0,
      feedRefusedFromMs: Number.POSITIVE_INFINITY,
    },
    new ModelFields(random, () => clock.nowMs(), busyMs, {mayBeWide: false, mayChange: true, mayBeRefused: true}),
  );
  for (let i = random.below(70); i > 0; i--) org.seed(random.below(31 * 86_400));
  const task = new Task();
  const violations: string[] = [];
  let editing = true;
  const edits = churn(org, clock, random).then(() => {
    editing = false;
  });
  let [kills, killsInTheMiddle, documents] = [0, 0, 0];
  for (let quiet = false; !quiet && violations.length === 0 && kills < 60; kills++) {
    const session = new Session([collection], () => true);
    const ended = new AbortController();
    let [dead, over] = [false, false];
    const output = lineWriter((line) => {
      if (!dead) session.read(line);
    });
    output.write('{"opened":{}}\n');
    quiet = !editing && (kills > 3 || random.chance(0.5));
    if (quiet) zoho.options.faults = 0;
    const running = runCapture({
      client: timeless(zoho.client()),
      clock,
      log(level, message, fields) {
        if (level === 'error') violations.push(`${message} ${JSON.stringify(fields)}`);
      },
      sink: new FlowSink(output, ended.signal),
      bindings: [
        {
          target: {index: 0, stateKey: module, collection},
          resource: {name: module, intervalMs: 1000, schedule: '* * * * *'},
          progress: newProgress(module),
          snapshot: true,
        },
      ],
      state: structuredClone(task.state),
      startDate: undefined,
      once: false,
      signal: ended.signal,
    }).then(
      () => (over = true),
      (error: unknown) => {
        if (!ended.signal.aborted) violations.push(`a session failed: ${error}`);
        over = true;
      },
    );
    await clock.run(() => over, quiet ? 15 * 60_000 : random.below(90_000));
    // What the runtime had not committed when the session ended is lost.
    dead = true;
    try {
      session.commit(task, quiet ? session.waiting : random.below(session.waiting + 1));
    } catch (error) {
      violations.push(String(error));
    }
    documents += session.documents;
    ended.abort(new Error('killed'));
    if (await clock.run(() => over, 60_000)) await running;
    else violations.push('a session did not end when it was killed');
    if (isInTheMiddle(task.state)) killsInTheMiddle++;
  }
  await clock.run(() => !editing, busyMs);
  await edits;
  const truth = org.seen(clock.nowMs()).map(({id, name, score}): Reduced => ({id: `#${id}`, Name: name, Score: `#${score}`}));
  violations.push(...rowDifferences(task.collections.of(collection), truth));
  return {violations, kills, killsInTheMiddle, documents};
}

const names = ['id', 'Name', 'Score'];

/** The module as Zoho keeps those that have no times. */
function timeless(client: ZohoClient): ZohoClient {
  return {
    ...client,
    async fields(module, signal) {
      const listed = await client.fields(module, signal);
      return listed === null ? null : listed.filter(({name}) => names.includes(name));
    },
  };
}

function isInTheMiddle(state: unknown): boolean {
  const {snapshot} =
    (state as {bindingStateV1?: Record<string, {snapshot?: {last_digest?: string}}>}).bindingStateV1?.[module] ?? {};
  return snapshot !== undefined && snapshot.last_digest === undefined;
}

/** Edits at random moments; now and then many rows come or go at once. */
async function churn(org: ModelOrg, clock: VirtualClock, random: Random): Promise<void> {
  const times = (count: number, action: () => void): void => {
    for (let i = 0; i < count; i++) action();
  };
  const actions = [
    () => org.insert(),
    () => org.edit(),
    () => org.delete(),
    () => org.drift(),
    () => times(random.below(40), () => org.insert()),
    () => times(random.below(60), () => org.delete()),
  ];
  const paceMs = random.pick([300, 3_000, 10_000]);
  while (clock.nowMs() < startMs + busyMs) {
    await clock.sleep(random.below(paceMs));
    random.pick(actions)();
  }
}
