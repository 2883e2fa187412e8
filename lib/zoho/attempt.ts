/** One attempt at a call: the request, and what a failure means for the next attempt. */
import {ZohoError} from '../errors/errors.ts';
import type {Action, Verdict} from './classify.ts';
import {ConnectionLost} from './connection-lost.ts';
import type {Answer} from './http.ts';
import {callTriesMax, createTriesMax, queryTimeoutsMax, retryAfterMaxMs} from './limits.ts';
import type {Outcome} from './rate-limiter.ts';
import type {ApiError} from './schemas.ts';
import type {CallKind} from './usage.ts';

export interface Call {
  readonly kind: CallKind;
  /** The binding or job it is for. Calls of one key do not hold back those of others. */
  readonly key: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Completes "Cannot ..."; contains no values of records. */
  readonly what: string;
  readonly credits?: number;
  /** Whether the request carries a page token. */
  readonly paged?: boolean;
  /** The fields in the request, in its order. */
  readonly fields?: readonly string[];
}

/** Thrown by a reader: the answer is an error although its status reports success. */
export class ErrorReply extends Error {
  override readonly name = 'ErrorReply';
  readonly apiError: ApiError;

  constructor(apiError: ApiError) {
    super(apiError.code);
    this.apiError = apiError;
  }
}

/** Why an attempt failed, and what to do about it. */
export interface Problem extends Verdict {
  readonly retryAfterMs: number | undefined;
  /** Whether Zoho may have carried the request out. */
  readonly mayHaveArrived: boolean;
  /** Whether it timed out. */
  readonly isTimeout?: boolean;
}

export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.error.message);
    this.problem = problem;
  }
}

/** How to go on after a lost connection or a damaged answer; undefined for any other error. */
export function lostOrDamaged(call: Call, error: unknown): Problem | undefined {
  const lost =
    error instanceof ConnectionLost
      ? error
      : error instanceof ZohoError && error.cause instanceof ConnectionLost
        ? error.cause
        : undefined;
  if (lost !== undefined) {
    const failure = new ZohoError('unavailable', `Cannot ${call.what}: ${lost.message}`, {cause: lost});
    return {
      action: 'retry',
      error: failure,
      retryAfterMs: undefined,
      mayHaveArrived: lost.mayHaveArrived,
      isTimeout: lost.isTimeout,
    };
  }
  if (error instanceof ZohoError && error.kind === 'damaged')
    return {action: 'retry', error, retryAfterMs: undefined, mayHaveArrived: true};
  return undefined;
}

/**
 * Tries of a call that fails in this way. A query that times out is soon given up: the caller asks
 * for fewer rows.
 */
export function triesMax({kind}: Call, {mayHaveArrived, isTimeout}: Problem): number {
  if (kind === 'create' && mayHaveArrived) return createTriesMax;
  return kind === 'coql' && isTimeout ? queryTimeoutsMax : callTriesMax;
}

/**
 * What an answer means for the rate limiter: a definite refusal is as good as any other answer.
 */
export function outcomeOf(action: Action): Outcome {
  if (action === 'wait') return 'throttled';
  if (action === 'retry') return 'struggling';
  return action === 'refresh' ? 'neither' : 'good';
}

/** The header `Retry-After` in either of its forms, bounded. */
export function retryAfterMs(answer: Answer, nowMs: number): number | undefined {
  // Equivalent mutants (StringLiteral): no text that is not a number or a date counts
  const text = answer.header('retry-after')?.trim() ?? '';
  const zohoNowMs = new Date(answer.header('date') ?? Number.NaN).getTime();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - (Number.isNaN(zohoNowMs) ? nowMs : zohoNowMs);
  return Number.isNaN(ms) ? undefined : Math.min(retryAfterMaxMs, Math.max(0, ms));
}
