/** Calls made and credits spent (zoho-api sheet 8.1). */
import {creditsKnownMs} from './limits.ts';

/** Every kind of call, for limits, priorities, scopes and costs. */
export const callKinds = ['modules', 'fields', 'create', 'job', 'download', 'coql', 'deleted'] as const;
export type CallKind = (typeof callKinds)[number];

/**
 * Credits of a call by kind. A COQL call costs by its rows. The cost of checks and downloads is
 * undocumented; the least is assumed.
 */
export const creditsOf: Readonly<Record<CallKind, number>> = {
  modules: 1,
  fields: 1,
  create: 50,
  job: 1,
  download: 1,
  coql: 1,
  deleted: 2,
};

export interface UsageSummary {
  readonly calls: Readonly<Record<CallKind, number>>;
  readonly credits: Readonly<Record<CallKind, number>>;
  readonly callsTotal: number;
  readonly creditsTotal: number;
  /**
   * The organisation's remaining credits, if known: Zoho reports them once half of the day's are
   * used.
   */
  readonly remaining: number | undefined;
  /** Time until the next download may begin, while one waits for Zoho's rate limit. */
  readonly nextDownloadMs?: number | undefined;
  /** How long all calls still wait because Zoho asked for fewer; 0 or absent when they do not. */
  readonly pausedMs?: number | undefined;
}

export class Usage {
  readonly #calls = zeros();
  readonly #credits = zeros();
  readonly #elapsedMs: () => number;
  #remaining: number | undefined;
  #correctedMs = 0;

  /** Zoho's figure of the remaining credits expires by this monotonic clock. */
  constructor(elapsedMs: () => number = () => 0) {
    this.#elapsedMs = elapsedMs;
  }

  /** Records a call. Whether refused calls cost credits is undocumented; they are counted. */
  charge(kind: CallKind, credits: number = creditsOf[kind]): void {
    this.#calls[kind]++;
    this.#credits[kind] += credits;
    if (this.#remaining !== undefined) this.#remaining = Math.max(0, this.#remaining - credits);
  }

  /**
   * Takes Zoho's figure, the header `X-API-CREDITS-REMAINING`. Anything but a number is ignored.
   */
  correct(header: string | undefined): void {
    if (header === undefined || !/^\d{1,12}$/.test(header.trim())) return;
    this.#remaining = Number(header);
    this.#correctedMs = this.#elapsedMs();
  }

  /**
   * Undefined when Zoho has not reported it for long: it does so only while more than half of the
   * day's credits are used.
   */
  get remaining(): number | undefined {
    return this.#elapsedMs() - this.#correctedMs < creditsKnownMs ? this.#remaining : undefined;
  }

  summary(): UsageSummary {
    const calls = {...this.#calls};
    const credits = {...this.#credits};
    const sum = (by: Record<CallKind, number>): number => callKinds.reduce((total, kind) => total + by[kind], 0);
    return {calls, credits, callsTotal: sum(calls), creditsTotal: sum(credits), remaining: this.remaining};
  }
}

/** Rows of a page of Bulk Read. */
export const rowsPerJob = 200_000;
/** Checks of a job that takes about a minute. */
const looksPerJob = 40;

/**
 * Approximate credits of a backfill of so many rows, with one job per page and slice of a wide
 * module.
 */
export function backfillCredits(rows: number, slices = 1): number {
  const jobs = Math.max(1, Math.ceil(rows / rowsPerJob)) * slices;
  return credits('create', jobs) + credits('download', jobs) + credits('job', looksPerJob * jobs);
}

/**
 * Credits of a day without changes: sweeps at the interval, deletions at least half-hourly,
 * metadata hourly (design 5.9).
 */
export function idleCreditsADay(intervalMs: number, spacingMs: number): number {
  const sweeps = Math.ceil(86_400_000 / Math.max(intervalMs, spacingMs));
  return credits('coql', sweeps) + credits('deleted', Math.min(sweeps, 48)) + credits('fields', 24);
}

function credits(kind: CallKind, calls: number): number {
  return calls * creditsOf[kind];
}

/**
 * Credits of each edition in 24 hours: the base, what each user adds, and the limit (zoho-api sheet
 * 8.1).
 */
export const editionCredits: readonly {readonly edition: string; readonly credits: number; readonly perUser: number}[] = [
  {edition: 'Free', credits: 5_000, perUser: 0},
  {edition: 'Standard', credits: 50_000, perUser: 250},
  {edition: 'Professional', credits: 50_000, perUser: 500},
  {edition: 'Enterprise', credits: 50_000, perUser: 1_000},
  {edition: 'Ultimate', credits: 50_000, perUser: 2_000},
];

function zeros(): Record<CallKind, number> {
  return {modules: 0, fields: 0, create: 0, job: 0, download: 0, coql: 0, deleted: 0};
}
