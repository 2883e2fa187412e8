/** What the connector can ask Zoho, and the answers. Types only; `client.ts` creates a client. */

import type {Field} from '../records/field.ts';
import type {UnusableRow} from '../records/unusable-rows.ts';
import type {CoqlAnswer} from '../transforms/parse-json.ts';
import type {BulkPage, BulkQuery} from './bulk.ts';
import type {CoqlQuery} from './coql.ts';
import type {UsageSummary} from './usage.ts';

/** A module as Zoho lists it. */
export interface Module {
  /** API name, for all calls. */
  readonly name: string;
  /** Plural label in Zoho's interface. */
  readonly label: string;
  readonly apiSupported: boolean;
  /** `default`, `custom`, `linking`, `subform`, `field_tracker` and more: an open list. */
  readonly generatedType: string;
  /**
   * `visible`, `user_hidden`, `system_hidden`, `scheduled_for_deletion`; empty when Zoho does not
   * say.
   */
  readonly status: string;
}

/** A bulk read job as Zoho reports it. */
export interface BulkJob {
  /** `unknown` is an undocumented state, which `reason` names. */
  readonly state: 'pending' | 'completed' | 'failed' | 'unknown';
  /** Rows of its result; absent when Zoho does not say. */
  readonly count?: number | undefined;
  /** For the job of the following page. */
  readonly nextPageToken?: string | undefined;
  /** Whether more rows follow; absent when Zoho does not say. */
  readonly more?: boolean | undefined;
  /** Most rows of a page; absent when Zoho does not say. */
  readonly perPage?: number | undefined;
  /** Zoho's message, when the job failed. */
  readonly reason?: string | undefined;
}

export interface DeletedRow {
  /** Digits. */
  readonly id: string;
  /** RFC 3339 with offset, as received. */
  readonly deletedTime: string;
  /** The same in epoch seconds. */
  readonly deletedS: number;
  /** `recycle` or `permanent`. */
  readonly type: string;
}

export interface DeletedRows {
  readonly rows: readonly DeletedRow[];
  /** Invalid rows of the page. */
  readonly unusable?: readonly UnusableRow[];
  /** Whether more pages follow; undefined when Zoho does not say. */
  readonly more: boolean | undefined;
}

/** How the rows of a query are read. */
export interface CoqlOptions {
  /** Fields of the columns, which decide how structured values are written. */
  readonly fields?: ReadonlyMap<string, Field> | undefined;
  /** Memory that the rows may take; at that size the rest of the answer is not read. */
  readonly bytesMax?: number | undefined;
}

/**
 * When a signal aborts, every wait ends at once with the signal's reason. Failures are
 * `ZohoError`s.
 */
export interface ZohoClient {
  /**
   * Zoho's clock in epoch seconds, never ahead of it (see `ZohoClock`). Before the first answer,
   * makes the cheapest call. If answers have no `Date` header, uses this machine's clock.
   */
  nowSeconds(signal: AbortSignal): Promise<number>;
  /** All modules that the token's user can see, in Zoho's order. */
  modules(signal: AbortSignal): Promise<readonly Module[]>;
  /** Fields of a module, always including `id`; null when Zoho has no field metadata for it. */
  fields(module: string, signal: AbortSignal): Promise<readonly Field[] | null>;
  /**
   * Starts an export and returns the job's id. An attempt whose answer is lost may leave an unused
   * job behind, which only costs credits.
   */
  createJob(query: BulkQuery | BulkPage, signal: AbortSignal): Promise<string>;
  job(id: string, signal: AbortSignal): Promise<BulkJob>;
  /**
   * The bytes of a finished job's ZIP, from its start. Throws kind `short` when they end early and
   * `unready` when there are none; the caller retries.
   */
  download(id: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void>;
  /**
   * The rows of a query, read as they arrive; null when nothing matches. Repeats the query when its
   * answer is cut, stalls or is damaged.
   */
  coql(query: CoqlQuery, signal: AbortSignal, options?: CoqlOptions): Promise<CoqlAnswer | null>;
  /**
   * How many records were modified at or after a time, or how many there are, for one credit.
   * Undefined where Zoho does not count: not every organisation's COQL has aggregates.
   */
  count(module: string, fromS: number | undefined, signal: AbortSignal): Promise<number | undefined>;
  /** One page (from 1) of the deletions since a time; null when there are none. */
  deleted(module: string, sinceSeconds: number, page: number, signal: AbortSignal): Promise<DeletedRows | null>;
  /**
   * Scopes of the token, which is fetched if necessary; undefined when Zoho does not list them.
   */
  scopes(signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** Calls made and credits spent so far. */
  spent(): UsageSummary;
  /** The origin that calls go to. */
  readonly origin: string;
  /** Closes all connections. */
  close(): Promise<void>;
}

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
}
