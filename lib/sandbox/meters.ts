/**
 * How much of its limits an organisation has used: credits, concurrent calls, calls per minute
 * (zoho-api sheet 8.1, 8.2).
 */
import {type Answer, type CallKind, callKinds, type Layer, refusal} from './request.ts';
import {RollingSum} from './rolling-sum.ts';

export interface MeterOptions {
  /** Credits in any 24 hours. */
  readonly credits: number;
  /** Concurrent calls; an edition allows 5 to 25. */
  readonly concurrency: number;
  /** Concurrent calls of the kinds that share a lower limit; here only COQL. */
  readonly subConcurrency: number;
  /** Whether a refused call costs its credits anyway; Zoho does not say. */
  readonly chargeRefused: boolean;
}

export const meterDefaults: MeterOptions = {credits: 5_000_000, concurrency: 20, subConcurrency: 10, chargeRefused: false};

/** Why a call was refused with status 429. The answer does not say. */
export type Excess = 'credits' | 'concurrency' | 'sub-concurrency';

export interface KindReading {
  readonly calls: number;
  /** Calls answered with 429, for any reason. */
  readonly throttled: number;
  readonly lastMinute: number;
  readonly mostPerMinute: number;
  readonly inFlight: number;
  readonly mostInFlight: number;
  readonly credits: number;
}

export interface MeterReading {
  /** `used` within 24 hours, `ever` since the start. */
  readonly credits: {readonly limit: number; readonly used: number; readonly remaining: number; readonly ever: number};
  readonly inFlight: number;
  readonly mostInFlight: number;
  /** How often each limit was exceeded. */
  readonly excesses: Readonly<Record<Excess, number>>;
  /** Calls made, by kind. */
  readonly kinds: Readonly<Record<string, KindReading>>;
  /** Answers by status, delivered or not. */
  readonly statuses: Readonly<Record<string, number>>;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/**
 * Counts every call from its arrival to the end of its answer, and refuses those over a limit. Time
 * is the sandbox's.
 */
export class Meters {
  readonly options: MeterOptions;
  readonly #nowMs: () => number;
  readonly #credits = new RollingSum(dayMs, minuteMs);
  readonly #kinds = new Map(callKinds.map((kind) => [kind, new KindMeter()]));
  readonly #excesses = {credits: 0, concurrency: 0, 'sub-concurrency': 0};
  readonly #statuses = new Map<number, number>();
  #everUsed = 0;
  #inFlight = 0;
  #mostInFlight = 0;

  constructor(nowMs: () => number, options: Partial<MeterOptions> = {}) {
    this.#nowMs = nowMs;
    this.options = {...meterDefaults, ...options};
  }

  /**
   * The limits as the outermost layer, which sees every answer. Calls of kind `admin` are not
   * counted, and the token's are not limited here.
   */
  readonly layer: Layer = async (request, next) => {
    if (request.kind === 'admin') return next(request);
    const meter = this.#meter(request.kind);
    const limited = request.kind !== 'token';
    const excess = limited ? this.#excess(request.kind) : undefined;
    if (limited) this.#mostInFlight = Math.max(this.#mostInFlight, ++this.#inFlight);
    meter.begin(this.#nowMs());
    const end = () => {
      if (limited) this.#inFlight -= 1;
      meter.inFlight -= 1;
    };
    request.done.then(end, end);
    if (excess) this.#excesses[excess] += 1;
    const answer = excess ? tooMany() : await next(request);
    if (answer.status === 429) meter.throttled += 1;
    if (limited) this.#charge(meter, this.#cost(request.kind, answer));
    this.#statuses.set(answer.status, (this.#statuses.get(answer.status) ?? 0) + 1);
    const remaining = limited ? this.#remainingHeader() : undefined;
    return remaining === undefined ? answer : {...answer, headers: {...answer.headers, 'x-api-credits-remaining': remaining}};
  };

  /** Uses up credits, as the organisation's other applications do. */
  spend(credits: number): void {
    this.#credits.add(this.#nowMs(), credits);
  }

  /** The figures of one kind of call. */
  kind(kind: CallKind): KindReading {
    return this.#meter(kind).reading(this.#nowMs());
  }

  reading(): MeterReading {
    const used = this.#credits.total(this.#nowMs());
    const limit = this.options.credits;
    return {
      credits: {limit, used, remaining: Math.max(0, limit - used), ever: this.#everUsed},
      inFlight: this.#inFlight,
      mostInFlight: this.#mostInFlight,
      excesses: {...this.#excesses},
      kinds: Object.fromEntries(callKinds.map((kind) => [kind, this.kind(kind)] as const).filter(([, {calls}]) => calls > 0)),
      statuses: Object.fromEntries(this.#statuses),
    };
  }

  #excess(kind: CallKind): Excess | undefined {
    if (this.#credits.total(this.#nowMs()) >= this.options.credits) return 'credits';
    if (this.#inFlight >= this.options.concurrency) return 'concurrency';
    return kind === 'coql' && this.#meter(kind).inFlight >= this.options.subConcurrency ? 'sub-concurrency' : undefined;
  }

  #cost(kind: CallKind, {status, credits}: Answer): number {
    return status >= 400 && !this.options.chargeRefused ? 0 : (credits ?? creditsOf(kind));
  }

  #charge(meter: KindMeter, credits: number): void {
    this.#credits.add(this.#nowMs(), credits);
    this.#everUsed += credits;
    meter.credits += credits;
  }

  #remainingHeader(): string | undefined {
    const used = this.#credits.total(this.#nowMs());
    return used * 2 >= this.options.credits ? String(Math.max(0, this.options.credits - used)) : undefined;
  }

  #meter(kind: CallKind): KindMeter {
    return this.#kinds.get(kind)!;
  }
}

/**
 * Credits of a call (zoho-api sheet 4.6, 6, 8.1); a COQL query's depend on its limit and come with
 * its answer.
 */
function creditsOf(kind: CallKind): number {
  if (kind === 'create') return 50;
  return kind === 'deleted' ? 2 : 1;
}

/** Zoho's answer over any limit. It does not say which, and has no `Retry-After`. */
export const tooMany = (): Answer => refusal(429, 'TOO_MANY_REQUESTS', 'too many requests');

class KindMeter {
  calls = 0;
  throttled = 0;
  inFlight = 0;
  credits = 0;
  readonly #perMinute = new RollingSum(minuteMs, 1_000);
  #mostPerMinute = 0;
  #mostInFlight = 0;

  begin(nowMs: number): void {
    this.calls += 1;
    this.inFlight += 1;
    this.#mostInFlight = Math.max(this.#mostInFlight, this.inFlight);
    this.#perMinute.add(nowMs, 1);
    this.#mostPerMinute = Math.max(this.#mostPerMinute, this.#perMinute.total(nowMs));
  }

  reading(nowMs: number): KindReading {
    return {
      calls: this.calls,
      throttled: this.throttled,
      lastMinute: this.#perMinute.total(nowMs),
      mostPerMinute: this.#mostPerMinute,
      inFlight: this.inFlight,
      mostInFlight: this.#mostInFlight,
      credits: this.credits,
    };
  }
}
