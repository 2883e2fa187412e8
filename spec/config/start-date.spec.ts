import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {startInstant} from '../../lib/config/start-date.ts';

const start = suite('startInstant');

start('gives the same instant in UTC with whole seconds', () => {
  assert.equal(startInstant('2024-01-01T00:00:00Z'), '2024-01-01T00:00:00Z');
  assert.equal(startInstant('2024-01-01T00:00:00+02:00'), '2023-12-31T22:00:00Z');
  assert.equal(startInstant('2024-02-29T23:59:59.999-05:30'), '2024-03-01T05:29:59Z');
  assert.equal(startInstant('1970-01-01T00:00:00Z'), '1970-01-01T00:00:00Z');
});

start('takes a date alone for its midnight, and what people leave out of a time', () => {
  const forms = [
    '2024-03-05',
    '2024-03-05 00:00',
    '2024-03-05T00:00:00',
    '2024-03-05 00:00:00Z',
    '2024-03-05 00:00:00 +0000',
    '2024-03-05T05:30:00+0530',
    '2024-03-05T02:00:00+02',
  ];
  for (const text of forms) assert.equal(startInstant(text), '2024-03-05T00:00:00Z', text);
});

start('takes what is before 1970 for 1970', () => {
  for (const text of ['1900-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '1970-01-01T00:00:00+01:00'])
    assert.equal(startInstant(text), '1970-01-01T00:00:00Z', text);
});

start('refuses what is no instant, or is not on the calendar', () => {
  const others = [
    '',
    '2024-01',
    '2024-01-01T',
    '2024-01-01T08',
    '2024-01-01+02:00',
    '2024-02-30',
    '01/02/2024',
    '2024-1-1T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:60Z',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01T00:00:00+02:60',
    '2024-01-01T00:00:00Z ',
    'yesterday',
  ];
  for (const text of others) assert.equal(startInstant(text), undefined, JSON.stringify(text));
});

start('agrees with Date on every instant that Date writes', () => {
  fc.assert(
    fc.property(fc.date({min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true}), (date) => {
      assert.equal(startInstant(date.toISOString()), `${date.toISOString().slice(0, 19)}Z`);
    }),
  );
});

start.run();
