import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {savedBinding} from '../../lib/flow/state.ts';
import {isoSeconds, latestS, modifiedSeconds} from '../../lib/records/instant.ts';

const test = suite('instant');

test('reads a time with any offset', () => {
  assert.equal(modifiedSeconds('1970-01-01T00:00:00Z'), 0);
  assert.equal(modifiedSeconds('2026-10-01T10:00:00+05:30'), Date.parse('2026-10-01T10:00:00+05:30') / 1000);
  assert.equal(modifiedSeconds('2026-07-29T09:39:37-04:00'), Date.parse('2026-07-29T09:39:37-04:00') / 1000);
  assert.equal(modifiedSeconds('2026-07-29T09:39:37.999Z'), Date.parse('2026-07-29T09:39:37Z') / 1000);
});

test('agrees with Date about every second of the calendar', () => {
  const seconds = fc.integer({min: Date.parse('0001-01-01T00:00:00Z') / 1000, max: Date.parse('9999-12-31T23:59:59Z') / 1000});
  fc.assert(
    fc.property(seconds, fc.integer({min: -23 * 60 - 59, max: 23 * 60 + 59}), (utc, offset) => {
      const local = new Date((utc + offset * 60) * 1000).toISOString();
      fc.pre(/^\d{4}-/.test(local));
      const [h, m] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) => String(n).padStart(2, '0'));
      assert.equal(modifiedSeconds(`${local.slice(0, 19)}${offset < 0 ? '-' : '+'}${h}:${m}`), utc);
    }),
  );
});

test('writes any number as a time that Zoho can know, and saved state can hold', () => {
  assert.equal(isoSeconds(Date.parse('2026-10-01T10:00:00Z') / 1000), '2026-10-01T10:00:00');
  assert.equal(isoSeconds(-61), '1970-01-01T00:00:00');
  assert.equal(isoSeconds(modifiedSeconds('0000-01-01T00:00:00Z')), '1970-01-01T00:00:00');
  assert.equal(isoSeconds(modifiedSeconds('9999-12-31T23:59:59-12:00')), '9998-12-31T23:59:59');
  const odd = fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 8.64e12, -8.65e12, latestS + 0.5);
  fc.assert(
    fc.property(fc.oneof(fc.double(), odd), (seconds) => {
      const text = isoSeconds(seconds);
      assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
      const read = modifiedSeconds(`${text}Z`);
      assert.ok(read >= 0 && read <= latestS);
      const state = {bindingStateV1: {Leads: {start: `${text}Z`, inc: {cursor: `${text}Z`}}}};
      assert.equal(savedBinding(state, 'Leads')?.inc?.cursor, `${text}Z`);
    }),
  );
});

test('takes nothing else for a time', () => {
  for (const text of [
    '',
    '2026-10-01',
    '2026-10-01T10:00:00',
    '2026-10-01T10:00Z',
    '2026-10-01 10:00:00Z',
    '2026-10-01T10:00:00z',
    '2026-00-01T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-02-29T10:00:00Z',
    '2100-02-29T10:00:00Z',
    '2026-04-31T10:00:00Z',
    '2026-10-00T10:00:00Z',
    '2026-10-01T24:00:00Z',
    '2026-10-01T10:60:00Z',
    '2026-10-01T10:00:61Z',
    '2026-10-01T10:00:00.Z',
    '2026-10-01T10:00:00Z ',
    '2026-10-01T10:00:00+0530',
    '2026-10-01T10:00:00+05:3',
    '2026-10-01T10:00:00+24:00',
    '2026-10-01T10:00:00+05:60',
    '2026-10-01T10:00:00+05:300',
    '-026-10-01T10:00:00Z',
    '2026/10/01T10:00:00Z',
    '2026-10-01T10:00:0éZ',
  ]) {
    assert.ok(Number.isNaN(modifiedSeconds(text)), text);
  }
  assert.equal(modifiedSeconds('2024-02-29T00:00:00Z'), Date.parse('2024-02-29T00:00:00Z') / 1000);
});

test.run();
