/**
 * The three answers at the top of a report: what was waited for, what limited the rate, what it
 * cost. Pure.
 */
import {counted, grouped, spanText} from '../terminal/table.ts';
import {type Activity, activityNames, type Hold, type ModuleRecord, type RunRecord} from './record.ts';

/** A share of a period, in [0, 1]. */
export type Share<T extends string> = readonly [what: T, share: number];

/**
 * What a module waited for or did. Its waits while limits delayed calls are attributed to the
 * limits.
 */
export type Doing = Activity | 'limit';

/** Activities that wait for calls, and so for a hold of all calls. */
const heldUp: readonly Activity[] = ['start', 'queue', 'job'];

/**
 * How the modules spent their time, as shares of its sum, largest first. Time in which they were up
 * to date does not count.
 */
export function sharesOf(modules: readonly ModuleRecord[], holds: readonly Hold[]): Share<Doing>[] {
  const spans = modules.flatMap((module) => module.spans).filter(({activity}) => activity !== 'idle');
  return sharesBy(
    spans.flatMap(({activity, fromMs, toMs}): [Doing, number][] => {
      const heldMs = heldUp.includes(activity) ? overlapMs(holds, fromMs, toMs) : 0;
      return [
        [activity, toMs - fromMs - heldMs],
        ['limit', heldMs],
      ];
    }),
  );
}

function overlapMs(holds: readonly Hold[], fromMs: number, toMs: number): number {
  return holds.reduce((sum, hold) => sum + Math.max(0, Math.min(toMs, hold.toMs) - Math.max(fromMs, hold.fromMs)), 0);
}

/**
 * What set the pace at a moment: the furthest stage of any module, or the limits that delayed all.
 */
export type Pace = Doing;

/** The first of these decides: while one module downloads, the waiting of others costs no time. */
const deciding: readonly Pace[] = ['download', 'sweep', 'limit', 'job', 'queue', 'paused', 'start', 'idle'];

/**
 * How the run spent its time, by what set its pace, largest first. Time in which all modules were
 * up to date does not count.
 */
export function pacesOf(modules: readonly ModuleRecord[], holds: readonly Hold[]): Share<Pace>[] {
  const stretches = [
    ...modules.flatMap(({spans}) => spans.map(({activity, fromMs, toMs}) => ({pace: activity as Pace, fromMs, toMs}))),
    ...holds.map(({fromMs, toMs}) => ({pace: 'limit' as Pace, fromMs, toMs})),
  ];
  const turns = stretches
    .flatMap(({pace, fromMs, toMs}) => [
      {atMs: fromMs, pace, change: 1},
      {atMs: toMs, pace, change: -1},
    ])
    .sort((a, b) => a.atMs - b.atMs);
  const open = new Map<Pace, number>();
  const times: [Pace, number][] = [];
  let sinceMs = 0;
  for (const {atMs, pace, change} of turns) {
    const decided = deciding.find((each) => (open.get(each) ?? 0) > 0);
    if (decided !== undefined && decided !== 'idle' && atMs > sinceMs) times.push([decided, atMs - sinceMs]);
    open.set(pace, (open.get(pace) ?? 0) + change);
    sinceMs = atMs;
  }
  return sharesBy(times);
}

function sharesBy<T extends string>(times: readonly (readonly [T, number])[]): Share<T>[] {
  const total = times.reduce((sum, [, ms]) => sum + ms, 0);
  if (total === 0) return [];
  const byName = Map.groupBy(times, ([name]) => name);
  return [...byName]
    .map(([name, own]) => [name, own.reduce((sum, [, ms]) => sum + ms, 0) / total] as const)
    .filter(([, share]) => share > 0)
    .sort(([, a], [, b]) => b - a);
}

/** One answer: its headline, and the rest of the sentence. */
export interface Answer {
  readonly question: string;
  readonly headline: string;
  readonly detail: string;
}

export function answersOf(record: RunRecord): readonly Answer[] {
  return [waitedFor(record), limitedBy(record), cost(record)];
}

function waitedFor({modules, holds}: RunRecord): Answer {
  const question = 'What was waited for';
  const [first, ...others] = sharesOf(modules, holds);
  if (first === undefined) return {question, headline: 'Nothing', detail: 'All modules were up to date throughout.'};
  const shownShare = (share: Share<Doing>): string => `${percent(share[1])} ${doingNames[share[0]]}`;
  const rest = others.filter(isShown).map(shownShare);
  const detail = 'of the time that modules had work to do';
  return {
    question,
    headline: shownShare(first),
    detail: rest.length === 0 ? `${detail}.` : `${detail}; then ${rest.join(', ')}.`,
  };
}

const doingNames: Readonly<Record<Doing, string>> = {...activityNames, limit: "held back by Zoho's limits"};

/** Whether a share is still above zero after rounding. */
function isShown([, share]: Share<string>): boolean {
  return share >= 0.005;
}

const paceNames: Readonly<Record<Pace, string>> = {
  download: 'The downloads themselves',
  sweep: 'Queries for changes',
  limit: "Zoho's limits",
  job: "Zoho's jobs",
  queue: 'Jobs allowed at once',
  paused: 'Faults',
  start: 'Reading metadata',
  idle: 'Nothing: everything was up to date',
};

function limitedBy({modules, holds, elapsedMs}: RunRecord): Answer {
  const question = 'What limited the rate';
  const [first, ...others] = pacesOf(modules, holds);
  if (first === undefined) return {question, headline: paceNames.idle, detail: ''};
  const rest = others
    .filter(isShown)
    .map(([pace, share]) => `${paceNames[pace].toLowerCase().replace('zoho', 'Zoho')} ${percent(share)}`);
  const heldMs = holds.reduce((sum, {fromMs, toMs}) => sum + toMs - fromMs, 0);
  const held =
    heldMs > 0 ? ` Limits delayed calls for ${spanText(heldMs)} of ${spanText(elapsedMs)}.` : ' No limit delayed calls.';
  return {
    question,
    headline: `${paceNames[first[0]]} (${percent(first[1])})`,
    detail: `set the pace of the run${rest.length === 0 ? '' : `, then ${rest.join(', ')}`}.${held}`,
  };
}

/** Names of the kinds of calls. */
export const callNames: Readonly<Record<string, string>> = {
  modules: 'the list of modules',
  fields: 'field metadata',
  create: 'bulk jobs',
  job: 'checks of bulk jobs',
  download: 'downloads',
  coql: 'queries',
  deleted: 'deletions',
};

function cost({credits, creditsBy, calls, creditsLeft}: RunRecord): Answer {
  const [largest] = sharesBy(Object.entries(creditsBy));
  const part = largest === undefined ? '' : `; ${percent(largest[1])} went into ${callNames[largest[0]] ?? largest[0]}`;
  const left = creditsLeft === undefined ? '' : ` The organisation has ${grouped(creditsLeft)} left.`;
  return {
    question: 'What it cost',
    headline: counted(credits, 'credit'),
    detail: `in ${counted(calls, 'API call')}${part}.${left}`,
  };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
