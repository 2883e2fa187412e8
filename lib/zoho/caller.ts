import {backoff} from '../platform/backoff.ts';
import type {Clock} from '../platform/clock.ts';
import {jsonOf} from '../platform/json.ts';
import type {Log} from '../platform/log.ts';
import type {AccessToken} from './access-token.ts';
import {type Call, ErrorReply, lostOrDamaged, outcomeOf, type Problem, Refused, retryAfterMs, triesMax} from './attempt.ts';
import {classify, scopesOf} from './classify.ts';
import {type Answer, type Http, within} from './http.ts';
import {
  callDelayMaxMs,
  callDelayMs,
  callTimeoutMs,
  creditsProbeMs,
  errorBytesMax,
  redirectsMax,
  sameTokenRefusalsMax,
  throttleDelayMaxMs,
  throttleDelayMs,
  throttleWaitMaxMs,
  tokenRefusalsMax,
} from './limits.ts';
import type {Permit, RateLimiter} from './rate-limiter.ts';
import {type ApiError, apiErrorOf} from './schemas.ts';
import {covers} from './scopes.ts';
import {type CallKind, creditsOf, type Usage} from './usage.ts';
import {ZohoClock} from './zoho-clock.ts';

export interface CallerOptions {
  readonly origin: string;
  readonly http: Http;
  readonly token: AccessToken;
  readonly rateLimiter: RateLimiter;
  readonly usage: Usage;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: (() => number) | undefined;
  readonly timeoutMs?: number | undefined;
  /** How long limits may delay a call. */
  readonly waitMaxMs?: number | undefined;
  /** Removes secrets from a text, in case Zoho repeats one. */
  redact(text: string): string;
}

/** The failures of one call so far. */
interface Tries {
  failures: number;
  /** Rejections by token, and their sum. */
  readonly refused: Map<string, number>;
  refusals: number;
  throttles: number;
  throttledSinceMs: number | undefined;
}

export class Caller {
  readonly #options: CallerOptions;
  readonly #host: string;
  readonly #random: () => number;
  /** Kinds of calls that have succeeded. */
  readonly #answered = new Set<CallKind>();
  readonly #zohoClock: ZohoClock;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#host = new URL(options.origin).host;
    this.#random = options.random ?? Math.random;
    this.#zohoClock = new ZohoClock({clock: options.clock, log: options.log, host: this.#host});
  }

  /**
   * Zoho's clock in epoch seconds, as far as its answers are believed; undefined before the first
   * answer.
   */
  get seconds(): number | undefined {
    return this.#zohoClock.seconds;
  }

  /**
   * Makes the call and has `use` read the answer, whose status is 200 to 299 or 304. Repeats both,
   * a bounded number of times, after throttling, outages, cut connections and rejected tokens, and
   * when `use` throws `ErrorReply` or kind `damaged`. Throws the last failure.
   */
  async run<T>(call: Call, signal: AbortSignal, use: (answer: Answer) => Promise<T>): Promise<T> {
    const timeoutMs = this.#options.timeoutMs ?? callTimeoutMs;
    return this.#repeat(call, signal, async (token, permit) => {
      const result = await within(timeoutMs, this.#host, signal, async (limited) => use(await this.#send(call, token, limited)));
      permit.release('good');
      return result;
    });
  }

  /**
   * As `run`, for a body of any length: returns the answer with its permit, which the caller
   * releases at the end of the body. Failures in the body are the caller's.
   */
  async open(call: Call, signal: AbortSignal): Promise<{answer: Answer; permit: Permit}> {
    return this.#repeat(call, signal, async (token, permit) => ({answer: await this.#send(call, token, signal), permit}));
  }

  async #repeat<T>(call: Call, signal: AbortSignal, attempt: (token: string, permit: Permit) => Promise<T>): Promise<T> {
    const {rateLimiter, token: tokens, usage} = this.#options;
    const tries: Tries = {failures: 0, refused: new Map(), refusals: 0, throttles: 0, throttledSinceMs: undefined};
    for (;;) {
      const permit = await rateLimiter.enter(call.kind, call.key, signal);
      let problem: Problem | undefined;
      let token: string | undefined;
      try {
        token = await tokens.get(signal);
        const result = await attempt(token, permit);
        tokens.confirm(token);
        return result;
      } catch (error) {
        problem = token === undefined || signal.aborted ? undefined : this.#problemOf(call, error);
        if (problem === undefined) {
          permit.release('neither');
          signal.throwIfAborted();
          throw error;
        }
        if (problem.action === 'refresh') {
          tokens.invalidate(token!);
          tries.refused.set(token!, (tries.refused.get(token!) ?? 0) + 1);
        }
      }
      permit.release(outcomeOf(problem.action), {retryAfterMs: problem.retryAfterMs, creditsGone: usage.remaining === 0});
      await this.#before(problem, call, tries, signal);
    }
  }

  /**
   * Resolves when it is time for the next try; throws when there is none. The rate limiter does the
   * waiting for limits.
   */
  async #before(problem: Problem, call: Call, tries: Tries, signal: AbortSignal): Promise<void> {
    const {clock, rateLimiter, waitMaxMs = throttleWaitMaxMs} = this.#options;
    switch (problem.action) {
      case 'wait': {
        tries.throttledSinceMs ??= clock.elapsedMs();
        const delayMs = this.#slowDownMs(++tries.throttles);
        const nextTryMs = Math.max(delayMs, rateLimiter.pausedMs);
        if (clock.elapsedMs() - tries.throttledSinceMs + nextTryMs > waitMaxMs) throw problem.error;
        this.#logRetry(problem, {});
        return clock.sleep(delayMs, signal);
      }
      case 'refresh':
        if (tries.refused.size >= tokenRefusalsMax) throw problem.error;
        if (Math.max(...tries.refused.values()) >= sameTokenRefusalsMax) throw problem.error;
        return this.#pause(problem, tries.refusals++, signal);
      case 'retry':
        if (++tries.failures >= triesMax(call, problem)) throw problem.error;
        return this.#pause(problem, tries.failures, signal);
      default:
        throw problem.error;
    }
  }

  /**
   * The pause of a call from its second throttle on, besides the shared one: the shared pace
   * recovers soon while other kinds of calls succeed.
   */
  #slowDownMs(throttles: number): number {
    const jitter = {least: 1, spread: 0.2, random: this.#random};
    return backoff(throttles - 1, {firstMs: throttleDelayMs, maxMs: throttleDelayMaxMs, jitter});
  }

  async #pause(problem: Problem, tries: number, signal: AbortSignal): Promise<void> {
    const jitter = {least: 0.5, spread: 1, random: this.#random};
    const backOffMs = backoff(tries, {firstMs: callDelayMs, maxMs: callDelayMaxMs, jitter});
    const delayMs = Math.max(backOffMs, Math.min(problem.retryAfterMs ?? 0, creditsProbeMs));
    this.#logRetry(problem, {tries, delayMs: Math.round(delayMs)});
    if (problem.retryAfterMs !== undefined) this.#options.rateLimiter.reportOutage(delayMs);
    if (delayMs > 0) await this.#options.clock.sleep(delayMs, signal);
  }

  #logRetry({action, error}: Problem, fields: Readonly<Record<string, unknown>>): void {
    const {log, redact} = this.#options;
    const message =
      action === 'refresh' ? `Zoho rejected the access token (${redact(error.code ?? `${error.status}`)})` : error.message;
    log('info', `${message}; trying again`, fields);
  }

  async #send(call: Call, token: string, signal: AbortSignal): Promise<Answer> {
    const {origin, http, usage, clock, log} = this.#options;
    const {method} = call;
    const headers = {...call.headers, authorization: `Zoho-oauthtoken ${token}`};
    let {path} = call;
    let answer: Answer;
    for (let redirects = 0; ; redirects++) {
      const sinceMs = clock.elapsedMs();
      usage.charge(call.kind, call.credits ?? creditsOf[call.kind]);
      answer = await http.send({origin, path, method, headers, body: call.body}, signal);
      this.#note(answer);
      log('trace', `${method} ${path}`, {status: answer.status, headersMs: Math.round(clock.elapsedMs() - sinceMs)});
      const next = call.kind === 'download' && redirects < redirectsMax ? redirectWithin(origin, path, answer) : undefined;
      if (next === undefined) break;
      answer.discard();
      path = next;
    }
    if (answer.status < 300 || answer.status === 304) {
      this.#answered.add(call.kind);
      return answer;
    }
    const body = await answer.text(errorBytesMax).then(jsonOf, (error: unknown) => {
      signal.throwIfAborted();
      // The status alone is enough.
      log('debug', `Cannot read why ${path} was refused`, {status: answer.status, reason: String(error)});
      return undefined;
    });
    throw new Refused(this.#classified(call, answer.status, body, retryAfterMs(answer, clock.nowMs())));
  }

  #classified(call: Call, status: number, body: unknown, retryAfter: number | undefined, known?: ApiError): Problem {
    const apiError = known ?? apiErrorOf(body);
    const {token, redact} = this.#options;
    const granted = token.scopes;
    const verdict = classify({
      kind: call.kind,
      what: call.what,
      host: this.#host,
      status,
      apiError,
      redact,
      json: body !== undefined,
      paged: call.paged ?? false,
      fields: call.fields,
      scopesMissing: granted && scopesOf[call.kind].filter((scope) => !covers(granted, scope)),
      answeredBefore: this.#answered.has(call.kind),
    });
    return {...verdict, retryAfterMs: retryAfter, mayHaveArrived: true};
  }

  /** Undefined for errors that are not about an answer. */
  #problemOf(call: Call, error: unknown): Problem | undefined {
    if (error instanceof Refused) return error.problem;
    if (error instanceof ErrorReply) return this.#classified(call, 200, null, undefined, error.apiError);
    return lostOrDamaged(call, error);
  }

  #note(answer: Answer): void {
    const date = answer.header('date');
    // A proxy's error page may lack the header; that proves nothing about Zoho.
    if (date !== undefined || answer.status < 300) this.#zohoClock.note(date);
    this.#options.usage.correct(answer.header('x-api-credits-remaining'));
  }
}

/** The path that an answer redirects to, on the same origin: the token must not go elsewhere. */
function redirectWithin(origin: string, path: string, answer: Answer): string | undefined {
  const location = answer.status > 300 && answer.status < 400 && answer.status !== 304 ? answer.header('location') : undefined;
  if (location === undefined || !URL.canParse(location, origin + path)) return undefined;
  const url = new URL(location, origin + path);
  return url.origin === origin ? url.pathname + url.search : undefined;
}
