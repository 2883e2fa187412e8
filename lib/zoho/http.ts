/** HTTP: answers with bounded bodies, time limits, classified failures. Knows nothing of Zoho. */
import {ZohoError} from '../errors/errors.ts';
import {ConnectionLost, lostBy} from './connection-lost.ts';
import {type ConnectionAnswer, type Connections, connectionsTo} from './connections.ts';
import {decoded, EncodingError, encodingsOf} from './content-encoding.ts';
import {bodyBytesAhead, connectTimeoutMs, errorBytesMax, headersTimeoutMs, idleTimeoutMs} from './limits.ts';

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

/**
 * Sends requests. Redirects are ordinary answers and never followed. Specs pass connections of
 * their own.
 */
export class Http {
  readonly #connections: Connections;
  readonly #timeouts: Timeouts;

  constructor(origin: string, timeouts = usualTimeouts, connections: Connections = connectionsTo(origin, timeouts.connectMs)) {
    this.#timeouts = timeouts;
    this.#connections = connections;
  }

  /**
   * Resolves when the headers have arrived. Rejects with `ConnectionLost`, or with the signal's
   * reason. The signal also ends the body.
   */
  async send({origin, path, method, headers, body}: Request, signal: AbortSignal): Promise<Answer> {
    const host = new URL(origin).host;
    try {
      const answer = await this.#connections.request({
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
      throw lostBy(error, host);
    }
  }

  async close(): Promise<void> {
    await this.#connections.destroy();
  }
}

class UndiciAnswer implements Answer {
  readonly status: number;
  readonly #answer: ConnectionAnswer;
  readonly #host: string;
  readonly #signal: AbortSignal;

  constructor(answer: ConnectionAnswer, host: string, signal: AbortSignal) {
    this.status = answer.statusCode;
    this.#answer = answer;
    this.#host = host;
    this.#signal = signal;
    // A body that fails while nobody reads it must not end the process. Its reader still receives
    // the error.
    // Equivalent mutants (StringLiteral,CallExpression): undici listens, but does not say so
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
  signal.addEventListener('abort', stop);
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

/**
 * A body that ends early, compressed or not, is a lost connection; malformed compression is damage.
 */
function unreadable(error: unknown, host: string): ConnectionLost | ZohoError {
  if (!(error instanceof EncodingError)) return lostBy(error, host);
  if (error.isShort) return new ConnectionLost(`no complete answer from ${host}: ${error.message}`, true, {cause: error});
  return new ZohoError('damaged', `Cannot read the answer of ${host}: ${error.message}`, {cause: error});
}

/** Whether an answer's status means that it has no body, which is then discarded. */
export function isEmpty(answer: Answer): boolean {
  if (answer.status !== 204 && answer.status !== 304) return false;
  answer.discard();
  return true;
}
