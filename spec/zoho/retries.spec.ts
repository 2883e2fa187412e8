import assert from 'node:assert/strict';
import {mock} from 'node:test';
import {gzipSync} from 'node:zlib';
import {suite} from 'uvu';
import type {ZohoError} from '../../lib/errors/errors.ts';
import {type CoqlQuery, windowQuery} from '../../lib/zoho/coql.ts';
import {callTimeoutMs} from '../../lib/zoho/limits.ts';
import {settled} from '../harness/clocks.ts';
import {complaint} from '../harness/fake-zoho.ts';
import {type MemoryOptions, type MemoryZoho, memoryZoho} from '../harness/memory-zoho.ts';
import {cut, failure, type Reply} from '../harness/scripted-network.ts';

const calls = suite('retries');
const {signal} = new AbortController();

function promise(name: string, options: MemoryOptions, use: (zoho: MemoryZoho) => Promise<void>): void {
  calls(name, () => use(memoryZoho(options)));
}

const queryOf = (module: string, limit: number): CoqlQuery => windowQuery({module, columns: ['id'], fromS: 0, limit});
const query = queryOf('Leads', 200);
const ok: Reply = [200, {data: [{id: '1'}], info: {more_records: false}}];

const reset = failure('ECONNRESET');
const gateway: Reply = [502, '<html><body>Bad Gateway</body></html>'];
const busy: Reply = [429, complaint('TOO_MANY_REQUESTS')];

const passing: [string, Reply][] = [
  ['a connection reset before the answer', reset],
  ['an answer cut in the middle', [200, cut('{"data":[{"id":')]],
  ['compressed data that end early', [200, gzipSync('{"data":[]}').subarray(0, -9)]],
  ['JSON that ends early', [200, '{"data":[{"id"']],
  ['a page of HTML', gateway],
  ['a page of HTML with status 200', [200, '<html>']],
  ['an internal error', [500, complaint('INTERNAL_ERROR')]],
  ['a 429', busy],
  ['a throttle under status 400', [400, complaint('TOO_MANY_REQUESTS')]],
  ['a refused token', [401, complaint('INVALID_TOKEN')]],
  ['a refused token under status 200', [200, complaint('INVALID_TOKEN')]],
];

for (const [what, reply] of passing) {
  promise(`asks a query again after ${what}`, {replies: [reply, reply, ok]}, async (zoho) => {
    assert.equal((await zoho.client.coql(query, signal))?.rows.count, 1);
    assert.equal(zoho.received.length, 3);
    assert.ok(
      zoho.logged.some((line) => line.startsWith('info')),
      'retries are in the log',
    );
  });
}

for (const [what, reply] of [
  ['stalls in its body', [200, cut('{"data":[', 'UND_ERR_BODY_TIMEOUT')]],
  ['never begins', failure('UND_ERR_HEADERS_TIMEOUT')],
] as [string, Reply][]) {
  promise(`asks a query again when the answer ${what}`, {replies: [reply, ok]}, async (zoho) => {
    assert.equal((await zoho.client.coql(query, signal))?.rows.count, 1);
  });
}

calls('bounds the time of a call that never ends', async () => {
  mock.timers.enable({apis: ['setTimeout']});
  try {
    const zoho = memoryZoho({replies: ['silent', ok]});
    const running = zoho.client.coql(query, signal);
    await settled();
    mock.timers.tick(callTimeoutMs);
    assert.equal((await running)?.rows.count, 1);
    assert.ok(zoho.logged.some((line) => line.includes('no complete answer from www.zohoapis.eu within 180 s')));
  } finally {
    mock.timers.reset();
  }
});

promise(
  'reads why a call is refused, also where a gateway has compressed it',
  {replies: [[400, gzipSync(JSON.stringify(complaint('INVALID_MODULE'))), {'content-encoding': 'gzip'}]]},
  async (zoho) => {
    await assert.rejects(zoho.client.fields('Leads', signal), {kind: 'module', code: 'INVALID_MODULE'});
  },
);

promise(
  'fetches one token for many calls that saw the last one refused',
  {
    answer: ({headers}) =>
      headers.authorization?.endsWith('token-1') ? [401, complaint('INVALID_TOKEN')] : [200, {modules: []}],
  },
  async (zoho) => {
    await Promise.all([1, 2, 3, 4].map(() => zoho.client.modules(signal)));
    assert.equal(zoho.tokens.length, 2);
  },
);

promise(
  'outlives tokens that are revoked again and again',
  {
    answer: (() => {
      let calls = 0;
      // Every token serves three calls.
      return ({headers}) => {
        const token = Number(/\d+$/.exec(headers.authorization ?? '')?.[0]);
        if (Math.floor(calls / 3) >= token) return [401, complaint('INVALID_TOKEN')];
        calls++;
        return [200, {modules: []}];
      };
    })(),
  },
  async (zoho) => {
    for (let i = 0; i < 60; i++) await zoho.client.modules(signal);
    assert.equal(zoho.tokens.length, 20);
    assert.ok(zoho.statuses.some((status) => status?.startsWith('Waiting for an access token: 8 access tokens were rejected')));
  },
);

promise('stops when new tokens are refused too', {replies: [[401, complaint('INVALID_TOKEN')]]}, async (zoho) => {
  await assert.rejects(zoho.client.modules(signal), (error: ZohoError) => {
    assert.equal(error.kind, 'credentials');
    return /rejects a token that was just granted; the refresh token may belong to another data centre/.test(error.message);
  });
  assert.equal(zoho.received.length, 4);
  assert.ok(zoho.tokens.length <= 5);
});

promise(
  'waits as long as Zoho asks for',
  {replies: [[429, complaint('TOO_MANY_REQUESTS'), {'retry-after': '77'}], [204]]},
  async (zoho) => {
    const beforeMs = zoho.clock.elapsedMs();
    await zoho.client.coql(query, signal);
    assert.ok(zoho.clock.elapsedMs() - beforeMs >= 77_000);
    assert.match(zoho.statuses[0] ?? '', /^Zoho asks for fewer calls; waiting, next try at /);
    assert.equal(zoho.statuses.at(-1), undefined);
  },
);

promise(
  'says until when an outage lasts that Zoho has timed',
  {replies: [[503, complaint('INTERNAL_ERROR'), {'retry-after': '77'}], [204]]},
  async (zoho) => {
    const beforeMs = zoho.clock.elapsedMs();
    await zoho.client.coql(query, signal);
    assert.ok(zoho.clock.elapsedMs() - beforeMs >= 77_000);
    assert.equal(zoho.statuses.length, 2);
    assert.match(zoho.statuses[0] ?? '', /^Zoho is unavailable; waiting, next try at 2026-/);
    assert.equal(zoho.statuses[1], undefined);
  },
);

promise(
  'holds a call up no longer than whoever waits for it wants to',
  {replies: [busy], client: {waitMaxMs: 120_000}},
  async (zoho) => {
    const beforeMs = zoho.clock.elapsedMs();
    await assert.rejects(zoho.client.coql(query, signal), {kind: 'unavailable', code: 'TOO_MANY_REQUESTS'});
    assert.ok(zoho.clock.elapsedMs() - beforeMs <= 120_000);
    // Pauses of 1, 2, 4, 8 and then 10 s.
    assert.ok(zoho.received.length <= 16, `${zoho.received.length} calls`);
  },
);

calls('holds a call up no longer than that however its pauses are drawn', async () => {
  for (let waitMaxMs = 30_000; waitMaxMs < 45_000; waitMaxMs += 1_000) {
    let drawn = 0;
    const random = (): number => (drawn++ % 2 === 0 ? 0.99 : 0);
    const zoho = memoryZoho({replies: [busy], client: {waitMaxMs, random}});
    const beforeMs = zoho.clock.elapsedMs();
    await assert.rejects(zoho.client.coql(query, signal), {kind: 'unavailable'});
    const waitedMs = zoho.clock.elapsedMs() - beforeMs;
    assert.ok(waitedMs <= waitMaxMs, `${waitedMs} of ${waitMaxMs} ms`);
  }
});

promise(
  'sees that an answer is an error although its status says otherwise',
  {
    replies: [
      [200, complaint('INVALID_TOKEN')],
      [200, cut('{"data":[')],
      [200, complaint('INVALID_QUERY', {column_name: 'Image'})],
    ],
  },
  async (zoho) => {
    await assert.rejects(zoho.client.coql(query, signal), {kind: 'field', field: 'Image'});
    assert.equal(zoho.received.length, 3);
    assert.equal(zoho.tokens.length, 2);
  },
);

promise('ends every kind of call at once when aborted', {replies: ['silent']}, async (zoho) => {
  const calls: ((stop: AbortSignal) => Promise<unknown>)[] = [
    (stop) => zoho.client.modules(stop),
    (stop) => zoho.client.nowSeconds(stop),
    (stop) => zoho.client.fields('Leads', stop),
    (stop) => zoho.client.job('7', stop),
    (stop) => zoho.client.deleted('Leads', 0, 1, stop),
    (stop) => zoho.client.coql(query, stop),
    (stop) => zoho.client.createJob({pageToken: 'tok'}, stop),
    (stop) => zoho.client.download('7', stop).next(),
  ];
  for (const call of calls) {
    const stop = new AbortController();
    const running = call(stop.signal);
    await settled();
    stop.abort(new Error('enough'));
    await assert.rejects(running, /^Error: enough$/);
    await assert.rejects(call(stop.signal), /^Error: enough$/);
  }
});

calls.run();
