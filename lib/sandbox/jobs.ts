/**
 * Bulk jobs: their progress over time, what they export, and the tokens that lead from page to page
 * (zoho-api sheet 4).
 */
import type {Test} from './criteria.ts';
import {mix} from './hash.ts';
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';
import type {PointInTime} from './point-in-time.ts';
import type {OrgRecord} from './record.ts';

/** The query that a page token is bound to. */
export interface JobQuery {
  readonly module: OrgModule;
  /** Columns of the file except the id. */
  readonly columns: readonly string[];
  readonly test: Test;
  /** Identifies criteria on anything except `Modified_Time`, for the file cache. */
  readonly key: string;
  /** As received, because status answers repeat it. */
  readonly echo: Readonly<Record<string, unknown>>;
}

export type JobState = 'ADDED' | 'QUEUED' | 'IN PROGRESS' | 'COMPLETED' | 'FAILURE';

/** Where a page begins: at a rank in the rows' order, or after a number of rows. */
interface Place {
  readonly page: number;
  readonly rank: number;
  readonly skip: number;
}

/** Consecutive pages. One switch makes them all show the moment of the first. */
interface Chain {
  moment: PointInTime | undefined;
}

export interface JobResult {
  readonly count: number;
  readonly nextToken: string | undefined;
}

export interface Job {
  readonly id: string;
  readonly query: JobQuery;
  readonly place: Place;
  readonly createdMs: number;
  readonly startMs: number;
  readonly doneMs: number;
}

interface Kept extends Job {
  readonly chain: Chain;
  moment: PointInTime | undefined;
  result: JobResult | undefined;
  failure: string | undefined;
}

interface Token {
  readonly query: JobQuery;
  readonly place: Place;
  readonly chain: Chain;
  readonly issuedMs: number;
}

export type TokenAnswer = 'unknown' | 'expired' | Job;

export class Jobs {
  readonly #org: Org;
  readonly #jobs = new Map<string, Kept>();
  readonly #tokens = new Map<string, Token>();
  #created = 0;
  #lastDoneMs = 0;

  constructor(org: Org) {
    this.#org = org;
  }

  /** Starts an export with its first page, or with a later one by number. */
  create(query: JobQuery, page = 1): Job {
    return this.#add(query, {page, rank: 0, skip: (page - 1) * this.#org.switches.rowsPerJob}, {moment: undefined});
  }

  /** Starts the export of the page that a token leads to. */
  next(text: string): TokenAnswer {
    const token = this.#tokens.get(text);
    if (!token) return 'unknown';
    if (this.#org.clock.nowMs() - token.issuedMs >= this.#org.switches.pageTokenLifeS * 1_000) return 'expired';
    return this.#add(token.query, token.place, token.chain);
  }

  /** A job whose result is still available. */
  get(id: string): Job | undefined {
    const job = this.#jobs.get(id);
    if (!job || this.#org.clock.nowMs() >= job.doneMs + this.#org.switches.resultLifeS * 1_000) return undefined;
    return job;
  }

  /** All existing jobs, oldest first; for specs and `/sandbox`. */
  get all(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  /** Makes a job end in FAILURE with this text. */
  fail(id: string, reason: string): void {
    const job = this.#kept(id);
    job.failure = reason;
  }

  /** Forgets a job, as if its result had expired. */
  lose(id: string): void {
    this.#jobs.delete(id);
  }

  /** Expires all page tokens that were issued. */
  expireTokens(): void {
    for (const [text, token] of this.#tokens) this.#tokens.set(text, {...token, issuedMs: Number.NEGATIVE_INFINITY});
  }

  stateOf(job: Job): JobState {
    const nowMs = this.#org.clock.nowMs();
    const kept = this.#kept(job.id);
    if (nowMs < kept.startMs) return nowMs - kept.createdMs < (kept.startMs - kept.createdMs) / 2 ? 'ADDED' : 'QUEUED';
    this.#photograph(kept);
    if (nowMs < kept.doneMs) return 'IN PROGRESS';
    return kept.failure === undefined ? 'COMPLETED' : 'FAILURE';
  }

  failureOf(job: Job): string | undefined {
    return this.#kept(job.id).failure;
  }

  /** Row count and next page of a completed job. */
  resultOf(job: Job): JobResult {
    const kept = this.#kept(job.id);
    kept.result ??= this.#finish(kept);
    return kept.result;
  }

  /** The rows of a completed job, the same ones on every call. */
  *rows(job: Job): Generator<OrgRecord, void, void> {
    const {count} = this.resultOf(job);
    let left = count;
    if (left === 0) return;
    for (const {record} of this.#matching(this.#kept(job.id))) {
      yield record;
      left -= 1;
      if (left === 0) return;
    }
  }

  /** The moment that a completed job shows. */
  momentOf(job: Job): PointInTime {
    return this.#photograph(this.#kept(job.id));
  }

  #kept(id: string): Kept {
    const job = this.#jobs.get(id);
    if (!job) throw new Error(`Cannot find job ${id} in the sandbox`);
    return job;
  }

  #add(query: JobQuery, place: Place, chain: Chain): Job {
    const {clock, switches} = this.#org;
    const createdMs = clock.nowMs();
    this.#forget(createdMs);
    const startMs = Math.max(createdMs + switches.queueMs, switches.serialJobs ? this.#lastDoneMs : 0);
    const doneMs = startMs + switches.jobMs;
    this.#lastDoneMs = Math.max(this.#lastDoneMs, doneMs);
    this.#created += 1;
    const id = String(5_725_767_000_000_859_000n + BigInt(this.#created) * 13n);
    const moment = switches.photograph === 'submit' ? this.#org.now() : undefined;
    const job: Kept = {id, query, place, createdMs, startMs, doneMs, chain, moment, result: undefined, failure: undefined};
    this.#jobs.set(id, job);
    return job;
  }

  /** Fixes the moment that a running job shows. */
  #photograph(job: Kept): PointInTime {
    const {now, switches} = {now: this.#org.now(), switches: this.#org.switches};
    const own: PointInTime = (job.moment ??= {atMs: Math.min(job.startMs, now.atMs), seq: now.seq});
    if (switches.photograph !== 'first page') return own;
    return (job.chain.moment ??= own);
  }

  #finish(job: Kept): JobResult {
    const {rowsPerJob, pagesShift} = this.#org.switches;
    let count = 0;
    let rankAfter = job.place.rank;
    let more = false;
    for (const {rank} of this.#matching(job)) {
      if (count === rowsPerJob) {
        more = true;
        break;
      }
      count += 1;
      rankAfter = rank + 1;
    }
    if (!more) return {count, nextToken: undefined};
    const place: Place = {
      page: job.place.page + 1,
      rank: pagesShift ? 0 : rankAfter,
      skip: pagesShift ? job.place.page * rowsPerJob : 0,
    };
    const token = tokenText(job.id, this.#org.seed);
    this.#tokens.set(token, {query: job.query, place, chain: job.chain, issuedMs: this.#org.clock.nowMs()});
    return {count, nextToken: token};
  }

  *#matching(job: Kept): Generator<{readonly record: OrgRecord; readonly rank: number}, void, void> {
    const {query, place} = job;
    const moment = this.#photograph(job);
    const {rowOrder} = this.#org.switches;
    let skip = place.skip;
    for (let rank = place.rank; rank < query.module.rankEnd; rank += 1) {
      const record = query.module.atRank(rank, rowOrder, moment);
      if (!record || !query.test(record)) continue;
      if (skip > 0) skip -= 1;
      else yield {record, rank};
    }
  }

  /** Drops jobs and tokens that nobody can ask for any more. */
  #forget(nowMs: number): void {
    const {resultLifeS, pageTokenLifeS} = this.#org.switches;
    for (const [id, {doneMs}] of this.#jobs) if (nowMs >= doneMs + resultLifeS * 1_000) this.#jobs.delete(id);
    for (const [text, {issuedMs}] of this.#tokens) if (nowMs >= issuedMs + pageTokenLifeS * 2_000) this.#tokens.delete(text);
  }
}

/** A token that looks as arbitrary as Zoho's. */
function tokenText(id: string, seed: number): string {
  let h = mix(seed, Number(id.slice(-9)));
  let text = '';
  for (let i = 0; i < 12; i += 1) {
    h = mix(h, i);
    text += h.toString(16).padStart(8, '0');
  }
  return text;
}
