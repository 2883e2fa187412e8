import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {decimalOf, integerJson, numberJson, numeral, sameNumber} from '../../../lib/transforms/values/number.ts';

const numbers = suite('numbers in any spelling');

const nothing = undefined;

/** What each function makes of a text. A number has one canonical numeral; any other text is its own. */
const spellings: readonly (readonly [text: string, number: string | undefined, integer: string | undefined, numeral: string])[] =
  [
    ['0', '0', '0', '0'],
    ['-0', '-0', '0', '0'],
    ['0.0', '0.0', '0', '0'],
    ['0e5', '0e5', '0', '0'],
    ['00', '0', '0', '0'],
    ['7', '7', '7', '7'],
    ['-7', '-7', '-7', '-7'],
    ['+7', '7', '7', '7'],
    ['007.50', '7.50', nothing, '7.5'],
    ['1.50', '1.50', nothing, '1.5'],
    ['-1.5', '-1.5', nothing, '-1.5'],
    ['100', '100', '100', '100'],
    ['10.0', '10.0', '10', '10'],
    ['0.05', '0.05', nothing, '0.05'],
    ['-.5', '-0.5', nothing, '-0.5'],
    ['.5', '0.5', nothing, '0.5'],
    ['5.', '5', '5', '5'],
    [' 5 ', '5', '5', '5'],
    ['  5', '5', '5', '5'],
    ['5  ', '5', '5', '5'],
    ['5%', '5', '5', '5'],
    ['5 % ', '5', '5', '5'],
    ['1,234', '1234', '1234', '1234'],
    ['12,345,678.90', '12345678.90', nothing, '12345678.9'],
    ['123,456', '123456', '123456', '123456'],
    ['1e3', '1e3', '1000', '1000'],
    ['1E+3', '1E+3', '1000', '1000'],
    ['12.50e1', '12.50e1', '125', '125'],
    ['12.34e1', '12.34e1', nothing, '123.4'],
    ['125e-1', '125e-1', nothing, '12.5'],
    ['1e-3', '1e-3', nothing, '0.001'],
    ['1200e-2', '1200e-2', '12', '12'],
    ['1,000e3', '1000e3', '1000000', '1000000'],
    ['9007199254740993.00', '9007199254740993.00', '9007199254740993', '9007199254740993'],
    ['1e300', '1e300', nothing, '1e300'],
    ['1e-300', '1e-300', nothing, '1e-300'],
    ['1e309', nothing, nothing, '1e309'],
    ['+1e309', nothing, nothing, '+1e309'],
    ...[
      '',
      ' ',
      '.',
      '-',
      '%',
      'e5',
      'x7',
      '7x',
      '--7',
      '1,23',
      '1234,567',
      '0,123',
      ',123',
      '1.2.3',
      '1e',
      '5%%',
      '5  %',
      '0x10',
      'NaN',
      '\t5',
      '５',
    ].map((text) => [text, nothing, nothing, text] as const),
  ];

numbers('keep their digits in JSON, which changes no more of a spelling than it must', () => {
  for (const [text, number] of spellings) assert.equal(numberJson(text), number, text);
});

numbers('are integers where they have no fraction, however they are spelled', () => {
  for (const [text, , integer] of spellings) assert.equal(integerJson(text), integer, text);
});

numbers('held as text have one numeral; any other text stays', () => {
  for (const [text, , , numeralText] of spellings) assert.equal(numeral(text), numeralText, text);
});

numbers('are digits without zeros around them and a power of ten', () => {
  assert.deepEqual(decimalOf('-0120.30e2'), {isNegative: true, digits: '1203', exponent: 1});
  assert.deepEqual(decimalOf('7000'), {isNegative: false, digits: '7', exponent: 3});
  for (const zero of ['0', '-0.00', '0e7', '00e-7'])
    assert.deepEqual(decimalOf(zero), {isNegative: false, digits: '', exponent: 0});
  for (const text of ['', 'seven', '1e309']) assert.equal(decimalOf(text), undefined, text);
});

numbers('are the same in every spelling, and no others are', () => {
  for (const same of [
    ['0', '-0', '0.00', '0e3'],
    ['1000', '1e3', '1,000', '1000.0', '+1000', '10E2'],
    ['-0.5', '-.5', '-5e-1', '-0.5%'],
  ])
    for (const a of same) for (const b of same) assert.ok(sameNumber(a, b), `${a} and ${b}`);
  for (const [a, b] of [
    ['1', '-1'],
    ['1', '2'],
    ['1', '10'],
    ['1', 'x'],
    ['x', '1'],
    ['x', 'x'],
    ['9007199254740993', '9007199254740992'],
  ] as const)
    assert.ok(!sameNumber(a, b), `${a} and ${b}`);
});

numbers('are written out with at most 40 characters more than they were received with', () => {
  for (const [text, written] of [
    ['1e43', `1${'0'.repeat(43)}`],
    ['12e43', `12${'0'.repeat(43)}`],
    ['1e44', undefined],
    ['12e44', undefined],
    ['-1e43', `-1${'0'.repeat(43)}`],
    ['-1e44', undefined],
  ] as const) {
    assert.equal(integerJson(text), written, text);
    assert.equal(numeral(text), written ?? text, text);
  }
  for (const [text, written] of [
    ['1e-43', `0.${'0'.repeat(42)}1`],
    ['1e-44', '1e-44'],
    ['1e-99999999999', '1e-99999999999'],
  ] as const)
    assert.equal(numeral(text), written, text);
});

numbers('of any length keep their value to the last digit', () => {
  const digits = fc.stringMatching(/^\d{1,25}$/);
  fc.assert(
    fc.property(
      fc.constantFrom('', '-', '+'),
      digits,
      digits,
      fc.integer({min: -15, max: 15}),
      (sign, whole, fraction, exponent) => {
        const text = `${sign}${whole}.${fraction}e${exponent}`;
        const scaled = (sign === '-' ? -1n : 1n) * BigInt(whole + fraction) * 10n ** BigInt(exponent + 40 - fraction.length);
        const plain = numeral(text);
        const [integer = '', places = ''] = plain.replace(/^-/, '').split('.');
        assert.equal((plain.startsWith('-') ? -1n : 1n) * BigInt(integer + places.padEnd(40, '0')), scaled, text);
        assert.match(plain, /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/);
        assert.equal(integerJson(text), places === '' ? plain : undefined);
        assert.ok(sameNumber(text, numberJson(text)!));
      },
    ),
  );
});

numbers.run();
