/**
 * Connections in memory: each case says what a server would answer. Behind them is undici's own
 * request, with real bodies.
 */
import {Dispatcher} from 'undici';

/** What was sent. */
export interface Sent {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The chunks of a body as the network delivers them; what it throws cuts the connection. */
export type Chunks = () => AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/**
 * A status with a body, JSON unless it is text, bytes or `Chunks`; or why no answer comes. A
 * `silent` server never answers.
 */
export type Reply = readonly [status: number, body?: unknown, headers?: Record<string, string | string[]>] | Error | 'silent';

/** As undici reports failures of the network. */
export function failure(code: string, message = 'words of undici'): Error {
  return Object.assign(new Error(message), {code});
}

/** Bytes, and then the end of the connection. */
export const cut = (text: string, code = 'UND_ERR_SOCKET'): Chunks =>
  async function* () {
    yield text;
    throw failure(code);
  };

/** Answers requests by `answer`. */
export class ScriptedNetwork extends Dispatcher {
  readonly sent: Sent[] = [];
  /** Options of the requests, as undici received them. */
  readonly options: Dispatcher.DispatchOptions[] = [];
  /** Requests whose connection was dropped, by the caller or by the network. */
  dropped = 0;
  isClosed = false;
  readonly #answer: (sent: Sent) => Reply;

  constructor(answer: (sent: Sent) => Reply) {
    super();
    this.#answer = answer;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const {method, origin, path, headers, body} = options;
    const sent = {method, origin: `${origin}`, path, headers: headers as Record<string, string>, body: String(body ?? '')};
    this.sent.push(sent);
    this.options.push(options);
    const connection = new Connection(handler, () => this.dropped++);
    handler.onRequestStart?.(connection, {});
    void connection.serve(this.#answer(sent));
    return true;
  }

  override async destroy(): Promise<void> {
    this.isClosed = true;
  }
}

class Connection implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #onDrop: () => void;
  #resume = (): void => {};

  constructor(handler: Dispatcher.DispatchHandler, onDrop: () => void) {
    this.#handler = handler;
    this.#onDrop = onDrop;
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    [this.aborted, this.reason] = [true, reason];
    this.#onDrop();
    this.#resume();
    this.#handler.onResponseError?.(this, reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#resume();
  }

  async serve(reply: Reply): Promise<void> {
    await Promise.resolve();
    if (reply === 'silent') return;
    if (reply instanceof Error) return this.abort(reply);
    const [status, body, headers = {}] = reply;
    if (!this.aborted) this.#handler.onResponseStart?.(this, status, headers);
    try {
      for await (const chunk of chunksOf(body)) {
        if (this.paused) await new Promise<void>((resolve) => (this.#resume = resolve));
        if (this.aborted) return;
        this.#handler.onResponseData?.(this, bytesOf(chunk));
      }
      if (!this.aborted) this.#handler.onResponseEnd?.(this, {});
    } catch (error) {
      this.abort(error as Error);
    }
  }
}

function bytesOf(chunk: string | Uint8Array): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function chunksOf(body: unknown): ReturnType<Chunks> {
  if (body === undefined) return [];
  if (typeof body === 'function') return (body as Chunks)();
  return [typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)];
}
