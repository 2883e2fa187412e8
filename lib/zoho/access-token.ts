/**
 * The access token: one for all calls, fetched when a call first needs it and replaced before it
 * expires (zoho-api sheet 1.2, 1.3).
 */

import {ZohoError} from '../errors/errors.ts';
import {backoff, jittered} from '../platform/backoff.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import {
  callDelayMaxMs,
  callDelayMs,
  callTriesMax,
  throttleWaitMaxMs,
  tokenDoubtMs,
  tokenLifeShare,
  tokensPerWindow,
  tokenThrottleMaxMs,
  tokenThrottleMs,
  tokenWindowMs,
} from './limits.ts';
import type {TokenReply} from './schemas.ts';
import {parseScopes} from './scopes.ts';
import {lifeMsOf, readTokenAnswer, type TokenAnswer, type TokenHosts} from './token-endpoint.ts';

export interface TokenOptions extends TokenHosts {
  /** Makes one call. Rejects with the reason when no answer arrived. */
  ask(signal: AbortSignal): Promise<TokenAnswer>;
  /** Whether a token issued for this API domain works where calls go. */
  accepts(apiDomain: string): boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: (() => number) | undefined;
  /** How long limits may hold up a token. */
  readonly waitMaxMs?: number | undefined;
  readonly onHold?: ((reason: string | undefined) => void) | undefined;
}

interface Held {
  readonly token: string;
  readonly fetchedMs: number;
  readonly endsMs: number;
  renewMs: number;
  /** When Zoho first rejected it, if no good answer has followed. */
  doubtedMs: number | undefined;
}

interface Flight {
  readonly promise: Promise<Held>;
  readonly stop: AbortController;
  waiting: number;
}

/** All times are of the monotonic clock. */
export class AccessToken {
  readonly #options: TokenOptions;
  readonly #random: () => number;
  #held: Held | undefined;
  #flight: Flight | undefined;
  /** Times at which the first token, and each replacement of a rejected one, was fetched. */
  // Equivalent mutants (ArrayDeclaration): what is no time counts as long ago
  #rationed: number[] = [];
  #replacing = true;
  #scopes: readonly string[] | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /**
   * A valid token. Concurrent callers share one call, which ends when none of them waits any more.
   * A token past three quarters of its life is replaced; if that fails for the moment, it stays in
   * use until it expires.
   */
  async get(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const nowMs = this.#options.clock.elapsedMs();
    const held = this.#held;
    if (held !== undefined && nowMs < held.renewMs) return held.token;
    try {
      return (await this.#join(signal)).token;
    } catch (error) {
      const passing = error instanceof ZohoError && error.kind === 'unavailable';
      if (!passing || held === undefined || this.#held !== held || !this.#lives(held)) throw error;
      held.renewMs = Math.min(held.endsMs, this.#options.clock.elapsedMs() + renewAgainMs);
      this.#options.log('warn', `${error.message}; the current access token stays in use until it expires`);
      return held.token;
    }
  }

  /**
   * Reports that Zoho rejected a token. After the first report, the next `get` fetches another one;
   * later reports find it replaced. When many were rejected recently, a young token is kept for a
   * moment: Zoho grants only ten in ten minutes, and such a rejection usually passes. It is
   * replaced if it is still rejected after that moment, with no good answer in between.
   */
  invalidate(token: string): void {
    const held = this.#held;
    if (held?.token !== token) return;
    const nowMs = this.#options.clock.elapsedMs();
    const scarce = this.#rationedLately(nowMs) > tokensPerWindow / 2;
    const young = nowMs - held.fetchedMs < tokenWindowMs / tokensPerWindow;
    held.doubtedMs ??= nowMs;
    if (scarce && young && nowMs - held.doubtedMs < tokenDoubtMs) return;
    this.#held = undefined;
    this.#replacing = nowMs < held.renewMs;
  }

  /** Reports that Zoho accepted a token. */
  confirm(token: string): void {
    if (this.#held?.token === token) this.#held.doubtedMs = undefined;
  }

  /**
   * Scopes of the latest token; undefined before the first one, and when Zoho does not list them.
   */
  get scopes(): readonly string[] | undefined {
    return this.#scopes;
  }

  /** The token in use, to be kept out of messages. */
  get current(): string | undefined {
    return this.#held?.token;
  }

  #lives(held: Held): boolean {
    return this.#options.clock.elapsedMs() < held.endsMs;
  }

  async #join(signal: AbortSignal): Promise<Held> {
    const flight = (this.#flight ??= this.#depart());
    flight.waiting++;
    const {promise: aborted, reject} = Promise.withResolvers<never>();
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop);
    try {
      return await Promise.race([flight.promise, aborted]);
    } finally {
      signal.removeEventListener('abort', stop);
      if (--flight.waiting === 0) flight.stop.abort();
    }
  }

  #depart(): Flight {
    const stop = new AbortController();
    const leave = (): void => {
      if (this.#flight?.stop === stop) this.#flight = undefined;
    };
    // Whoever asks after the last waiter left starts a new call.
    stop.signal.addEventListener('abort', leave);
    return {promise: this.#fetch(stop.signal).finally(leave), stop, waiting: 0};
  }

  async #fetch(signal: AbortSignal): Promise<Held> {
    const {clock, ask, log} = this.#options;
    const sinceMs = clock.elapsedMs();
    await this.#ration(signal);
    for (let failures = 0, refusals = 0; ; ) {
      const askedMs = clock.elapsedMs();
      const result = await ask(signal).then(
        (answer) => readTokenAnswer(answer, this.#options),
        (error: unknown) => {
          signal.throwIfAborted();
          return {again: 'failed' as const, why: error instanceof Error ? error.message : 'no answer'};
        },
      );
      if ('reply' in result) return this.#take(result.reply, askedMs);
      const gaveUp = new ZohoError('unavailable', `Cannot get an access token: ${result.why}`);
      if (result.again === 'throttled') {
        const pauseMs = this.#jittered(backoff(++refusals, {firstMs: tokenThrottleMs, maxMs: tokenThrottleMaxMs}));
        const tooLong = clock.elapsedMs() - sinceMs + pauseMs > (this.#options.waitMaxMs ?? throttleWaitMaxMs);
        if (tooLong || (this.#held !== undefined && this.#lives(this.#held))) throw gaveUp;
        await this.#pause(pauseMs, result.why, signal);
      } else {
        if (++failures >= callTriesMax) throw gaveUp;
        const delayMs = backoff(failures, {
          firstMs: callDelayMs,
          maxMs: callDelayMaxMs,
          jitter: {least: 0.5, spread: 1, random: this.#random},
        });
        log('info', `Cannot get an access token: ${result.why}; trying again`, {failures, delayMs: Math.round(delayMs)});
        await clock.sleep(delayMs, signal);
      }
    }
  }

  /**
   * Keeps the number of replacements for rejected tokens below what Zoho grants in a window. An
   * expired token may always be renewed: Zoho set its expiry, and reports when it grants no more.
   */
  async #ration(signal: AbortSignal): Promise<void> {
    const nowMs = this.#options.clock.elapsedMs();
    if (!this.#replacing || this.#rationedLately(nowMs) < tokensPerWindow) return;
    const why = `${this.#rationed.length} access tokens were rejected within ${tokenWindowMs / 60_000} minutes, and Zoho grants few more`;
    await this.#pause(this.#jittered(this.#rationed[0]! + tokenWindowMs - nowMs), why, signal);
  }

  #rationedLately(nowMs: number): number {
    this.#rationed = this.#rationed.filter((atMs) => atMs > nowMs - tokenWindowMs);
    return this.#rationed.length;
  }

  #jittered(delayMs: number): number {
    return jittered(delayMs, {least: 1, spread: 0.1, random: this.#random});
  }

  async #pause(pauseMs: number, why: string, signal: AbortSignal): Promise<void> {
    const {clock, onHold, log} = this.#options;
    const at = new Date(clock.nowMs() + pauseMs).toISOString().slice(0, 19);
    log('warn', `Waiting for an access token: ${why}; next try at ${at}Z`);
    onHold?.(`Waiting for an access token: ${why}; next try at ${at}Z`);
    try {
      await clock.sleep(pauseMs, signal);
    } finally {
      onHold?.(undefined);
    }
  }

  #take(reply: TokenReply, askedMs: number): Held {
    const {accepts, accountsHost, apiHost} = this.#options;
    if (reply.api_domain != null && !accepts(reply.api_domain)) {
      throw new ZohoError(
        'credentials',
        `Cannot use the access token on ${apiHost}: ${accountsHost} issued it for ${hostOf(reply.api_domain)}, another data centre or environment; set api_domain to that, or authorize again for ${apiHost}`,
      );
    }
    const lifeMs = lifeMsOf(reply);
    const held = {
      token: reply.access_token,
      fetchedMs: askedMs,
      endsMs: askedMs + lifeMs,
      renewMs: askedMs + lifeMs * tokenLifeShare,
      doubtedMs: undefined,
    };
    this.#held = held;
    if (this.#replacing) this.#rationed.push(askedMs);
    this.#replacing = false;
    this.#scopes = reply.scope ? parseScopes(reply.scope) : undefined;
    this.#options.log('debug', 'Got an access token', {lifeS: Math.round(lifeMs / 1000)});
    return held;
  }
}

/** Pause after a failed renewal. */
const renewAgainMs = 60_000;

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address.replace(/[^\w.:-]/g, '').slice(0, 80);
}
