/** What each answer of the accounts host means. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {Http, Request} from '../../lib/zoho/http.ts';
import {askToken, isThrottle, lifeMsOf, readTokenAnswer, shownCode} from '../../lib/zoho/token-endpoint.ts';

const endpoint = suite('token endpoint');
const hosts = {apiHost: 'www.zohoapis.eu', accountsHost: 'accounts.zoho.eu'};
const read = (status: number, body: unknown) =>
  readTokenAnswer({status, text: typeof body === 'string' ? body : JSON.stringify(body)}, hosts);

endpoint('gives the token of an answer, whatever its status', () => {
  for (const status of [200, 400])
    assert.deepEqual(read(status, {access_token: 't', expires_in: 60}), {reply: {access_token: 't', expires_in: 60}});
});

endpoint('takes no failure of the host for wrong credentials, whatever it says of them', () => {
  const failed = {again: 'failed', why: 'accounts.zoho.eu gave no usable answer (HTTP status 500)'};
  for (const error of ['invalid_client', 'invalid_code', 'something_new', 'Access Denied'])
    assert.deepEqual(read(500, {error}), failed, error);
  for (const error of ['invalid_client', 'something_new'])
    assert.throws(() => read(499, {error}), {kind: 'credentials', code: error, status: 499});
});

endpoint('takes what says nothing of the credentials for a failure that passes', () => {
  for (const body of ['', '<html>', '[]', {}, {error: ''}])
    assert.equal('again' in read(400, body) && 'failed', 'failed', JSON.stringify(body));
  for (const error of ['general_error', 'internal_error', 'server_error', 'temporarily_unavailable', 'INTERNAL_ERROR'])
    assert.deepEqual(
      read(400, {error}),
      {again: 'failed', why: 'accounts.zoho.eu gave no usable answer (HTTP status 400)'},
      error,
    );
});

endpoint('tells a throttle by its status, its words, or a failure without a known code', () => {
  const throttles: [status: number, body: object][] = [
    [429, {}],
    [429, {error: 'invalid_client'}],
    [400, {error: 'Access Denied'}],
    [400, {error: 'Zugriff verweigert!'}],
    [400, {error: 'Verweigert'}],
    [400, {error: 'アクセスが拒否されました'}],
    [400, {code: 'TOO_MANY_REQUESTS'}],
    [400, {error: 'x1', error_description: 'Sorry: Too many requests'}],
    [400, {error: 'unknown_code', status: 'failure'}],
  ];
  for (const [status, body] of throttles) {
    assert.equal(isThrottle(status, body), true, JSON.stringify(body));
    assert.deepEqual(read(status, body), {
      again: 'throttled',
      why: 'Zoho refuses more tokens for now, because too many were requested within 10 minutes',
    });
  }
  const others: [status: number, body: unknown][] = [
    [428, undefined],
    [400, {error: 'unknown_code'}],
    [400, {error: 'UNKNOWN_CODE'}],
    [400, {error: 'code7 of 9'}],
    [400, {error: '7 Denied'}],
    [400, {error: 'invalid_client', status: 'failure'}],
    [400, {error: 'server_error', status: 'failure'}],
    [400, {error: 'unknown_code', status: 'success'}],
    [500, {error: 'Access Denied'}],
    [599, {code: 'TOO_MANY_REQUESTS'}],
  ];
  for (const [status, body] of others) assert.equal(isThrottle(status, body), false, JSON.stringify(body));
});

const refusals: [code: string, message: string][] = [
  [
    'invalid_client',
    'accounts.zoho.eu does not know the client_id; it is mistyped, or registered in another data centre than www.zohoapis.eu (invalid_client)',
  ],
  [
    'invalid_client_secret',
    "the client_secret is wrong for accounts.zoho.eu; a client has a secret of its own for each data centre, see Zoho's API console (invalid_client_secret)",
  ],
  ...['invalid_code', 'invalid_grant'].map((code): [string, string] => [
    code,
    `accounts.zoho.eu does not know the refresh_token; it was revoked or mistyped, or belongs to another data centre than www.zohoapis.eu; authorize again (${code})`,
  ]),
];

endpoint('says what to do about wrong credentials, however they are dressed', () => {
  for (const [error, message] of refusals)
    for (const status of [200, 400, 401])
      assert.throws(() => read(status, {error, error_description: 'Zugriff verweigert', status: 'failure'}), {
        kind: 'credentials',
        code: error,
        status,
        message: `Cannot get an access token: ${message}`,
      });
  const message = 'Cannot get an access token: accounts.zoho.eu refuses the credentials (something_new)';
  assert.throws(() => read(200, {error: 'something_new'}), {kind: 'credentials', message});
});

endpoint('shows a code of words, and nothing that may be a secret sent back', () => {
  for (const code of ['invalid_grant', 'Access Denied', 'a', 'x'.repeat(60)]) assert.equal(shownCode(code), code);
  for (const code of ['1000.abc', 'code7', '', 'x'.repeat(61), 'code-of'])
    assert.equal(shownCode(code), 'for an unknown reason', code);
});

endpoint('reads how long a token lives, in seconds or milliseconds, at most a day', () => {
  const lives: [object, ms: number][] = [
    [{}, 3_600_000],
    [{expires_in: 60}, 60_000],
    [{expires_in: 86_400}, 86_400_000],
    [{expires_in: 86_401}, 86_401],
    [{expires_in: 3_600_000}, 3_600_000],
    [{expires_in: 1e9}, 86_400_000],
    [{expires_in: 3_600_000, expires_in_sec: 600}, 600_000],
    [{expires_in_sec: 1e9}, 86_400_000],
  ];
  for (const [reply, ms] of lives) assert.equal(lifeMsOf({access_token: 't', ...reply}), ms, JSON.stringify(reply));
});

endpoint('asks with the credentials in the body, and reads no more of an answer than an error may have', async () => {
  const sent: Request[] = [];
  const http = {
    async send(request: Request) {
      sent.push(request);
      return {status: 418, text: async (max: number) => `at most ${max}`};
    },
  } as unknown as Http;
  const {signal} = new AbortController();
  const answer = await askToken(
    http,
    'https://accounts.zoho.eu',
    {clientId: 'c', clientSecret: 's', refreshToken: 'r'},
    1_000,
    signal,
  );
  assert.deepEqual(answer, {status: 418, text: 'at most 65536'});
  assert.deepEqual(sent, [
    {
      origin: 'https://accounts.zoho.eu',
      path: '/oauth/v2/token',
      method: 'POST',
      headers: {'content-type': 'application/x-www-form-urlencoded', accept: 'application/json'},
      body: 'grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r',
    },
  ]);
});

endpoint.run();
