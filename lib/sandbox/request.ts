/**
 * A call as the sandbox's handlers see it, and their answer. Both are values, so that layers can
 * refuse, delay or damage them.
 */
import type {IncomingHttpHeaders} from 'node:http';

export const callKinds = [
  'token',
  'modules',
  'fields',
  'create',
  'status',
  'result',
  'coql',
  'deleted',
  'records',
  'other',
  'admin',
] as const;

/**
 * The purpose of a call. `create`, `status` and `result` belong to Bulk Read. `admin` is the
 * sandbox's own, never metered or affected by faults.
 */
export type CallKind = (typeof callKinds)[number];

export interface SandboxRequest {
  readonly kind: CallKind;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Module in the path or query; unknown for calls that name it in their body. */
  readonly module?: string;
  /** Settles when the answer was sent completely, or the connection is gone. */
  readonly done: Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Absent for no body, as with 204. A stream is sent with backpressure; the length of text and
   * buffers is announced.
   */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /**
   * Credits of the call, where they depend on the request; 0 for a call refused before it cost
   * anything.
   */
  readonly credits?: number;
  /** What happens to the answer in transit. */
  readonly wire?: Wire;
}

/**
 * Ways in which a connection fails, or what a server in front of Zoho gets wrong. Byte counts refer
 * to the body.
 */
export interface Wire {
  /** The connection is reset after this many bytes; `headers` means before anything is sent. */
  readonly resetAt?: number | 'headers';
  /** The body ends after this many bytes as if it were complete. */
  readonly endAt?: number;
  /** Nothing is sent after this many bytes, but the connection stays open. */
  readonly stallAt?: number;
  /** The body is sent in pieces of this size, with a pause after each. */
  readonly drip?: {readonly bytes: number; readonly pauseMs: number};
  /** How far the answer's `Date` is ahead of the sandbox's clock; `invalid` sends an invalid one. */
  readonly dateAheadMs?: number | 'invalid';
}

export type Handler = (request: SandboxRequest) => Promise<Answer>;

/** Wraps the handlers: it may answer in their place, or change their answer. */
export type Layer = (request: SandboxRequest, next: Handler) => Promise<Answer>;

/** An answer with a JSON body. */
export function json(status: number, value: unknown): Answer {
  return {status, headers: {'content-type': 'application/json;charset=UTF-8'}, body: JSON.stringify(value)};
}

/** An answer of ready JSON text, such as rows whose numbers must keep their digits. */
export function jsonText(status: number, text: string): Answer {
  return {status, headers: {'content-type': 'application/json;charset=UTF-8'}, body: text};
}

/** Zoho's flat error object (zoho-api sheet 4.1, 8.3). */
export function refusal(status: number, code: string, message: string, details: Readonly<Record<string, unknown>> = {}): Answer {
  return json(status, {code, details, message, status: 'error'});
}
