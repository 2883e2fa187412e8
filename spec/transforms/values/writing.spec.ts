/** Which of the kernel's writers a field has, and what the connector writes of the cells that the kernel leaves to it. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import * as codes from '../../../lib/kernel/codes.ts';
import type {Field} from '../../../lib/records/field.ts';
import {writingOf} from '../../../lib/transforms/values/writing.ts';
import {textField} from '../../harness/fields.ts';

const writing = suite('writing of values');

const of = (type: Field['type'], more: Partial<Field> = {}) =>
  writingOf(textField('A', {type, dataType: '', jsonType: '', ...more}));
const write = (type: Field['type'], cell: string, more: Partial<Field> = {}) => of(type, more).other!(cell);
const fits = (json: string) => ({json, fits: true});
const misfit = (cell: string) => ({json: JSON.stringify(cell), fits: false});

writing('is the kernel own where every text fits', () => {
  assert.deepEqual(writingOf(undefined), {writer: codes.writeText});
  for (const type of ['date', 'datetime'] as const) assert.deepEqual(of(type), {writer: codes.writeText});
  assert.deepEqual(of('text', {dataType: 'text', jsonType: 'string'}), {writer: codes.writeText});
});

writing('is one of the kernel writers for each type', () => {
  assert.deepEqual(
    (['id', 'integer', 'number', 'boolean', 'lookup'] as const).map((type) => of(type).writer),
    [codes.writeInteger, codes.writeInteger, codes.writeNumber, codes.writeBoolean, codes.writeDigits],
  );
  assert.equal(of('list', {dataType: 'tags'}).writer, codes.writeTags);
  assert.equal(of('list', {values: ['ab', 'a;b']}).writer, codes.writeKnownList);
  assert.equal(of('list', {values: ['a,b']}).writer, codes.writeKnownList);
  assert.equal(of('list', {values: ['ab']}).writer, codes.writeList);
  assert.equal(of('list').writer, codes.writeList);
  assert.equal(of('text', {dataType: 'bigint', jsonType: 'string'}).writer, codes.writeDigits);
  assert.equal(of('lookup', {jsonType: 'string'}).writer, codes.writeDigits, 'also where it is declared as text');
});

writing('of numbers and booleans takes every spelling of a value, and passes on what is none', () => {
  assert.deepEqual(write('integer', '7.0'), fits('7'));
  assert.deepEqual(write('integer', '1E3'), fits('1000'));
  assert.deepEqual(write('integer', '7.50'), misfit('7.5'));
  assert.deepEqual(write('integer', '1e999'), misfit('1e999'));
  assert.deepEqual(write('integer', 'seven'), misfit('seven'));
  assert.deepEqual(write('number', '1.50'), fits('1.50'));
  assert.deepEqual(write('number', 'much'), misfit('much'));
  assert.deepEqual(write('boolean', ' TRUE '), fits('true'));
  assert.deepEqual(write('boolean', 'False'), fits('false'));
  for (const cell of ['yes', 'truely', 'untrue', '']) assert.deepEqual(write('boolean', cell), misfit(cell));
});

writing('of text gives numbers, booleans and ids held as text one spelling', () => {
  const text = (cell: string, dataType: string, jsonType = 'string') => write('text', cell, {dataType, jsonType}).json;
  for (const dataType of ['integer', 'bigint', 'long', 'double', 'decimal', 'currency', 'percent'])
    assert.equal(text('7.0', dataType), '"7"', dataType);
  for (const jsonType of ['integer', 'double']) assert.equal(text('7.0', 'whatever', jsonType), '"7"', jsonType);
  assert.equal(text('TRUE', 'boolean'), '"true"');
  for (const cell of ['TRUEly', 'unTRUE', 'FALSEHOOD']) assert.equal(text(cell, 'boolean'), JSON.stringify(cell));
  for (const dataType of ['RRULE', 'ALARM', 'event_reminder', 'module', 'subform'])
    assert.equal(text('12 ; 34,56', dataType), '"12,34,56"', dataType);
  assert.equal(text('', 'bigint'), 'null');
  assert.equal(text('1;2', 'whatever', 'jsonobject'), '"1,2"');
  for (const cell of ['1;', ';1', '1;a', 'a1;2', '1;2x', '12']) assert.equal(text(cell, 'subform'), JSON.stringify(cell));
});

writing('of references and structures reads JSON in a cell as from the other API', () => {
  assert.deepEqual(write('lookup', '{"id":"7","name":"x"}'), fits('"7"'));
  assert.deepEqual(write('lookup', '[{"id":"7"},{"id":"8"}]'), fits('"7,8"'));
  assert.deepEqual(write('lookup', '7; 8'), fits('"7,8"'));
  assert.deepEqual(write('lookup', '{"id":'), fits(JSON.stringify('{"id":')));
  assert.deepEqual(write('lookup', '{}'), fits('null'));
  assert.deepEqual(
    write('text', '{ "a": 1.0 }', {dataType: 'subform', jsonType: 'jsonarray'}),
    fits(JSON.stringify('{"a":1.0}')),
  );
  assert.deepEqual(write('lookup', '{"a":1}'), fits(JSON.stringify('{"a":1}')));
  assert.deepEqual(write('text', '{"id":"7.0"}', {dataType: 'bigint'}), fits('"7"'));
});

writing('of lists gives texts, whether they come as JSON or joined', () => {
  const list = (cell: string, more: Partial<Field> = {}) => write('list', cell, {dataType: 'multiselectpicklist', ...more});
  assert.deepEqual(list('a;b'), fits('["a","b"]'));
  assert.deepEqual(list(';'), fits('null'));
  assert.deepEqual(list('["a"," b ",""]'), fits('["a","b"]'));
  assert.deepEqual(list('[]'), fits('null'));
  assert.deepEqual(list('[{"x":1}]'), misfit('[{"x":1}]'));
  assert.deepEqual(list('[{"x":1}]', {dataType: 'territories'}), fits(JSON.stringify('[{"x":1}]')));
  assert.deepEqual(list('[{"id":"7","name":"x"}]', {dataType: 'territories'}), fits('["7"]'));
});

writing.run();
