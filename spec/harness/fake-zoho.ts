/** A small HTTP server whose answers each case defines. */
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {Log} from '../../lib/platform/log.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {type ClientOptions, createClient} from '../../lib/zoho/client.ts';
import {JumpingClock} from './clocks.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Status and body, or a function that writes the response itself. */
export type Reply = [status: number, body?: unknown, headers?: Record<string, string>] | ((response: ServerResponse) => void);

export interface FakeZoho {
  readonly url: string;
  /** All requests except those for tokens, in order. */
  readonly received: Received[];
  /** Requests for tokens. */
  readonly tokens: Received[];
  readonly clock: JumpingClock;
  readonly client: ZohoClient;
  /** Logged messages with their fields. */
  readonly logged: string[];
  readonly statuses: (string | undefined)[];
  close(): Promise<void>;
}

export interface FakeOptions {
  /** Answers to calls in order; the last one repeats. */
  readonly replies?: readonly Reply[];
  answer?(request: Received): Reply;
  token?(request: Received, count: number): Reply;
  readonly client?: Partial<ClientOptions>;
}

export const credentials = {clientId: '1000.CLIENT', clientSecret: 'client-secret-canary', refreshToken: '1000.refresh-canary'};

export const tokenReply = (count: number, more: object = {}): [status: number, body: object] => [
  200,
  {access_token: `1000.token-${count}`, expires_in: 3600, token_type: 'Bearer', ...more},
];

export async function fakeZoho({replies = [[204]], answer, token, client}: FakeOptions): Promise<FakeZoho> {
  const received: Received[] = [];
  const tokens: Received[] = [];
  const server = createServer(async (message, response) => {
    let body = '';
    for await (const chunk of message) body += String(chunk);
    const request = {method: message.method ?? '', path: message.url ?? '', headers: message.headers, body};
    if (request.path.startsWith('/oauth/')) {
      tokens.push(request);
      send(response, token ? token(request, tokens.length) : tokenReply(tokens.length));
      return;
    }
    received.push(request);
    send(response, answer ? answer(request) : (replies[Math.min(replies.length, received.length) - 1] ?? [204]));
  });
  const url = await listening(server);
  const clock = new JumpingClock();
  const logged: string[] = [];
  const statuses: (string | undefined)[] = [];
  const log: Log = (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  const onHold = (reason: string | undefined): unknown => statuses.push(reason);
  const made = createClient({apiDomain: url, credentials, clock, log, onHold, random: () => 0.5, ...client});
  return {
    url,
    received,
    tokens,
    clock,
    client: made,
    logged,
    statuses,
    async close() {
      await made.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(response: ServerResponse, reply: Reply): void {
  if (typeof reply === 'function') {
    reply(response);
    return;
  }
  const [status, body, headers = {}] = reply;
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers});
  response.end(text);
}

/** Runs a case with its own server. */
export async function withZoho(options: FakeOptions, use: (zoho: FakeZoho) => Promise<void>): Promise<void> {
  const zoho = await fakeZoho(options);
  try {
    await use(zoho);
  } finally {
    await zoho.close();
  }
}

/** An error answer as Zoho writes it. */
export const complaint = (code: string, details: object = {}, message = 'words'): object => ({
  code,
  details,
  message,
  status: 'error',
});
