/**
 * The accounts server: refresh tokens, grant codes and the access tokens they buy (zoho-api sheet
 * 1).
 */
import type {SandboxClock} from './clock.ts';
import {type Answer, json, type SandboxRequest} from './request.ts';
import type {Switches} from './switches.ts';

export interface Credentials {
  readonly client_id: string;
  readonly client_secret: string;
  readonly refresh_token: string;
}

/** What the connector's documentation asks for. */
export const allScopes = [
  'ZohoCRM.bulk.READ',
  'ZohoCRM.coql.READ',
  'ZohoCRM.modules.READ',
  'ZohoCRM.settings.modules.READ',
  'ZohoCRM.settings.fields.READ',
] as const;

const grantLifeMs = 120_000;

interface Access {
  readonly scopes: readonly string[];
  readonly expiresMs: number;
  readonly refresh: string;
}

/** Why a call is not let in; `ok` with what it may do. */
export type Admission = {readonly ok: true; readonly scopes: readonly string[]} | {readonly ok: false};

export class Tokens {
  readonly credentials: Credentials;
  readonly #clock: SandboxClock;
  readonly #switches: () => Switches;
  readonly #origin: () => string;
  readonly #refresh = new Map<string, readonly string[]>();
  readonly #grants = new Map<string, {scopes: readonly string[]; expiresMs: number}>();
  readonly #access = new Map<string, Access>();
  readonly #issuedMs = new Map<string, number[]>();
  #made = 0;

  constructor(clock: SandboxClock, seed: number, switches: () => Switches, origin: () => string) {
    this.#clock = clock;
    this.#switches = switches;
    this.#origin = origin;
    this.credentials = {
      client_id: `1000.SANDBOX${seed}CLIENT`,
      client_secret: `sandbox-secret-${seed}`,
      refresh_token: `1000.sandbox-refresh-${seed}.${'0'.repeat(32)}`,
    };
    this.#refresh.set(this.credentials.refresh_token, allScopes);
  }

  /** What new access tokens may do; those there are keep what they have. */
  setScopes(scopes: readonly string[], refreshToken = this.credentials.refresh_token): void {
    this.#refresh.set(refreshToken, scopes);
  }

  /** A grant code for `login`: good for two minutes and one use. */
  grant(scopes: readonly string[] = allScopes): string {
    const code = `1000.${this.#text('grant')}`;
    this.#grants.set(code, {scopes, expiresMs: this.#clock.nowMs() + grantLifeMs});
    return code;
  }

  /** Ends all access tokens; the refresh token buys new ones. */
  expireAccess(): void {
    this.#access.clear();
  }

  /** Ends the refresh token and what it bought, as an administrator would. */
  revoke(refreshToken = this.credentials.refresh_token): void {
    this.#refresh.delete(refreshToken);
    for (const [token, {refresh}] of this.#access) if (refresh === refreshToken) this.#access.delete(token);
  }

  /** Access tokens bought with a refresh token within the window. */
  get issuedInWindow(): number {
    return this.#recent(this.credentials.refresh_token).length;
  }

  /** Reads the `Authorization` header: `Zoho-oauthtoken` or `Bearer`. */
  admit(header: string | undefined): Admission {
    const token = /^(?:Zoho-oauthtoken|Bearer) (\S+)$/i.exec(header ?? '')?.[1];
    const access = token === undefined ? undefined : this.#access.get(token);
    if (!access || access.expiresMs <= this.#clock.nowMs()) return {ok: false};
    return {ok: true, scopes: access.scopes};
  }

  /** `POST /oauth/v2/token`. Nearly all refusals have status 200. */
  answer(request: SandboxRequest): Answer {
    const fields = formOf(request);
    const {client_id: id, client_secret: secret} = this.credentials;
    if (fields.get('client_id') !== id) return refused('invalid_client');
    if (fields.get('client_secret') !== secret) return refused('invalid_client_secret');
    switch (fields.get('grant_type')) {
      case 'refresh_token':
        return this.#refreshed(fields.get('refresh_token') ?? '');
      case 'authorization_code':
        return this.#granted(fields.get('code') ?? '');
      default:
        return refused('unsupported_grant_type');
    }
  }

  #granted(code: string): Answer {
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    if (!grant || grant.expiresMs <= this.#clock.nowMs()) return refused('invalid_code');
    const refreshToken = `1000.${this.#text('refresh')}`;
    this.#refresh.set(refreshToken, grant.scopes);
    return json(200, {...this.#issue(refreshToken, grant.scopes), refresh_token: refreshToken});
  }

  #refreshed(refreshToken: string): Answer {
    const scopes = this.#refresh.get(refreshToken);
    if (!scopes) return refused('invalid_code');
    const {tokensPerWindow, throttleStatus} = this.#switches();
    if (this.#recent(refreshToken).length >= tokensPerWindow) return throttled(throttleStatus);
    return json(200, this.#issue(refreshToken, scopes));
  }

  #issue(refresh: string, scopes: readonly string[]): Readonly<Record<string, unknown>> {
    const {tokenLifeS, liveTokens, expiresIn, scopeInAnswer, apiDomain} = this.#switches();
    const nowMs = this.#clock.nowMs();
    this.#issuedMs.set(refresh, [...this.#recent(refresh), nowMs]);
    const token = `1000.${this.#text('access')}`;
    this.#access.set(token, {scopes, expiresMs: nowMs + tokenLifeS * 1_000, refresh});
    const live = [...this.#access].filter(([, access]) => access.refresh === refresh);
    for (const [oldest] of live.slice(0, Math.max(0, live.length - liveTokens))) this.#access.delete(oldest);
    return {
      access_token: token,
      ...(scopeInAnswer && {scope: scopes.join(' ')}),
      api_domain: apiDomain ?? this.#origin(),
      token_type: 'Bearer',
      ...(expiresIn === 'seconds' ? {expires_in: tokenLifeS} : {expires_in: tokenLifeS * 1_000, expires_in_sec: tokenLifeS}),
    };
  }

  #recent(refresh: string): number[] {
    const fromMs = this.#clock.nowMs() - this.#switches().tokenWindowS * 1_000;
    return (this.#issuedMs.get(refresh) ?? []).filter((ms) => ms > fromMs);
  }

  #text(what: string): string {
    this.#made += 1;
    return `sandbox-${what}-${this.#made}.${String(this.#made).padStart(32, '0')}`;
  }
}

const refused = (error: string): Answer => json(200, {error});

const throttled = (status: number): Answer =>
  json(status, {
    error_description: 'You have made too many requests continuously. Please try again after some time.',
    error: 'Access Denied',
    status: 'failure',
  });

/**
 * Fields from the query string and from the body, urlencoded or multipart: clients of Zoho use all
 * three.
 */
function formOf({query, body, headers}: SandboxRequest): Map<string, string> {
  const fields = new Map(query);
  const text = body.toString();
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(headers['content-type'] ?? '')?.[1];
  const given = boundary === undefined ? new URLSearchParams(text) : partsOf(text, boundary);
  for (const [name, value] of given) fields.set(name, value);
  return fields;
}

function partsOf(text: string, boundary: string): [string, string][] {
  return text.split(`--${boundary}`).flatMap((part): [string, string][] => {
    const end = part.indexOf('\r\n\r\n');
    const name = /name="([^"]*)"/.exec(part.slice(0, Math.max(0, end)))?.[1];
    return name === undefined ? [] : [[name, part.slice(end + 4).replace(/\r\n$/, '')]];
  });
}
