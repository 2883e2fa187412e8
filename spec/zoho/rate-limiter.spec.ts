import assert from 'node:assert/strict';
import {getEventListeners} from 'node:events';
import fc from 'fast-check';
import {suite} from 'uvu';
import {pagesAtOnce} from '../../lib/limits.ts';
import {
  callsAtOnce,
  coqlAtOnce,
  creditsGoneAfterMs,
  creditsProbeMs,
  downloadBlockMs,
  downloadsPerMinute,
  downloadWindowMs,
  passedOverMax,
  reportedPauseMs,
  slowLevelMax,
  throttleDelayMaxMs,
  throttleDelayMs,
} from '../../lib/zoho/limits.ts';
import {type Outcome, type Permit, RateLimiter} from '../../lib/zoho/rate-limiter.ts';
import {type CallKind, callKinds} from '../../lib/zoho/usage.ts';
import {ManualClock, settled} from '../harness/clocks.ts';

const limiter = suite('RateLimiter');
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

limiter('gives places up to the limit, and another for each that comes back', async () => {
  const {held} = setup();
  const order: string[] = [];
  const places = Array.from({length: callsAtOnce + 2}, (_, i) => asking(held, order, 'job', String(i)));
  await settled();
  assert.equal(order.length, callsAtOnce);
  const [first] = places;
  (await first)?.release('good');
  (await first)?.release('good');
  await settled();
  assert.equal(order.length, callsAtOnce + 1);
});

limiter('lets sweeps go before what backfills need, and both before pages', async () => {
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

limiter('lets eight calls at most overtake one of lower priority, again and again', async () => {
  const {held} = setup();
  const busy = await Promise.all(Array.from({length: callsAtOnce}, () => held.enter('deleted', 'busy', signal)));
  const order: string[] = [];
  const release = (place: Permit) => place.release('good');
  for (let i = 0; i < 3; i++) void asking(held, order, 'job', `look ${i}`, 'looks').then(release);
  for (let i = 0; i < 40; i++) void asking(held, order, 'deleted', `sweep ${i}`).then(release);
  busy[0]?.release('good');
  await settled();
  assert.deepEqual(
    [0, 1, 2].map((i) => order.indexOf(`look ${i}`)),
    [passedOverMax, 2 * passedOverMax + 1, 3 * passedOverMax + 2],
  );
});

limiter('lets a page move while neither sweeps nor what backfills need ever end', async () => {
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

limiter('is not held up by a call that was overtaken often and has left, or cannot begin', async () => {
  const {held} = setup();
  const busy = await Promise.all(Array.from({length: callsAtOnce}, () => held.enter('deleted', 'busy', signal)));
  const order: string[] = [];
  const leaving = new AbortController();
  const left = held.enter('job', 'leaving', leaving.signal);
  let place = busy[0]!;
  for (let i = 0; i < passedOverMax; i++) {
    const next = asking(held, order, 'deleted', `sweep ${i}`);
    place.release('good');
    place = await next;
  }
  leaving.abort(new Error('left'));
  await assert.rejects(left, /left/);
  void asking(held, order, 'deleted', 'last');
  place.release('good');
  await settled();
  assert.equal(order.at(-1), 'last');
});

limiter('lets a binding go on whose call may begin, behind one whose calls may not', async () => {
  const {held} = setup();
  const order: string[] = [];
  for (let i = 0; i < coqlAtOnce; i++) await held.enter('coql', 'a', signal);
  void asking(held, order, 'coql', 'query', 'a');
  void asking(held, order, 'deleted', 'deletions', 'b');
  await settled();
  assert.deepEqual(order, ['deletions']);
});

limiter('lets only some of the calls be queries or downloads, so that others find places', async () => {
  const {held} = setup();
  const order: string[] = [];
  for (let i = 0; i < callsAtOnce; i++) void asking(held, order, 'coql', 'coql');
  for (let i = 0; i < callsAtOnce; i++) void asking(held, order, 'download', 'download');
  await settled();
  const count = (name: string): number => order.filter((other) => other === name).length;
  assert.deepEqual([count('coql'), count('download')], [coqlAtOnce, Math.min(pagesAtOnce, callsAtOnce - coqlAtOnce)]);
});

limiter('takes bindings in turn, however many calls one of them makes', async () => {
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

limiter('holds up all calls after a 429, longer each time, and fewer run at once', async () => {
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

limiter('comes back as fast as it slowed', async () => {
  const {held, clock} = setup();
  for (let i = 0; i < 3; i++) {
    (await held.enter('coql', 'a', signal)).release('throttled');
    await clock.advance(60_000);
  }
  assert.equal(held.atOnce, 1);
  for (let i = 0; i < 3; i++) (await held.enter('coql', 'a', signal)).release('good');
  assert.equal(held.atOnce, callsAtOnce);
});

limiter('takes a burst of 429s to calls that ran together for one', async () => {
  const {held, clock} = setup();
  const together = await Promise.all(Array.from({length: callsAtOnce}, () => held.enter('job', 'a', signal)));
  for (const place of together) place.release('throttled');
  const next = held.enter('job', 'a', signal);
  await clock.advance(1_000);
  (await next).release('good');
  assert.equal(held.atOnce, callsAtOnce);
});

limiter('waits at least as long as Zoho asks', async () => {
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

limiter('takes a long time of nothing but 429 for credits that are gone, tries rarely, and says so', async () => {
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

limiter('does not take 429s with good answers in between for credits that are gone', async () => {
  const {held, clock, told} = setup();
  for (let i = 0; i < 10; i++) {
    (await held.enter('coql', 'a', signal)).release('throttled');
    await clock.advance(60_000);
    (await held.enter('coql', 'a', signal)).release('good');
    await clock.advance(60_000);
  }
  assert.deepEqual(told, []);
});

limiter('believes Zoho at once that no credits remain', async () => {
  const {held, told} = setup();
  (await held.enter('coql', 'a', signal)).release('throttled', {creditsGone: true});
  assert.match(told[0] ?? '', /credits/);
});

limiter('lets no more downloads begin in a minute than Zoho allows, and nothing else wait for them', async () => {
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

limiter('holds up downloads only when a download is throttled', async () => {
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

limiter('ends every wait at once when aborted, and leaves nothing running', async () => {
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

limiter('leaves nothing on the signal of a call that may be made', async () => {
  const {held} = setup();
  const {signal} = new AbortController();
  await held.enter('job', 'a', signal);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

limiter('slows down without a pause when Zoho struggles, and learns nothing from a call that proves nothing', async () => {
  const {held, clock} = setup();
  const atOnce: number[] = [];
  for (let i = 0; i < 2 * slowLevelMax; i++) {
    (await held.enter('job', 'a', signal)).release('struggling');
    atOnce.push(held.atOnce);
  }
  assert.deepEqual(atOnce.slice(0, 3), [callsAtOnce >> 1, callsAtOnce >> 2, 1]);
  assert.deepEqual([held.pausedMs, clock.sleepers], [0, 0]);
  (await held.enter('job', 'a', signal)).release('neither');
  for (let i = 0; i < slowLevelMax - 1; i++) (await held.enter('job', 'a', signal)).release('good');
  assert.equal(held.atOnce, callsAtOnce >> 1);
  (await held.enter('job', 'a', signal)).release('good');
  assert.equal(held.atOnce, callsAtOnce);
});

limiter('learns only from calls that began after the last slow-down', async () => {
  for (const outcome of ['struggling', 'throttled'] as const) {
    const {held, clock} = setup();
    const [slow, first, late] = await Promise.all(['a', 'b', 'c'].map((key) => held.enter('job', key, signal)));
    first?.release(outcome);
    const level = held.atOnce;
    slow?.release('good');
    assert.equal(held.atOnce, level, 'an earlier success says nothing of the new pace');
    late?.release('struggling');
    assert.equal(held.atOnce, level, 'nor does an earlier failure');
    await clock.advance(10_000);
    (await held.enter('job', 'a', signal)).release('struggling');
    assert.ok(held.atOnce < level);
  }
});

limiter('is not held up longer by a 429 of before the pause, unless Zoho asks for more', async () => {
  const {held, clock} = setup();
  const [first, second, third] = await Promise.all(['a', 'b', 'c'].map((key) => held.enter('job', key, signal)));
  first?.release('throttled');
  assert.equal(held.pausedMs, 1_000);
  await clock.advance(500);
  second?.release('throttled');
  assert.equal(held.pausedMs, 500);
  third?.release('throttled', {retryAfterMs: 3_000});
  assert.equal(held.pausedMs, 3_000);
  await clock.advance(4_000);
  assert.equal(held.pausedMs, 0);
});

limiter('says of a pause of ten seconds that Zoho asks for fewer calls, and of a shorter one nothing', async () => {
  const {held, told, clock} = setup();
  (await held.enter('coql', 'a', signal)).release('throttled', {retryAfterMs: reportedPauseMs - 1});
  assert.deepEqual(told, []);
  await clock.advance(reportedPauseMs);
  (await held.enter('coql', 'a', signal)).release('throttled', {retryAfterMs: reportedPauseMs});
  assert.deepEqual(told, ['Zoho asks for fewer calls; waiting, next try at 2026-01-01T00:00:21Z']);
});

limiter('says until when an outage lasts that Zoho has timed, and when it is over', async () => {
  const {held, told} = setup();
  held.reportOutage(reportedPauseMs - 1);
  held.reportOutage(60_000);
  (await held.enter('coql', 'a', signal)).release('good');
  (await held.enter('coql', 'a', signal)).release('good');
  assert.deepEqual(told, ['Zoho is unavailable; waiting, next try at 2026-01-01T00:01:01Z', undefined]);
});

limiter('takes twenty minutes of nothing but 429 for credits that are gone, and no less', async () => {
  for (const [passedMs, pauseMs] of [
    [creditsGoneAfterMs - 1, 2_000],
    [creditsGoneAfterMs, creditsProbeMs],
  ] as const) {
    const {held, clock} = setup();
    (await held.enter('coql', 'a', signal)).release('throttled');
    await clock.advance(passedMs);
    (await held.enter('coql', 'a', signal)).release('throttled');
    assert.equal(held.pausedMs, pauseMs);
  }
});

limiter('holds up downloads as long as Zoho asks, and for a second at least', async () => {
  for (const [retryAfterMs, waitMs] of [
    [5_000, 5_000],
    [10, throttleDelayMs],
    [undefined, downloadBlockMs],
  ] as const) {
    const {held, clock} = setup();
    (await held.enter('download', 'a', signal)).release('throttled', {retryAfterMs});
    const order: string[] = [];
    void asking(held, order, 'download', 'next');
    await clock.advance(waitMs - 1);
    assert.deepEqual(order, []);
    await clock.advance(1);
    assert.deepEqual(order, ['next']);
  }
});

limiter('holds up all calls when a download shows that the credits are gone', async () => {
  const {held} = setup();
  (await held.enter('download', 'a', signal)).release('throttled', {creditsGone: true});
  assert.equal(held.pausedMs, creditsProbeMs);
});

limiter('knows how long a download waits for its turn in the minute, while one does', async () => {
  const {held, clock} = setup();
  for (let i = 0; i < 2 * downloadsPerMinute; i++) (await held.enter('job', 'a', signal)).release('good');
  for (let i = 0; i < downloadsPerMinute; i++) (await held.enter('download', 'a', signal)).release('good');
  assert.equal(held.nextDownloadMs, undefined, 'nobody waits');
  const leaving = new AbortController();
  const waiting = held.enter('download', 'a', leaving.signal);
  assert.equal(held.nextDownloadMs, downloadWindowMs);
  await clock.advance(downloadWindowMs - 1);
  assert.equal(held.nextDownloadMs, 1);
  leaving.abort(new Error('left'));
  await assert.rejects(waiting, /left/);
  assert.equal(held.nextDownloadMs, undefined);

  const full = setup();
  for (let i = 0; i <= pagesAtOnce; i++) void full.held.enter('download', 'a', signal);
  await settled();
  assert.equal(full.held.nextDownloadMs, undefined, 'it waits for another download');
});

limiter('sets no timer for what only the end of another call allows', async () => {
  const paused = setup();
  const busy = await Promise.all(Array.from({length: callsAtOnce}, () => paused.held.enter('job', 'busy', signal)));
  busy[0]?.release('throttled');
  void paused.held.enter('job', 'a', signal);
  await paused.clock.advance(1_000);
  assert.equal(paused.clock.sleepers, 0, 'at the end of a pause');

  const blocked = setup();
  (await blocked.held.enter('download', 'a', signal)).release('throttled');
  for (let i = 0; i < callsAtOnce; i++) await blocked.held.enter('job', 'busy', signal);
  void blocked.held.enter('job', 'a', signal);
  await settled();
  assert.equal(blocked.clock.sleepers, 0, 'beside downloads that are blocked');

  const full = setup();
  for (let i = 0; i < pagesAtOnce; i++) await full.held.enter('download', 'busy', signal);
  void full.held.enter('download', 'a', signal);
  await settled();
  assert.equal(full.clock.sleepers, 0, 'for a download while others run');
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

limiter('keeps its bounds under any course of calls, and gives everyone a place in the end', async () => {
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

limiter.run();
