import assert from 'node:assert/strict';
import dns from 'node:dns';
import {createServer} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import {type AddressInfo, createServer as createTcpServer, type Server, type Socket} from 'node:net';
import {suite} from 'uvu';
import {ConnectionLost} from '../../lib/zoho/connection-lost.ts';
import {Http} from '../../lib/zoho/http.ts';
import {callsAtOnce} from '../../lib/zoho/limits.ts';
import {cert, key} from '../harness/certificate.ts';
import {settled} from '../harness/clocks.ts';

const connections = suite('connections');
const {signal} = new AbortController();

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
const get = (origin: string) => ({origin, path: '/', method: 'GET' as const, headers: {}});

/** Runs with environment variables set, and puts back what was there. */
async function withEnv(values: Record<string, string>, use: () => Promise<void>): Promise<void> {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  try {
    await use();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

connections('go through the proxy that the environment names, but never to the machine itself', async () => {
  const wanted: string[] = [];
  const proxy = createServer((_, response) => response.end('by proxy')).on('connect', (request, socket) => {
    wanted.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const direct = createServer((_, response) => response.end('direct'));
  const address = `http://127.0.0.1:${await listening(proxy)}`;
  const own = `http://127.0.0.1:${await listening(direct)}`;
  await withEnv({https_proxy: address, http_proxy: address, no_proxy: ''}, async () => {
    const far = new Http('https://www.zohoapis.eu');
    await assert.rejects(far.send(get('https://www.zohoapis.eu'), signal), ConnectionLost);
    await far.close();
    assert.deepEqual(wanted, ['www.zohoapis.eu:443']);
    const near = new Http(own);
    assert.equal(await (await near.send(get(own), signal)).text(100), 'direct');
    await near.close();
  });
  await closed(proxy);
  await closed(direct);
});

connections('reach no host whose certificate cannot be trusted, even if the environment says so', async () => {
  let reached = false;
  const server = createTlsServer({key, cert}, (_, response) => {
    reached = true;
    response.end('fooled');
  });
  const origin = `https://127.0.0.1:${await listening(server)}`;
  await withEnv({NODE_TLS_REJECT_UNAUTHORIZED: '0'}, async () => {
    const client = new Http(origin);
    await assert.rejects(client.send(get(origin), signal), (error: ConnectionLost) => {
      assert.match(error.message, /^cannot reach 127\.0\.0\.1:\d+: its certificate cannot be trusted \(/);
      return error instanceof ConnectionLost && !error.mayHaveArrived;
    });
    await client.close();
  });
  assert.equal(reached, false);
  await closed(server);
});

connections('speak HTTP/1.1 only', async () => {
  let offered: string[] = [];
  const ALPNCallback = ({protocols}: {protocols: string[]}): undefined => void (offered = protocols);
  const server = createTlsServer({key, cert, ALPNCallback});
  const origin = `https://127.0.0.1:${await listening(server)}`;
  const client = new Http(origin);
  await assert.rejects(client.send(get(origin), signal), ConnectionLost);
  assert.deepEqual(offered, ['http/1.1']);
  await client.close();
  await closed(server);
});

connections('make room for as many calls as run at once, and one for a token', async () => {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => open.add(socket));
  const origin = `http://127.0.0.1:${await listening(server)}`;
  const client = new Http(origin);
  const calls = Array.from({length: callsAtOnce + 3}, () => client.send(get(origin), signal).catch(String));
  while (open.size < callsAtOnce + 1) await settled();
  await settled();
  assert.equal(open.size, callsAtOnce + 1);
  await client.close();
  await Promise.all(calls);
  for (const socket of open) socket.destroy();
  await closed(server);
});

const quick = {connectMs: 200, headersMs: 60_000, idleMs: 60_000};
const far = 'https://www.zohoapis.eu';

/** What comes of asking a host that nobody answers for; it may take as long as the coarse clock of timeouts does. */
async function unanswered(http: Http, origin: string): Promise<string> {
  const begunMs = performance.now();
  const error: unknown = await http.send(get(origin), signal).catch((cut: unknown) => cut);
  assert.ok(error instanceof ConnectionLost && performance.now() - begunMs < 5_000, String(error));
  await http.close();
  return error.message.replaceAll(/:\d+/g, '');
}

connections('give up on whoever takes a connection and then says nothing: a host, or the proxy on the way to it', async () => {
  const silent = createTcpServer();
  const open = new Set<Socket>();
  silent.on('connection', (socket) => open.add(socket));
  const port = await listening(silent);
  // Lets everybody through, to where nobody says anything either.
  const proxy = createServer().on('connect', (_, socket) => {
    open.add(socket as Socket);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
  });
  const proxyPort = await listening(proxy);
  const by = async (address: string): Promise<string> => {
    let through: Http | undefined;
    await withEnv({https_proxy: address, no_proxy: ''}, async () => {
      through = new Http(far, quick);
    });
    return unanswered(through!, far);
  };
  assert.deepEqual(
    await Promise.all([
      unanswered(new Http(`https://127.0.0.1:${port}`, quick), `https://127.0.0.1:${port}`),
      by(`http://127.0.0.1:${port}`),
      by(`https://localhost:${port}`),
      by(`http://127.0.0.1:${proxyPort}`),
    ]),
    [
      'cannot reach 127.0.0.1: it does not accept the connection (UND_ERR_CONNECT_TIMEOUT)',
      'no complete answer from www.zohoapis.eu: it does not answer (UND_ERR_HEADERS_TIMEOUT)',
      'cannot reach www.zohoapis.eu: it does not accept the connection (UND_ERR_CONNECT_TIMEOUT)',
      'cannot reach www.zohoapis.eu: it does not accept the connection (UND_ERR_CONNECT_TIMEOUT)',
    ],
  );
  for (const socket of open) socket.destroy();
  await closed(silent);
  await closed(proxy);
});

connections('give up on a name that nobody looks up', async () => {
  const {lookup} = dns;
  dns.lookup = (() => {}) as unknown as typeof lookup;
  // A look-up that is under way keeps a process going; one that never began does not.
  const going = setInterval(() => {}, 1_000);
  try {
    await withEnv({https_proxy: '', HTTPS_PROXY: '', http_proxy: '', HTTP_PROXY: ''}, async () => {
      assert.equal(
        await unanswered(new Http(far, quick), far),
        'cannot reach www.zohoapis.eu: it does not accept the connection (UND_ERR_CONNECT_TIMEOUT)',
      );
    });
  } finally {
    clearInterval(going);
    dns.lookup = lookup;
  }
});

connections('fail on headers that never end', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, {'x-large': 'x'.repeat(100_000)});
    response.end();
  });
  const origin = `http://127.0.0.1:${await listening(server)}`;
  const client = new Http(origin);
  await assert.rejects(client.send(get(origin), signal), ConnectionLost);
  await client.close();
  await closed(server);
});

connections('are kept over answers without a body', async () => {
  let connections = 0;
  const server = createServer((_, response) => response.writeHead(204).end()).on('connection', () => connections++);
  const origin = `http://127.0.0.1:${await listening(server)}`;
  const client = new Http(origin);
  for (let i = 0; i < 3; i++) {
    (await client.send(get(origin), signal)).discard();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(connections, 1);
  await client.close();
  await closed(server);
});

connections('give a reader its time, as long as bytes come when it wants them', async () => {
  const bytes = 8 << 20;
  const server = createServer((_, response) => response.end('x'.repeat(bytes)));
  const origin = `http://127.0.0.1:${await listening(server)}`;
  const client = new Http(origin, {...quick, idleMs: 100});
  let size = 0;
  for await (const chunk of (await client.send(get(origin), signal)).bytes(bytes)) {
    // Longer than the connection may be silent, with all that undici adds for its coarse timers.
    if (size === 0) await new Promise((resolve) => setTimeout(resolve, 1_500));
    size += chunk.length;
  }
  assert.equal(size, bytes);
  await client.close();
  await closed(server);
});

connections.run();
