import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {fired, firesADay, parseSchedule} from '../../lib/capture/schedule.ts';

const schedule = suite('schedule');
const at = (text: string): number => Date.parse(text) / 1000;

schedule('fires at its minute, not before, and not for the slot in which it began', () => {
  const nightly = parseSchedule('55 23 * * *');
  assert.equal(fired(nightly, at('2026-10-01T10:00:00Z'), at('2026-10-01T23:54:59Z')), false);
  assert.equal(fired(nightly, at('2026-10-01T10:00:00Z'), at('2026-10-01T23:55:00Z')), true);
  assert.equal(fired(nightly, at('2026-10-01T23:55:00Z'), at('2026-10-02T23:54:59Z')), false);
  assert.equal(fired(nightly, at('2026-10-01T23:55:00Z'), at('2026-10-30T00:00:00Z')), true);
});

schedule('matches either day field if both are restricted, otherwise both', () => {
  const either = parseSchedule('0 0 13 * 5');
  assert.equal(fired(either, at('2026-11-13T00:00:00Z'), at('2026-11-20T00:00:00Z')), true, 'a Friday');
  assert.equal(fired(either, at('2026-12-11T00:00:00Z'), at('2026-12-13T00:00:00Z')), true, 'a thirteenth');
  assert.equal(fired(either, at('2026-12-13T00:00:00Z'), at('2026-12-17T23:59:59Z')), false, 'neither');
  const both = parseSchedule('0 0 */2 * 5');
  assert.equal(fired(both, at('2026-11-19T00:00:00Z'), at('2026-11-20T23:00:00Z')), false, 'an even Friday');
  assert.equal(fired(both, at('2026-11-26T00:00:00Z'), at('2026-11-27T00:00:00Z')), true, 'an odd Friday');
});

schedule('accepts Sunday as 0 and as 7', () => {
  for (const text of ['0 1 * * 0', '0 1 * * 7']) {
    assert.equal(fired(parseSchedule(text), at('2026-11-21T12:00:00Z'), at('2026-11-22T01:00:00Z')), true, text);
    assert.equal(fired(parseSchedule(text), at('2026-11-22T01:00:00Z'), at('2026-11-28T23:59:00Z')), false, text);
  }
});

schedule('counts steps from the start of a field, and clips ranges at its end', () => {
  const days = (expression: string): number[] => {
    const {admitsDay} = parseSchedule(expression);
    return Array.from({length: 31}, (_, i) => i + 1).filter((day) => admitsDay(new Date(Date.UTC(2026, 9, day))));
  };
  assert.deepEqual(days('0 0 */10 * *'), [1, 11, 21, 31]);
  assert.deepEqual(days('0 0 30-2 * *'), [1, 2, 30, 31]);
  assert.deepEqual(days('0 0 * */3 *').length, 31, 'October is the fourth of 1, 4, 7, 10');
  assert.deepEqual(days('0 0 * * sat-sun').slice(0, 4), [3, 4, 10, 11]);
  assert.deepEqual(days('0 0 * * 5-7').slice(0, 4), [2, 3, 4, 9]);
  assert.deepEqual(parseSchedule('0 22-2 * * *').hours, [23, 22, 2, 1, 0]);
  assert.deepEqual(parseSchedule('*/25 8-18/4 * * *').minutes, [50, 25, 0]);
  assert.deepEqual(parseSchedule('*/25 8-18/4 * * *').hours, [16, 12, 8]);
});

schedule('finds the only leap day in eight years', () => {
  assert.equal(fired(parseSchedule('0 0 29 2 *'), at('2096-03-01T00:00:00Z'), at('2104-02-29T00:00:00Z')), true);
});

schedule('agrees with a minute-by-minute search', () => {
  const part = (least: number, most: number) =>
    fc.oneof(fc.constant('*'), fc.integer({min: least, max: most}).map(String), fc.constantFrom('*/5', '*/7'));
  const expression = fc.tuple(part(0, 59), part(0, 23), part(1, 28), part(1, 12), part(0, 6));
  fc.assert(
    fc.property(expression, fc.nat(86_400 * 300), fc.nat(60 * 24 * 3), ([minute, hour, day, month, weekday], offset, minutes) => {
      const since = at('2026-01-01T00:00:00Z') + offset;
      const now = since + minutes * 60;
      const it = parseSchedule([minute, hour, day, month, weekday].join(' '));
      let expected = false;
      for (let slot = since - (since % 60) + 60; slot <= now && !expected; slot += 60) {
        const date = new Date(slot * 1000);
        const fits = (text: string, value: number, least = 0) =>
          text === '*' || (text.startsWith('*/') ? (value - least) % Number(text.slice(2)) === 0 : Number(text) === value);
        const ofMonth = fits(day, date.getUTCDate(), 1);
        const ofWeek = fits(weekday, date.getUTCDay());
        const either = !day.includes('*') && !weekday.includes('*');
        expected =
          fits(minute, date.getUTCMinutes()) &&
          fits(hour, date.getUTCHours()) &&
          fits(month, date.getUTCMonth() + 1, 1) &&
          (either ? ofMonth || ofWeek : ofMonth && ofWeek);
      }
      assert.equal(fired(it, since, now), expected);
    }),
    {numRuns: 150},
  );
});

schedule('fires so often in a day, on the average of four years', () => {
  const nowS = Date.UTC(2026, 0, 1) / 1_000;
  const often = (expression: string): number => firesADay(parseSchedule(expression), nowS);
  assert.equal(often('0 0 * * *'), 1);
  assert.equal(often('*/30 */6 * * *'), 8);
  assert.equal(often('0 0 29 2 *'), 1 / 1_461);
  assert.equal(often('0 0 1 1 *'), 4 / 1_461);
  assert.equal(firesADay(parseSchedule('0 0 29 2 *'), at('2096-03-01T00:00:00Z')), 0, 'those to come, which have no leap day');
});

schedule.run();
