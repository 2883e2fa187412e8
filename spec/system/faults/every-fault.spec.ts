import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {Semaphore} from '../../../lib/platform/semaphore.ts';
import {type FaultName, faultList, faultNames} from '../../../lib/sandbox/fault-list.ts';
import type {CallKind} from '../../../lib/sandbox/request.ts';
import {type FaultyOutcome, type FaultyRun, faultyRun} from './capture-run.ts';

/**
 * Every fault of the sandbox under a running capture: afterwards it equals the truth, and until
 * then it did or said the one right thing.
 */
const faults = suite('every fault');

interface Expected {
  /** The line that ends the capture; by default it goes on. */
  readonly stopped?: RegExp;
  /** Why a module is paused; by default none is. */
  readonly aside?: RegExp;
  /** How often a definite fault comes; by default twice, which may be once for each module. */
  readonly times?: number;
}

interface Case extends Expected {
  readonly name: string;
  readonly run: Omit<FaultyRun, 'seed'>;
}

/** Kinds of calls that the connector makes. */
const made = ['token', 'modules', 'fields', 'create', 'status', 'result', 'coql', 'deleted'] as const;
type Made = (typeof made)[number];

const lacksScope =
  /^Cannot list the modules: the refresh token lacks the scope ZohoCRM\.settings\.modules\.READ; authorize again/;
const otherScope = /: the refresh token's scopes do not cover this module \(OAUTH_SCOPE_MISMATCH/;
const noScope =
  /^No module of the capture can be read: .* the refresh token's scopes do not cover this module \(OAUTH_SCOPE_MISMATCH.*authorize again/;
const noPermission = /: the token's user has no permission for this \(NO_PERMISSION/;
const notFollowed = / redirects to another address, which is not followed \(HTTP status 302/;
const notSupported = /: Zoho answers (INVALID_MODULE|MODULE_NOT_SUPPORTED): |: the token's user has no permission for this/;

const noFields = /^Zoho (?:has no field metadata for it|gave an empty answer about its fields, although it had some)$/;

/**
 * Faults that say something definite, by the kind of call they meet; nobody should ask such calls
 * again at once.
 */
const definite: Partial<Record<FaultName, Partial<Record<Made, Expected>>>> = {
  'scope-mismatch': {
    modules: {stopped: lacksScope},
    fields: {aside: otherScope, times: 1},
    create: {aside: otherScope, times: 1},
    status: {aside: otherScope},
    result: {aside: otherScope},
    coql: {aside: otherScope, times: 1},
    deleted: {},
  },
  'no-permission': {
    modules: {stopped: noPermission},
    fields: {aside: noPermission},
    create: {aside: noPermission},
    status: {aside: noPermission},
    result: {aside: noPermission},
    coql: {aside: noPermission, times: 4},
    deleted: {},
  },
  redirect: {
    token: {},
    modules: {stopped: notFollowed},
    fields: {aside: notFollowed},
    create: {aside: notFollowed},
    status: {aside: notFollowed},
    result: {aside: notFollowed},
    coql: {aside: notFollowed, times: 4},
    deleted: {aside: notFollowed},
  },
  'refused-module': {
    fields: {aside: notSupported},
    create: {aside: notSupported},
    coql: {aside: notSupported, times: 4},
    deleted: {},
  },
  'no-fields': {fields: {aside: noFields}},
  'empty-fields': {fields: {aside: noFields}},
  'token-revoked': {token: {stopped: /^Cannot get an access token: .* does not know the refresh_token; .*authorize again/}},
  'foreign-url': {status: {aside: /Zoho gave an address outside http:\/\/127\.0\.0\.1:\d+$/}},
};

const noMore = /: Zoho allows no more calls for now \(TOO_MANY_REQUESTS: too many requests\)$/;

/** What happens when a fault stays: the capture gives up within its bounds, with the reason. */
const forGood: readonly [order: string, expected: Expected][] = [
  ['throttle:modules', {stopped: noMore}],
  ['throttle:coql', {stopped: noMore}],
  ['throttle-after:deleted', {aside: noMore}],
  ['throttle:create', {}],
  ['scope-mismatch:fields', {stopped: noScope, aside: otherScope}],
  ['scope-mismatch:create', {stopped: noScope, aside: otherScope}],
  ['scope-mismatch:coql', {stopped: noScope, aside: otherScope}],
  ['error-500:fields', {stopped: /^Cannot read the fields of module \w+: Zoho answers INTERNAL_ERROR: Internal Server Error$/}],
  ['html-502:token', {stopped: /^Cannot get an access token: 127\.0\.0\.1:\d+ gave no usable answer \(HTTP status 502\)$/}],
  ['html-502:coql', {aside: /^Cannot query module \w+: Zoho answers HTTP status 502 without a reason$/}],
  ['html-200:create', {aside: /^Module \w+ cannot be backfilled: Cannot create a bulk read job .* it is not JSON$/}],
  ['html-200:deleted', {aside: /^its changes cannot be read: Cannot read the deletions of module \w+: .* it is not JSON$/}],
  ['malformed:coql', {aside: /^its changes cannot be read: Cannot read Zoho's answer to a COQL query: the text is malformed/}],
  ['invalid-token:coql', {stopped: /rejects a token that was just granted; .*authorize again \(INVALID_TOKEN/}],
  ['invalid-token:result', {stopped: /rejects a token that was just granted; .*authorize again \(INVALID_TOKEN/}],
  ['reset:coql', {aside: /^Cannot query module \w+: no complete answer from 127\.0\.0\.1:\d+: the connection was cut/}],
  ['short:result', {aside: /^Module \w+ cannot be backfilled: .*ended early/}],
  ['short-announced:result', {aside: /cannot be backfilled: Cannot unzip the file: it ends before the archive does$/}],
  [
    'token-throttle:token',
    {stopped: /^Cannot get an access token: Zoho refuses more tokens for now, because too many were requested/},
  ],
  [
    'job-failure:status',
    {aside: /cannot be backfilled: Bulk read job \d+ failed: INTERNAL_SERVER_ERROR: Internal server error$/},
  ],
  ['lost-job:status', {aside: /cannot be backfilled: Cannot check bulk read job \d+: Zoho answers RESOURCE_NOT_FOUND/}],
  ['page-token-expired:create', {aside: /cannot be backfilled: .* the page token is no longer valid \(EXPIRED_VALUE/}],
];

const kindsOf = (name: FaultName): Made[] => {
  const kinds: readonly CallKind[] = faultList[name].kinds;
  return made.filter((kind) => kinds.includes(kind));
};

/** Faults that take a while each. */
const slow: ReadonlySet<string> = new Set<FaultName>(['stall', 'stall-body', 'drip', 'lost-result', 'unknown-state']);

/** Faults that no call has to be repeated for, so that there is one token only. */
const harmless: ReadonlySet<string> = new Set<FaultName>(['gzip', 'deflate', 'br']);

/**
 * Faults after which a value differs from the truth, as documents promise: U+FFFD stands for a
 * broken byte.
 */
const unequal: ReadonlySet<string> = new Set<FaultName>(['invalid-byte']);

const cases: readonly Case[] = [
  ...faultNames
    .filter((name) => definite[name] === undefined && name !== 'refused-field' && !unequal.has(name))
    .map((name): Case => {
      const kinds = kindsOf(name);
      const isSilent = slow.has(name);
      const faultyMs = isSilent ? 15_000 : 5_000;
      const times = (kind: Made): number => (harmless.has(name) && kind === 'token' ? 1 : 2);
      const orders = kinds.map((kind) => `${name}:${kind}*${times(kind)}`);
      return {name: `${name}, twice to ${kinds.join(', ')}`, run: {faults: orders, faultyMs, isSilent}};
    }),
  ...Object.entries(definite).flatMap(([name, kinds]) =>
    Object.entries(kinds).map(
      ([kind, {times = 2, ...expected}]): Case => ({
        name: `${name}, ${times} times to ${kind}`,
        run: {faults: [`${name}:${kind}*${times}`], oneStart: times % 2 === 1, alsoAside: expected.aside !== undefined},
        ...expected,
      }),
    ),
  ),
  ...forGood.map(
    ([order, expected]): Case => ({
      name: `${order}, every time`,
      run: {
        faults: [`${order}@1`],
        faultyMs: expected.stopped ? 60_000 : expected.aside ? 10_000 : 1_500,
        // What waits for limits until nobody wants to wait any more is not ridden out after that.
        waitMaxMs: expected.stopped ? 11 * 60_000 : 40_000,
        untilAside: expected.stopped === undefined,
      },
      ...expected,
    }),
  ),
];

/** Captures wait most of the time: some at once. */
const places = new Semaphore(6);

async function outcome(run: Omit<FaultyRun, 'seed'>): Promise<FaultyOutcome> {
  const release = await places.acquire(new AbortController().signal);
  try {
    return await faultyRun({seed: 1, ...run});
  } finally {
    release();
  }
}

// One page a range: there is a refresh after another for the fields that only Bulk Read is left to
// read.
const refusedField: Omit<FaultyRun, 'seed'> = {
  faults: ['refused-field:create*2', 'refused-field:coql*2'],
  oneStart: true,
  switches: {rowsPerJob: 1_000},
};
const outcomes = new Map([...cases, {name: 'refused-field', run: refusedField}].map(({name, run}) => [name, outcome(run)]));
// Each is awaited by its own case.
for (const running of outcomes.values()) running.catch(() => {});

for (const {name, run, stopped, aside} of cases) {
  faults(name, async () => {
    const found = await outcomes.get(name)!;
    assert.deepEqual(found.differences, [], 'equal to the truth');
    if (stopped) assert.match(found.stopped ?? '', stopped);
    else assert.equal(found.stopped, undefined, 'goes on');
    if (aside) assert.ok(found.aside.length > 0, 'a module is paused');
    // What ends the capture when every module meets it sets the first ones aside.
    for (const reason of found.aside) assert.match(reason, aside ?? stopped ?? /^no module is paused$/);
    const counts = run.faults.map((order) => Number(order.split('*')[1]));
    if (stopped === undefined && !counts.some(Number.isNaN)) assert.deepEqual(found.hits, counts, 'every fault was met');
    assert.ok(found.hits.every((hits) => hits > 0));
    kept(found, stopped !== undefined);
  });
}

faults('refused-field, by either API: the field is omitted and reported, the rest is captured', async () => {
  const found = await outcomes.get('refused-field')!;
  assert.equal(found.stopped, undefined);
  assert.deepEqual(found.aside, []);
  assert.deepEqual(found.hits, [2, 2]);
  assert.ok(found.refused.length >= 3, `reported: ${found.refused}`);
  const others = (found.differences ?? ['never caught up']).filter(
    (text) => !found.refused.some((name) => text.includes(` ${name} `)),
  );
  assert.deepEqual(others, []);
  kept(found);
});

/**
 * Limits are kept, and no fault makes for a storm of calls: these are about four times what two
 * modules take without faults. While an outage is ridden out, what a binding begins with is tried
 * more often.
 */
function kept({faulty, meters}: FaultyOutcome, riddenOut = false): void {
  const {concurrency, credits} = meters.excesses;
  assert.deepEqual({...meters.excesses}, {credits: 0, concurrency: 0, 'sub-concurrency': 0}, `${concurrency} ${credits}`);
  const mostPerMinute = {token: 10, modules: 30, fields: 30, create: 40, status: 250, result: 10, coql: 250, deleted: 120};
  for (const kind of made) {
    const perMinute = faulty.kinds[kind]?.mostPerMinute ?? 0;
    const most = riddenOut ? {...mostPerMinute, token: 30, modules: 60, fields: 60} : mostPerMinute;
    assert.ok(perMinute <= most[kind], `${perMinute} calls of kind ${kind} in a minute`);
  }
}

faults.run();
