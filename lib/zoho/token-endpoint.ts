/** The call for an access token, and what its answers mean (zoho-api sheet 1.2). */
import * as v from 'valibot';
import {ZohoError} from '../errors/errors.ts';
import {jsonOf} from '../platform/json.ts';
import type {Credentials} from './api.ts';
import {type Http, within} from './http.ts';
import {errorBytesMax} from './limits.ts';
import {apiErrorOf, type TokenReply, tokenReply} from './schemas.ts';

/** An answer of the accounts host with its complete body. */
export interface TokenAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Makes one request for an access token. Credentials are in the body, because addresses end up in
 * logs.
 */
export async function askToken(
  http: Http,
  origin: string,
  {clientId, clientSecret, refreshToken}: Credentials,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<TokenAnswer> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: clientId,
    client_secret: clientSecret,
    refresh_token: refreshToken,
  });
  const headers = {'content-type': 'application/x-www-form-urlencoded', accept: 'application/json'};
  return within(timeoutMs, new URL(origin).host, signal, async (limited) => {
    const answer = await http.send({origin, path: '/oauth/v2/token', method: 'POST', headers, body: form.toString()}, limited);
    return {status: answer.status, text: await answer.text(errorBytesMax)};
  });
}

/** Both hosts, for messages. */
export interface TokenHosts {
  readonly apiHost: string;
  readonly accountsHost: string;
}

/** A token, or why to retry: `throttled` after a long pause, `failed` soon. */
export type TokenResult = {readonly reply: TokenReply} | {readonly again: 'throttled' | 'failed'; readonly why: string};

/**
 * Reads an answer by its body: errors mostly arrive with status 200. Throws kind `credentials` when
 * a retry cannot help.
 */
export function readTokenAnswer({status, text}: TokenAnswer, hosts: TokenHosts): TokenResult {
  const body = jsonOf(text);
  const reply = v.safeParse(tokenReply, body);
  if (reply.success) return {reply: reply.output};
  if (isThrottle(status, body))
    return {again: 'throttled', why: 'Zoho refuses more tokens for now, because too many were requested within 10 minutes'};
  const apiError = apiErrorOf(body);
  if (apiError === undefined || status >= 500 || passingCodes.has(apiError.code))
    return {again: 'failed', why: `${hosts.accountsHost} gave no usable answer (HTTP status ${status})`};
  throw new ZohoError('credentials', explain(apiError.code, hosts), {code: apiError.code, status});
}

function explain(code: string, hosts: TokenHosts): string {
  const meaning = meanings.get(code);
  return meaning === undefined
    ? `Cannot get an access token: ${hosts.accountsHost} refuses the credentials (${shownCode(code)})`
    : `Cannot get an access token: ${meaning(hosts)} (${code})`;
}

/** A code that may be shown: words. Anything else may repeat what was sent. */
export function shownCode(code: string): string {
  return /^[A-Za-z_ ]{1,60}$/.test(code) ? code : 'for an unknown reason';
}

/**
 * How long a token lives, at most a day. The unit is seconds; some old clients received
 * milliseconds, with the seconds beside them.
 */
export function lifeMsOf({expires_in, expires_in_sec}: TokenReply): number {
  if (expires_in_sec !== undefined) return Math.min(dayMs, expires_in_sec * 1000);
  if (expires_in === undefined) return 3_600_000;
  return Math.min(dayMs, expires_in > 86_400 ? expires_in : expires_in * 1000);
}

const dayMs = 86_400_000;

type Meaning = (hosts: TokenHosts) => string;

const badRefreshToken: Meaning = ({accountsHost, apiHost}) =>
  `${accountsHost} does not know the refresh_token; it was revoked or mistyped, or belongs to another data centre than ${apiHost}; authorize again`;

const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [
    'invalid_client',
    ({accountsHost, apiHost}) =>
      `${accountsHost} does not know the client_id; it is mistyped, or registered in another data centre than ${apiHost}`,
  ],
  [
    'invalid_client_secret',
    ({accountsHost}) =>
      `the client_secret is wrong for ${accountsHost}; a client has a secret of its own for each data centre, see Zoho's API console`,
  ],
  ['invalid_code', badRefreshToken],
  ['invalid_grant', badRefreshToken],
]);

/** Codes of the accounts host that do not concern the credentials. */
const passingCodes = new Set(['general_error', 'internal_error', 'server_error', 'temporarily_unavailable', 'INTERNAL_ERROR']);

/**
 * Whether the accounts host refuses more tokens for now. Its message is in the account's language,
 * so the shape decides: status 429, prose as `error` in a failure, or an unknown code beside
 * `"status":"failure"`. Problems with credentials have a code.
 */
export function isThrottle(status: number, body: unknown): boolean {
  if (status === 429) return true;
  const apiError = apiErrorOf(body);
  if (apiError === undefined || status >= 500) return false;
  const {code, message} = apiError;
  if (code === 'TOO_MANY_REQUESTS' || /too many requests/i.test(message)) return true;
  if (meanings.has(code) || passingCodes.has(code)) return false;
  return isWords(code) || v.is(failure, body);
}

const failure = v.object({status: v.literal('failure')});

/**
 * Whether a text is prose in any language, such as "Access Denied". A code has no blanks, only
 * ASCII letters, and capitals only if all are.
 */
function isWords(text: string): boolean {
  return /^[\p{L}\p{M}\p{P}\s]+$/u.test(text) && !/^(?:[a-z_]+|[A-Z_]+)$/.test(text);
}
