/** Where the connector may go, and who may come to it. */
import assert from 'node:assert/strict';
import {glob, readFile} from 'node:fs/promises';
import {createServer as createTlsServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {suite} from 'uvu';
import {startSandbox} from '../../../lib/sandbox/server.ts';
import {ConnectionLost} from '../../../lib/zoho/connection-lost.ts';
import {apiOrigin} from '../../../lib/zoho/data-centers.ts';
import {Http} from '../../../lib/zoho/http.ts';
import {cert, key} from '../../harness/certificate.ts';

const network = suite('The network');
const root = new URL('../../../', import.meta.url);

/** The program's files, by path, without comments. */
async function sources(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const path of glob('lib/**/*.{ts,js}', {cwd: root})) {
    const text = await readFile(new URL(path, root), 'utf8');
    found.set(path, text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''));
  }
  return found;
}

/** Files that hold a pattern, but for those below some folder or of some name. */
async function holders(pattern: RegExp, ...except: readonly string[]): Promise<string[]> {
  const all = [...(await sources())].filter(([, text]) => pattern.test(text)).map(([path]) => path);
  return all.filter((path) => !except.some((allowed) => path === allowed || path.startsWith(`${allowed}/`))).sort();
}

network('is reached through one file, which always verifies certificates', async () => {
  assert.deepEqual(await holders(/from 'undici'/, 'lib/bench'), ['lib/zoho/connections.ts']);
  assert.deepEqual(await holders(/\b(?:fetch|WebSocket|EventSource)\(/, 'lib/zoho/access-token.ts'), []);
  assert.deepEqual(await holders(/rejectUnauthorized: (?!true)|checkServerIdentity|TLS_REJECT|setDefaultCACertificates/), []);
});

network('is listened to only by the sandbox and the benchmark, on loopback unless configured otherwise', async () => {
  const servers = /from 'node:(?:net|http|https|http2|tls|dgram|inspector|cluster)'/;
  assert.deepEqual(
    await holders(
      servers,
      'lib/sandbox',
      'lib/bench/server.ts',
      'lib/bench/memory/server.ts',
      'lib/bench/memory/many-records-server.ts',
    ),
    [],
  );
  for (const [path, text] of await sources())
    for (const [, rest] of text.matchAll(/server\.listen\((.*)/g)) assert.match(rest!, /'127\.0\.0\.1'/, path);
  const sandbox = await startSandbox({records: 1});
  assert.equal(new URL(sandbox.url).hostname, '127.0.0.1');
  await sandbox.close();
});

network('is all that the connector uses: it runs no program but sops, and no text as code', async () => {
  const programs = /from 'node:child_process'/;
  // The launcher starts the project's own node where the running one is older.
  assert.deepEqual(await holders(programs, 'lib/bench'), ['lib/config/sops.ts', 'lib/source-zoho.js']);
  assert.deepEqual(await holders(/\beval\(|new Function\(|from 'node:vm'|shell: true/), []);
});

network('trusts no proxy whose certificate cannot be trusted, even if the environment says so', async () => {
  let reached = false;
  const proxy = createTlsServer({key, cert}).on('connect', (_, socket) => {
    reached = true;
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const names = ['https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY', 'NODE_TLS_REJECT_UNAUTHORIZED'];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  process.env.https_proxy = `https://localhost:${(proxy.address() as AddressInfo).port}`;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const origin = 'https://www.zohoapis.eu';
  const http = new Http(origin);
  try {
    const {signal} = new AbortController();
    await assert.rejects(http.send({origin, path: '/', method: 'GET', headers: {}}, signal), (error: ConnectionLost) => {
      assert.match(error.message, /^cannot reach www\.zohoapis\.eu: its certificate cannot be trusted/);
      return error instanceof ConnectionLost && !error.mayHaveArrived;
    });
  } finally {
    await http.close();
    proxy.closeAllConnections();
    proxy.close();
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
  assert.equal(reached, false);
});

network('has no way to the machine itself unless SOURCE_ZOHO_LOOPBACK is on', () => {
  for (const value of ['off', 'OFF', ' off ', '0', 'false', 'no', 'of'])
    for (const address of ['http://127.0.0.1:1', 'localhost:1', 'http://[::1]:1', 'http://2130706433', 'http://0x7f.1'])
      assert.throws(() => apiOrigin(address, value), {name: 'ConfigError'}, `${address} with ${value}`);
  for (const value of [undefined, '', 'on', 'ON']) assert.equal(apiOrigin('http://127.0.0.1:1', value), 'http://127.0.0.1:1');
});

network('has no other machine that answers to a loopback name', () => {
  const strangers = [
    'http://127.0.0.2:1',
    'http://0.0.0.0:1',
    'http://[::]:1',
    'http://[::ffff:10.0.0.1]:1',
    'http://169.254.169.254',
  ];
  for (const address of [...strangers, 'http://metadata.internal', 'http://10.0.0.1:1'])
    assert.throws(() => apiOrigin(address), {name: 'ConfigError'}, address);
});

network.run();
