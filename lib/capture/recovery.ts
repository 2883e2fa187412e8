/**
 * Decides what follows a failure of Zoho: the same request again, a narrower one, or a pause of the
 * module.
 */

import {ZohoError} from '../errors/errors.ts';
import {type BackfillState, secondsOf} from '../flow/state.ts';
import {coqlRowsSmall, downloadTriesMax, jobTriesMax, resultWaitMaxMs, retryDelayMaxMs, retryDelayMs} from '../limits.ts';
import {backoff} from '../platform/backoff.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import type {BindingPatch} from '../records/batch.ts';
import type {Binding} from './binding.ts';
import {fieldCodes} from './bisect-fields.ts';
import {bisectColumns, columnCodes, takeHint} from './refused-columns.ts';

const anewFromJob: BindingPatch = {backfill: {job: null, rows: null, next_job: null}};
const anewFromRow: BindingPatch = {backfill: {rows: null}};
const anewFromPage: BindingPatch = {backfill: {next_page: null, job: null, rows: null, next_job: null, slice: null}};

/** What is recovered: the position of its rows, and what it requests. */
export interface Recoverable {
  readonly module: string;
  readonly shared: {readonly clock: Clock; readonly log: Log};
  readonly state: {readonly backfill?: BackfillState | undefined};
  patch(patch: BindingPatch): Promise<void>;
  /** Omits a field. Returns false if that changes nothing. */
  refuse(api: 'bulk', field: string): Promise<boolean>;
}

/**
 * Recovers one range from failures. Each recovery patches the state so that reading can continue
 * from it: after a short download all rows passed count, after a damaged one none, a lost or failed
 * job is submitted again, a missing result is awaited for a while, and an expired page token leads
 * back to the first page.
 */
export class BackfillRecovery {
  readonly #binding: Recoverable;
  readonly #findRefused: (signal: AbortSignal) => Promise<boolean>;
  #page: string | undefined;
  #rows = 0;
  #downloads = 0;
  #jobs = 0;
  #restarts = 0;
  /** Since when the page's result has been missing, and how often it was requested. */
  #unready: {sinceMs: number; tries: number} | undefined;

  /**
   * `findRefused` omits the fields that Bulk Read rejects without naming them. It returns false if
   * there are none.
   */
  constructor(binding: Recoverable, findRefused: (signal: AbortSignal) => Promise<boolean>) {
    this.#binding = binding;
    this.#findRefused = findRefused;
  }

  /**
   * Resolves when reading may continue. Throws if it cannot, with kind `module` for the module's
   * own fault.
   */
  async apply(error: unknown, signal: AbortSignal): Promise<void> {
    if (!(error instanceof ZohoError)) throw error;
    this.#notePage();
    switch (error.kind) {
      case 'field':
        if (await this.#binding.refuse('bulk', error.field ?? '')) return;
        throw this.#giveUp(error);
      case 'short':
      case 'unavailable':
        if (++this.#downloads > downloadTriesMax) throw error.kind === 'short' ? this.#giveUp(error) : error;
        return this.#again(error, undefined, this.#downloads, signal);
      case 'damaged':
        // Without a job, this answered its creation: each retry may leave a job of 50 credits
        // behind.
        if (this.#binding.state.backfill?.job == null || ++this.#downloads > downloadTriesMax) return this.#newJob(error, signal);
        return this.#again(error, anewFromRow, this.#downloads, signal);
      case 'unready': {
        // The next reading checks the job first. An expired one is lost.
        const {clock} = this.#binding.shared;
        this.#unready ??= {sinceMs: clock.elapsedMs(), tries: 0};
        if (clock.elapsedMs() - this.#unready.sinceMs > resultWaitMaxMs) return this.#newJob(error, signal);
        return this.#again(error, undefined, ++this.#unready.tries, signal);
      }
      case 'lost':
      case 'failed':
        return this.#newJob(error, signal);
      case 'expired':
        if (++this.#restarts > jobTriesMax) throw this.#giveUp(error);
        return this.#again(error, anewFromPage, this.#restarts, signal);
      case 'refused':
        if (fieldCodes.has(error.code) && (await this.#findRefused(signal))) return;
        throw this.#giveUp(error);
      default:
        throw error;
    }
  }

  async #newJob(error: ZohoError, signal: AbortSignal): Promise<void> {
    if (++this.#jobs >= jobTriesMax) throw this.#giveUp(error);
    this.#downloads = 0;
    this.#unready = undefined;
    return this.#again(error, anewFromJob, this.#jobs, signal);
  }

  async #again(error: ZohoError, patch: BindingPatch | undefined, tries: number, signal: AbortSignal): Promise<void> {
    const {clock, log} = this.#binding.shared;
    const delayMs = backoff(tries, {firstMs: retryDelayMs, maxMs: retryDelayMaxMs});
    log('info', `${error.message}; trying again in ${delayMs / 1000} s`, {module: this.#binding.module, kind: error.kind, tries});
    if (patch !== undefined) await this.#binding.patch(patch);
    await clock.sleep(delayMs, signal);
  }

  /**
   * Counters restart with every page. Those of short downloads also restart with every row gained.
   */
  #notePage(): void {
    const {next_page, slice, cutoff, rows = 0}: Partial<BackfillState> = this.#binding.state.backfill ?? {};
    const page = JSON.stringify([cutoff, slice, next_page]);
    if (page !== this.#page) {
      this.#jobs = 0;
      this.#downloads = 0;
      this.#unready = undefined;
      this.#rows = rows;
      this.#page = page;
    } else if (rows > this.#rows) {
      this.#downloads = 0;
      this.#rows = rows;
    }
  }

  #giveUp(error: ZohoError): ZohoError {
    return new ZohoError('module', `Module ${this.#binding.module} cannot be backfilled: ${error.message}`, {cause: error});
  }
}

/**
 * Narrows what sweeps request after Zoho rejected it: one field less, fewer columns, or smaller
 * pages (zoho-api sheet 5.3, 11). Returns false if nothing can be narrowed.
 */
async function narrow(binding: Binding, error: ZohoError, signal: AbortSignal): Promise<boolean> {
  const {module, queries, shared} = binding;
  const {fields} = queries;
  const refuse = (column: string): Promise<boolean> => binding.refuse('coql', column);
  const search = {module, fields, client: shared.client, fromS: secondsOf(binding.state.inc.cursor), refuse};
  if (await takeHint(search, error)) return true;
  const mayBeColumn = error.kind === 'field' || (error.kind === 'refused' && columnCodes.has(error.code));
  if (mayBeColumn && (await bisectColumns(search, signal))) return true;
  if (error.kind !== 'refused' || !capCodes.has(error.code)) return false;
  if (fields.narrowCoql()) return true;
  return queries.pageSize.allow(coqlRowsSmall);
}

/**
 * Runs a COQL request, and narrows it as long as Zoho rejects it and it can be narrowed. A
 * rejection that remains is the module's own fault.
 */
export async function withNarrowerQuery(binding: Binding, ask: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ZohoError)) throw error;
      if (await narrow(binding, error, signal)) continue;
      const own = error.kind === 'field' || error.kind === 'refused' || error.kind === 'damaged';
      throw own ? new ZohoError('module', `its changes cannot be read: ${error.message}`, {cause: error}) : error;
    }
  }
}

/** Codes with which Zoho may reject a query that exceeds the organisation's limits. */
const capCodes: ReadonlySet<string | undefined> = new Set(['LIMIT_EXCEEDED', ...columnCodes]);
