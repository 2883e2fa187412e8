/**
 * Records a run for its report: samples the progress of every binding at short intervals and keeps
 * the changes.
 */
import type {BindingProgress} from '../../capture/progress.ts';
import {reportIncidentsMax, reportSampleMs, reportSamplesMax, reportSpansMax} from '../../limits.ts';
import type {Clock} from '../../platform/clock.ts';
import type {Log} from '../../platform/log.ts';
import {downloadsPerMinute} from '../../zoho/limits.ts';
import type {UsageSummary} from '../../zoho/usage.ts';
import {activityOf, type Hold, type Incident, type Outcome, type RunRecord, type Sample, type Span} from './record.ts';

export interface RecorderOptions {
  readonly clock: Clock;
  /** Resident memory of the process, bytes. */
  readonly rssBytes: () => number;
  readonly version: string;
}

/** What a recorder samples. */
export interface Watched {
  readonly bindings: readonly BindingProgress[];
  readonly spent: () => UsageSummary;
  /** Why calls are currently delayed for long. */
  readonly holdReason: () => string | undefined;
}

/**
 * Keeps a bounded record of a run. Beyond a number of samples every second one is dropped, so a run
 * of days has as many points as one of minutes. Beyond a number of spans of a module, its oldest
 * ones are merged.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #startMs: number;
  readonly #began: string;
  readonly #spans = new Map<BindingProgress, Span[]>();
  readonly #holds: Hold[] = [];
  readonly #incidents: Incident[] = [];
  readonly #ended = new AbortController();
  #watched: Watched | undefined;
  #samples: Sample[] = [];
  #stepMs = reportSampleMs;
  #leftOut = 0;
  #rssPeak = 0;
  #isHeld = false;
  #running: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#startMs = options.clock.elapsedMs();
    this.#began = new Date(options.clock.nowMs()).toISOString();
  }

  /** The same log, with its retries and faults kept for the report. */
  listening(log: Log): Log {
    return (level, message, fields) => {
      if (level === 'warn' || level === 'error' || isRetry(message)) this.#note(level, message, fields?.module);
      log(level, message, fields);
    };
  }

  /** Samples these from now on, until `stop`. Everything before counts as each binding's start. */
  watch(watched: Watched): void {
    this.#watched = watched;
    for (const binding of watched.bindings) if (!this.#spans.has(binding)) this.#spans.set(binding, []);
    this.look();
    this.#running ??= this.#repeat();
  }

  /** Stops, and returns the record of the run. */
  async stop(outcome: Outcome): Promise<RunRecord> {
    this.#ended.abort();
    await this.#running;
    const elapsedMs = this.#elapsedMs();
    this.#lookAt(elapsedMs);
    const spent = this.#watched?.spent();
    const bindings = this.#watched?.bindings ?? [];
    return {
      outcome,
      began: this.#began,
      version: this.#options.version,
      elapsedMs,
      documents: documentsOf(bindings),
      calls: spent?.callsTotal ?? 0,
      credits: spent?.creditsTotal ?? 0,
      creditsLeft: spent?.remaining,
      creditsBy: Object.fromEntries(Object.entries<number>(spent?.credits ?? {}).filter(([, credits]) => credits > 0)),
      rssPeakBytes: this.#rssPeak,
      modules: bindings.map((binding) => {
        const {name, documents, deletions, dropped, quarantined, sweeps, fault} = binding;
        return {module: name, documents, deletions, dropped, quarantined, sweeps, fault, spans: this.#spans.get(binding) ?? []};
      }),
      samples: this.#samples,
      holds: this.#holds,
      incidents: this.#incidents,
      incidentsLeftOut: this.#leftOut,
    };
  }

  /** Takes one sample. */
  look(): void {
    this.#lookAt(this.#elapsedMs());
  }

  #lookAt(atMs: number): void {
    const {bindings, spent, holdReason} = this.#watched ?? {bindings: []};
    for (const [binding, spans] of this.#spans) extend(spans, binding, atMs);
    const rssBytes = this.#options.rssBytes();
    this.#rssPeak = Math.max(this.#rssPeak, rssBytes);
    const usage = spent?.();
    this.#hold(usage && holdOf(usage, holdReason?.()), atMs);
    const last = this.#samples.at(-1);
    if (last !== undefined && atMs - last.atMs < this.#stepMs && !this.#ended.signal.aborted) return;
    const {callsTotal: calls = 0, creditsTotal: credits = 0} = usage ?? {};
    this.#samples.push({atMs, documents: documentsOf(bindings), rssBytes, calls, credits});
    if (this.#samples.length <= reportSamplesMax) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
    this.#stepMs *= 2;
  }

  async #repeat(): Promise<void> {
    const {clock} = this.#options;
    while (!this.#ended.signal.aborted) {
      this.look();
      await clock.sleep(reportSampleMs, this.#ended.signal).catch(() => {});
    }
  }

  /** Extends the last hold to now, or begins another. */
  #hold(reason: string | undefined, atMs: number): void {
    const last = this.#holds.at(-1);
    if (this.#isHeld && last !== undefined) this.#holds[this.#holds.length - 1] = {...last, toMs: atMs};
    if (reason !== undefined && !(this.#isHeld && last?.reason === reason)) this.#holds.push({reason, fromMs: atMs, toMs: atMs});
    this.#isHeld = reason !== undefined;
    if (this.#holds.length > reportSpansMax) this.#holds.splice(0, 1);
  }

  #note(level: string, message: string, module: unknown): void {
    if (this.#incidents.length >= reportIncidentsMax) this.#leftOut++;
    else this.#incidents.push({atMs: this.#elapsedMs(), level, message, module: typeof module === 'string' ? module : undefined});
  }

  #elapsedMs(): number {
    return this.#options.clock.elapsedMs() - this.#startMs;
  }
}

/** Every message about a retry ends so. */
function isRetry(message: string): boolean {
  return message.includes('; trying again');
}

/** Why Zoho's limits currently delay calls; undefined when they do not. */
function holdOf({pausedMs = 0, nextDownloadMs}: UsageSummary, holdReason: string | undefined): string | undefined {
  if (holdReason !== undefined) return holdReason;
  if (pausedMs > 0) return 'Zoho asks for fewer calls';
  return nextDownloadMs === undefined ? undefined : `Zoho allows ${downloadsPerMinute} downloads a minute`;
}

function documentsOf(bindings: readonly BindingProgress[]): number {
  return bindings.reduce((sum, {documents}) => sum + documents, 0);
}

/** Extends the last span to now, or begins another. */
function extend(spans: Span[], {phase, fault}: BindingProgress, atMs: number): void {
  const activity = activityOf(phase, fault);
  const last = spans.at(-1);
  if (last !== undefined) spans[spans.length - 1] = {...last, toMs: atMs};
  if (last?.activity !== activity) spans.push({activity, phase, fromMs: last === undefined ? 0 : atMs, toMs: atMs});
  if (spans.length > reportSpansMax) spans.splice(0, 2, {...spans[1]!, fromMs: spans[0]!.fromMs});
}
