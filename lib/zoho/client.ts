/** Zoho CRM as the rest of the connector sees it: every call it makes, with retries, limits and tokens taken care of. */

import {secretCharactersMin, tokenTimeoutMs} from '../limits.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import type {Field} from '../records/field.ts';
import type {OddRow} from '../records/odd-rows.ts';
import {Token} from './access-token.ts';
import type {BulkPage, BulkQuery} from './bulk.ts';
import {Caller} from './caller.ts';
import {accountsOrigin, apiOrigin, isLoopback, sameOrgHost} from './data-centers.ts';
import {Calls} from './endpoints.ts';
import {Http, type Timeouts, usualTimeouts} from './http.ts';
import {Governor} from './rate-limiter.ts';
import {askToken} from './token-endpoint.ts';
import {Ledger, type LedgerSummary} from './usage.ts';

export type {BulkPage, BulkQuery} from './bulk.ts';

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
  /**
   * Asks a query and has `read` take in the body; null when nothing matches. `read` is called again with a new body when one is cut, stalls, or makes it
   * throw kind `damaged`; what it throws otherwise is thrown as it is.
   */
  coql<T>(query: string, read: (body: AsyncIterable<Uint8Array>) => Promise<T>, signal: AbortSignal): Promise<T | null>;
  /** One page (from 1) of what was deleted since a time; null when nothing was. */
  deleted(module: string, sinceSeconds: number, page: number, signal: AbortSignal): Promise<DeletedRows | null>;
  /** Scopes of the token, fetching one if need be; undefined when Zoho does not say. */
  scopes(signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** Calls made and credits spent so far. */
  spent(): LedgerSummary;
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

export interface ClientOptions {
  /** As configured: an API domain of Zoho, or a loopback address. */
  readonly apiDomain: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
  /** The value of `SOURCE_ZOHO_LOOPBACK`; `off` refuses loopback addresses. */
  readonly loopback?: string | undefined;
  /** Told why calls are held back for long (limits, credits, tokens), and `undefined` when they go on. */
  readonly onStatus?: (reason: string | undefined) => void;
  /**
   * How long limits (429, credits, tokens) may hold up one call before it fails as unavailable: by default a day and a bit, as a capture wants it. A
   * person or a publication who waits for the answer wants minutes.
   */
  readonly waitMaxMs?: number | undefined;
  /** For specs: randomness in [0, 1) and shorter times. */
  readonly random?: () => number;
  readonly timeouts?: Partial<Timeouts & {callMs: number; tokenMs: number}>;
}

/** Makes no call yet. Throws `ConfigError` when the API domain is none that credentials may go to. */
export function createClient({
  apiDomain,
  credentials,
  clock,
  log,
  loopback,
  onStatus,
  waitMaxMs,
  random,
  timeouts = {},
}: ClientOptions): ZohoClient {
  const origin = apiOrigin(apiDomain, loopback);
  const accounts = accountsOrigin(origin);
  const http = new Http(origin, {...usualTimeouts, ...timeouts});
  const ledger = new Ledger();
  const token = new Token({
    ask: (signal) => askToken(http, accounts, credentials, timeouts.tokenMs ?? tokenTimeoutMs, signal),
    accepts: acceptance(origin, log),
    apiHost: new URL(origin).host,
    accountsHost: new URL(accounts).host,
    clock,
    log,
    random,
    waitMaxMs,
    tell: onStatus,
  });
  const {clientId, clientSecret, refreshToken} = credentials;
  const governor = new Governor({clock, random, tell: onStatus});
  const caller = new Caller({
    origin,
    http,
    token,
    governor,
    ledger,
    clock,
    log,
    random,
    waitMaxMs,
    timeoutMs: timeouts.callMs,
    redact: (text) => withoutSecrets(text, [token.current, clientSecret, refreshToken, clientId]),
  });
  return new Calls({origin, http, token, caller, ledger, log, nextDownloadMs: () => governor.nextDownloadMs});
}

/** Whether a token that names an API domain serves calls to an origin. A simulator on this machine may name whatever it copied; that is said once. */
function acceptance(origin: string, log: Log): (answered: string) => boolean {
  let told = false;
  return (answered) => {
    if (sameOrgHost(origin, answered)) return true;
    if (!isLoopback(origin)) return false;
    if (!told) log('warn', `The access token is given for ${apiOrigin(answered)}; calls go to ${origin} all the same`);
    told = true;
    return true;
  };
}

/** A text for people without the secrets in it. One too short to be a secret of Zoho's is left: it would be found in any word. */
function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  const long = secrets.filter((secret) => secret !== undefined && secret.length >= secretCharactersMin);
  return long.reduce<string>((rest, secret) => rest.replaceAll(secret!, '(secret)'), text);
}
