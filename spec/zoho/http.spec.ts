import assert from 'node:assert/strict';
import dns from 'node:dns';
import {createServer} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import {type AddressInfo, createServer as createTcpServer, type Server, type Socket} from 'node:net';
import {suite} from 'uvu';
import {ConnectionLost, Http} from '../../lib/zoho/http.ts';
import {cert, key} from '../harness/certificate.ts';

const http = suite('Http');
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

http('goes through the proxy that the environment names, but never to the machine itself', async () => {
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

http('talks to no host whose certificate cannot be trusted, even if the environment says so', async () => {
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

http('gives up on whoever takes a connection and then says nothing: a host, or the proxy on the way to it', async () => {
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

http('gives up on a name that nobody looks up', async () => {
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

http('reads no more of a body than it is allowed to', async () => {
  const server = createServer((_, response) => response.end('x'.repeat(1000)));
  const origin = `http://127.0.0.1:${await listening(server)}`;
  const client = new Http(origin);
  assert.equal((await (await client.send(get(origin), signal)).text(1000)).length, 1000);
  await assert.rejects((await client.send(get(origin), signal)).text(999), {
    kind: 'damaged',
    message: /has more than 999 bytes$/,
  });
  await client.close();
  await closed(server);
});

http('takes headers that never end for a failure', async () => {
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

http('keeps a connection over answers without a body', async () => {
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

http.run();
