/**
 * HTTP over undici: pools, timeouts, size limits and classified failures. Knows nothing of Zoho.
 */
import {Agent, type Dispatcher, EnvHttpProxyAgent, Pool} from 'undici';
import {ZohoError} from '../errors/errors.ts';
import {decoded, EncodingError, encodingsOf} from './content-encoding.ts';
import {isLoopback} from './data-centers.ts';
import {
  bodyBytesAhead,
  callsAtOnce,
  connectTimeoutMs,
  errorBytesMax,
  headerBytesMax,
  headersTimeoutMs,
  idleTimeoutMs,
} from './limits.ts';

export interface Timeouts {
  readonly connectMs: number;
  readonly headersMs: number;
  /** Between two chunks of a body, while the reader waits for one. */
  readonly idleMs: number;
}

export const usualTimeouts: Timeouts = {connectMs: connectTimeoutMs, headersMs: headersTimeoutMs, idleMs: idleTimeoutMs};

export interface Request {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
  /**
   * The body's bytes, once, decompressed if necessary. Throws `ConnectionLost` when they end early
   * or stall, and kind `damaged` beyond `bytesMax` or when they cannot be decompressed. Stopping
   * early drops the connection.
   */
  bytes(bytesMax: number): AsyncGenerator<Uint8Array, void, void>;
  /** The complete body as text. */
  text(bytesMax: number): Promise<string>;
  /** Discards a body that nobody reads. */
  discard(): void;
}

/** A connection that failed, or ended before the answer did. */
export class ConnectionLost extends Error {
  override readonly name = 'Cut';
  /** Whether the server may have received the request. */
  readonly mayHaveArrived: boolean;
  /** Whether it timed out. */
  readonly isTimeout: boolean;

  constructor(message: string, sent: boolean, {isTimeout = false, ...options}: ErrorOptions & {isTimeout?: boolean}) {
    super(message, options);
    this.mayHaveArrived = sent;
    this.isTimeout = isTimeout;
  }
}

/**
 * Sends requests. Redirects are ordinary answers and never followed. TLS is always verified.
 * Requests that leave the machine use the proxy in `HTTPS_PROXY` and `NO_PROXY`; loopback requests
 * never do.
 */
export class Http {
  readonly #dispatcher: Dispatcher;
  readonly #timeouts: Timeouts;

  constructor(origin: string, timeouts: Timeouts = usualTimeouts) {
    this.#timeouts = timeouts;
    const connect = {timeout: timeouts.connectMs, rejectUnauthorized: true};
    const options = {connections: callsAtOnce + 1, allowH2: false, maxHeaderSize: headerBytesMax, connect};
    // A proxy means two connections, two certificates, and a reply to CONNECT.
    const clientFactory = (proxy: URL, own: object): Pool => new Pool(proxy, {...own, headersTimeout: timeouts.connectMs});
    this.#dispatcher = isLoopback(origin)
      ? new Agent(options)
      : new EnvHttpProxyAgent({...options, requestTls: connect, proxyTls: connect, clientFactory});
  }

  /**
   * Resolves when the headers have arrived. Rejects with `ConnectionLost`, or with the signal's
   * reason. The signal also ends the body.
   */
  async send({origin, path, method, headers, body}: Request, signal: AbortSignal): Promise<Answer> {
    const host = new URL(origin).host;
    try {
      const answer = await this.#dispatcher.request({
        origin,
        path,
        method,
        headers: {...headers, 'accept-encoding': 'identity', 'user-agent': 'source-zoho'},
        body: body ?? null,
        signal,
        headersTimeout: this.#timeouts.headersMs,
        bodyTimeout: this.#timeouts.idleMs,
        highWaterMark: bodyBytesAhead,
      });
      return new UndiciAnswer(answer, host, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw cutOf(error, host);
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

class UndiciAnswer implements Answer {
  readonly status: number;
  readonly #answer: Dispatcher.ResponseData;
  readonly #host: string;
  readonly #signal: AbortSignal;

  constructor(answer: Dispatcher.ResponseData, host: string, signal: AbortSignal) {
    this.status = answer.statusCode;
    this.#answer = answer;
    this.#host = host;
    this.#signal = signal;
    // A body that fails while nobody reads it must not end the process. Its reader still receives
    // the error.
    answer.body.on('error', () => {});
  }

  header(name: string): string | undefined {
    const value = this.#answer.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  async *bytes(bytesMax: number): AsyncGenerator<Uint8Array, void, void> {
    const {body} = this.#answer;
    try {
      // Both are bounded: few bytes may expand into many, and endless bytes into none.
      const sent = this.#bounded(body, bytesMax);
      yield* this.#bounded(decoded(sent, encodingsOf(this.header('content-encoding'))), bytesMax);
    } catch (error) {
      this.#signal.throwIfAborted();
      throw error instanceof ZohoError ? error : unreadable(error, this.#host);
    } finally {
      body.destroy();
    }
  }

  async *#bounded(body: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array, void, void> {
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > bytesMax) throw new ZohoError('damaged', `The answer of ${this.#host} has more than ${bytesMax} bytes`);
      yield chunk;
    }
  }

  async text(bytesMax: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.bytes(bytesMax)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  discard(): void {
    // Reading a short remainder keeps the connection for the next call. It may fail.
    this.#answer.body.dump({limit: errorBytesMax}).catch(() => {});
  }
}

/**
 * Bounds some work in real time, because it depends on the network and not on the capture's clock.
 * The signal for the work aborts with the caller's or at the end of the time; then the call rejects
 * with `ConnectionLost`.
 */
export async function within<T>(
  timeoutMs: number,
  host: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const limit = new AbortController();
  const stop = (): void => limit.abort(signal.reason);
  const timer = setTimeout(() => limit.abort(new Error('Time is up')), timeoutMs);
  signal.addEventListener('abort', stop, {once: true});
  try {
    return await work(limit.signal);
  } catch (error) {
    if (!limit.signal.aborted || signal.aborted) throw error;
    throw new ConnectionLost(`no complete answer from ${host} within ${timeoutMs / 1000} s`, true, {
      cause: error,
      isTimeout: true,
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Codes of failures before anything was sent, and their meaning. */
const notSent: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'its name is unknown'],
  ['EAI_AGAIN', 'its name cannot be looked up at the moment'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['ENETUNREACH', 'there is no route to it'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it does not accept the connection'],
  ['UND_ERR_PRX_CONN', 'the proxy does not connect'],
  ['UND_ERR_PRX_TLS', 'the proxy does not connect'],
]);

const sentMeanings: ReadonlyMap<string, string> = new Map([
  ['UND_ERR_HEADERS_TIMEOUT', 'it does not answer'],
  ['UND_ERR_BODY_TIMEOUT', 'it stopped in the middle of its answer'],
  ['UND_ERR_HEADERS_OVERFLOW', 'the headers of its answer are too large'],
]);

/**
 * A body that ends early, compressed or not, is a lost connection; malformed compression is damage.
 */
function unreadable(error: unknown, host: string): ConnectionLost | ZohoError {
  if (!(error instanceof EncodingError)) return cutOf(error, host);
  if (error.isShort) return new ConnectionLost(`no complete answer from ${host}: ${error.message}`, true, {cause: error});
  return new ZohoError('damaged', `Cannot read the answer of ${host}: ${error.message}`, {cause: error});
}

function cutOf(error: unknown, host: string): ConnectionLost {
  const code = codeOf(error);
  const before = notSent.get(code) ?? (isTlsCode(code) ? 'its certificate cannot be trusted' : undefined);
  if (before !== undefined) return new ConnectionLost(`cannot reach ${host}: ${before} (${code})`, false, {cause: error});
  const after = sentMeanings.get(code) ?? 'the connection was cut';
  return new ConnectionLost(`no complete answer from ${host}: ${after}${code === '' ? '' : ` (${code})`}`, true, {
    cause: error,
    isTimeout: timeouts.has(code),
  });
}

const timeouts: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function isTlsCode(code: string): boolean {
  return /CERT|^ERR_TLS|^UNABLE_TO_|SIGNATURE/.test(code);
}

/** The code of an error, or of the first of its causes that has one. */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 3) return '';
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  const own = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return notSent.has(own) || isTlsCode(own) ? own : codeOf(inner, depth + 1) || own;
}

/** Whether an answer's status means that it has no body, which is then discarded. */
export function isEmpty(answer: Answer): boolean {
  if (answer.status !== 204 && answer.status !== 304) return false;
  answer.discard();
  return true;
}
