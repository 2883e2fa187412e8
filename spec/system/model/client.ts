/**
 * The model org behind the connector's own client interface: answers take time, photographs are
 * taken, pages expire.
 */
import {zipSync} from 'fflate';
import type {VirtualClock} from '../../../lib/bench/virtual-clock.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {silent} from '../../../lib/platform/log.ts';
import {parseQuery} from '../../../lib/sandbox/coql/parse.ts';
import type {Condition, Literal} from '../../../lib/sandbox/coql/query.ts';
import {coqlDefaults} from '../../../lib/sandbox/coql/switches.ts';
import {parseCoql} from '../../../lib/transforms/parse-json.ts';
import type {BulkJob, DeletedRows, Module, ZohoClient} from '../../../lib/zoho/api.ts';
import type {BulkPage, BulkQuery} from '../../../lib/zoho/client.ts';
import {Usage} from '../../../lib/zoho/usage.ts';
import {ZohoClock} from '../../../lib/zoho/zoho-clock.ts';
import {type ModelFields, textOf} from './fields.ts';
import {type Oddities, refuseOdd, writeDate, writeFlag} from './oddities.ts';
import type {ModelOrg, Seen} from './org.ts';
import type {Random} from './random.ts';

export interface ModelOptions {
  readonly rowsPerJob: number;
  readonly coqlRows: number;
  readonly photograph: 'at submit' | 'at run' | 'first page for all';
  /** How often a download ends short, comes damaged, a job is lost or fails. */
  faults: number;
  /**
   * A page token continues by offset, so that rows leaving the range shift later ones. Zoho does
   * not; a control that must be caught.
   */
  readonly pagesShift: boolean;
  readonly odd: Oddities;
  /** The feed of deletions is so far behind. */
  readonly feedLagMs: number;
  /** The feed is refused from then on. */
  feedRefusedFromMs: number;
}

interface Job {
  readonly query: BulkQuery;
  /** Rows after this id are the page; ids are the order of pages. */
  readonly afterId: bigint;
  readonly offset: number;
  readonly runsMs: number;
  photo: readonly Seen[] | undefined;
  lost: boolean;
}

/** One client for one run of the connector; the org, its jobs and its clock outlive it. */
export class ModelZoho {
  readonly org: ModelOrg;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly options: ModelOptions;
  readonly fields: ModelFields;
  readonly jobs = new Map<string, Job>();
  readonly tokens = new Map<string, {job: Job; afterId: bigint; offset: number}>();
  coqlCalls = 0;
  deletedCalls = 0;
  /** Names of jobs' fields, in the order of their creation. */
  readonly created: string[] = [];

  constructor(org: ModelOrg, clock: VirtualClock, random: Random, options: ModelOptions, fields: ModelFields) {
    this.org = org;
    this.clock = clock;
    this.random = random;
    this.options = options;
    this.fields = fields;
  }

  client(): ZohoClient {
    const zohoClock = new ZohoClock({clock: this.clock, log: silent, host: 'model'});
    const {odd} = this.options;
    const sinceMs = this.clock.nowMs();
    /**
     * One call: it takes time to reach Zoho, is answered from that moment, and takes time to come
     * back.
     */
    const call = async <T>(signal: AbortSignal, answer: () => T): Promise<T> => {
      await this.clock.sleep(20 + this.random.below(400), signal);
      const answeredS = Math.floor(this.clock.nowMs() / 1000);
      const value = answer();
      await this.clock.sleep(20 + this.random.below(400), signal);
      zohoClock.note(writeDate(odd, answeredS, this.random));
      return value;
    };
    return {
      nowSeconds: async (signal) => {
        if (zohoClock.seconds === undefined) await call(signal, () => undefined);
        return zohoClock.seconds!;
      },
      modules: (signal) => call(signal, (): Module[] => []),
      fields: (_module, signal) => call(signal, () => this.fields.listed),
      createJob: (query, signal) => call(signal, () => this.#create(query)),
      job: (id, signal) => call(signal, () => this.#status(id)),
      download: (id, signal) => this.#download(id, signal),
      coql: async (query, signal, {fields, bytesMax} = {}) => {
        this.coqlCalls++;
        const body = await call(signal, () => this.#coql(query.text, sinceMs));
        return body === undefined ? null : parseCoql(bytes(body), query.columns, fields, bytesMax);
      },
      count: async () => undefined,
      deleted: (_module, sinceS, page, signal) => {
        this.deletedCalls++;
        return call(signal, () => this.#deleted(sinceS, page));
      },
      scopes: async () => undefined,
      spent: () => new Usage().summary(),
      origin: 'http://model',
      close: async () => {},
    };
  }

  #create(query: BulkQuery | BulkPage): string {
    const from = 'pageToken' in query ? this.tokens.get(query.pageToken) : undefined;
    if ('pageToken' in query && from === undefined) throw new ZohoError('expired', 'The page token has expired');
    if ('fields' in query) this.fields.check('bulk', query.fields);
    const base = from?.job;
    const runsMs = this.clock.nowMs() + this.random.below(20_000);
    const job: Job = {
      query: 'pageToken' in query ? base!.query : query,
      afterId: from?.afterId ?? 0n,
      offset: from?.offset ?? 0,
      runsMs,
      photo: undefined,
      lost: false,
    };
    if (this.options.photograph === 'at submit') job.photo = this.org.seen(this.clock.nowMs());
    if (this.options.photograph === 'first page for all' && base !== undefined) job.photo = base.photo;
    const id = String(5725767000009000000n + BigInt(this.jobs.size));
    this.jobs.set(id, job);
    this.created.push('pageToken' in query ? 'page' : query.fields.join(','));
    return id;
  }

  #status(id: string): BulkJob {
    const job = this.#job(id);
    if (this.clock.nowMs() < job.runsMs) return {state: 'pending'};
    if (this.random.chance(this.options.faults / 2)) {
      job.lost = true;
      return {state: 'failed', reason: 'an error in the model'};
    }
    const rows = this.#rows(job);
    const page = rows.slice(0, this.options.rowsPerJob);
    const more = rows.length > page.length;
    const token = `token-${id}`;
    if (more) this.tokens.set(token, {job, afterId: page.at(-1)!.id, offset: job.offset + page.length});
    return {state: 'completed', count: page.length, more, nextPageToken: more ? token : undefined};
  }

  /** Rows of the job's page and of all pages after it, by id. */
  #rows(job: Job): Seen[] {
    job.photo ??= this.org.seen(job.runsMs);
    const {fromS, toS, whole = false} = job.query;
    const range = job.photo
      .filter(({modifiedS}) => whole || (modifiedS >= fromS && modifiedS < toS))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.options.pagesShift ? range.slice(job.offset) : range.filter(({id}) => id > job.afterId);
  }

  async *#download(id: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    await this.clock.sleep(50 + this.random.below(2_000), signal);
    const job = this.#job(id);
    const columns = ['Id', ...job.query.fields.filter((name) => name !== 'id')];
    const lines = this.#rows(job)
      .slice(0, this.options.rowsPerJob)
      .map((row) => columns.map((name) => cell(row, name)).join(','));
    const csv = Buffer.from([columns.join(','), ...lines, ''].join('\r\n'));
    // Stored, not deflated: nothing but the clock is waited for.
    const zip = zipSync({[`${id}.csv`]: csv}, {level: 0});
    // The checksum of the local header: what comes is right, but cannot be known to be.
    if (this.random.chance(this.options.faults)) zip[14]! ^= 1;
    const end = this.random.chance(this.options.faults) ? this.random.below(zip.length) : zip.length;
    const pieceBytes = Math.max(256, zip.length >> 4);
    for (let at = 0; at < end; at += pieceBytes) {
      yield zip.subarray(at, Math.min(end, at + pieceBytes));
      await this.clock.sleep(this.random.below(500), signal);
    }
    if (end < zip.length) throw new ZohoError('short', 'The download ended early');
  }

  #job(id: string): Job {
    const job = this.jobs.get(id);
    if (job === undefined || job.lost) throw new ZohoError('lost', `Job ${id} is not known`);
    if (this.random.chance(this.options.faults / 4)) job.lost = true;
    return job;
  }

  #coql(text: string, sinceMs: number): string | undefined {
    const {odd} = this.options;
    refuseOdd(odd, text);
    const query = parseQuery(text, coqlDefaults);
    this.fields.check(
      'coql',
      query.select.map(({column}) => column),
    );
    const lagMs = odd.lagMs > 0 && this.random.chance(0.5) ? this.random.below(odd.lagMs) : 0;
    const rows = this.org
      .seen(Math.max(Math.min(sinceMs, this.clock.nowMs()), this.clock.nowMs() - lagMs))
      .filter((row) => matches(query.where, row))
      .sort((a, b) => a.modifiedS - b.modifiedS || (a.id < b.id ? -1 : 1));
    const page = rows.slice(0, Math.min(query.limit, this.options.coqlRows));
    if (page.length === 0) return undefined;
    const data = page.map((row) => `{${query.select.map(({column}) => `"${column}":${json(row, column)}`).join(',')}}`);
    return `{"data":[${data.join(',')}],"info":{"count":${page.length}${writeFlag(odd, rows.length > page.length)}}}`;
  }

  #deleted(sinceS: number, page: number): DeletedRows | null {
    if (this.clock.nowMs() >= this.options.feedRefusedFromMs) throw new ZohoError('module', 'The module has no deletions');
    const all = this.org.deletions(sinceS, this.clock.nowMs() - this.options.feedLagMs);
    const rows = all.slice((page - 1) * 5, page * 5);
    if (rows.length === 0) return null;
    const more = this.options.odd.flags === 'missing' ? undefined : all.length > page * 5;
    return {rows: rows.map(({id, deletedS, type}) => ({id, type, deletedTime: timeText(deletedS), deletedS})), more};
  }
}

/** Datetimes are rendered in the zone of an org that is not in UTC. */
export function timeText(seconds: number): string {
  return `${new Date((seconds - 4 * 3600) * 1000).toISOString().slice(0, 19)}-04:00`;
}

function cell(row: Seen, column: string): string {
  if (column === 'Id') return String(row.id);
  if (column === 'Modified_Time') return timeText(row.modifiedS);
  return textOf(row, column) ?? '';
}

function json(row: Seen, column: string): string {
  if (column === 'id') return `"${row.id}"`;
  if (column === 'Score') return String(row.score);
  return column === 'Modified_Time' ? JSON.stringify(cell(row, column)) : JSON.stringify(textOf(row, column) ?? null);
}

function matches(condition: Condition, row: Seen): boolean {
  if ('terms' in condition) {
    return condition.kind === 'and'
      ? condition.terms.every((term) => matches(term, row))
      : condition.terms.some((term) => matches(term, row));
  }
  // Every record of the model has all columns.
  if (condition.kind === 'null') return condition.negated;
  const value = condition.column === 'id' ? row.id : BigInt(row.modifiedS);
  if (condition.kind === 'in') return condition.values.some((literal) => value === numberOf(literal, condition.column));
  if (condition.kind !== 'compare') throw new Error(`The model knows no ${condition.kind}`);
  const other = numberOf(condition.value, condition.column);
  switch (condition.comparator) {
    case '>=':
      return value >= other;
    case '>':
      return value > other;
    case '<':
      return value < other;
    case '=':
      return value === other;
    default:
      throw new Error(`The model knows no ${condition.comparator}`);
  }
}

function numberOf({text}: Literal, column: string): bigint {
  return column === 'id' ? BigInt(text) : BigInt(Date.parse(text) / 1000);
}

async function* bytes(text: string): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(text);
}
