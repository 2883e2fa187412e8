import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {durationMs} from '../../lib/config/duration.ts';

const duration = suite('durationMs');

duration('reads every unit of ISO 8601, and the forms that people type', () => {
  const examples: [string, number][] = [
    ['PT0S', 0],
    ['PT5M', 300_000],
    ['PT1H30M', 5_400_000],
    ['P1D', 86_400_000],
    ['P1W', 604_800_000],
    ['P1DT12H', 129_600_000],
    ['PT0.5S', 500],
    ['PT1,25S', 1_250],
    ['P1M', 30 * 86_400_000],
    ['P1Y', 365 * 86_400_000],
    ['PT90M', 5_400_000],
    ['5m', 300_000],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['500ms', 500],
    ['0s', 0],
    ['0:05:00', 300_000],
    ['1:30', 5_400_000],
  ];
  for (const [text, ms] of examples) assert.equal(durationMs(text), ms, text);
});

duration('refuses what is no duration, or a negative one', () => {
  const others = [
    '',
    'P',
    'PT',
    'P1DT',
    '300',
    's',
    '5x',
    '-5s',
    '1.5s',
    ' 5s',
    '1h 30m',
    '30m1h',
    '1:75',
    'PT5',
    'T5M',
    'pt5m',
    '-PT5M',
    'PT-5M',
    'P1H',
    'PT1M1H',
    'PT.5S',
    'PT5M ',
    'PT5M\n',
  ];
  for (const text of others) assert.equal(durationMs(text), undefined, JSON.stringify(text));
});

duration('adds up whatever units are given', () => {
  const count = fc.nat(9_999);
  fc.assert(
    fc.property(count, count, count, count, count, (weeks, days, hours, minutes, seconds) => {
      const ms = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1_000;
      assert.equal(durationMs(`P${weeks}W${days}DT${hours}H${minutes}M${seconds}S`), ms);
    }),
  );
});

duration.run();
