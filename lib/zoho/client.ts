/** Creates the connector's Zoho CRM client, with its retries, limits and tokens. */

import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import {withoutSecrets} from '../platform/redact.ts';
import {AccessToken} from './access-token.ts';
import type {Credentials, ZohoClient} from './api.ts';
import {Caller} from './caller.ts';
import type {Connections} from './connections.ts';
import {accountsOrigin, apiOrigin, isLoopback, sameOrgHost} from './data-centers.ts';
import {Endpoints, type Waits} from './endpoints.ts';
import {Http, type Timeouts, usualTimeouts} from './http.ts';
import {tokenTimeoutMs} from './limits.ts';
import {RateLimiter} from './rate-limiter.ts';
import {askToken} from './token-endpoint.ts';
import {Usage} from './usage.ts';

export type {BulkPage, BulkQuery} from './bulk.ts';

export interface ClientOptions {
  /** As configured: one of Zoho's API domains, or a loopback address. */
  readonly apiDomain: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
  /** The value of `SOURCE_ZOHO_LOOPBACK`; `off` refuses loopback addresses. */
  readonly loopback?: string | undefined;
  /**
   * Called with the reason when calls are delayed for long (limits, credits, tokens), and with
   * `undefined` when they go on.
   */
  readonly onHold?: (reason: string | undefined) => void;
  /**
   * How long limits (429, credits, tokens) may delay one call before it fails as unavailable. The
   * default, a little over a day, suits a capture; a person or a publication waits minutes.
   */
  readonly waitMaxMs?: number | undefined;
  /** For specs: randomness in [0, 1), shorter times, and connections of their own. */
  readonly random?: () => number;
  readonly timeouts?: Partial<Timeouts & {callMs: number; tokenMs: number}>;
  readonly connections?: Connections;
}

/** Makes no call yet. Throws `ConfigError` for an API domain to which credentials must not go. */
export function createClient({
  apiDomain,
  credentials,
  clock,
  log,
  loopback,
  onHold,
  waitMaxMs,
  random,
  timeouts = {},
  connections,
}: ClientOptions): ZohoClient {
  const origin = apiOrigin(apiDomain, loopback);
  const accounts = accountsOrigin(origin);
  const http = new Http(origin, {...usualTimeouts, ...timeouts}, connections);
  const usage = new Usage(() => clock.elapsedMs());
  const token = new AccessToken({
    ask: (signal) => askToken(http, accounts, credentials, timeouts.tokenMs ?? tokenTimeoutMs, signal),
    accepts: acceptance(origin, log),
    apiHost: new URL(origin).host,
    accountsHost: new URL(accounts).host,
    clock,
    log,
    random,
    waitMaxMs,
    onHold,
  });
  const {clientId, clientSecret, refreshToken} = credentials;
  const rateLimiter = new RateLimiter({clock, random, onHold});
  const caller = new Caller({
    origin,
    http,
    token,
    rateLimiter,
    usage,
    clock,
    log,
    random,
    waitMaxMs,
    timeoutMs: timeouts.callMs,
    redact: (text) => withoutSecrets(text, [token.current, clientSecret, refreshToken, clientId]),
  });
  const waits = (): Waits => ({nextDownloadMs: rateLimiter.nextDownloadMs, pausedMs: rateLimiter.pausedMs});
  return new Endpoints({origin, http, token, caller, usage, log, waits});
}

/**
 * Whether a token issued for an API domain works on an origin. A local simulator may name another
 * domain, which is logged once.
 */
function acceptance(origin: string, log: Log): (answered: string) => boolean {
  let logged = false;
  return (answered) => {
    if (sameOrgHost(origin, answered)) return true;
    if (!isLoopback(origin)) return false;
    if (!logged) log('warn', `The access token was issued for ${apiOrigin(answered)}; calls still go to ${origin}`);
    logged = true;
    return true;
  };
}
