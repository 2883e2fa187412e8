/** Watches a capture for its report: looks at the progress of every binding at short intervals and keeps what changed. */
import type {BindingProgress} from '../../capture/progress.ts';
import {reportIncidentsMax, reportSampleMs, reportSamplesMax, reportSpansMax} from '../../limits.ts';
import type {Clock} from '../../platform/clock.ts';
import type {Log} from '../../platform/log.ts';
import type {UsageSummary} from '../../zoho/usage.ts';
import {activityOf, type Incident, type RunRecord, type Sample, type Span} from './record.ts';

export interface RecorderOptions {
  readonly clock: Clock;
  readonly bindings: readonly BindingProgress[];
  readonly spent: () => UsageSummary;
  /** Resident memory of the process, bytes. */
  readonly rssBytes: () => number;
  readonly version: string;
}

/**
 * Keeps a bounded record of a run. When there are too many samples every second one goes, so that a run of days has as many points as one of
 * minutes. A module's oldest spans are joined into the following ones when there are too many.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #startMs: number;
  readonly #began: string;
  readonly #spans: Span[][];
  readonly #incidents: Incident[] = [];
  readonly #ended = new AbortController();
  #samples: Sample[] = [];
  #stepMs = reportSampleMs;
  #leftOut = 0;
  #rssPeak = 0;
  #running: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#startMs = options.clock.elapsedMs();
    this.#began = new Date(options.clock.nowMs()).toISOString();
    this.#spans = options.bindings.map(() => []);
  }

  /** Begins to look; goes on until `stop`. */
  start(): void {
    this.#running ??= this.#watch();
  }

  /** The same log; what it says of retries and faults is kept for the report. */
  listening(log: Log): Log {
    return (level, message, fields) => {
      if (level === 'warn' || level === 'error' || fields?.tries !== undefined) this.#note(level, message, fields?.module);
      log(level, message, fields);
    };
  }

  /** Ends the watch and gives the record of the whole run. */
  async stop(): Promise<RunRecord> {
    this.#ended.abort();
    await this.#running;
    this.look();
    const {bindings, version} = this.#options;
    const spent = this.#options.spent();
    const elapsedMs = this.#elapsedMs();
    return {
      began: this.#began,
      version,
      elapsedMs,
      documents: bindings.reduce((sum, {documents}) => sum + documents, 0),
      calls: spent.callsTotal,
      credits: spent.creditsTotal,
      creditsBy: Object.fromEntries(Object.entries(spent.credits).filter(([, credits]) => credits > 0)),
      rssPeakBytes: this.#rssPeak,
      modules: bindings.map(({name, documents, deletions, dropped, sweeps, fault}, i) => {
        return {module: name, documents, deletions, dropped, sweeps, fault, spans: this.#spans[i]!};
      }),
      samples: this.#samples,
      incidents: this.#incidents,
      incidentsLeftOut: this.#leftOut,
    };
  }

  /** Looks once. */
  look(): void {
    const atMs = this.#elapsedMs();
    for (const [i, binding] of this.#options.bindings.entries()) extend(this.#spans[i]!, binding, atMs);
    const rssBytes = this.#options.rssBytes();
    this.#rssPeak = Math.max(this.#rssPeak, rssBytes);
    const last = this.#samples.at(-1);
    if (last !== undefined && atMs - last.atMs < this.#stepMs && !this.#ended.signal.aborted) return;
    const {callsTotal, creditsTotal} = this.#options.spent();
    const documents = this.#options.bindings.reduce((sum, binding) => sum + binding.documents, 0);
    this.#samples.push({atMs, documents, rssBytes, calls: callsTotal, credits: creditsTotal});
    if (this.#samples.length <= reportSamplesMax) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
    this.#stepMs *= 2;
  }

  async #watch(): Promise<void> {
    const {clock} = this.#options;
    while (!this.#ended.signal.aborted) {
      this.look();
      await clock.sleep(reportSampleMs, this.#ended.signal).catch(() => {});
    }
  }

  #note(level: string, message: string, module: unknown): void {
    if (this.#incidents.length >= reportIncidentsMax) this.#leftOut++;
    else this.#incidents.push({atMs: this.#elapsedMs(), level, message, module: typeof module === 'string' ? module : undefined});
  }

  #elapsedMs(): number {
    return this.#options.clock.elapsedMs() - this.#startMs;
  }
}

/** Prolongs the last span up to now, or begins another one there. */
function extend(spans: Span[], {phase, fault}: BindingProgress, atMs: number): void {
  const activity = activityOf(phase, fault);
  const last = spans.at(-1);
  if (last !== undefined) spans[spans.length - 1] = {...last, toMs: atMs};
  if (last?.activity !== activity) spans.push({activity, phase, fromMs: last === undefined ? 0 : atMs, toMs: atMs});
  if (spans.length > reportSpansMax) spans.splice(0, 2, {...spans[1]!, fromMs: spans[0]!.fromMs});
}
