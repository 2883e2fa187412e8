import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {pagesAtOnce} from '../../lib/limits.ts';
import {
  callsAtOnce,
  coqlAtOnce,
  creditsGoneAfterMs,
  downloadsPerMinute,
  passedOverMax,
  throttleDelayMaxMs,
} from '../../lib/zoho/limits.ts';
import {type Outcome, type Permit, RateLimiter} from '../../lib/zoho/rate-limiter.ts';
import {type CallKind, callKinds} from '../../lib/zoho/usage.ts';
import {ManualClock, settled} from '../harness/clocks.ts';

const governor = suite('Governor');
const {signal} = new AbortController();

function setup() {
  const clock = new ManualClock();
  const told: (string | undefined)[] = [];
  return {clock, told, held: new RateLimiter({clock, random: () => 0, onHold: (reason) => told.push(reason)})};
}

/** Asks for a place, and notes by name when it is given. */
function asking(held: RateLimiter, order: string[], kind: CallKind, name: string, key = name): Promise<Permit> {
  return held.enter(kind, key, signal).then((place) => {
    order.push(name);
    return place;
  });
}

governor('gives places up to the limit, and another for each that comes back', async () => {
  const {held} = setup();
  const order: string[] = [];
  const places = Array.from({length: callsAtOnce + 1}, (_, i) => asking(held, order, 'job', String(i)));
  await settled();
  assert.equal(order.length, callsAtOnce);
  const [first] = places;
  (await first)?.release('good');
  (await first)?.release('good');
  await settled();
  assert.equal(order.length, callsAtOnce + 1);
});

governor('lets sweeps go before what backfills need, and both before pages', async () => {
  const {held} = setup();
  const busy = await Promise.all(Array.from({length: callsAtOnce}, () => held.enter('job', 'busy', signal)));
  const order: string[] = [];
  const kinds: CallKind[] = ['download', 'job', 'create', 'deleted', 'coql'];
  for (const kind of kinds) void asking(held, order, kind, kind);
  await settled();
  for (const place of busy) place.release('good');
  await settled();
  assert.deepEqual(order, ['deleted', 'coql', 'job', 'create', 'download']);
});

governor('lets a backfill move even while sweeps never end', async () => {
  const {held} = setup();
  const order: string[] = [];
  const busy = await Promise.all(Array.from({length: callsAtOnce}, () => held.enter('deleted', 'busy', signal)));
  void asking(held, order, 'download', 'page');
  void asking(held, order, 'job', 'look');
  for (let i = 0; i < 40; i++) void asking(held, order, 'deleted', `sweep ${i}`).then((place) => place.release('good'));
  busy[0]?.release('good');
  await settled();
  assert.ok(order.indexOf('look') <= passedOverMax + 1, order.join());
  assert.ok(order.indexOf('page') <= 2 * passedOverMax + 2, order.join());
});

governor('lets only some of the calls be queries or downloads, so that others find places', async () => {
  const {held} = setup();
  const order: string[] = [];
  for (let i = 0; i < callsAtOnce; i++) void asking(held, order, 'coql', 'coql');
  for (let i = 0; i < callsAtOnce; i++) void asking(held, order, 'download', 'download');
  await settled();
  const count = (name: string): number => order.filter((other) => other === name).length;
  assert.deepEqual([count('coql'), count('download')], [coqlAtOnce, Math.min(pagesAtOnce, callsAtOnce - coqlAtOnce)]);
});

governor('takes bindings in turn, however many calls one of them makes', async () => {
  const {held} = setup();
  const busy = await Promise.all(Array.from({length: callsAtOnce}, () => held.enter('job', 'busy', signal)));
  const order: string[] = [];
  for (let i = 0; i < 3; i++) void asking(held, order, 'job', `a${i}`, 'a').then((place) => place.release('good'));
  void asking(held, order, 'job', 'b0', 'b').then((place) => place.release('good'));
  void asking(held, order, 'job', 'c0', 'c').then((place) => place.release('good'));
  busy[0]?.release('good');
  await settled();
  assert.deepEqual(order, ['a0', 'b0', 'c0', 'a1', 'a2']);
});

governor('holds up all calls after a 429, longer each time, and fewer run at once', async () => {
  const {held, clock} = setup();
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000]) {
    (await held.enter('coql', 'a', signal)).release('throttled');
    let got = false;
    const next = held.enter('job', 'b', signal).then((place) => {
      got = true;
      return place;
    });
    await clock.advance(pauseMs - 1);
    assert.equal(got, false, `${pauseMs} ms`);
    await clock.advance(1);
    (await next).release('neither');
  }
  assert.equal(held.atOnce, 1);
});

governor('comes back as fast as it slowed', async () => {
  const {held, clock} = setup();
  for (let i = 0; i < 3; i++) {
    (await held.enter('coql', 'a', signal)).release('throttled');
    await clock.advance(60_000);
  }
  assert.equal(held.atOnce, 1);
  for (let i = 0; i < 3; i++) (await held.enter('coql', 'a', signal)).release('good');
  assert.equal(held.atOnce, callsAtOnce);
});

governor('takes a burst of 429s to calls that ran together for one', async () => {
  const {held, clock} = setup();
  const together = await Promise.all(Array.from({length: callsAtOnce}, () => held.enter('job', 'a', signal)));
  for (const place of together) place.release('throttled');
  const next = held.enter('job', 'a', signal);
  await clock.advance(1_000);
  (await next).release('good');
  assert.equal(held.atOnce, callsAtOnce);
});

governor('waits at least as long as Zoho asks', async () => {
  const {held, clock} = setup();
  (await held.enter('coql', 'a', signal)).release('throttled', {retryAfterMs: 90_000});
  let got = false;
  void held.enter('coql', 'a', signal).then(() => {
    got = true;
  });
  await clock.advance(89_999);
  assert.equal(got, false);
  await clock.advance(1);
  assert.equal(got, true);
});

governor('takes a long time of nothing but 429 for credits that are gone, tries rarely, and says so', async () => {
  const {held, clock, told} = setup();
  const atMs: number[] = [];
  const trying = (async () => {
    const tries = 10 + creditsGoneAfterMs / throttleDelayMaxMs;
    for (let i = 0; i < tries; i++) {
      const place = await held.enter('coql', 'a', signal);
      atMs.push(clock.elapsedMs());
      place.release(i + 1 < tries ? 'throttled' : 'good');
    }
  })();
  await clock.advance(4 * 3_600_000);
  await trying;
  const gaps = atMs.slice(1).map((at, i) => at - atMs[i]!);
  assert.deepEqual(
    gaps.slice(0, 10),
    [1, 2, 4, 8, 10, 10, 10, 10, 10, 10].map((s) => s * 1_000),
  );
  // As long as a throttle may be all it is, its end is found within ten seconds.
  const rare = gaps.findIndex((gap) => gap > throttleDelayMaxMs);
  assert.equal(atMs[rare]! - atMs[0]!, creditsGoneAfterMs + 5_000);
  assert.equal(gaps.at(-1), 600_000);
  assert.match(
    told.findLast((reason) => reason !== undefined) ?? '',
    /^Zoho's API credits of the last 24 hours are used up.*next try at 2026-01-01T\d\d:\d\d:\d\dZ$/,
  );
  assert.equal(told.at(-1), undefined);
});

governor('does not take 429s with good answers in between for credits that are gone', async () => {
  const {held, clock, told} = setup();
  for (let i = 0; i < 10; i++) {
    (await held.enter('coql', 'a', signal)).release('throttled');
    await clock.advance(60_000);
    (await held.enter('coql', 'a', signal)).release('good');
    await clock.advance(60_000);
  }
  assert.deepEqual(told, []);
});

governor('believes Zoho at once that no credits remain', async () => {
  const {held, told} = setup();
  (await held.enter('coql', 'a', signal)).release('throttled', {creditsGone: true});
  assert.match(told[0] ?? '', /credits/);
});

governor('lets no more downloads begin in a minute than Zoho allows, and nothing else wait for them', async () => {
  const {held, clock} = setup();
  const atMs: number[] = [];
  const pages = (async () => {
    for (let i = 0; i < 2 * downloadsPerMinute + 1; i++) {
      const place = await held.enter('download', 'a', signal);
      atMs.push(clock.elapsedMs());
      place.release('good');
    }
  })();
  await settled();
  assert.equal(atMs.length, downloadsPerMinute);
  (await held.enter('coql', 'b', signal)).release('good');
  await clock.advance(130_000);
  await pages;
  assert.ok(atMs[downloadsPerMinute]! - atMs[0]! >= 60_000);
});

governor('holds up downloads only when a download is throttled', async () => {
  const {held, clock} = setup();
  (await held.enter('download', 'a', signal)).release('throttled');
  (await held.enter('coql', 'b', signal)).release('good');
  let got = false;
  void held.enter('download', 'a', signal).then(() => {
    got = true;
  });
  await clock.advance(59_999);
  assert.equal(got, false);
  await clock.advance(1);
  assert.equal(got, true);
});

governor('ends every wait at once when aborted, and leaves nothing running', async () => {
  const {held, clock} = setup();
  (await held.enter('coql', 'a', signal)).release('throttled', {retryAfterMs: 3_600_000});
  const stop = new AbortController();
  const waits = callKinds.map((kind) => held.enter(kind, 'a', stop.signal));
  await settled();
  assert.equal(clock.sleepers, 1);
  stop.abort(new Error('stop'));
  for (const wait of waits) await assert.rejects(wait, /stop/);
  await settled();
  assert.equal(clock.sleepers, 0);
  await assert.rejects(held.enter('job', 'a', stop.signal), /stop/);
});

const step = fc.oneof(
  fc.record({
    do: fc.constant('enter' as const),
    kind: fc.constantFrom(...callKinds, 'coql', 'coql', 'coql', 'download', 'download'),
    key: fc.constantFrom('a', 'b', 'c'),
  }),
  fc.record({
    do: fc.constant('end' as const),
    at: fc.nat(9),
    outcome: fc.constantFrom<Outcome>('good', 'good', 'throttled', 'struggling', 'neither'),
  }),
  fc.record({do: fc.constant('abort' as const), at: fc.nat(9)}),
  fc.record({do: fc.constant('pass' as const), ms: fc.constantFrom(10, 1_000, 61_000)}),
);

governor('keeps its bounds under any course of calls, and gives everyone a place in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, {maxLength: 60}), async (steps) => {
      const {held, clock} = setup();
      const running: {kind: CallKind; place: Permit}[] = [];
      const waiting: AbortController[] = [];
      const downloads: number[] = [];
      const check = (): void => {
        const count = (kind: CallKind): number => running.filter((call) => call.kind === kind).length;
        assert.ok(running.length <= callsAtOnce);
        assert.ok(count('coql') <= coqlAtOnce && count('download') <= pagesAtOnce);
        const nowMs = clock.elapsedMs();
        assert.ok(downloads.filter((at) => at > nowMs - 60_000).length <= downloadsPerMinute);
      };
      for (const move of steps) {
        if (move.do === 'enter') {
          const leaving = new AbortController();
          waiting.push(leaving);
          held.enter(move.kind, move.key, leaving.signal).then(
            (place) => {
              waiting.splice(waiting.indexOf(leaving), 1);
              running.push({kind: move.kind, place});
              if (move.kind === 'download') downloads.push(clock.elapsedMs());
            },
            () => {},
          );
        } else if (move.do === 'end') {
          running.splice(move.at, 1)[0]?.place.release(move.outcome);
        } else if (move.do === 'abort') {
          waiting.splice(move.at, 1)[0]?.abort(new Error('left'));
        } else {
          await clock.advance(move.ms);
        }
        await settled();
        check();
      }
      for (let round = 0; waiting.length > 0 && round < 100; round++) {
        for (const {place} of running.splice(0)) place.release('good');
        await clock.advance(61_000);
        check();
      }
      assert.equal(waiting.length, 0);
      assert.equal(clock.sleepers, 0);
    }),
    {numRuns: 150},
  );
});

governor.run();
