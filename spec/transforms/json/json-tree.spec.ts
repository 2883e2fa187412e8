import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {jsonDepthMax} from '../../../lib/limits.ts';
import type {Field} from '../../../lib/records/field.ts';
import {cellOf, isNamedList, leafOf, listOf, namedIdsOf, treeOf} from '../../../lib/transforms/json/json-tree.ts';
import {textField} from '../../harness/fields.ts';

const tree = suite('trees of JSON');

const cell = (text: string, more: Partial<Field> = {}) => cellOf(treeOf(text)!, textField('A', {dataType: 'whatever', ...more}));
const plain = (text: string) => ({isJson: false, text});
const json = (text: string) => ({isJson: true, text});

tree('are of objects and arrays alone, not nested too deep', () => {
  for (const text of ['', '7', '"x"', 'null', '{', '[1', '{"a":}', ' {}', 'x[]']) assert.equal(treeOf(text), undefined, text);
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  assert.notEqual(treeOf(nested(jsonDepthMax)), undefined);
  assert.equal(treeOf(nested(jsonDepthMax + 1)), undefined);
  for (const element of ['[]', '{}'])
    assert.notEqual(treeOf(`[${Array(jsonDepthMax * 2).fill(element)}]`), undefined, 'what is closed does not count');
  assert.notEqual(treeOf(JSON.stringify(['{['.repeat(jsonDepthMax)])), undefined, 'nor what is in a text');
  assert.notEqual(treeOf(`["\\"${'['.repeat(jsonDepthMax + 5)}"]`), undefined, 'a quote may be escaped');
  assert.equal(treeOf(`{"a":${'{"a":'.repeat(jsonDepthMax)}1${'}'.repeat(jsonDepthMax + 1)}`), undefined);
});

tree('keep every digit, and take the place of half a surrogate pair', () => {
  assert.deepEqual(
    cell('{"a":1.0,"b":12345678901234567890,"c":[true,null,"x"]}'),
    plain('{"a":1.0,"b":12345678901234567890,"c":[true,null,"x"]}'),
  );
  assert.deepEqual(leafOf('\ud800x'), {json: '"\ufffdx"', text: '\ufffdx'});
  assert.deepEqual(cell('{"\\ud800":"\\ud800"}'), plain('{"\ufffd":"\ufffd"}'));
});

tree('are reduced to the id of an object, its rule, or the name of a module', () => {
  assert.deepEqual(cell('{"name":"x","id":"7"}'), plain('7'));
  assert.deepEqual(cell('{"id":7}'), plain('7'));
  assert.deepEqual(cell('{"id":null,"a":1}'), plain(''));
  assert.deepEqual(cell('{"id":{"a":1}}'), plain('{"a":1}'));
  assert.deepEqual(cell('{"RRULE":"r"}'), plain('r'));
  assert.deepEqual(cell('{"ALARM":"a"}'), plain('a'));
  assert.deepEqual(cell('{"id":"7","api_name":"Leads"}', {dataType: 'module'}), plain('Leads'));
  assert.deepEqual(cell('{"id":"7","x":1}', {dataType: 'module'}), plain('7'));
  assert.deepEqual(cell('{"RRULE":"r"}', {dataType: 'module'}), plain('{"RRULE":"r"}'));
  assert.deepEqual(cellOf(treeOf('{"id":"7"}')!, undefined), plain('7'), 'of no known field');
});

tree('are nothing where they are empty, and JSON where a structure stands for itself', () => {
  for (const text of ['{}', '[]'])
    for (const dataType of ['whatever', 'subform']) assert.deepEqual(cell(text, {dataType}), plain(''));
  assert.deepEqual(cell('{"id":"7"}', {dataType: 'subform'}), json('{"id":"7"}'));
  assert.deepEqual(cell('[{"a":1}]'), json('[{"a":1}]'));
  assert.deepEqual(cell('[1]'), json('[1]'));
  assert.deepEqual(cell('[{"id":"7"},{"id":""},{"id":"8"}]'), plain('7,8'));
  assert.deepEqual(cell('[{"id":"7"},1]'), json('[{"id":"7"},1]'));
  assert.deepEqual(cellOf(leafOf('x'), textField('A')), plain('x'));
  assert.deepEqual(cellOf({json: 'null'}, textField('A')), plain(''));
  assert.deepEqual(cellOf({json: '7.0'}, undefined), plain('7.0'));
});

tree('are lists of ids, or of names where names are the values', () => {
  const list = (text: string, dataType = 'territories') => cell(text, {type: 'list', dataType});
  assert.deepEqual(list('[{"id":"7","name":"x"},{"name":" y "},{"Name":"z"}]'), json('["7","y","z"]'));
  assert.deepEqual(list('[{"id":"7","name":"x"},{"id":"8"}]', 'tags'), json('["x","8"]'));
  assert.deepEqual(list('[{"name":"","Name":"q"}]', 'tags'), plain(''));
  assert.deepEqual(list('[{"a":1}]'), json('[{"a":1}]'));
  assert.deepEqual(list('[[1]]'), json('[[1]]'));
  assert.deepEqual(list('["a"," ",1]'), json('["a","1"]'));
  assert.deepEqual(list('["", null]'), plain(''));
  assert.deepEqual(listOf(treeOf('{"id":"7"}')!, textField('A')), ['7'], 'one that is not in a list');
  assert.deepEqual(
    [
      isNamedList(textField('A', {dataType: 'tags'})),
      isNamedList(textField('A', {dataType: 'multiselectpicklist'})),
      isNamedList(textField('A')),
    ],
    [true, true, false],
  );
});

tree('name the ids of objects that have both', () => {
  assert.deepEqual(
    namedIdsOf(treeOf('[{"name":" x ","id":7},{"Name":"y","id":"8"},{"name":"z"},{"id":"9"},{"name":"","id":"1"},"q"]')!),
    [
      ['x', '7'],
      ['y', '8'],
    ],
  );
  assert.deepEqual(namedIdsOf(treeOf('{"name":"x","id":"7"}')!), [['x', '7']]);
});

tree('have keys of digits first, as every object has', () => {
  assert.deepEqual(cell('{"b":1,"2":2,"a":3,"1":4}'), plain('{"1":4,"2":2,"b":1,"a":3}'));
});

tree.run();
