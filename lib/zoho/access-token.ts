/** The access token: fetched when a call first needs it, one for all calls, replaced before it ends (zoho-api sheet 1.2, 1.3). */

import {ZohoError} from '../errors/errors.ts';
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
} from '../limits.ts';
import {backoff, jittered} from '../platform/backoff.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import type {TokenReply} from './schemas.ts';
import {parseScopes} from './scopes.ts';
import {lifeMsOf, readTokenAnswer, type TokenAnswer, type TokenHosts} from './token-endpoint.ts';

export interface TokenOptions extends TokenHosts {
  /** Makes the call once. Rejects with the reason when no answer came. */
  ask(signal: AbortSignal): Promise<TokenAnswer>;
  /** Whether a token that names this API domain works where calls go. */
  accepts(apiDomain: string): boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: (() => number) | undefined;
  /** How long limits may hold up a token. */
  readonly waitMaxMs?: number | undefined;
  readonly tell?: ((reason: string | undefined) => void) | undefined;
}

interface Held {
  readonly token: string;
  readonly fetchedMs: number;
  readonly endsMs: number;
  renewMs: number;
  /** Since when it is refused, with no good answer in between. */
  doubtedMs: number | undefined;
}

interface Flight {
  readonly promise: Promise<Held>;
  readonly stop: AbortController;
  waiting: number;
}

/** Times are those of the clock that only goes forward. */
export class AccessToken {
  readonly #options: TokenOptions;
  readonly #random: () => number;
  #held: Held | undefined;
  #flight: Flight | undefined;
  /** When the first token was fetched, and each that took the place of a refused one. */
  #rationed: number[] = [];
  #replacing = true;
  #scopes: readonly string[] | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /**
   * A token that lives. However many ask at once, one call is made; it ends when none of them waits any more. A token past three
   * quarters of its life is replaced, but serves on while it lives if that fails for the moment.
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
      this.#options.log('warn', `${error.message}; the present access token lives on for a while`);
      return held.token;
    }
  }

  /**
   * Says that Zoho refused a token. The first caller's word makes the next `get` fetch another one; the others find it replaced. A young token is
   * kept for a moment when many were refused of late: Zoho grants only ten in ten minutes, and a refusal of it is more likely to pass. It goes
   * when it is still refused then, and nothing was answered with it in between.
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

  /** Says that Zoho took a token. */
  confirm(token: string): void {
    if (this.#held?.token === token) this.#held.doubtedMs = undefined;
  }

  /** Scopes of the latest token; undefined before there is one, and when Zoho does not say. */
  get scopes(): readonly string[] | undefined {
    return this.#scopes;
  }

  /** The token in use, for whoever keeps it out of messages. */
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
    signal.addEventListener('abort', stop, {once: true});
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
    // Whoever asks after the last one left starts anew.
    stop.signal.addEventListener('abort', leave, {once: true});
    const promise = this.#fetch(stop.signal).finally(leave);
    promise.catch(() => {
      // Everyone who waited may have left.
    });
    return {promise, stop, waiting: 0};
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

  /** Keeps tokens in place of refused ones below the number that Zoho grants within a time. One that came to its own end may be renewed: Zoho set that end, and says so itself when it grants no more. */
  async #ration(signal: AbortSignal): Promise<void> {
    const nowMs = this.#options.clock.elapsedMs();
    if (!this.#replacing || this.#rationedLately(nowMs) < tokensPerWindow) return;
    const why = `${this.#rationed.length} access tokens were refused within ${tokenWindowMs / 60_000} minutes, and Zoho grants few more`;
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
    const {clock, tell, log} = this.#options;
    const at = new Date(clock.nowMs() + pauseMs).toISOString().slice(0, 19);
    log('warn', `Waiting for an access token: ${why}; next try at ${at}Z`);
    tell?.(`Waiting for an access token: ${why}; next try at ${at}Z`);
    try {
      await clock.sleep(pauseMs, signal);
    } finally {
      tell?.(undefined);
    }
  }

  #take(reply: TokenReply, askedMs: number): Held {
    const {accepts, accountsHost, apiHost} = this.#options;
    if (reply.api_domain != null && !accepts(reply.api_domain)) {
      throw new ZohoError(
        'credentials',
        `Cannot use the access token on ${apiHost}: ${accountsHost} gives it for ${hostOf(reply.api_domain)}, another data centre or environment; set api_domain to that, or authorize again for ${apiHost}`,
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

/** A failed renewal is tried again after this. */
const renewAgainMs = 60_000;

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address.replace(/[^\w.:-]/g, '').slice(0, 80);
}
