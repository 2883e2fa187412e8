import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {instantSeconds} from '../../lib/kernel/kernel.ts';
import {isUsualInstant} from '../../lib/records/usual-instant.ts';

const usual = suite('isUsualInstant');

/** Judges a text that stands between others. */
const judged = (text: string) => isUsualInstant(Buffer.from(`2026-${text}-2026`), 5, Buffer.byteLength(text));

const form = '2026-10-05T10:05:09+05:30';

usual('takes every part from its least to its most', () => {
  for (const [at, ...values] of [
    [0, '0000', '9999'],
    [5, '01', '12'],
    [8, '01', '28'],
    [11, '00', '23'],
    [14, '00', '59'],
    [17, '00', '59'],
    [20, '00', '23'],
    [23, '00', '59'],
  ] as const)
    for (const value of values) {
      const text = form.slice(0, at) + value + form.slice(at + value.length);
      assert.equal(judged(text), true, text);
    }
});

usual('takes nothing beyond that, nor days that some months lack', () => {
  for (const [at, ...values] of [
    [5, '00', '13', '99'],
    [8, '00', '29', '99'],
    [11, '24', '99'],
    [14, '60', '99'],
    [17, '60', '99'],
    [20, '24', '99'],
    [23, '60', '99'],
  ] as const)
    for (const value of values) {
      const text = form.slice(0, at) + value + form.slice(at + 2);
      assert.equal(judged(text), false, text);
    }
});

usual('takes this one spelling', () => {
  assert.equal(judged(form), true);
  for (const at of Array.from(form).keys())
    for (const other of ['/', ':', 'x', ' ', '-', '+', 'T', 'Z'])
      if (form[at] !== other) assert.equal(judged(form.slice(0, at) + other + form.slice(at + 1)), false, `${at} ${other}`);
  for (const text of [
    '',
    '2026-10-05T10:05:09Z',
    '2026-10-05T10:05:09-05:30',
    `${form}0`,
    form.slice(0, -1),
    `${form.slice(0, 19)}.5${form.slice(19)}`,
  ])
    assert.equal(judged(text), false, text);
});

usual('takes no text that the kernel does not take', () => {
  const two = (max: number) => fc.integer({min: 0, max}).map((value) => String(value).padStart(2, '0'));
  fc.assert(
    fc.property(
      fc.nat({max: 9_999}),
      two(13),
      two(32),
      two(25),
      two(61),
      two(61),
      two(25),
      two(61),
      (y, mo, d, h, m, s, oh, om) => {
        const text = `${String(y).padStart(4, '0')}-${mo}-${d}T${h}:${m}:${s}+${oh}:${om}`;
        if (judged(text)) assert.ok(!Number.isNaN(instantSeconds(text)), text);
      },
    ),
    {numRuns: 1_000},
  );
});

usual.run();
