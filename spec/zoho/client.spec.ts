import assert from 'node:assert/strict';
import {mock} from 'node:test';
import {suite} from 'uvu';
import {ConfigError, ZohoError} from '../../lib/errors/errors.ts';
import {createClient} from '../../lib/zoho/client.ts';
import {windowQuery} from '../../lib/zoho/coql.ts';
import {ManualClock, settled} from '../harness/clocks.ts';
import {complaint, credentials, tokenReply} from '../harness/fake-zoho.ts';
import {type MemoryOptions, type MemoryZoho, memoryZoho} from '../harness/memory-zoho.ts';
import {failure, type Reply} from '../harness/scripted-network.ts';

const client = suite('createClient');
const {signal} = new AbortController();

function promise(name: string, options: MemoryOptions, use: (zoho: MemoryZoho) => Promise<void>): void {
  client(name, () => use(memoryZoho(options)));
}

const query = windowQuery({module: 'Leads', columns: ['id'], fromS: 0, limit: 200});

promise('sends credentials in the body of the token call and nowhere else', {replies: [[200, {modules: []}]]}, async (zoho) => {
  await zoho.client.modules(signal);
  await zoho.client.modules(signal);
  assert.equal(zoho.tokens.length, 1);
  assert.equal(zoho.tokens[0]?.path, '/oauth/v2/token');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(zoho.tokens[0]?.body)), {
    grant_type: 'refresh_token',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    refresh_token: credentials.refreshToken,
  });
  assert.doesNotMatch(JSON.stringify(zoho.received), /canary/);
});

promise(
  'goes on with a token that a simulator gives for a data centre, and says so once',
  {
    token: (_, n) => tokenReply(n, {api_domain: 'https://www.zohoapis.eu', expires_in: 1}),
    replies: [[200, {modules: []}]],
    client: {apiDomain: 'http://127.0.0.1:1'},
  },
  async (zoho) => {
    for (let i = 0; i < 3; i++) {
      await zoho.client.modules(signal);
      await zoho.clock.advance(10_000);
    }
    assert.equal(zoho.tokens.length, 3);
    assert.deepEqual(
      zoho.logged.filter((line) => line.startsWith('warn The access token')),
      [`warn The access token was issued for https://www.zohoapis.eu; calls still go to http://127.0.0.1:1 {}`],
    );
  },
);

for (const [waitMaxMs, tokens] of [
  [125_000, 1],
  [135_000, 2],
] as const) {
  promise(
    `waits for no token longer than whoever waits wants to, which is ${waitMaxMs / 1000} s`,
    {token: () => [400, {error: 'Access Denied', status: 'failure'}], client: {waitMaxMs, random: () => 0.99}},
    async (zoho) => {
      const beforeMs = zoho.clock.elapsedMs();
      await assert.rejects(zoho.client.modules(signal), {
        kind: 'unavailable',
        message: /too many were requested within 10 minutes$/,
      });
      assert.ok(zoho.clock.elapsedMs() - beforeMs <= waitMaxMs);
      assert.equal(zoho.tokens.length, tokens);
    },
  );
}

for (const secret of ['INVALID_QUERY', 'Latest_Image']) {
  promise(
    `takes a refusal for what it is, whatever is in the secret "${secret}"`,
    {
      answer: () => [400, complaint('INVALID_QUERY', {column_name: 'Latest_Image'})],
      client: {credentials: {clientId: secret, clientSecret: secret, refreshToken: secret}},
    },
    async (zoho) => {
      await assert.rejects(zoho.client.coql(query, signal), {kind: 'field', code: 'INVALID_QUERY', field: 'Latest_Image'});
    },
  );
}

promise(
  'leaves its messages whole when a secret is too short to be one',
  {
    answer: () => [400, complaint('SYNTAX_ERROR', {}, 'unexpected token')],
    client: {credentials: {clientId: 'test', clientSecret: 'S', refreshToken: 'token'}},
  },
  async (zoho) => {
    await assert.rejects(zoho.client.coql(query, signal), {
      message: 'Cannot query module Leads: Zoho answers SYNTAX_ERROR: unexpected token',
    });
  },
);

promise('says in one line that a host cannot be reached', {token: () => failure('ECONNREFUSED')}, async ({client}) => {
  await assert.rejects(client.modules(signal), {
    kind: 'unavailable',
    message: 'Cannot get an access token: cannot reach accounts.zoho.eu: nothing listens there (ECONNREFUSED)',
  });
});

client('makes no client for a host that credentials must not go to', () => {
  const {clock} = memoryZoho();
  const options = {credentials, clock, log: () => {}};
  assert.throws(() => createClient({...options, apiDomain: 'https://evil.com'}), ConfigError);
  assert.throws(() => createClient({...options, apiDomain: 'http://127.0.0.1:1', loopback: 'off'}), ConfigError);
});

promise(
  'refuses a token that was issued for another data centre, and names both hosts',
  {token: (_, n) => tokenReply(n, {api_domain: 'https://www.zohoapis.com'})},
  async ({client, received}) => {
    await assert.rejects(client.modules(signal), {
      kind: 'credentials',
      message: /on www\.zohoapis\.eu: accounts\.zoho\.eu issued it for www\.zohoapis\.com, another data centre/,
    });
    assert.equal(received.length, 0);
  },
);

promise(
  'takes a token that was issued for its own API domain, and says nothing of it',
  {token: (_, n) => tokenReply(n, {api_domain: 'https://www.zohoapis.eu'}), replies: [[200, {modules: []}]]},
  async ({client, logged}) => {
    assert.deepEqual(await client.modules(signal), []);
    assert.ok(!logged.some((line) => line.includes('was issued for')));
  },
);

client('bounds each wait of a connection by the usual times, or those that it is given', async () => {
  for (const [timeouts, bounds] of [
    [{}, [60_000, 60_000]],
    [{headersMs: 7, idleMs: 8}, [7, 8]],
  ] as const) {
    const {client, network} = memoryZoho({client: {timeouts}});
    await client.fields('Leads', signal);
    for (const {headersTimeout, bodyTimeout} of network.options) assert.deepEqual([headersTimeout, bodyTimeout], bounds);
  }
});

for (const [what, timeouts, ms, silent] of [
  ['a call', {}, 180_000, {replies: ['silent']}],
  ['a call', {callMs: 20}, 20, {replies: ['silent']}],
  ['a token', {}, 30_000, {token: () => 'silent'}],
  ['a token', {tokenMs: 30}, 30, {token: () => 'silent'}],
] as [string, object, number, MemoryOptions][]) {
  client(`bounds the time of ${what}, which is ${ms / 1_000} s`, async () => {
    mock.timers.enable({apis: ['setTimeout']});
    try {
      const zoho = memoryZoho({...silent, client: {timeouts}});
      const stop = new AbortController();
      const running = zoho.client.modules(stop.signal);
      await settled();
      mock.timers.tick(ms - 1);
      await settled();
      assert.equal(zoho.network.dropped, 0);
      mock.timers.tick(1);
      await settled();
      assert.equal(zoho.network.dropped, 1);
      stop.abort();
      await assert.rejects(running, {name: 'AbortError'});
    } finally {
      mock.timers.reset();
    }
  });
}

client('tells what waits for limits, and for how long', async () => {
  const busy: Reply = [429, complaint('TOO_MANY_REQUESTS'), {'retry-after': '50'}];
  const clock = new ManualClock();
  const zoho = memoryZoho({replies: [busy], client: {clock}});
  const stop = new AbortController();
  const running = zoho.client.modules(stop.signal);
  await settled();
  await clock.advance(20_000);
  const {pausedMs, nextDownloadMs} = zoho.client.spent();
  assert.deepEqual([pausedMs, nextDownloadMs], [30_000, undefined]);
  stop.abort();
  await assert.rejects(running, {name: 'AbortError'});
});

client('tells when the next download may begin', async () => {
  const clock = new ManualClock();
  const {client} = memoryZoho({replies: [[200, 'bytes']], client: {clock}});
  for (let i = 0; i < 10; i++) for await (const _ of client.download(`${i}`, signal));
  const stop = new AbortController();
  const waiting = client.download('more', stop.signal).next();
  await settled();
  await clock.advance(1_000);
  assert.equal(client.spent().nextDownloadMs, 60_000);
  stop.abort();
  await assert.rejects(waiting, {name: 'AbortError'});
});

promise(
  'believes what Zoho says of the credits left for an hour',
  {replies: [[204, '', {'x-api-credits-remaining': '1234'}]]},
  async ({client, clock}) => {
    await client.fields('Leads', signal);
    await clock.advance(3_599_999);
    assert.equal(client.spent().remaining, 1_234);
    await clock.advance(1);
    assert.equal(client.spent().remaining, undefined);
  },
);

for (const secret of ['1000.token-1', ...Object.values(credentials)]) {
  promise(
    `keeps ${secret.slice(0, 9)}… out of messages and logs`,
    {replies: [[500, complaint('NEW', {}, `about ${secret}`)]]},
    async ({client, logged}) => {
      const error: unknown = await client.modules(signal).catch((found: unknown) => found);
      assert.ok(error instanceof ZohoError);
      assert.equal(error.message, 'Cannot list the modules: Zoho answers NEW: about (secret)');
      assert.ok(!logged.join().includes(secret));
    },
  );
}

client.run();
