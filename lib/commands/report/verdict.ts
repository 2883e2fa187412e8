/** The three answers that a report begins with: what was waited for, what limited the rate, what it cost. Pure. */
import {counted, grouped, spanText} from '../terminal/table.ts';
import {type Activity, activityNames, type Hold, type ModuleRecord, type RunRecord} from './record.ts';

/** A part of some time, in [0, 1]. */
export type Share<T extends string> = readonly [what: T, share: number];

/** What a module was waiting for or working on; its waits while limits held calls back are those of the limits. */
export type Doing = Activity | 'limit';

/** Activities that are calls to wait for, so that a hold of all calls is what they wait for. */
const heldUp: readonly Activity[] = ['start', 'queue', 'job'];

/** How the time of all modules was spent, as shares of their sum; time in which they were up to date is left out. Largest first. */
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

/** What set the pace at some moment: the furthest that any module was, or the limits that held all of them back. */
export type Pace = Doing;

/** Whoever is first in this list decides: while one module downloads, the others' waiting costs no time. */
const deciding: readonly Pace[] = ['download', 'sweep', 'limit', 'job', 'queue', 'paused', 'start', 'idle'];

/** How the time of the run was spent, by what set its pace; time in which all were up to date is left out. Largest first. */
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

/** One answer: its figure, and the rest of the sentence. */
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
  if (first === undefined) return {question, headline: 'Nothing', detail: 'All modules were up to date the whole time.'};
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

/** Whether a share is more than nothing once it is rounded. */
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
  idle: 'Nothing: all was up to date',
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
    heldMs > 0 ? ` Limits held calls back for ${spanText(heldMs)} of ${spanText(elapsedMs)}.` : ' No limit held calls back.';
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
  job: 'looks at bulk jobs',
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
