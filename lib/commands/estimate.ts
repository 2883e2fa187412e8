/**
 * Estimates what a backfill takes, and what a capture costs afterwards, before any of it is spent.
 */
import {FieldPlan} from '../capture/field-plan.ts';
import {firesADay, parseSchedule} from '../capture/schedule.ts';
import {startReason} from '../capture/start.ts';
import type {ResourceConfig} from '../config/config.ts';
import {daysBefore, defaultStartDays, secondsOf} from '../flow/state.ts';
import {estimatedJobS, jobsAtOnce, snapshotSpacingMs, sweepSpacingMs} from '../limits.ts';
import type {ModuleEntry} from '../zoho/catalog.ts';
import {downloadsPerMinute} from '../zoho/limits.ts';
import {backfillCredits, creditsOf, editionCredits, idleCreditsADay, rowsPerJob} from '../zoho/usage.ts';
import {bindingOf, type Setup} from './context.ts';
import type {CommandContext} from './host.ts';
import {counted, grouped, tableLines} from './terminal/table.ts';
import {working} from './terminal/work.ts';

export interface ModuleEstimate {
  readonly module: string;
  /** Undefined where Zoho does not count them; figures derived from it are then minimums. */
  readonly records: number | undefined;
  readonly pages: number;
  readonly jobs: number;
  readonly credits: number;
  /** For an idle day: sweeps, deletions, metadata, and scheduled refreshes. */
  readonly creditsADay: number;
}

export interface Estimate {
  readonly start: string;
  readonly reason: string;
  readonly modules: readonly ModuleEstimate[];
  readonly pages: number;
  readonly jobs: number;
  readonly credits: number;
  readonly minutes: number;
  readonly creditsADay: number;
}

/**
 * Counts the records of every module that can be captured (one credit each) and computes the rest.
 */
export async function estimate(setup: Setup, host: CommandContext, entries: readonly ModuleEntry[]): Promise<Estimate> {
  const {client, config, bindings} = setup;
  const nowS = await client.nowSeconds(host.signal);
  const start = config.startDate ?? daysBefore(new Date(nowS * 1_000).toISOString(), defaultStartDays);
  const captured = entries.filter(({skip}) => skip === undefined);
  const modules: ModuleEstimate[] = [];
  await working(host, async (work) => {
    work.begin('Counting records, modules', captured.length);
    for (const {name, fields = [], snapshot = false} of captured) {
      const records = await client.count(name, snapshot ? undefined : secondsOf(start), host.signal);
      const resource = bindings?.find((binding) => binding.resource.name === name)?.resource ?? bindingOf(name).resource;
      modules.push(
        snapshot ? snapshotEstimate(resource, records, nowS) : moduleEstimate(resource, new FieldPlan(fields), records, nowS),
      );
      work.add();
    }
  });
  const sum = (of: (module: ModuleEstimate) => number): number => modules.reduce((total, module) => total + of(module), 0);
  return {
    start,
    reason: startReason(config.startDate),
    modules,
    pages: sum(({pages}) => pages),
    jobs: sum(({jobs}) => jobs),
    credits: sum(({credits}) => credits),
    minutes: minutesOf(modules),
    creditsADay: sum(({creditsADay}) => creditsADay),
  };
}

function moduleEstimate(
  {name, intervalMs, schedule}: ResourceConfig,
  fields: FieldPlan,
  records: number | undefined,
  nowS: number,
): ModuleEstimate {
  const {bulkSlices, refreshSlices} = fields;
  const pages = Math.max(1, Math.ceil((records ?? 0) / rowsPerJob));
  const refreshes = schedule === undefined || refreshSlices.length === 0 ? 0 : firesADay(parseSchedule(schedule), nowS);
  return {
    module: name,
    records,
    pages,
    jobs: pages * bulkSlices.length,
    credits: backfillCredits(records ?? 0, bulkSlices.length),
    creditsADay: Math.round(
      idleCreditsADay(intervalMs, sweepSpacingMs) + refreshes * backfillCredits(records ?? 0, refreshSlices.length),
    ),
  };
}

/** Of a module without `Modified_Time`: every snapshot reads it total. */
function snapshotEstimate(
  {name, intervalMs, schedule}: ResourceConfig,
  records: number | undefined,
  nowS: number,
): ModuleEstimate {
  const pages = Math.max(1, Math.ceil((records ?? 0) / rowsPerJob));
  const credits = backfillCredits(records ?? 0);
  const aDay =
    schedule === undefined ? 86_400_000 / Math.max(intervalMs, snapshotSpacingMs) : firesADay(parseSchedule(schedule), nowS);
  return {module: name, records, pages, jobs: pages, credits, creditsADay: Math.round(aDay * (credits + creditsOf.fields))};
}

/**
 * Pages of one module run one after another, those of several modules in parallel, and downloads
 * are rationed.
 */
function minutesOf(modules: readonly ModuleEstimate[]): number {
  const jobMinutes = estimatedJobS / 60;
  const jobs = modules.reduce((sum, module) => sum + module.jobs, 0);
  const longest = Math.max(0, ...modules.map((module) => module.jobs));
  return Math.ceil(Math.max(longest * jobMinutes, (jobs * jobMinutes) / jobsAtOnce, jobs / downloadsPerMinute));
}

/** An estimate as text. */
export function estimateLines(estimated: Estimate, width: number): string[] {
  const right = {align: 'right'} as const;
  const titles = ['records', 'pages', 'jobs', 'credits', 'credits a day'];
  const unknown = estimated.modules.filter(({records}) => records === undefined).length;
  const rows = estimated.modules.map(({module, records, pages, jobs, credits, creditsADay}) => [
    module,
    records ?? 'unknown',
    pages,
    jobs,
    credits,
    creditsADay,
  ]);
  const least = unknown > 0 ? 'at least ' : 'about ';
  return [
    `Backfill of records modified since ${estimated.start}`,
    `(${estimated.reason}):`,
    ...tableLines([{title: 'module'}, ...titles.map((title) => ({title, ...right}))], rows, width),
    '',
    `The backfill takes ${least}${counted(estimated.credits, 'credit')}, ${counted(estimated.jobs, 'job')} and ${counted(estimated.minutes, 'minute')}`,
    `(${grouped(estimatedJobS / 60)} minutes a job are assumed; seconds to a few minutes are usual);`,
    `afterwards a day without changes costs ${least}${counted(estimated.creditsADay, 'credit')}.`,
    ...(unknown > 0 ? [`Zoho does not count the records of ${counted(unknown, 'module')}: one page each is assumed.`] : []),
    '',
    ...tableLines(
      [{title: 'edition'}, {title: 'credits in 24 hours'}, {title: 'backfill', ...right}, {title: 'each day', ...right}],
      editionCredits.map(({edition, credits, perUser}) => [
        edition,
        perUser === 0 ? grouped(credits) : `${grouped(credits)} and ${grouped(perUser)} a user`,
        share(estimated.credits, credits),
        share(estimated.creditsADay, credits),
      ]),
      width,
    ),
  ];
}

function share(part: number, total: number): string {
  const percent = (100 * part) / total;
  return percent < 1 ? 'under 1 %' : `${grouped(percent)} %`;
}

/** An estimate as JSON. */
export function estimateJson({modules, minutes, creditsADay, credits, jobs, pages, start, reason}: Estimate): object {
  return {
    start: {date: start, reason},
    pages,
    jobs,
    credits,
    minutes,
    credits_a_day: creditsADay,
    editions: editionCredits.map(({edition, credits: granted, perUser}) => ({edition, credits: granted, per_user: perUser})),
    modules: modules.map(({creditsADay: aDay, records = null, ...rest}) => ({...rest, records, credits_a_day: aDay})),
  };
}
