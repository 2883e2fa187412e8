/** Long work as one line: what is being done, and how much of it is complete. */
import {setImmediate as turn} from 'node:timers/promises';
import {systemClock} from '../../platform/clock.ts';
import type {Log} from '../../platform/log.ts';
import type {CommandContext} from '../host.ts';
import {type Display, display} from './display.ts';
import {grouped} from './table.ts';

export class Work {
  readonly #signal: AbortSignal;
  readonly #display: Display;
  #what = '';
  #done = 0;
  #total: number | undefined;
  #progress: (() => string) | undefined;
  #turnedMs = performance.now();

  constructor(host: CommandContext) {
    this.#signal = host.signal;
    this.#display = display(host, systemClock, {lines: () => this.#lines(), line: () => this.#lines().join('')});
  }

  /** Writes log lines above the progress line. */
  get log(): Log {
    return this.#display.log;
  }

  /** Begins a part of the work. Without a total it only counts. */
  begin(what: string, total?: number): void {
    this.#what = what;
    this.#done = 0;
    this.#total = total;
    this.#progress = undefined;
  }

  /** Begins a part of the work that is counted elsewhere; `progress` reports its progress. */
  follow(what: string, progress: () => string): void {
    this.begin(what);
    this.#progress = progress;
  }

  /** Counts finished work. */
  add(count = 1): void {
    this.#done += count;
  }

  /**
   * Yields to everything else from time to time: signals, and the progress line. For work that
   * would keep the process busy.
   *
   * @throws the signal's reason, once it has aborted.
   */
  async pause(): Promise<void> {
    if (performance.now() - this.#turnedMs < busyMsMax) return;
    await turn();
    this.#turnedMs = performance.now();
    this.#signal.throwIfAborted();
  }

  stop(): void {
    this.#display.stop();
  }

  #lines(): string[] {
    if (this.#what === '') return [];
    if (this.#progress !== undefined) return [`${this.#what}: ${this.#progress()}`];
    if (this.#total === undefined) return [this.#done === 0 ? this.#what : `${this.#what}: ${grouped(this.#done)}`];
    const share = this.#total > 0 ? ` (${Math.floor((100 * this.#done) / this.#total)} %)` : '';
    return [`${this.#what}: ${grouped(this.#done)} of ${grouped(this.#total)}${share}`];
  }
}

/** Work that computes yields this often, so that Ctrl-C and the progress line stay responsive. */
const busyMsMax = 50;

/** Shows the display during `use`, and removes it however the work ends. */
export async function working<T>(host: CommandContext, use: (work: Work) => Promise<T>): Promise<T> {
  const work = new Work(host);
  try {
    return await use(work);
  } finally {
    work.stop();
  }
}
