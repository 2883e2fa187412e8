import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {sourcedSchema} from '../../lib/flow/sourced.ts';
import type {Field, FieldType} from '../../lib/records/field.ts';
import {admits} from './json-schema.ts';

const sourced = suite('sourcedSchema');

const types: FieldType[] = ['id', 'integer', 'number', 'boolean', 'text', 'date', 'datetime', 'list', 'lookup'];
const field = (name: string, type: FieldType): Field => ({
  name,
  type,
  dataType: type,
  jsonType: type,
  computed: false,
  dynamic: false,
  bulk: true,
  coql: true,
});
const key = {id: 1, Modified_Time: '2026-10-01T10:00:00Z', _meta: {op: 'u'}};

/** Every object schema within, with its path. */
function* objects(schema: unknown, path = ''): Generator<[string, Record<string, unknown>]> {
  if (typeof schema !== 'object' || schema === null) return;
  if ('properties' in schema) yield [path, schema as Record<string, unknown>];
  for (const [name, inner] of Object.entries(schema)) yield* objects(inner, `${path}/${name}`);
}

sourced('says the type of every field, and that it may be null', () => {
  const schema = sourcedSchema([
    field('id', 'id'),
    field('Modified_Time', 'datetime'),
    field('Amount', 'number'),
    field('Owner', 'lookup'),
    field('Tag', 'list'),
  ]);
  assert.deepEqual(JSON.parse(JSON.stringify(schema)), {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'Modified_Time', '_meta'],
    properties: {
      id: {type: 'integer', minimum: 1, maximum: 2 ** 63},
      Modified_Time: {type: 'string', format: 'date-time', minLength: 1, maxLength: 1},
      Amount: {type: ['number', 'null'], minimum: 1, maximum: 1},
      Owner: {type: ['string', 'null'], format: 'integer', minLength: 1, maxLength: 1},
      Tag: {type: ['array', 'null'], items: {type: 'string', minLength: 1, maxLength: 1}},
      _meta: {
        type: 'object',
        additionalProperties: false,
        required: ['op'],
        properties: {op: {type: 'string', enum: ['u', 'd']}, uuid: {type: 'string', minLength: 36, maxLength: 36}},
      },
    },
  });
});

sourced('bounds ids by the largest 64-bit integer, digit for digit', () => {
  const text = JSON.stringify(sourcedSchema([field('id', 'id')]));
  assert.ok(text.includes('"id":{"type":"integer","minimum":1,"maximum":9223372036854775807}'), text);
});

sourced('admits values of each type as documents have them, and no others', () => {
  const values: [FieldType, unknown[], unknown[]][] = [
    ['integer', [7, null], ['7', 7.5, true]],
    ['number', [7, 7.5, null], ['7.5']],
    ['boolean', [true, null], ['true', 1]],
    ['text', ['x', '', null], [7]],
    ['date', ['2026-10-01', null], ['1 October']],
    ['datetime', ['2026-10-01T10:00:00+02:00', null], ['2026-10-01']],
    ['list', [['a', 'b'], [], null], ['a', [1]]],
    ['lookup', ['5725767000000524157', null], [5725767, {id: 'x'}, 'Ann']],
  ];
  for (const [type, good, bad] of values) {
    const schema = sourcedSchema([field('F', type)]);
    for (const value of good) assert.ok(admits(schema, {...key, F: value}), `${type}: ${JSON.stringify(value)}`);
    for (const value of bad) assert.equal(admits(schema, {...key, F: value}), false, `${type}: ${JSON.stringify(value)}`);
  }
});

sourced('admits tombstones and partial documents, and what Flow adds', () => {
  const schema = sourcedSchema(types.map((type) => field(`F_${type}`, type)));
  assert.ok(admits(schema, {...key, _meta: {op: 'd'}}));
  assert.ok(admits(schema, {...key, F_number: 1, _meta: {op: 'u', uuid: 'x'.repeat(36)}}));
});

sourced('is closed at every level, whatever the fields are called', () => {
  const names = fc.oneof(fc.string(), fc.constantFrom('properties', '__proto__', 'constructor', '_meta', 'id', 'Modified_Time'));
  const fields = fc.array(fc.tuple(names, fc.constantFrom(...types)).map(([name, type]) => field(name, type)));
  fc.assert(
    fc.property(fields, (given) => {
      const schema = sourcedSchema(given) as {properties: object; required: string[]};
      for (const name of given.map(({name}) => name)) assert.ok(Object.hasOwn(schema.properties, name), name);
      for (const name of schema.required) assert.ok(Object.hasOwn(schema.properties, name), name);
      const found = [...objects({...schema, properties: Object.values(schema.properties)})];
      for (const [path, object] of found) assert.equal(object.additionalProperties, false, path);
    }),
  );
});

sourced.run();
