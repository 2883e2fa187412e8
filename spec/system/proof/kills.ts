/**
 * Sessions killed at any moment, with any part of what they wrote committed, while people go on
 * working.
 */
import {mergePatch} from '../../../lib/flow/state.ts';
import {randomFrom} from '../../../lib/sandbox/hash.ts';
import {text} from '../../../lib/sandbox/schema/kinds.ts';
import {startSandbox} from '../../../lib/sandbox/server.ts';
import {caughtUp, FlowTask} from '../../harness/flow-runtime.ts';
import type {Reduced} from '../../harness/runtime.ts';
import {Watch} from '../chaos/watch.ts';
import {JumpCapture} from '../consistency/jump-capture.ts';
import {liveOn} from '../consistency/life.ts';
import {computed, narrow} from '../consistency/modules.ts';

export interface KillsOutcome {
  readonly kills: number;
  /**
   * Times that all edits rested, a refresh was completed, and the collections were compared with
   * the truth.
   */
  readonly comparisons: number;
  readonly documents: number;
  /** Records that differ from the truth, or went back to an older version. */
  readonly differences: readonly string[];
}

const modules = ['Deals', 'Leads'];
const killsPerComparison = 10;

/**
 * Moments at which a job sees its rows; the older what it sees, the more has been captured
 * otherwise since.
 */
const photographs = ['run', 'submit', 'first page'] as const;

/** Time on its clock in which a capture has caught up, or never will. */
const catchUpMs = 15 * 60_000;

export interface SessionKills {
  readonly kills: number;
  readonly seed: number;
  /**
   * Pages of so many rows that checkpoints come in the middle of them; else pages are small and
   * many.
   */
  readonly largePages?: boolean;
}

/**
 * Kills sessions in this process, on a clock that jumps: backfills, refreshes, sweeps and deletions
 * are all met half-way.
 */
export async function sessionKills({kills, seed, largePages = false}: SessionKills): Promise<KillsOutcome> {
  const random = randomFrom(seed);
  const differences: string[] = [];
  let comparisons = 0;
  let documents = 0;
  const order = new Order();
  // What is committed must not go back either, whatever sessions it came from.
  const watch = new Watch();
  await JumpCapture.with(
    {
      seed,
      onDocument: (module, doc) => order.see(module, doc),
      modules: [narrow('Deals', computed), narrow('Leads')],
      records: largePages ? {Deals: 10_000, Leads: 80} : {Deals: 200, Leads: 80},
      startDate: '2026-09-01T00:00:00Z',
      switches: {
        rowsPerJob: largePages ? 20_000 : 60,
        jobMs: seed % 2 === 0 ? 4_000 : 15_000,
        photograph: photographs[seed % photographs.length]!,
        tokensPerWindow: 10_000,
        liveTokens: 10_000,
        downloadsPerMinute: 10_000,
      },
      bindings: modules.map((module) => ({module, schedule: '* * * * *', intervalMs: 5_000})),
    },
    async (capture) => {
      watch.over(capture.task.collections);
      for (let killed = 1; killed <= kills; killed++) {
        order.begin();
        if (random(3) === 0) capture.bindings = capture.bindings.toReversed();
        // A field that is made while the capture runs, or does not; records have values of it
        // before anybody knows.
        if (random(12) === 0)
          capture.sandbox.org.module('Deals').addField(text(`Made_${killed}`, undefined, {custom: true, blanks: 0}));
        if (random(4) === 0) request(capture, modules[random(modules.length)]!);
        // A stop that is longer than any overlap, and people who go on meanwhile.
        if (random(4) === 0) {
          for (const module of modules) liveOn(capture, module, random);
          capture.clock.advance(random(10 * 60_000));
        }
        capture.start();
        const steps = 1 + random(12);
        for (let step = 0; step < steps; step++) {
          if (random(20) === 0) capture.sandbox.tokens.expireAccess();
          liveOn(capture, modules[random(modules.length)]!, random);
          await capture.pass(random(6_000));
        }
        const {waiting} = capture.session;
        await capture.kill(random(random(3) === 0 ? Math.min(5, waiting + 1) : waiting + 1));
        if (killed % killsPerComparison > 0 && killed < kills) continue;
        if (random(2) === 0) request(capture, 'Leads');
        capture.start();
        await capture.catchUp(catchUpMs);
        const nowMs = capture.clock.nowMs();
        await capture.until(
          () => Date.parse(String(capture.state('Deals').last_initialized)) > nowMs && capture.state('Deals').backfill == null,
          catchUpMs,
        );
        differences.push(...order.backwards, ...watch.violations);
        for (const text of capture.differences()) differences.push(`after ${killed} kills: ${text}`);
        comparisons++;
        await capture.kill();
        if (differences.length > 0) return;
      }
      documents = capture.documents;
    },
  );
  return {kills, comparisons, documents, differences};
}

/** Asks for a new backfill of a binding. */
function request({task}: JumpCapture, module: string): void {
  task.state = mergePatch(task.state, {backfillRequests: {[module]: true}});
}

/** Watches within each session that no record goes back to an older version (guarantee G2). */
class Order {
  readonly backwards: string[] = [];
  readonly #modifiedMs = new Map<string, number>();

  begin(): void {
    this.#modifiedMs.clear();
  }

  see(module: string, doc: Reduced): void {
    const key = `${module} ${String(doc.id)}`;
    const modifiedMs = Date.parse(String(doc.Modified_Time));
    if (modifiedMs < (this.#modifiedMs.get(key) ?? 0)) this.backwards.push(`${key}: went back in Modified_Time`);
    // What comes out of the recycle bin may have been modified before its deletion.
    if ((doc._meta as {op?: string}).op === 'd') this.#modifiedMs.delete(key);
    else this.#modifiedMs.set(key, modifiedMs);
  }
}

/** Kills the connector's own process with SIGKILL at random lines of its output. */
export async function processKills({kills, seed}: {readonly kills: number; readonly seed: number}): Promise<KillsOutcome> {
  const random = randomFrom(seed);
  const sandbox = await startSandbox({
    seed,
    records: {Deals: 2_500, Leads: 1_500},
    switches: {rowsPerJob: 600, tokensPerWindow: 10_000, liveTokens: 10_000, downloadsPerMinute: 10_000},
  });
  let documents = 0;
  try {
    const task = new FlowTask(sandbox, {bindings: modules.map((module) => ({module}))});
    for (let killed = 0; killed < kills; killed++) {
      let left = 3 + random(1_500);
      for (const module of modules) {
        const made = sandbox.org.module(module);
        const ids = [...made.ids()];
        made.massEdit(Array.from({length: 20}, () => ids[random(ids.length)]!));
        made.insert(2);
        made.delete(ids[random(ids.length)]!, {permanent: random(2) === 0});
      }
      // A session with nothing more to write is killed, too.
      const idle = caughtUp(sandbox.clock.nowMs());
      const {session} = await task.session(
        (running) => --left <= 0 || idle(running, task),
        'SIGKILL',
        (waiting) => random(waiting + 1),
      );
      documents += session.documents;
    }
    await task.session(caughtUp(sandbox.clock.nowMs()));
    const formulas = modules.flatMap((module) => sandbox.org.readers(module).computed);
    const differences = task.differences().filter((text) => !formulas.some((name) => text.includes(` ${name} `)));
    return {kills, comparisons: 1, documents, differences};
  } finally {
    await sandbox.close();
  }
}
