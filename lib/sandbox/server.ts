/** The sandbox: a local Zoho CRM as an HTTP server, for the demo, the specs and the benchmark. */
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {adminOf} from './admin.ts';
import {churnStep} from './churn.ts';
import {realClock, type SandboxClock} from './clock.ts';
import {Faults} from './faults.ts';
import {randomFrom} from './hash.ts';
import {Jobs} from './jobs.ts';
import {type MeterOptions, Meters} from './meters.ts';
import {Org, type OrgOptions} from './org.ts';
import {PageFiles} from './page-files.ts';
import {type Answer, type Handler, refusal, type SandboxRequest} from './request.ts';
import {routeOf, routerOf} from './router.ts';
import {send} from './send.ts';
import type {SwitchChoices} from './switches.ts';
import {type Credentials, Tokens} from './tokens.ts';

export interface SandboxOptions extends Partial<OrgOptions> {
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** The loopback address by default. */
  readonly host?: string;
  readonly clock?: SandboxClock;
  /** Faults from the start, as text for `parseFault`. */
  readonly faults?: readonly string[];
  readonly meters?: Partial<MeterOptions>;
  /** Makes a random change in the organisation at this interval of real time. */
  readonly churnMs?: number;
  /** Bytes of rendered files cached for further downloads of the same page. */
  readonly filesBytesMax?: number;
  /** Called with every call and its answer before the answer is sent; for specs and call logs. */
  readonly onExchange?: (request: SandboxRequest, answer: Answer) => void;
}

export interface Sandbox {
  /** Serves as `api_domain` and as accounts host. */
  readonly url: string;
  readonly credentials: Credentials;
  /** Modules that can be captured. */
  readonly modules: readonly string[];
  readonly org: Org;
  readonly clock: SandboxClock;
  readonly faults: Faults;
  readonly meters: Meters;
  readonly tokens: Tokens;
  readonly jobs: Jobs;
  /** Errors of the sandbox itself; each was answered with status 500. */
  readonly failures: readonly Error[];
  /** Changes switches at run time. */
  switch(choices: SwitchChoices): void;
  /** Stops listening and closes open connections. */
  close(): Promise<void>;
}

const bodyBytesMax = 1 << 22;
/** Two files of 200,000 typical rows. */
const filesBytesDefault = 48 << 20;

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const {clock = realClock(), seed = 1, filesBytesMax = filesBytesDefault} = options;
  const org = new Org({...options, clock});
  const jobs = new Jobs(org);
  const faults = new Faults(seed);
  for (const fault of options.faults ?? []) faults.add(fault);
  const meters = new Meters(() => clock.nowMs(), options.meters);
  let url = '';
  const tokens = new Tokens(
    clock,
    seed,
    () => org.switches,
    () => url,
  );
  const admin = adminOf({org, jobs, tokens, faults, meters});
  const router = routerOf({org, tokens, jobs, files: new PageFiles(org, jobs, filesBytesMax), admin});
  const failures: Error[] = [];
  const guarded: Handler = async (request) => {
    try {
      return await router(request);
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
      return refusal(500, 'INTERNAL_ERROR', 'Internal Server Error');
    }
  };
  const handler: Handler = async (request) => {
    const answer = await meters.layer(request, (passed) => faults.layer(passed, guarded));
    options.onExchange?.(request, answer);
    return answer;
  };

  const server = createServer((message, response) => {
    answerCall(message, response, handler, clock).catch((error: unknown) => {
      failures.push(error instanceof Error ? error : new Error(String(error)));
      response.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  url = urlOf(server.address());

  const stopChurn = churning(org, seed, options.churnMs, failures);
  return {
    url,
    credentials: tokens.credentials,
    modules: org.capturable,
    org,
    clock,
    faults,
    meters,
    tokens,
    jobs,
    failures,
    switch: (choices) => org.switch(choices),
    close: () => {
      stopChurn();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      return closed;
    },
  };
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string')
    throw new Error('Cannot find the address of the sandbox: it does not listen on a port');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

/** Makes random changes at an interval; the returned function stops them. */
function churning(org: Org, seed: number, everyMs: number | undefined, failures: Error[]): () => void {
  if (everyMs === undefined) return () => {};
  const random = randomFrom(seed);
  const timer = setInterval(() => {
    try {
      churnStep(org, random);
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

async function answerCall(
  message: IncomingMessage,
  response: ServerResponse,
  handler: Handler,
  clock: SandboxClock,
): Promise<void> {
  const done = new Promise<void>((resolve) => {
    response.once('close', resolve);
  });
  const body = await bodyOf(message);
  if (body === 'cut') return;
  if (body === 'too large') {
    await send(response, refusal(413, 'REQUEST_BODY_NOT_SUPPORTED', 'Request body is too large'), clock.nowMs());
    return;
  }
  const answer = await handler(requestOf(message, body, done));
  if (!response.destroyed) await send(response, answer, clock.nowMs());
}

function requestOf(message: IncomingMessage, body: Buffer, done: Promise<void>): SandboxRequest {
  const {pathname: path, searchParams: query} = new URL(message.url ?? '/', 'http://sandbox');
  const {kind, module} = routeOf(path);
  const named = module ?? query.get('module') ?? undefined;
  return {
    kind,
    method: message.method ?? 'GET',
    path,
    query,
    headers: message.headers,
    body,
    done,
    ...(named !== undefined && {module: named}),
  };
}

/** The whole body, unless it exceeds every call's limit or its sender went away. */
async function bodyOf(message: IncomingMessage): Promise<Buffer | 'too large' | 'cut'> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of message) {
      bytes += piece.length;
      if (bytes > bodyBytesMax) return 'too large';
      pieces.push(piece);
    }
  } catch (error) {
    if (message.destroyed) return 'cut';
    throw error;
  }
  return Buffer.concat(pieces);
}
