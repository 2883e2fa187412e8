import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {silent} from '../../lib/platform/log.ts';
import {AccessToken} from '../../lib/zoho/access-token.ts';
import type {TokenAnswer} from '../../lib/zoho/token-endpoint.ts';
import {ManualClock, settled} from '../harness/clocks.ts';

const tokens = suite('Token');
const {signal} = new AbortController();
const minuteMs = 60_000;

const granted = (n: number, more: object = {}): TokenAnswer => ({
  status: 200,
  text: JSON.stringify({access_token: `token-${n}`, expires_in: 3600, ...more}),
});
const throttled: TokenAnswer = {
  status: 400,
  text: JSON.stringify({
    error: 'Access Denied',
    error_description: 'You have made too many requests continuously.',
    status: 'failure',
  }),
};

interface Setup {
  token: AccessToken;
  clock: ManualClock;
  asked: AbortSignal[];
  told: (string | undefined)[];
}

function setup(
  answer: (count: number) => TokenAnswer | Promise<TokenAnswer>,
  accepts: (domain: string) => boolean = () => true,
): Setup {
  const clock = new ManualClock();
  const asked: AbortSignal[] = [];
  const told: (string | undefined)[] = [];
  const token = new AccessToken({
    ask: async (asking) => {
      asked.push(asking);
      return answer(asked.length);
    },
    accepts,
    apiHost: 'www.zohoapis.eu',
    accountsHost: 'accounts.zoho.eu',
    clock,
    log: silent,
    random: () => 0.5,
    onHold: (reason) => told.push(reason),
  });
  return {token, clock, asked, told};
}

tokens('makes one call for all who ask at once, and none while the token lives', async () => {
  const {token, asked, clock} = setup((n) => granted(n));
  assert.deepEqual(await Promise.all([token.get(signal), token.get(signal), token.get(signal)]), [
    'token-1',
    'token-1',
    'token-1',
  ]);
  await clock.advance(44 * minuteMs);
  assert.equal(await token.get(signal), 'token-1');
  assert.equal(asked.length, 1);
});

tokens('is replaced after three quarters of its life', async () => {
  const {token, clock} = setup((n) => granted(n));
  await token.get(signal);
  await clock.advance(45 * minuteMs);
  assert.equal(await token.get(signal), 'token-2');
});

tokens('reads lives in seconds, in milliseconds and with both', async () => {
  const lives: [object, number][] = [
    [{expires_in: 1200}, 15],
    [{expires_in: 3_600_000}, 45],
    [{expires_in: 3_600_000, expires_in_sec: 600}, 7.5],
    [{expires_in: '1200'}, 15],
    [{expires_in: undefined}, 45],
  ];
  for (const [life, minutes] of lives) {
    const {token, clock} = setup((n) => granted(n, life));
    await token.get(signal);
    await clock.advance(minutes * minuteMs - 1);
    assert.equal(await token.get(signal), 'token-1', JSON.stringify(life));
    await clock.advance(1);
    assert.equal(await token.get(signal), 'token-2', JSON.stringify(life));
  }
});

tokens('is fetched once however many callers saw it refused', async () => {
  const {token, asked} = setup((n) => granted(n));
  const first = await token.get(signal);
  const again = await Promise.all(
    [1, 2, 3].map(async () => {
      token.invalidate(first);
      return token.get(signal);
    }),
  );
  token.invalidate(first);
  assert.deepEqual([...again, await token.get(signal)], ['token-2', 'token-2', 'token-2', 'token-2']);
  assert.equal(asked.length, 2);
});

tokens('never takes more than Zoho grants in ten minutes, however often it is refused', async () => {
  const {token, asked, clock} = setup((n) => granted(n));
  const atMs: number[] = [];
  let stopped = false;
  const caller = (async () => {
    while (!stopped) {
      const got = await token.get(signal);
      if (asked.length > atMs.length) atMs.push(clock.elapsedMs());
      token.invalidate(got);
      await clock.sleep(1_000);
    }
  })();
  await clock.advance(60 * minuteMs);
  stopped = true;
  await clock.advance(20 * minuteMs);
  await caller;
  assert.ok(atMs.length > 20, `only ${atMs.length} tokens in an hour`);
  for (const from of atMs) assert.ok(atMs.filter((at) => at >= from && at < from + 10 * minuteMs).length <= 8);
});

tokens('keeps a young token that is refused when many were fetched of late', async () => {
  const {token, clock} = setup((n) => granted(n));
  const seen: string[] = [];
  for (let i = 0; i < 6; i++) {
    const got = await token.get(signal);
    seen.push(got);
    token.invalidate(got);
  }
  assert.deepEqual(seen, ['token-1', 'token-2', 'token-3', 'token-4', 'token-5', 'token-5']);
  await clock.advance(2 * minuteMs);
  token.invalidate('token-5');
  assert.equal(await token.get(signal), 'token-6');
});

tokens('replaces a young token that stays refused, even when many were refused of late', async () => {
  const {token, clock, asked} = setup((n) => granted(n));
  for (let i = 0; i < 6; i++) token.invalidate(await token.get(signal));
  assert.equal(asked.length, 5);
  await clock.advance(2_000);
  token.invalidate('token-5');
  assert.equal(await token.get(signal), 'token-6');
});

tokens('keeps a young token that was answered after it was refused', async () => {
  const {token, clock} = setup((n) => granted(n));
  for (let i = 0; i < 6; i++) token.invalidate(await token.get(signal));
  await clock.advance(1_500);
  token.confirm('token-5');
  await clock.advance(1_500);
  token.invalidate('token-5');
  assert.equal(await token.get(signal), 'token-5');
});

tokens('renews a token of a few seconds as often as it ends, and waits when Zoho says so', async () => {
  const {token, clock, asked, told} = setup((n) => (n === 31 ? throttled : granted(n, {expires_in: 4})));
  for (let i = 1; i <= 30; i++) {
    assert.equal(await token.get(signal), `token-${i}`);
    await clock.advance(3_000);
  }
  assert.deepEqual(told, []);
  assert.equal(await token.get(signal), 'token-30');
  await clock.advance(1_000);
  // What came to its end while it was used is not held against what replaces it.
  token.invalidate('token-30');
  const next = token.get(signal);
  await clock.advance(3 * minuteMs);
  assert.equal(await next, 'token-32');
  assert.equal(asked.length, 32);
});

tokens('waits out a throttle answer without asking again and again, and says so', async () => {
  const {token, asked, clock, told} = setup((n) => (n <= 3 ? throttled : granted(n)));
  const got = token.get(signal);
  await clock.advance(minuteMs);
  assert.equal(asked.length, 1);
  assert.match(told[0] ?? '', /^Waiting for an access token: Zoho refuses more tokens for now/);
  await clock.advance(20 * minuteMs);
  assert.equal(await got, 'token-4');
  assert.equal(asked.length, 4);
  assert.equal(told.at(-1), undefined);
});

tokens('knows a throttle answer by its status and shape, in any language', async () => {
  const worded = (status: number, body: object): TokenAnswer => ({status, text: JSON.stringify(body)});
  for (const answer of [
    throttled,
    {...throttled, status: 200},
    {status: 429, text: '<html>'},
    worded(400, {error: 'Zugriff verweigert', error_description: 'Sie haben zu viele Anfragen gestellt.', status: 'failure'}),
    worded(200, {error: 'Accès refusé', error_description: 'Réessayez plus tard.'}),
    worded(400, {error: '拒否', status: 'failure'}),
    worded(400, {error: 'Verweigert'}),
    worded(400, {error: 'access_denied', error_description: 'words', status: 'failure'}),
    worded(429, {error: 'invalid_client'}),
  ]) {
    const {token, asked, clock} = setup((n) => (n === 1 ? answer : granted(n)));
    const got = token.get(signal);
    await clock.advance(3 * minuteMs);
    assert.equal(await got, 'token-2');
    assert.equal(asked.length, 2);
  }
});

tokens('asks again after outages, a bounded number of times', async () => {
  for (const bad of [
    {status: 502, text: '<html>bad gateway'},
    {status: 200, text: ''},
    {status: 500, text: '{"error":"general_error"}'},
  ]) {
    const {token, clock} = setup((n) => (n <= 5 ? bad : granted(n)));
    const got = token.get(signal);
    await clock.advance(minuteMs);
    assert.equal(await got, 'token-6');

    const never = setup(() => bad);
    const failed = assert.rejects(never.token.get(signal), {
      kind: 'unavailable',
      message: `Cannot get an access token: accounts.zoho.eu gave no usable answer (HTTP status ${bad.status})`,
    });
    await never.clock.advance(minuteMs);
    await failed;
    assert.equal(never.asked.length, 6);
  }
});

tokens('lives on past three quarters when it cannot be replaced for the moment', async () => {
  const {token, asked, clock} = setup((n) => {
    if (n === 1 || n > 8) return granted(n);
    return n === 8 ? throttled : {status: 503, text: ''};
  });
  await token.get(signal);
  await clock.advance(46 * minuteMs);
  const during = token.get(signal);
  await clock.advance(30_000);
  assert.equal(await during, 'token-1');
  assert.equal(asked.length, 7);
  await clock.advance(minuteMs);
  assert.equal(await token.get(signal), 'token-1');
  assert.equal(asked.length, 8);
  await clock.advance(minuteMs);
  assert.equal(await token.get(signal), 'token-9');
});

tokens('keeps wrong credentials apart from a throttle, however they are dressed', async () => {
  for (const error of ['invalid_code', 'invalid_client', 'invalid_client_secret', 'invalid_grant']) {
    const text = JSON.stringify({error, error_description: 'Zugriff verweigert', status: 'failure'});
    for (const status of [200, 400, 401]) {
      const {token, asked} = setup(() => ({status, text}));
      await assert.rejects(token.get(signal), {kind: 'credentials', code: error});
      assert.equal(asked.length, 1);
    }
  }
});

const refusals: [string, RegExp][] = [
  ['invalid_client', /does not know the client_id; .* than www\.zohoapis\.eu \(invalid_client\)$/],
  ['invalid_client_secret', /the client_secret is wrong for accounts\.zoho\.eu/],
  [
    'invalid_code',
    /does not know the refresh_token; it was revoked or mistyped, or belongs to another data centre .*; authorize again/,
  ],
  ['invalid_grant', /does not know the refresh_token/],
  ['something_new', /accounts\.zoho\.eu refuses the credentials \(something_new\)$/],
];

for (const [code, message] of refusals) {
  tokens(`stops at ${code}, which comes with status 200, and says what to do`, async () => {
    const {token, asked} = setup(() => ({status: 200, text: JSON.stringify({error: code})}));
    await assert.rejects(
      token.get(signal),
      (error) => error instanceof ZohoError && error.kind === 'credentials' && message.test(error.message),
    );
    assert.equal(asked.length, 1);
  });
}

tokens('refuses a token of another data centre', async () => {
  const {token} = setup(
    (n) => granted(n, {api_domain: 'https://www.zohoapis.com'}),
    (domain) => domain.endsWith('.eu'),
  );
  await assert.rejects(token.get(signal), {
    kind: 'credentials',
    message:
      'Cannot use the access token on www.zohoapis.eu: accounts.zoho.eu issued it for www.zohoapis.com, another data centre or environment; set api_domain to that, or authorize again for www.zohoapis.eu',
  });
});

tokens('knows the scopes that Zoho tells', async () => {
  const {token} = setup((n) => granted(n, {scope: 'ZohoCRM.bulk.READ ZohoCRM.coql.READ'}));
  assert.equal(token.scopes, undefined);
  await token.get(signal);
  assert.deepEqual(token.scopes, ['ZohoCRM.bulk.READ', 'ZohoCRM.coql.READ']);
});

tokens('lets each caller leave at once, and ends the call when the last has left', async () => {
  const {token, asked} = setup(() => new Promise(() => {}));
  const [one, two] = [new AbortController(), new AbortController()];
  const first = token.get(one.signal);
  const second = token.get(two.signal);
  one.abort(new Error('first leaves'));
  await assert.rejects(first, /first leaves/);
  assert.equal(asked[0]?.aborted, false);
  two.abort(new Error('second leaves'));
  await assert.rejects(second, /second leaves/);
  assert.equal(asked[0]?.aborted, true);
});

tokens('starts anew for whoever asks after the last one left', async () => {
  const {token, asked} = setup((n) => (n === 1 ? new Promise(() => {}) : granted(n)));
  const leaving = new AbortController();
  const left = token.get(leaving.signal);
  leaving.abort(new Error('left'));
  await assert.rejects(left, /left/);
  assert.equal(await token.get(signal), 'token-2');
  assert.equal(asked.length, 2);
});

tokens('ends a throttle wait at once when aborted', async () => {
  const {token, clock} = setup(() => throttled);
  const leaving = new AbortController();
  const waiting = token.get(leaving.signal);
  await settled();
  assert.equal(clock.sleepers, 1);
  leaving.abort(new Error('stop'));
  await assert.rejects(waiting, /stop/);
  assert.equal(clock.sleepers, 0);
});

tokens.run();
