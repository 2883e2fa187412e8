import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {Log} from '../../lib/platform/log.ts';
import type {AccessToken} from '../../lib/zoho/access-token.ts';
import {type Call, ErrorReply} from '../../lib/zoho/attempt.ts';
import {Caller, type CallerOptions} from '../../lib/zoho/caller.ts';
import {ConnectionLost} from '../../lib/zoho/connection-lost.ts';
import {type Answer, Http, usualTimeouts} from '../../lib/zoho/http.ts';
import type {RateLimiter} from '../../lib/zoho/rate-limiter.ts';
import {Usage} from '../../lib/zoho/usage.ts';
import {JumpingClock} from '../harness/clocks.ts';
import {complaint} from '../harness/fake-zoho.ts';
import {cut, failure, type Reply, ScriptedNetwork, type Sent} from '../harness/scripted-network.ts';

/** One caller over connections in memory; its token and its rate limiter only note what they are told. */
const calls = suite('Caller');
const {signal} = new AbortController();
const origin = 'https://www.zohoapis.eu';

interface Bench {
  readonly caller: Caller;
  readonly clock: JumpingClock;
  readonly network: ScriptedNetwork;
  readonly usage: Usage;
  readonly logged: string[];
  /** How each try ended, for the rate limiter, with what Zoho asked for. */
  readonly released: unknown[];
  /** What was told of tokens and outages. */
  readonly told: string[];
}

interface BenchOptions extends Partial<Omit<CallerOptions, 'token' | 'rateLimiter'>> {
  /** Answers in order; the last one repeats. */
  readonly replies?: readonly Reply[];
  answer?(sent: Sent): Reply;
  token?(count: number): string | Promise<never>;
  readonly scopes?: readonly string[];
  readonly pausedMs?: number;
}

function bench({replies = [[200]], answer, token = () => 'token', scopes, pausedMs = 0, ...options}: BenchOptions = {}): Bench {
  const clock = new JumpingClock();
  const usage = new Usage(() => clock.elapsedMs());
  const [logged, released, told]: [string[], unknown[], string[]] = [[], [], []];
  const log: Log = (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const network = new ScriptedNetwork((sent) => answer?.(sent) ?? replies[Math.min(replies.length, network.sent.length) - 1]!);
  let asked = 0;
  const caller = new Caller({
    origin,
    http: new Http(origin, usualTimeouts, network),
    token: {
      get: async () => token(++asked),
      invalidate: (refused: string) => told.push(`invalid ${refused}`),
      confirm: (good: string) => told.push(`good ${good}`),
      scopes,
    } as unknown as AccessToken,
    rateLimiter: {
      enter: async () => ({release: (outcome: string, throttle?: object) => released.push([outcome, throttle])}),
      reportOutage: (ms: number) => told.push(`outage of ${ms} ms`),
      pausedMs,
    } as unknown as RateLimiter,
    usage,
    clock,
    log,
    random: () => 0.5,
    redact: (text) => text.replaceAll('secret', '(secret)'),
    ...options,
  });
  return {caller, clock, network, usage, logged, released, told};
}

const call: Call = {kind: 'fields', key: 'Leads', method: 'GET', path: '/fields', what: 'read the fields'};
const text = (answer: Answer): Promise<string> => answer.text(1_000);
const down: Reply = [500, complaint('INTERNAL_ERROR')];
const badToken: Reply = [401, complaint('INVALID_TOKEN')];
const busy: Reply = [429, complaint('TOO_MANY_REQUESTS')];
const none = {retryAfterMs: undefined, creditsGone: false};

calls('sends the call with its token, and gives the answer to its reader', async () => {
  const {caller, network, released, told} = bench({replies: [[201, 'body']]});
  const post: Call = {...call, method: 'POST', headers: {'x-own': 'y'}, body: '{}'};
  assert.equal(await caller.run(post, signal, text), 'body');
  const [{method, path, headers, body} = {}] = network.sent as Partial<Sent>[];
  assert.deepEqual([method, path, body], ['POST', '/fields', '{}']);
  assert.deepEqual([headers?.['x-own'], headers?.authorization], ['y', 'Zoho-oauthtoken token']);
  assert.deepEqual(released, [['good', undefined]]);
  assert.deepEqual(told, ['good token']);
});

calls('leaves the permit of an open answer to whoever reads it', async () => {
  const {caller, released} = bench({replies: [[200, 'body']]});
  const {answer, permit} = await caller.open(call, signal);
  assert.deepEqual([answer.status, released], [200, []]);
  permit.release('good');
  assert.deepEqual(released, [['good', undefined]]);
});

calls('takes statuses from 200 to 299 and 304 for answers, and no others', async () => {
  for (const status of [200, 299, 304])
    assert.equal(await bench({replies: [[status]]}).caller.run(call, signal, async (answer) => answer.status), status);
  for (const status of [300, 303, 305, 400])
    await assert.rejects(bench({replies: [[status, {}]]}).caller.run(call, signal, text), {kind: 'refused', status});
});

calls('makes longer pauses between the tries of an outage, then throws the last failure', async () => {
  const {caller, clock, network, released, logged, told} = bench({replies: [down]});
  await assert.rejects(caller.run(call, signal, text), {
    kind: 'unavailable',
    status: 500,
    message: 'Cannot read the fields: Zoho answers INTERNAL_ERROR: words',
  });
  assert.equal(network.sent.length, 6);
  assert.deepEqual(clock.slept, [250, 500, 1_000, 2_000, 4_000]);
  assert.deepEqual(released, Array(6).fill(['struggling', none]));
  assert.deepEqual(
    [logged.filter((line) => line.startsWith('info'))[1], told],
    ['info Cannot read the fields: Zoho answers INTERNAL_ERROR: words; trying again {"tries":2,"delayMs":500}', []],
  );
});

calls('draws its pauses, from half to one and a half of their length', async () => {
  for (const [drawn, ms] of [
    [0, 125],
    [0.999, 374.75],
  ] as const) {
    const {caller, clock} = bench({replies: [down, [200]], random: () => drawn});
    await caller.run(call, signal, text);
    assert.deepEqual(clock.slept, [ms]);
  }
});

calls('waits for the end of an outage that Zoho has timed, and reports it', async () => {
  const timed = (seconds: number): Reply => [503, complaint('INTERNAL_ERROR'), {'retry-after': `${seconds}`}];
  const {caller, clock, told, released} = bench({replies: [timed(77), timed(0), timed(86_400), [200]]});
  await caller.run(call, signal, text);
  assert.deepEqual(clock.slept, [77_000, 500, 600_000]);
  assert.deepEqual(told, ['outage of 77000 ms', 'outage of 500 ms', 'outage of 600000 ms', 'good token']);
  assert.deepEqual(released[0], ['struggling', {retryAfterMs: 77_000, creditsGone: false}]);
});

calls('creates few jobs that may exist unseen, and tries on while nothing can have arrived', async () => {
  const tries = async (reply: Reply): Promise<number> => {
    const {caller, network} = bench({replies: [reply]});
    await assert.rejects(caller.run({...call, kind: 'create'}, signal, text), {kind: 'unavailable'});
    return network.sent.length;
  };
  assert.deepEqual([await tries(down), await tries(failure('ECONNRESET')), await tries(failure('ECONNREFUSED'))], [3, 3, 6]);
});

calls('replaces a refused token at once, and later after pauses', async () => {
  const {caller, clock, told, released, logged} = bench({
    replies: [badToken, badToken, [401, '<html>'], [200]],
    token: (count) => `token-${count}`,
  });
  await caller.run(call, signal, text);
  assert.deepEqual(told, ['invalid token-1', 'invalid token-2', 'invalid token-3', 'good token-4']);
  assert.deepEqual(clock.slept, [250, 500]);
  assert.deepEqual(released, [...Array(3).fill(['neither', none]), ['good', undefined]]);
  assert.deepEqual(
    logged.filter((line) => line.startsWith('info')),
    [
      'info Zoho rejected the access token (INVALID_TOKEN); trying again {"tries":0,"delayMs":0}',
      'info Zoho rejected the access token (INVALID_TOKEN); trying again {"tries":1,"delayMs":250}',
      'info Zoho rejected the access token (401); trying again {"tries":2,"delayMs":500}',
    ],
  );
});

calls('gives up on the fourth token that is refused, or when one is refused eight times', async () => {
  const tries = async (token: (count: number) => string): Promise<number> => {
    const {caller, network} = bench({replies: [badToken], token});
    await assert.rejects(caller.run(call, signal, text), {kind: 'credentials', code: 'INVALID_TOKEN'});
    return network.sent.length;
  };
  assert.equal(await tries((count) => `token-${count}`), 4);
  assert.equal(await tries(() => 'token'), 8);
  assert.equal(await tries((count) => (count === 1 ? 'first' : 'second')), 9);
});

calls('waits ever longer when one call is throttled again and again', async () => {
  const {caller, clock, released, logged} = bench({replies: [...Array<Reply>(7).fill(busy), [200]]});
  await caller.run(call, signal, text);
  assert.deepEqual(clock.slept, [0, 1_100, 2_200, 4_400, 8_800, 11_000, 11_000]);
  assert.deepEqual(released, [...Array(7).fill(['throttled', none]), ['good', undefined]]);
  assert.equal(
    logged.filter((line) => line.startsWith('info'))[0],
    'info Cannot read the fields: Zoho allows no more calls for now (TOO_MANY_REQUESTS: words); trying again {}',
  );
});

calls('is held up by limits for as long as allowed, and not a moment longer', async () => {
  const tries = async (waitMaxMs: number, pausedMs = 0): Promise<number> => {
    const {caller, network, clock} = bench({replies: [busy], waitMaxMs, pausedMs});
    await clock.advance(5_000);
    await assert.rejects(caller.run(call, signal, text), {kind: 'unavailable', code: 'TOO_MANY_REQUESTS'});
    return network.sent.length;
  };
  assert.deepEqual([await tries(1_099), await tries(1_100), await tries(3_299), await tries(3_300)], [2, 3, 3, 4]);
  assert.deepEqual([await tries(9_999, 10_000), await tries(10_000, 10_000)], [1, 3]);
});

calls('tells the rate limiter when the credits are gone', async () => {
  const gone: Reply = [429, complaint('TOO_MANY_REQUESTS'), {'x-api-credits-remaining': '0', 'retry-after': '7'}];
  const {caller, released} = bench({replies: [gone, [200]]});
  await caller.run(call, signal, text);
  assert.deepEqual(released[0], ['throttled', {retryAfterMs: 7_000, creditsGone: true}]);
});

calls('repeats what its reader finds to be damaged or an error, and no failure of its own', async () => {
  const apiError = {code: 'INTERNAL_ERROR', message: 'words', details: {} as never};
  const run = async (thrown: Error): Promise<[unknown, number]> => {
    const {caller, network} = bench();
    const error = await caller.run(call, signal, async () => Promise.reject(thrown)).catch((found: unknown) => found);
    return [error, network.sent.length];
  };
  const damaged = new ZohoError('damaged', 'torn');
  assert.deepEqual(await run(damaged), [damaged, 6]);
  const [hidden, tries] = await run(new ErrorReply(apiError));
  assert.deepEqual([(hidden as ZohoError).kind, (hidden as ZohoError).status, tries], ['unavailable', 200, 6]);
  const own = new Error('own');
  assert.deepEqual(await run(own), [own, 1]);
});

calls('does not repeat what the token itself has given up', async () => {
  const lost = new ConnectionLost('gone', true, {});
  const {caller, network, released} = bench({token: () => Promise.reject(lost)});
  await assert.rejects(caller.run(call, signal, text), (error) => error === lost);
  assert.deepEqual([network.sent.length, released], [0, [['neither', undefined]]]);
});

calls('ends with the reason of its signal, whatever fails because of it', async () => {
  const [stop, enough] = [new AbortController(), new Error('enough')];
  const {caller, network, released} = bench();
  const running = caller.open(call, stop.signal);
  await running;
  const reading = caller.run(call, stop.signal, async () => {
    stop.abort(enough);
    throw new ConnectionLost('gone', true, {});
  });
  await assert.rejects(reading, (error) => error === enough);
  assert.deepEqual([network.sent.length, released], [2, [['neither', undefined]]]);
});

calls('counts each request with its credits, by default those of its kind', async () => {
  const {caller, usage} = bench({replies: [[200, '', {'x-api-credits-remaining': '900'}]]});
  await caller.run({...call, credits: 3}, signal, text);
  assert.equal(usage.remaining, 900);
  await caller.run({...call, kind: 'create'}, signal, text);
  const {calls, credits} = usage.summary();
  assert.deepEqual([calls.fields, credits.fields, calls.create, credits.create], [1, 3, 1, 50]);
});

calls('traces each request with its status and the time to its headers, and nothing else', async () => {
  const {caller, clock, logged} = bench({answer: () => [200, '', {date: new Date(clock.nowMs()).toUTCString()}]});
  const run = caller.run(call, signal, text);
  await clock.advance(40);
  await run;
  const [trace] = logged;
  assert.match(trace ?? '', /^trace GET \/fields \{"status":200,"headersMs":(?:0|40)\}$/);
});

calls("knows Zoho's time by the dates of answers; an undated error page proves nothing", async () => {
  const date = 'Thu, 01 Jan 2026 00:00:03 GMT';
  const dated = Date.parse(date) / 1_000;
  const undated = Math.floor(new JumpingClock().nowMs() / 1_000);
  for (const [reply, seconds] of [
    [[200, '', {date}], dated],
    [[400, {}, {date}], dated],
    [[200], undated],
    [[299], undated],
    [[300, {}], undefined],
    [[400, {}], undefined],
  ] as [Reply, number | undefined][]) {
    const {caller} = bench({replies: [reply]});
    assert.equal(caller.seconds, undefined);
    await caller.run(call, signal, text).catch(() => {});
    assert.equal(caller.seconds, seconds, JSON.stringify(reply));
  }
});

calls('asks again after an error page of a gateway, and not after JSON that refuses', async () => {
  const tries = async (body: unknown): Promise<number> => {
    const {caller, network} = bench({replies: [[400, body]]});
    await assert.rejects(caller.run(call, signal, text));
    return network.sent.length;
  };
  assert.deepEqual([await tries('<html>'), await tries({}), await tries(complaint('NEW'))], [6, 1, 1]);
});

calls('goes by the status when the reason of a refusal cannot be read', async () => {
  const {caller, logged} = bench({replies: [[400, cut('{"code":')], [200]]});
  await caller.run(call, signal, text);
  const about =
    '{"status":400,"reason":"ConnectionLost: no complete answer from www.zohoapis.eu: the connection was cut (UND_ERR_SOCKET)"}';
  assert.ok(logged.includes(`debug Cannot read why /fields was refused ${about}`), logged.join('\n'));
  assert.ok(logged.some((line) => line.startsWith('info Cannot read the fields: Zoho answers HTTP status 400 without a reason')));
});

calls('ends at once when aborted while it reads the reason of a refusal', async () => {
  const [stop, enough] = [new AbortController(), new Error('enough')];
  const endless = async function* () {
    stop.abort(enough);
    yield '{';
    await new Promise(() => {});
  };
  const {caller, logged} = bench({replies: [[400, endless]]});
  await assert.rejects(caller.run(call, stop.signal, text), (error) => error === enough);
  assert.deepEqual(
    logged.filter((line) => line.startsWith('debug')),
    [],
  );
});

calls('shows no secret that Zoho repeats', async () => {
  const {caller} = bench({replies: [[400, complaint('NEW', {}, 'no secret here')]]});
  await assert.rejects(caller.run(call, signal, text), {message: 'Cannot read the fields: Zoho answers NEW: no (secret) here'});
});

calls('takes a missing scope for unproven until a call of its kind has succeeded', async () => {
  const {caller} = bench({replies: [[401, complaint('OAUTH_SCOPE_MISMATCH')], [200], [401, complaint('OAUTH_SCOPE_MISMATCH')]]});
  await assert.rejects(caller.run(call, signal, text), {kind: 'module', isScopeUnproven: true});
  await caller.run(call, signal, text);
  await assert.rejects(caller.run(call, signal, text), {kind: 'module', isScopeUnproven: false});
});

calls('blames the token for a scope that it is known to lack', async () => {
  for (const [scopes, kind] of [
    [undefined, 'module'],
    [['ZohoCRM.settings.ALL'], 'module'],
    [['ZohoCRM.bulk.READ'], 'credentials'],
  ] as const) {
    const {caller} = bench({replies: [[401, complaint('OAUTH_SCOPE_MISMATCH')]], ...(scopes && {scopes})});
    await assert.rejects(caller.run(call, signal, text), {kind});
  }
});

calls('takes a page token for expired when its page is refused', async () => {
  for (const [paged, kind] of [
    [{paged: true}, 'expired'],
    [{paged: false}, 'refused'],
    [{}, 'refused'],
  ] as const) {
    const {caller} = bench({replies: [[400, complaint('INVALID_DATA')]]});
    await assert.rejects(caller.run({...call, kind: 'create', ...paged}, signal, text), {kind});
  }
});

calls('follows a redirect of a download on its own origin, three times at most, and of nothing else', async () => {
  const sent = async (status: number, location: string, kind: Call['kind'] = 'download'): Promise<number> => {
    const {caller, network} = bench({replies: [[status, {}, {location}]]});
    await caller.run({...call, kind}, signal, text).catch(() => {});
    return network.sent.length;
  };
  for (const status of [301, 302, 303, 307, 399]) assert.equal(await sent(status, '/next'), 4, `${status}`);
  for (const status of [200, 300, 304, 400]) assert.equal(await sent(status, '/next'), 1, `${status}`);
  for (const location of ['https://evil.com/', '//evil.com/', 'http://www.zohoapis.eu/', 'http://[']) {
    assert.equal(await sent(302, location), 1, location);
  }
  assert.equal(await sent(302, '/next', 'job'), 1);
  const {caller, network} = bench({replies: [[302], [200]]});
  await assert.rejects(caller.run({...call, kind: 'download'}, signal, text), {kind: 'refused'});
  assert.equal(network.sent.length, 1);
});

calls('leaves no connection with the body of a redirect', async () => {
  const endless = async function* () {
    for (;;) yield Buffer.alloc(1 << 16);
  };
  const {caller, network} = bench({
    replies: [
      [302, endless, {location: 'next?x=1'}],
      [200, 'bytes'],
    ],
  });
  assert.equal(await caller.run({...call, kind: 'download', path: '/a/b'}, signal, text), 'bytes');
  assert.deepEqual([network.sent.map(({path}) => path), network.dropped], [['/a/b', '/a/next?x=1'], 1]);
});

calls.run();
