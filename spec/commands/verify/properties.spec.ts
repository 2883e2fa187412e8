import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {propertiesOf, sameInstant, sameValue} from '../../../lib/commands/verify/properties.ts';

const properties = suite('properties of documents');

properties('keep every digit of numbers, whatever they stand in', () => {
  assert.deepEqual(
    [...propertiesOf('{"id":5725767000000524157,"a":[1.0,{"b":1E2}],"c":"1.0","d":null,"e":true}')],
    [
      ['id', '5725767000000524157'],
      ['a', '[1.0,{"b":1E2}]'],
      ['c', '"1.0"'],
      ['d', 'null'],
      ['e', 'true'],
    ],
  );
});

properties('are those of objects, and a failure tells nothing of a document', () => {
  for (const document of ['[1]', '"x"', 'null', '{"secret"', ''])
    assert.throws(() => propertiesOf(document), {
      message: `Cannot read a document of ${document.length} characters: it is not a JSON object`,
    });
});

properties('are the same value in any spelling of a number, and in any order of members', () => {
  for (const [a, b] of [
    ['1', '1.0'],
    ['-1', '-1.00'],
    ['0', '-0.0'],
    ['"a"', '"\\u0061"'],
    ['[1,"a"]', '[1, "a"]'],
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['null', 'null'],
    ['1e999', '1e999'],
  ] as const)
    assert.equal(sameValue(a, b), true, `${a} ${b}`);
  for (const [a, b] of [
    ['1', '2'],
    ['1', '"1"'],
    ['"1"', '1'],
    ['"a"', '"b"'],
    ['[1]', '{"0":1}'],
    ['[1]', '[2]'],
    ['{"a":1}', '{"a":2}'],
    ['true', 'false'],
    ['null', 'true'],
    ['null', '1'],
    ['"a1"', '"b2"'],
    ['"1"', '"1.0"'],
  ] as const)
    assert.equal(sameValue(a, b), false, `${a} ${b}`);
});

properties('are the same instant in any zone, where both are texts', () => {
  assert.equal(sameInstant('"2026-01-01T00:00:00Z"', '"2026-01-01T05:30:00+05:30"'), true);
  assert.equal(sameInstant('"2026-01-01T00:00:00Z"', '"2026-01-01T00:00:01Z"'), false);
  assert.equal(sameInstant('2000', '"2000-01-01T00:00:00Z"'), false);
  assert.equal(sameInstant('"2000-01-01T00:00:00Z"', '2000'), false);
  assert.equal(sameInstant('"soon"', '"soon"'), false);
});

properties.run();
