/**
 * The protocol loop: reads request lines and answers each. An open request starts the capture
 * (flow-protocol sheet 1.3, 2).
 */
import type {Readable, Writable} from 'node:stream';
import {ConfigError} from '../errors/errors.ts';
import type {DiscoveredBinding} from '../flow/discover.ts';
import {lines} from '../flow/lines.ts';
import {type OpenRequest, parseRequest, type Request, respond, type ValidateRequest} from '../flow/protocol.ts';
import type {Log} from '../platform/log.ts';

/** The work of each request. When the signal aborts, all of it ends soon. */
export interface Handlers {
  spec(): object;
  discover(config: unknown, signal: AbortSignal): Promise<readonly DiscoveredBinding[]>;
  /** The resource path of each binding, in the order of the request. */
  validate(request: ValidateRequest, signal: AbortSignal): Promise<readonly (readonly string[])[]>;
  /** What was done to prepare the capture; empty if nothing was. */
  apply(signal: AbortSignal): Promise<string>;
  /**
   * Runs the capture, which writes its lines to `output`, until it is done or the signal aborts.
   * The `opened` response has been written.
   */
  open(request: OpenRequest, output: Writable, signal: AbortSignal): Promise<void>;
}

export interface ServeOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly handlers: Handlers;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Answers requests one at a time, in order, until the input ends. After an open request it runs
 * until the capture ends, whether or not the input does. Also resolves when the signal aborts, once
 * no write is in progress. Rejects with a handler's error, or with ConfigError for an invalid
 * request. Every line is written completely.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const {input, signal} = options;
  const requests = requestsOf(input, options.log);
  const stop = () => input.destroy();
  signal.addEventListener('abort', stop);
  // The write that fails reports the failure, instead of an unhandled event.
  options.output.on('error', () => {});
  try {
    signal.throwIfAborted();
    for await (const request of requests) {
      if (request.kind === 'open') return await capture(request, requests, options);
      await write(options.output, await answer(request, options));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    input.destroy();
  }
}

async function* requestsOf(input: Readable, log: Log): AsyncGenerator<Request, void, void> {
  let number = 1;
  for await (const line of lines(input)) {
    const request = parseRequest(line, number);
    log('debug', `Request ${number}: ${request.kind}`);
    yield request;
    number++;
  }
}

async function answer(request: Exclude<Request, OpenRequest>, {handlers, signal}: ServeOptions): Promise<object> {
  switch (request.kind) {
    case 'spec':
      return respond.spec(handlers.spec());
    case 'discover':
      return respond.discovered(await handlers.discover(request.config, signal));
    case 'validate':
      return respond.validated(await handlers.validate(request, signal));
    case 'apply':
      return respond.applied(await handlers.apply(signal));
    case 'acknowledge':
      throw new ConfigError('Cannot take an acknowledge request: no capture is open');
  }
}

/**
 * Runs the capture while the rest of the input, which may contain only acknowledgements, is read.
 * The end of the input does not stop it.
 */
async function capture(request: OpenRequest, rest: AsyncGenerator<Request, void, void>, options: ServeOptions): Promise<void> {
  const {output, handlers} = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  await write(output, respond.opened());
  const captured = handlers.open(request, output, signal);
  const listening = listen(rest).catch((error: unknown) => ended.abort(error));
  try {
    await captured;
    ended.signal.throwIfAborted();
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    options.input.destroy();
    await listening;
  }
}

async function listen(rest: AsyncGenerator<Request, void, void>): Promise<void> {
  for await (const {kind} of rest) {
    if (kind !== 'acknowledge')
      throw new ConfigError(`Cannot take a request of kind ${kind}: a capture is open, which only takes acknowledge`);
  }
}

function write(output: Writable, message: object): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
