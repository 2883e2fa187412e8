import assert from 'node:assert/strict';
import {getEventListeners} from 'node:events';
import {suite} from 'uvu';
import {AccessToken, type TokenOptions} from '../../lib/zoho/access-token.ts';
import {throttleWaitMaxMs} from '../../lib/zoho/limits.ts';
import type {TokenAnswer} from '../../lib/zoho/token-endpoint.ts';
import {JumpingClock, ManualClock, settled} from '../harness/clocks.ts';

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

/** A token whose calls are answered in order. `more` are further options; the clock moves by hand unless it is another. */
function setup<C extends ManualClock = ManualClock>(
  answer: (count: number) => TokenAnswer | Promise<TokenAnswer>,
  more: Partial<TokenOptions> & {clock?: C} = {},
) {
  const clock = more.clock ?? (new ManualClock() as C);
  const asked: AbortSignal[] = [];
  const told: (string | undefined)[] = [];
  const logged: string[] = [];
  const token = new AccessToken({
    ask: async (asking) => {
      asked.push(asking);
      return answer(asked.length);
    },
    accepts: () => true,
    apiHost: 'www.zohoapis.eu',
    accountsHost: 'accounts.zoho.eu',
    log: (level, message, fields) =>
      void logged.push(`${level} ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}`),
    random: () => 0.5,
    onHold: (reason) => void told.push(reason),
    ...more,
    clock,
  });
  return {token, clock, asked, told, logged};
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

tokens('is replaced at three quarters of the life that its answer tells, and not before', async () => {
  const {token, clock, logged} = setup((n) => granted(n, {expires_in: 1200}));
  await token.get(signal);
  await clock.advance(15 * minuteMs - 1);
  assert.equal(await token.get(signal), 'token-1');
  await clock.advance(1);
  assert.equal(await token.get(signal), 'token-2');
  assert.deepEqual(logged, Array(2).fill('debug Got an access token {"lifeS":1200}'));
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

tokens('stops at wrong credentials, at once', async () => {
  const {token, asked} = setup(() => ({status: 200, text: JSON.stringify({error: 'invalid_code'})}));
  await assert.rejects(token.get(signal), {kind: 'credentials', code: 'invalid_code'});
  assert.equal(asked.length, 1);
});

tokens('refuses a token of another data centre', async () => {
  const {token} = setup((n) => granted(n, {api_domain: 'https://www.zohoapis.com'}), {
    accepts: (domain) => domain.endsWith('.eu'),
  });
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
  const {token, clock, told} = setup(() => throttled);
  const leaving = new AbortController();
  const waiting = token.get(leaving.signal);
  await settled();
  assert.equal(clock.sleepers, 1);
  leaving.abort(new Error('stop'));
  await assert.rejects(waiting, /stop/);
  assert.equal(clock.sleepers, 0);
  assert.equal(told.at(-1), undefined);
});

tokens('waits twice as long after each throttle, up to half an hour, and says until when', async () => {
  const clock = new JumpingClock();
  const {token, told, logged} = setup((n) => (n <= 6 ? throttled : granted(n)), {clock});
  assert.equal(await token.get(signal), 'token-7');
  assert.deepEqual(
    clock.slept.map((ms) => ms / 1_000),
    [126, 252, 504, 1_008, 1_890, 1_890],
  );
  const why = 'Zoho refuses more tokens for now, because too many were requested within 10 minutes';
  const waits = `Waiting for an access token: ${why}; next try at 2026-01-01T00:02:07Z`;
  assert.deepEqual([told[0], told[1], logged[0]], [waits, undefined, `warn ${waits}`]);
  assert.equal(told.length, 12);
});

tokens('needs nobody who is told that it waits', async () => {
  const {token} = setup((n) => (n === 1 ? throttled : granted(n)), {clock: new JumpingClock(), onHold: undefined});
  assert.equal(await token.get(signal), 'token-2');
});

tokens('gives up when limits would hold it longer than the caller accepts', async () => {
  const waited = async (waitMaxMs: number | undefined): Promise<number> => {
    const clock = new JumpingClock();
    const {token} = setup(() => throttled, {clock, waitMaxMs});
    await assert.rejects(token.get(signal), {
      kind: 'unavailable',
      message: 'Cannot get an access token: Zoho refuses more tokens for now, because too many were requested within 10 minutes',
    });
    return clock.slept.reduce((sum, ms) => sum + ms, 0);
  };
  assert.equal(await waited(125_999), 0);
  assert.equal(await waited(126_000), 126_000);
  assert.equal(await waited(377_999), 126_000);
  const usual = await waited(undefined);
  assert.ok(usual <= throttleWaitMaxMs && usual > throttleWaitMaxMs - 1_890_000, `${usual}`);
});

tokens('tries again after longer and longer pauses, and logs why', async () => {
  const clock = new JumpingClock();
  const reasons = [new Error('no route'), 'odd'];
  const {token, logged} = setup(
    (n) => {
      if (n <= 2) throw reasons[n - 1];
      return n <= 5 ? {status: 502, text: ''} : granted(n);
    },
    {clock},
  );
  assert.equal(await token.get(signal), 'token-6');
  assert.deepEqual(clock.slept, [250, 500, 1_000, 2_000, 4_000]);
  const line = (why: string, failures: number, delayMs: number): string =>
    `info Cannot get an access token: ${why}; trying again {"failures":${failures},"delayMs":${delayMs}}`;
  assert.deepEqual(logged.slice(0, 3), [
    line('no route', 1, 250),
    line('no answer', 2, 500),
    line('accounts.zoho.eu gave no usable answer (HTTP status 502)', 3, 1_000),
  ]);
});

tokens('gives nothing to a caller who has left before, and takes nothing of his signal with it', async () => {
  const {token, asked} = setup((n) => granted(n));
  const caller = new AbortController();
  const got = token.get(caller.signal);
  assert.equal(getEventListeners(caller.signal, 'abort').length, 1);
  await got;
  assert.equal(getEventListeners(caller.signal, 'abort').length, 0);
  caller.abort(new Error('left'));
  await assert.rejects(token.get(caller.signal), /left/);
  await assert.rejects(setup(() => assert.fail('asked')).token.get(caller.signal), /left/);
  assert.equal(asked.length, 1);
});

tokens('fails past three quarters of its life when something other than an outage stands in the way', async () => {
  const {token, clock} = setup((n) => (n === 1 ? granted(n) : {status: 400, text: '{"error":"invalid_code"}'}));
  await token.get(signal);
  await clock.advance(46 * minuteMs);
  await assert.rejects(token.get(signal), {kind: 'credentials'});
});

tokens('is not given any more when it was rejected, or came to its end, while it was to be replaced', async () => {
  const down = {status: 503, text: ''};
  for (const meanwhile of ['rejected', 'ended', 'throttled'] as const) {
    const {token, clock, logged} = setup((n) => {
      if (n === 1) return granted(n, {expires_in: meanwhile === 'rejected' ? 3_600 : 4});
      if (meanwhile === 'throttled') return n === 2 ? throttled : down;
      return down;
    });
    const first = await token.get(signal);
    await clock.advance(meanwhile === 'rejected' ? 45 * minuteMs : 3_999);
    const next = token.get(signal);
    if (meanwhile === 'rejected') token.invalidate(first);
    if (meanwhile === 'throttled') {
      assert.equal(await next, first, 'there is time enough to ask later');
      assert.match(logged.at(-1) ?? '', /^warn Cannot get an access token: Zoho refuses .*; the current access token stays/);
      continue;
    }
    const failed = assert.rejects(next, {kind: 'unavailable'});
    await clock.advance(minuteMs);
    await failed;
  }
});

tokens('that could not be replaced is used for a minute before the next try, or to its end', async () => {
  const {token, clock, asked} = setup((n) => (n === 2 ? throttled : granted(n, {expires_in: 200})));
  await token.get(signal);
  await clock.advance(150_000);
  assert.equal(await token.get(signal), 'token-1');
  await clock.advance(49_999);
  assert.equal(await token.get(signal), 'token-1');
  assert.equal(asked.length, 2);
  await clock.advance(1);
  assert.equal(await token.get(signal), 'token-3');
});

tokens('at its very end is of no use any more', async () => {
  const answer = Promise.withResolvers<TokenAnswer>();
  const {token, clock, told} = setup((n) => (n === 2 ? answer.promise : granted(n, {expires_in: 4})));
  await token.get(signal);
  await clock.advance(3_000);
  const next = token.get(signal);
  await clock.advance(1_000);
  answer.resolve(throttled);
  await clock.advance(3 * minuteMs);
  assert.equal(await next, 'token-3');
  assert.equal(told.length, 2, 'it waited for another');
});

/** Rejects tokens until so many were granted, each after two seconds of doubt. */
async function rejectUntil(count: number, {token, clock}: {token: AccessToken; clock: ManualClock}): Promise<void> {
  for (let n = 1; n <= count; n++) {
    const got = await token.get(signal);
    token.invalidate(got);
    if (token.current === undefined) continue;
    await clock.advance(2_000);
    token.invalidate(got);
  }
}

tokens('is replaced at its first rejection when it is no longer young, however many were rejected', async () => {
  const given = setup((n) => granted(n));
  await rejectUntil(5, given);
  const {token, clock} = given;
  assert.equal(await token.get(signal), 'token-6');
  await clock.advance(75_000 - 1);
  token.invalidate('token-6');
  assert.equal(token.current, 'token-6');
  await clock.advance(1);
  token.invalidate('token-6');
  assert.equal(token.current, undefined);
});

tokens('is doubted still when another one was accepted', async () => {
  const given = setup((n) => granted(n));
  await rejectUntil(5, given);
  const {token, clock} = given;
  token.invalidate(await token.get(signal));
  await clock.advance(2_000);
  token.confirm('token-5');
  token.invalidate('token-6');
  assert.equal(token.current, undefined);
});

tokens('waits after eight rejections until the first of them is ten minutes old, and says why', async () => {
  const given = setup((n) => granted(n));
  await rejectUntil(8, given);
  const {token, clock, told, asked, logged} = given;
  // 8 s of doubt have passed, and the wait is a twentieth longer than it needs to be.
  const next = token.get(signal);
  await clock.advance(592_000 * 1.05 - 1);
  assert.equal(asked.length, 8);
  await clock.advance(1);
  assert.equal(await next, 'token-9');
  const waits =
    'Waiting for an access token: 8 access tokens were rejected within 10 minutes, and Zoho grants few more; next try at 2026-01-01T00:10:30Z';
  assert.deepEqual(told, [waits, undefined]);
  assert.ok(logged.includes(`warn ${waits}`));
});

tokens('waits no longer than for the first of eight rejections to be ten minutes old', async () => {
  const given = setup((n) => granted(n));
  await rejectUntil(8, given);
  const {token, clock, told} = given;
  await clock.advance(592_000);
  assert.equal(await token.get(signal), 'token-9');
  assert.deepEqual(told, []);
});

tokens('does not count as rejected what was due to be replaced', async () => {
  const {token, clock, told} = setup((n) => granted(n, {expires_in: 4}));
  for (let n = 1; n <= 12; n++) {
    const got = await token.get(signal);
    await clock.advance(3_000);
    token.invalidate(got);
    assert.equal(token.current, undefined);
  }
  assert.deepEqual(told, []);
});

tokens('is known while it is used, for messages to leave it out', async () => {
  const {token} = setup((n) => granted(n));
  token.confirm('of earlier');
  assert.equal(token.current, undefined);
  const got = await token.get(signal);
  assert.equal(token.current, got);
  token.invalidate('another');
  assert.equal(token.current, got);
  token.invalidate(got);
  assert.equal(token.current, undefined);
});

tokens('has the scopes of the latest answer, or of none that names them', async () => {
  const {token} = setup((n) => granted(n, n === 1 ? {scope: 'ZohoCRM.bulk.READ'} : {scope: ''}));
  const got = await token.get(signal);
  assert.deepEqual(token.scopes, ['ZohoCRM.bulk.READ']);
  token.invalidate(got);
  await token.get(signal);
  assert.equal(token.scopes, undefined);
});

tokens('is not measured by an API domain that its answer does not name, and shows of an odd one what may be shown', async () => {
  for (const api_domain of [null, undefined]) {
    const {token} = setup((n) => granted(n, {api_domain}), {accepts: () => assert.fail('asked')});
    assert.equal(await token.get(signal), 'token-1');
  }
  const {token} = setup((n) => granted(n, {api_domain: `od<d>\n${'x'.repeat(100)}`}), {accepts: () => false});
  await assert.rejects(token.get(signal), {
    message: `Cannot use the access token on www.zohoapis.eu: accounts.zoho.eu issued it for odd${'x'.repeat(77)}, another data centre or environment; set api_domain to that, or authorize again for www.zohoapis.eu`,
  });
});

tokens('is asked for once by those who come after the last one left, whatever becomes of the earlier call', async () => {
  const first = Promise.withResolvers<TokenAnswer>();
  const second = Promise.withResolvers<TokenAnswer>();
  const {token, asked, logged} = setup((n) => (n === 1 ? first.promise : second.promise));
  const leaving = new AbortController();
  const left = token.get(leaving.signal);
  leaving.abort(new Error('left'));
  await assert.rejects(left, /left/);
  const [next, later] = [token.get(signal), settled().then(() => token.get(signal))];
  first.reject(new Error('cut'));
  await settled();
  await settled();
  second.resolve(granted(2));
  assert.deepEqual(await Promise.all([next, later]), ['token-2', 'token-2']);
  assert.equal(asked.length, 2);
  assert.ok(!logged.some((line) => line.includes('cut')), 'nobody asked for the earlier call any more');
});

tokens.run();
