import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ConfigError} from '../../lib/errors/errors.ts';
import {createClient} from '../../lib/zoho/client.ts';
import {windowQuery} from '../../lib/zoho/coql.ts';
import {complaint, credentials, tokenReply} from '../harness/fake-zoho.ts';
import {type MemoryOptions, type MemoryZoho, memoryZoho} from '../harness/memory-zoho.ts';
import {failure} from '../harness/scripted-network.ts';

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
    await zoho.client.modules(signal);
    await zoho.clock.advance(10_000);
    await zoho.client.modules(signal);
    assert.equal(zoho.tokens.length, 2);
    assert.deepEqual(
      zoho.logged.filter((line) => line.startsWith('warn The access token')),
      [`warn The access token was issued for https://www.zohoapis.eu; calls still go to http://127.0.0.1:1 {}`],
    );
  },
);

for (const [waitMaxMs, tokens] of [
  [60_000, 1],
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

promise(
  'shows no secret in any message or log, even when Zoho repeats one',
  {
    answer: ({headers}) => [
      400,
      complaint('NEW', {}, `no ${headers.authorization} ${credentials.refreshToken} ${credentials.clientSecret}`),
    ],
  },
  async (zoho) => {
    const errors: string[] = [];
    const keep = (error: Error): unknown => errors.push(`${error.message} ${error.stack}`);
    await zoho.client.modules(signal).catch(keep);
    await zoho.client.coql(query, signal).catch(keep);
    assert.equal(errors.length, 2);
    assert.doesNotMatch([...errors, ...zoho.logged].join(), /canary|token-1/);
  },
);

for (const secret of ['S', 'test', 'INVALID_QUERY', 'Latest_Image']) {
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

client.run();
