import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import type {Clock} from '../../lib/platform/clock.ts';
import {dateAgreedMs, dateJitterMs, machineSkewMs} from '../../lib/zoho/limits.ts';
import {ZohoClock} from '../../lib/zoho/zoho-clock.ts';

const dates = suite('ZohoClock');
const startS = Date.UTC(2026, 9, 1, 10) / 1000;
const hourS = 3_600;

/** A clock of this machine that is off by some seconds, and Zoho's answers as one after another. */
function zohoWith(machineAheadS = 0) {
  let elapsedMs = 5_000;
  const logged: string[] = [];
  const trueS = (): number => startS + Math.floor(elapsedMs / 1000);
  const clock: Clock = {
    nowMs: () => (startS + machineAheadS) * 1000 + elapsedMs,
    elapsedMs: () => elapsedMs,
    sleep: () => Promise.reject(new Error('nothing sleeps here')),
  };
  const zoho = new ZohoClock({clock, log: (level, message) => logged.push(`${level} ${message}`), host: 'zoho.test'});
  return {
    logged,
    trueS,
    pass: (seconds: number) => (elapsedMs += seconds * 1000),
    answer: (aheadS = 0) => zoho.note(new Date((trueS() + aheadS) * 1000).toUTCString()),
    note: (header: string | undefined) => zoho.note(header),
    /** How far ahead of Zoho's true clock it is taken to be. */
    aheadS: () => (zoho.seconds ?? Number.NaN) - trueS(),
    known: () => zoho.seconds !== undefined,
  };
}

dates('knows nothing before the first answer, and goes on between answers', () => {
  const zoho = zohoWith(-8);
  assert.equal(zoho.known(), false);
  zoho.answer();
  assert.equal(zoho.aheadS(), 0);
  zoho.pass(1_000);
  assert.equal(zoho.aheadS(), 0);
});

dates('does not believe a first date that is hours ahead, and takes the right one when it comes', () => {
  const zoho = zohoWith(8);
  zoho.answer(6 * hourS);
  assert.equal(zoho.aheadS(), 8);
  zoho.pass(1);
  zoho.answer();
  assert.equal(zoho.aheadS(), 0);
  assert.equal(zoho.logged.filter((line) => line.startsWith('warn')).length, 1);
});

dates('holds the earlier time against a few answers that are hours ahead, however often they come', () => {
  const zoho = zohoWith();
  zoho.answer();
  for (let round = 0; round < 100; round++) {
    zoho.pass(30);
    for (const wrongS of [3 * hourS, 3 * hourS, 90]) zoho.answer(wrongS);
    assert.equal(zoho.aheadS(), 0);
    zoho.answer();
  }
  assert.equal(zoho.aheadS(), 0);
});

dates('believes another date once answers have agreed on it for a minute, and not before', () => {
  for (const aheadS of [2 * hourS, -2 * hourS]) {
    const zoho = zohoWith();
    zoho.answer();
    zoho.answer(aheadS);
    assert.equal(zoho.aheadS(), Math.min(0, aheadS), 'the earlier one holds');
    zoho.pass(dateAgreedMs / 1000 - 1);
    zoho.answer(aheadS);
    assert.equal(zoho.aheadS(), Math.min(0, aheadS));
    zoho.pass(1);
    zoho.answer(aheadS);
    assert.equal(zoho.aheadS(), aheadS);
  }
});

dates("follows Zoho after a minute where this machine's clock is behind, and at once where it is ahead", () => {
  const behind = zohoWith(-5 * hourS);
  behind.answer();
  assert.equal(behind.aheadS(), -5 * hourS);
  behind.pass(61);
  behind.answer();
  assert.equal(behind.aheadS(), 0);
  assert.match(behind.logged[0]!, /^warn .* is dated 18000 s ahead of this machine's clock; the earlier time holds/);
  const slow = zohoWith(-machineSkewMs / 1000);
  slow.answer();
  assert.match(slow.logged[0]!, /^info /);
  const ahead = zohoWith(machineSkewMs / 1000);
  ahead.answer();
  assert.equal(ahead.aheadS(), 0);
  const farAhead = zohoWith(5 * hourS);
  farAhead.answer();
  assert.equal(farAhead.aheadS(), 0, 'the earlier one');
});

dates('forgets a date far behind as soon as an answer says what was believed before', () => {
  const zoho = zohoWith();
  zoho.answer();
  zoho.answer(-24 * hourS);
  assert.equal(zoho.aheadS(), -24 * hourS);
  zoho.answer();
  assert.equal(zoho.aheadS(), 0);
});

dates("passes over headers that are missing or no date, and takes this machine's clock as long as there are none", () => {
  const zoho = zohoWith(7);
  for (const header of [undefined, '', 'soon', '0', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Thu, 99 Foo 2026 00:00:00 GMT'])
    zoho.note(header);
  assert.equal(zoho.aheadS(), 7);
  assert.deepEqual(zoho.logged, [
    "warn Answers of zoho.test carry no usable Date header; this machine's clock is taken as Zoho's",
  ]);
  zoho.answer();
  zoho.note(undefined);
  assert.equal(zoho.aheadS(), 0);
  assert.equal(zoho.logged.length, 1);
});

dates('believes at once what differs by no more than answers may, and no more', () => {
  for (const [aheadS, isBelieved] of [
    [dateJitterMs / 1_000, true],
    [dateJitterMs / 1_000 + 1, false],
  ] as const) {
    const zoho = zohoWith();
    zoho.answer();
    zoho.answer(aheadS);
    assert.equal(zoho.aheadS(), isBelieved ? aheadS : 0);
    assert.equal(zoho.logged.length, isBelieved ? 0 : 1);
  }
});

dates('takes answers for agreed on another date when they differ by no more than answers may', () => {
  for (const [moreS, isBelieved] of [
    [dateJitterMs / 1_000, true],
    [dateJitterMs / 1_000 + 1, false],
  ] as const) {
    const zoho = zohoWith();
    zoho.answer();
    zoho.answer(hourS);
    zoho.pass(dateAgreedMs / 1_000);
    zoho.answer(hourS + moreS);
    assert.equal(zoho.aheadS(), isBelieved ? hourS + moreS : 0);
  }
});

dates('takes a date of 2020 for one, and none before', () => {
  const zoho = zohoWith();
  zoho.note('Tue, 31 Dec 2019 23:59:59 GMT');
  assert.equal(zoho.aheadS(), 0);
  zoho.note('Wed, 01 Jan 2020 00:00:00 GMT');
  assert.ok(zoho.aheadS() < -365 * 24 * hourS, 'the earlier time holds');
});

dates('says how far an answer is off, from what, and when answers agree on it', () => {
  const off = (aheadS: number): string =>
    `An answer of zoho.test is dated ${Math.abs(aheadS)} s ${aheadS > 0 ? 'ahead of' : 'behind'}`;
  const holds = 'the earlier time holds until answers agree for a minute';
  const first = zohoWith();
  first.answer(-7 * hourS);
  first.note(undefined);
  assert.deepEqual(first.logged, [`warn ${off(-7 * hourS)} this machine's clock; ${holds}`]);
  const later = zohoWith();
  later.answer();
  later.note(undefined);
  later.answer(60);
  later.pass(dateAgreedMs / 1_000);
  later.answer(60);
  assert.deepEqual(later.logged, [
    `warn ${off(60)} the answers before it; ${holds}`,
    "info Answers of zoho.test now agree on their date; it is taken as Zoho's clock",
  ]);
});

dates('law: never ahead of Zoho by more than answers may differ, as long as wrong dates do not last a minute', () => {
  const wrong = fc.oneof(
    fc.integer({min: -200 * hourS, max: 200 * hourS}),
    fc.integer({min: -dateJitterMs / 1000, max: dateJitterMs / 1000}),
  );
  const step = fc.record({
    passS: fc.integer({min: 0, max: 50}),
    wrong: fc.array(fc.record({passS: fc.integer({min: 0, max: 1}), aheadS: wrong}), {maxLength: 5}),
  });
  fc.assert(
    fc.property(fc.integer({min: -1_000, max: 0}), fc.array(step, {maxLength: 30}), (machineAheadS, steps) => {
      const zoho = zohoWith(machineAheadS);
      for (const {passS, wrong} of steps) {
        zoho.pass(passS);
        for (const answer of wrong) {
          zoho.pass(answer.passS);
          // Dates that are ahead by less than answers may differ are no jump; more of them in a row would be a clock that runs fast.
          zoho.answer(answer.aheadS > 0 && answer.aheadS <= (2 * dateJitterMs) / 1000 ? 0 : answer.aheadS);
          assert.ok(zoho.aheadS() <= dateJitterMs / 1000, `ahead by ${zoho.aheadS()} s`);
        }
        zoho.answer();
        assert.ok(zoho.aheadS() <= 0);
      }
    }),
  );
});

dates.run();
