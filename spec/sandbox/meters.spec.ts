import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {manualClock} from '../../lib/sandbox/clock.ts';
import {Meters} from '../../lib/sandbox/meters.ts';
import {type Answer, type CallKind, json} from '../../lib/sandbox/request.ts';
import {RollingSum} from '../../lib/sandbox/rolling-sum.ts';
import {startSandbox} from '../../lib/sandbox/server.ts';
import {request} from './request-of.ts';

const meters = suite('Meters');
const startMs = Date.UTC(2026, 9, 1);

/** Sends a call through the meters; `end` says that its answer was sent. */
function call(to: Meters, kind: CallKind, answer: Answer = json(200, {})) {
  const {promise, resolve} = Promise.withResolvers<void>();
  const answered = to.layer(request({kind, done: promise}), async () => answer);
  return {
    answered,
    async end() {
      resolve();
      return answered;
    },
  };
}

meters('charges every kind of call what it costs', async () => {
  const all = new Meters(() => startMs);
  const cost = async (kind: CallKind, answer?: Answer) => {
    const before = all.reading().credits.used;
    await call(all, kind, answer).end();
    return all.reading().credits.used - before;
  };
  assert.equal(await cost('token'), 0);
  assert.equal(await cost('admin'), 0);
  assert.equal(await cost('modules'), 1);
  assert.equal(await cost('create', json(201, {})), 50);
  assert.equal(await cost('result'), 1);
  assert.equal(await cost('deleted'), 2);
  assert.equal(await cost('coql', {status: 204, credits: 3}), 3);
  assert.equal(await cost('create', json(400, {})), 0, 'refused');
  assert.equal(all.kind('create').calls, 2);
  assert.deepEqual(all.reading().statuses, {200: 4, 201: 1, 204: 1, 400: 1});
});

meters('can charge refused calls too', async () => {
  const all = new Meters(() => startMs, {chargeRefused: true});
  await call(all, 'create', json(400, {})).end();
  assert.equal(all.reading().credits.used, 50);
});

meters('names what is left once half is used, and refuses when nothing is, until 24 hours have passed', async () => {
  const clock = manualClock(startMs);
  const all = new Meters(() => clock.nowMs(), {credits: 100});
  const remaining = async () => (await call(all, 'modules').end()).headers?.['x-api-credits-remaining'];
  all.spend(48);
  assert.equal(await remaining(), undefined, '49 of 100');
  assert.equal(await remaining(), '50');
  all.spend(50);
  const refused = await call(all, 'coql').end();
  assert.equal(refused.status, 429);
  assert.equal(JSON.parse(String(refused.body)).code, 'TOO_MANY_REQUESTS');
  assert.equal((await call(all, 'token').end()).status, 200, 'the accounts host has no credits');
  clock.advance(24 * 3_600_000);
  assert.equal((await call(all, 'coql').end()).status, 429, 'not a moment too early');
  clock.advance(60_000);
  assert.equal((await call(all, 'coql').end()).status, 200);
  assert.deepEqual(all.reading().excesses, {credits: 2, concurrency: 0, 'sub-concurrency': 0});
  assert.equal(all.kind('coql').throttled, 2);
});

meters('counts a call until its answer has ended, and refuses one too many at once', async () => {
  const all = new Meters(() => startMs, {concurrency: 3, subConcurrency: 2});
  const coql = [call(all, 'coql'), call(all, 'coql')];
  assert.equal((await call(all, 'coql').end()).status, 429, 'the sub-limit');
  const fields = call(all, 'fields');
  assert.equal((await fields.answered).status, 200);
  assert.equal((await call(all, 'modules').end()).status, 429, 'the limit');
  await coql[0]?.end();
  assert.equal((await call(all, 'coql').end()).status, 200);
  const {excesses, mostInFlight} = all.reading();
  assert.deepEqual(excesses, {credits: 0, concurrency: 1, 'sub-concurrency': 1});
  assert.equal(mostInFlight, 4, 'the refused one was there for a moment');
  assert.equal(all.kind('coql').mostInFlight, 3);
  await Promise.all([coql[1]?.end(), fields.end()]);
  assert.equal(all.reading().inFlight, 0);
});

meters('keeps the busiest minute of each kind', async () => {
  const clock = manualClock(startMs);
  const all = new Meters(() => clock.nowMs());
  for (let i = 0; i < 5; i++) {
    await call(all, 'result').end();
    clock.advance(20_000);
  }
  assert.equal(all.kind('result').mostPerMinute, 4, 'a span may count a second too long, never too short');
  clock.advance(61_000);
  assert.equal(all.kind('result').lastMinute, 0);
});

meters('adds up over any stretch of time as a list of all parts would, to within one step', () => {
  const parts = fc.array(fc.record({waitMs: fc.integer({min: 0, max: 400}), amount: fc.integer({min: 1, max: 9})}));
  fc.assert(
    fc.property(parts, (list) => {
      const sum = new RollingSum(1_000, 100);
      const added: {atMs: number; amount: number}[] = [];
      let nowMs = startMs;
      const since = (spanMs: number) =>
        added.filter(({atMs}) => atMs > nowMs - spanMs).reduce((all, {amount}) => all + amount, 0);
      for (const {waitMs, amount} of list) {
        nowMs += waitMs;
        sum.add(nowMs, amount);
        added.push({atMs: nowMs, amount});
        const total = sum.total(nowMs);
        assert.ok(total >= since(1_000) && total <= since(1_101), `${since(1_000)} <= ${total} <= ${since(1_101)}`);
      }
    }),
  );
});

meters('are read over HTTP, and do not count that', async () => {
  const sandbox = await startSandbox({records: 10, meters: {credits: 4}});
  try {
    const body = new URLSearchParams({...sandbox.credentials, grant_type: 'refresh_token'});
    const token = await fetch(`${sandbox.url}/oauth/v2/token`, {method: 'POST', body});
    const authorization = `Bearer ${JSON.parse(await token.text()).access_token}`;
    const select = 'select id from Leads where id is not null limit 0, 500';
    const ask = async () => {
      const response = await fetch(`${sandbox.url}/crm/v8/coql`, {
        method: 'POST',
        headers: {authorization},
        body: JSON.stringify({select_query: select}),
      });
      await response.text();
      return [response.status, response.headers.get('x-api-credits-remaining')];
    };
    assert.deepEqual(
      [await ask(), await ask(), await ask()],
      [
        [200, '2'],
        [200, '0'],
        [429, '0'],
      ],
    );
    const reading = JSON.parse(await (await fetch(`${sandbox.url}/sandbox/meters`)).text());
    assert.deepEqual(reading.credits, {limit: 4, used: 4, remaining: 0, ever: 4});
    assert.deepEqual(Object.keys(reading.kinds), ['token', 'coql']);
    assert.deepEqual([reading.kinds.coql.calls, reading.kinds.coql.throttled], [3, 1]);
  } finally {
    await sandbox.close();
  }
});

meters.run();
