/** What the connector may ask of Zoho, and what it gets. Types only; `client.ts` makes a client. */

import type {Field} from '../records/field.ts';
import type {OddRow} from '../records/odd-rows.ts';
import type {CoqlAnswer} from '../transforms/parse-json.ts';
import type {BulkPage, BulkQuery} from './bulk.ts';
import type {CoqlQuery} from './coql.ts';
import type {UsageSummary} from './usage.ts';

/** A module as Zoho lists it. */
export interface Module {
  /** API name, for all calls. */
  readonly name: string;
  /** Plural label as people see it. */
  readonly label: string;
  readonly apiSupported: boolean;
  /** `default`, `custom`, `linking`, `subform`, `field_tracker` and more: an open list. */
  readonly generatedType: string;
  /** `visible`, `user_hidden`, `system_hidden`, `scheduled_for_deletion`; empty when Zoho does not say. */
  readonly status: string;
}

/** A bulk read job as Zoho reports it. */
export interface BulkJob {
  /** `unknown` is a state that nothing is known of, which `reason` names. */
  readonly state: 'pending' | 'completed' | 'failed' | 'unknown';
  /** Rows of its result; absent when Zoho does not say. */
  readonly count?: number | undefined;
  /** For the job of the following page. */
  readonly nextPageToken?: string | undefined;
  /** Whether more rows follow; absent when Zoho does not say. */
  readonly more?: boolean | undefined;
  /** Rows that a page may have; absent when Zoho does not say. */
  readonly perPage?: number | undefined;
  /** Zoho's words, when it failed. */
  readonly reason?: string | undefined;
}

export interface DeletedRow {
  /** Digits. */
  readonly id: string;
  /** RFC 3339 with offset, as received. */
  readonly deletedTime: string;
  /** `recycle` or `permanent`. */
  readonly type: string;
}

export interface DeletedRows {
  readonly rows: readonly DeletedRow[];
  /** Rows of the page that name no deletion. */
  readonly odd?: readonly OddRow[];
  /** Whether further pages follow; undefined when Zoho does not say. */
  readonly more: boolean | undefined;
}

/** How the rows of a query are read. */
export interface CoqlOptions {
  /** Fields of the columns, which decide how structured values are written. */
  readonly fields?: ReadonlyMap<string, Field> | undefined;
  /** Memory that the rows may take; when they reach it, the rest of the answer is not read. */
  readonly bytesMax?: number | undefined;
}

/** Every wait in here ends at once, with the signal's reason, when the signal aborts. Failures are `ZohoError`s by kind. */
export interface ZohoClient {
  /**
   * Zoho's clock in whole epoch seconds: the latest `Date` header that is believed plus the time since it was received, so never ahead of
   * Zoho (see `ZohoClock`). If no answer was seen yet, makes the cheapest call first; if answers carry no such header, goes by this machine's clock.
   */
  nowSeconds(signal: AbortSignal): Promise<number>;
  /** All modules that the token's user may see, in Zoho's order. */
  modules(signal: AbortSignal): Promise<readonly Module[]>;
  /** Fields of a module, `id` always among them; null when Zoho keeps no field metadata for it. */
  fields(module: string, signal: AbortSignal): Promise<readonly Field[] | null>;
  /** Has Zoho export rows; gives the job's id. An attempt whose answer is lost may leave an unused job behind, which costs credits and nothing else. */
  createJob(query: BulkQuery | BulkPage, signal: AbortSignal): Promise<string>;
  job(id: string, signal: AbortSignal): Promise<BulkJob>;
  /** The bytes of a finished job's ZIP, once from its start. When they stop before their end it throws kind `short`, when there are none kind `unready`; the caller asks again. */
  download(id: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void>;
  /** The rows of a query, read while they arrive; null when nothing matches. Repeats the query when its answer is cut, stalls or is damaged. */
  coql(query: CoqlQuery, signal: AbortSignal, options?: CoqlOptions): Promise<CoqlAnswer | null>;
  /**
   * Records modified at or after a time, or all of a module that has no such times, for one credit. Undefined where Zoho does not count them: not every
   * organisation's COQL has aggregates, and an estimate can do without.
   */
  count(module: string, fromS: number | undefined, signal: AbortSignal): Promise<number | undefined>;
  /** One page (from 1) of what was deleted since a time; null when nothing was. */
  deleted(module: string, sinceSeconds: number, page: number, signal: AbortSignal): Promise<DeletedRows | null>;
  /** Scopes of the token, fetching one if need be; undefined when Zoho does not say. */
  scopes(signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** Calls made and credits spent so far. */
  spent(): UsageSummary;
  /** The origin that calls go to. */
  readonly origin: string;
  /** Drops all connections. */
  close(): Promise<void>;
}

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
}
