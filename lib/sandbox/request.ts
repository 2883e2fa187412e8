/** A call as the sandbox's handlers see it, and the answer they give: values, so that layers can refuse, delay or spoil them. */
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

/** What a call is for. `create`, `status` and `result` are the three of Bulk Read; `admin` is the sandbox's own, never metered or spoiled. */
export type CallKind = (typeof callKinds)[number];

export interface SandboxRequest {
  readonly kind: CallKind;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Module named in the path or query; unknown for calls that name it in their body. */
  readonly module?: string;
  /** Settles when the answer was sent to its end or the connection is gone. */
  readonly done: Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: no body, as for 204. A stream is sent as it comes, with backpressure; of text and buffers the length is announced. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Credits of the call, where they depend on what was asked; 0 for a call that was refused before it cost anything. */
  readonly credits?: number;
  /** What happens to the answer on the wire. */
  readonly wire?: Wire;
}

/** Ways in which a connection fails, or what the server around Zoho gets wrong. Byte counts are of the body. */
export interface Wire {
  /** The connection is reset after so many bytes; `headers`: before anything was sent. */
  readonly resetAt?: number | 'headers';
  /** The body ends after so many bytes as if it were complete. */
  readonly endAt?: number;
  /** Nothing more is sent after so many bytes, but the connection stays open. */
  readonly stallAt?: number;
  /** The body goes out in pieces of so many bytes, with a pause after each. */
  readonly drip?: {readonly bytes: number; readonly pauseMs: number};
  /** How far ahead of the sandbox's clock the answer is dated; `odd`: its `Date` header is no date. */
  readonly dateAheadMs?: number | 'odd';
}

export type Handler = (request: SandboxRequest) => Promise<Answer>;

/** Stands before the handlers: may answer in their place, or change their answer. */
export type Layer = (request: SandboxRequest, next: Handler) => Promise<Answer>;

/** An answer with a JSON body. */
export function json(status: number, value: unknown): Answer {
  return {status, headers: {'content-type': 'application/json;charset=UTF-8'}, body: JSON.stringify(value)};
}

/** An answer of JSON text that stands already, such as rows whose numbers must keep their digits. */
export function jsonText(status: number, text: string): Answer {
  return {status, headers: {'content-type': 'application/json;charset=UTF-8'}, body: text};
}

/** Zoho's flat error object (zoho-api sheet 4.1, 8.3). */
export function refusal(status: number, code: string, message: string, details: Readonly<Record<string, unknown>> = {}): Answer {
  return json(status, {code, details, message, status: 'error'});
}
