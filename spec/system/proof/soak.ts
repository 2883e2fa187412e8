/**
 * A week of capture on a clock that jumps: what an operator would see if the connector ran on and
 * on.
 */
import {queryObjects, setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {randomFrom} from '../../../lib/sandbox/hash.ts';
import {integer} from '../../../lib/sandbox/schema/kinds.ts';
import {JumpCapture} from '../consistency/jump-capture.ts';
import {liveOn} from '../consistency/life.ts';
import {computed, narrow} from '../consistency/modules.ts';

export interface SoakOptions {
  readonly days: number;
  readonly seed: number;
}

/** What one day left behind. */
export interface SoakDay {
  /**
   * After a full collection of garbage; the sandbox and the collections are in the same process.
   */
  readonly heapBytes: number;
  /** Memory that the process holds of the machine. */
  readonly residentBytes: number;
  /** Sockets, servers, files and whatever else keeps a process alive, but for timers. */
  readonly handles: number;
  /** Timers of the process, and waits of the capture on its own clock. */
  readonly timers: number;
  readonly waits: number;
  /**
   * Who listens to the process and to the end of the capture, and live signals that others could
   * listen to.
   */
  readonly listeners: number;
  readonly signals: number;
  /** Without the ids of the recycle bin. */
  readonly stateBytes: number;
}

export interface SoakOutcome {
  readonly days: readonly SoakDay[];
  readonly sweeps: number;
  readonly jobs: number;
  readonly tokens: number;
  readonly documents: number;
  readonly differences: readonly string[];
  /** What grew beyond its bound. */
  readonly growth: readonly string[];
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const modules = ['Contacts', 'Deals', 'Leads'];
/**
 * Growth from the second day to the last that is put down to the sandbox, which keeps every version
 * of every record.
 */
const heapGrowthBytesMax = 12 << 20;
/** The same, with what the collector has freed and not given back. */
const residentGrowthBytesMax = 64 << 20;
const stateGrowthBytesMax = 200;

/**
 * Sweeps every quarter of an hour, refreshes every six, life every ten minutes; a new field each
 * day; and once each: the day's credits all spent by somebody else, and a stop in the middle of a
 * refresh that lasts longer than its page token.
 */
export async function soak({days, seed}: SoakOptions): Promise<SoakOutcome> {
  const random = randomFrom(seed);
  const gc = collector();
  let outcome: SoakOutcome | undefined;
  await JumpCapture.with(
    {
      seed,
      modules: [narrow('Contacts'), narrow('Deals', computed), narrow('Leads', computed)],
      records: {Contacts: 300, Deals: 300, Leads: 200},
      startDate: '2026-09-01T00:00:00Z',
      switches: {rowsPerJob: 120, jobMs: 20_000},
      bindings: modules.map((module) => ({module, schedule: '0 */6 * * *', intervalMs: 15 * minuteMs})),
    },
    async (capture) => {
      const {sandbox} = capture;
      const measured: SoakDay[] = [];
      capture.start();
      await capture.catchUp();
      for (let day = 0; day < days; day++) {
        if (day === 2) await stopInRefresh(capture);
        if (day === 4) sandbox.meters.spend(sandbox.meters.options.credits);
        sandbox.org.module('Leads').addField(integer(`Day_${day}`, 100, {custom: true}));
        for (let step = 0; step < 144; step++) {
          // The new field is known by then; a value that Zoho fills in by itself arrives with the
          // record's next change.
          if (step === 20) sandbox.org.module('Leads').massEdit(sandbox.org.module('Leads').ids());
          liveOn(capture, modules[random(modules.length)]!, random);
          await capture.pass(10 * minuteMs);
          capture.commit();
          capture.logs.length = 0;
        }
        gc();
        measured.push(measuredNow(capture));
      }
      // The recycle bin is asked about hourly at least.
      await capture.pass(80 * minuteMs);
      await capture.catchUp(3 * dayMs);
      const nowMs = capture.clock.nowMs();
      await capture.until(
        () =>
          ['Deals', 'Leads'].every(
            (module) =>
              Date.parse(String(capture.state(module).last_initialized)) > nowMs && capture.state(module).backfill == null,
          ),
        dayMs,
      );
      const {meters} = sandbox;
      outcome = {
        days: measured,
        sweeps: meters.kind('coql').calls,
        jobs: meters.kind('create').calls,
        tokens: meters.kind('token').calls,
        documents: capture.documents,
        differences: capture.differences(),
        growth: growthOf(measured),
      };
    },
  );
  return outcome!;
}

/**
 * Kills the session in the middle of a refresh, and begins another when the token of its next page
 * has expired.
 */
async function stopInRefresh(capture: JumpCapture): Promise<void> {
  await capture.until(() => (capture.state('Deals').backfill as {next_page?: string} | undefined)?.next_page !== undefined);
  await capture.kill();
  capture.clock.advance(25 * 60 * minuteMs);
  capture.start();
}

function measuredNow(capture: JumpCapture): SoakDay {
  const {heapUsed, rss} = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length;
  const ofProcess = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return {
    heapBytes: heapUsed,
    residentBytes: rss,
    handles: resources.length - timers,
    timers,
    waits: capture.clock.waiting,
    listeners: ofProcess + capture.stopListeners,
    signals: queryObjects(AbortSignal, {format: 'count'}),
    stateBytes: stateBytes(capture),
  };
}

/**
 * Size of the state but for the recycle bin's part of it, which has a bound of its own and takes
 * weeks to fill.
 */
function stateBytes({task}: JumpCapture): number {
  return JSON.stringify(task.state, (key, value: unknown) => (key === 'recycled' ? undefined : value)).length;
}

/** What grew from the second day to the last by more than its bound. */
export function growthOf(days: readonly SoakDay[]): string[] {
  const [, second] = days;
  const last = days.at(-1);
  if (second === undefined || last === undefined) return [];
  const bounds: [string, keyof SoakDay, number][] = [
    ['heap', 'heapBytes', heapGrowthBytesMax],
    ['resident memory', 'residentBytes', residentGrowthBytesMax],
    ['handles', 'handles', 6],
    ['timers', 'timers', 6],
    ['waits', 'waits', 4],
    ['listeners', 'listeners', 6],
    ['signals', 'signals', 60],
    ['state', 'stateBytes', stateGrowthBytesMax],
  ];
  return bounds
    .filter(([, key, most]) => last[key] - second[key] > most)
    .map(([name, key]) => `${name} grew from ${second[key]} to ${last[key]}`);
}

/** Runs a full collection of garbage. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
