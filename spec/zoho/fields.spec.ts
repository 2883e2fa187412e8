import assert from 'node:assert/strict';
import {suite} from 'uvu';
import * as v from 'valibot';
import type {Field} from '../../lib/records/field.ts';
import {fieldsOf, hasModifiedTime, namesakes} from '../../lib/zoho/fields.ts';
import {fieldsReply} from '../../lib/zoho/schemas.ts';
import {textField} from '../harness/fields.ts';

const fields = suite('fieldsOf');

/** Reads metadata as it comes off the wire. */
function read(module: string, ...listed: object[]): Field[] {
  return fieldsOf(module, v.parse(fieldsReply, {fields: listed}).fields ?? []);
}

function one(listed: object, module = 'Leads'): Field {
  const found = read(module, {api_name: 'X', data_type: 'text', json_type: 'string', ...listed}).find(({name}) => name !== 'id');
  assert.ok(found);
  return found;
}

fields('has an id even when Zoho lists none, and one only', () => {
  const id = textField('id', {type: 'id', dataType: 'bigint'});
  assert.deepEqual(read('Leads'), [id]);
  assert.deepEqual(read('Leads', {api_name: 'id', data_type: 'text', json_type: 'string'}), [id]);
});

fields('are sorted by the bytes of their names, each once', () => {
  const listed = ['b', 'a', 'Z', 'é', 'a_1', 'b'].map((api_name) => ({api_name, data_type: 'text', json_type: 'string'}));
  assert.deepEqual(
    read('Leads', ...listed).map(({name}) => name),
    ['Z', 'a', 'a_1', 'b', 'id', 'é'],
  );
});

fields('take empty structures as {}, as null, or as nothing', () => {
  for (const empty of [{}, null, undefined, [], 'odd']) {
    const field = one({formula: empty, rollup_summary: empty, pick_list_values: empty});
    assert.deepEqual(field, textField('X'));
  }
});

const computed: [string, string | null, string | null, string][] = [
  ['formula', 'double', 'double', 'number'],
  ['formula', 'currency', 'double', 'number'],
  ['formula', 'boolean', 'boolean', 'boolean'],
  ['formula', 'date', 'string', 'date'],
  ['formula', 'datetime', 'string', 'datetime'],
  ['formula', 'string', 'string', 'text'],
  ['formula', 'double', 'string', 'number'],
  ['formula', null, 'double', 'number'],
  ['formula', null, 'boolean', 'boolean'],
  ['formula', null, 'string', 'text'],
  ['formula', null, null, 'text'],
  ['rollup_summary', 'integer', 'integer', 'integer'],
  ['rollup_summary', 'double', 'double', 'number'],
  ['rollup_summary', null, 'integer', 'integer'],
  ['rollup_summary', 'integer', 'double', 'integer'],
];

for (const [data_type, return_type, json_type, expected] of computed) {
  fields(`read a ${data_type} of ${return_type} in ${json_type} as ${expected}`, () => {
    const field = one({data_type, json_type, [data_type]: {return_type}});
    assert.deepEqual([field.type, field.computed], [expected, true]);
  });
}

fields('without a name are none, and without types are text', () => {
  const {type, dataType, jsonType} = one({data_type: null, json_type: undefined});
  assert.deepEqual([type, dataType, jsonType], ['text', '', '']);
  assert.deepEqual(
    read('Leads', {data_type: 'text'}, {api_name: ''}, {api_name: null}).map(({name}) => name),
    ['id'],
  );
});

fields('are tags where metadata declare a text whose values are an array', () => {
  const typeOf = (listed: object) => [one(listed).dataType, one(listed).type];
  assert.deepEqual(typeOf({api_name: 'Tag', json_type: 'jsonarray'}), ['tags', 'list']);
  assert.deepEqual(typeOf({api_name: 'Tag', json_type: 'string'}), ['text', 'text']);
  assert.deepEqual(typeOf({api_name: 'Tags', json_type: 'jsonarray'}), ['text', 'list']);
});

fields('know dynamic formulas', () => {
  assert.equal(one({data_type: 'text', formula: {return_type: 'string', dynamic: true}}).dynamic, false);
  assert.equal(one({data_type: 'formula', formula: null}).dynamic, false);
  assert.equal(one({data_type: 'formula', json_type: 'string', formula: {return_type: 'string', dynamic: true}}).dynamic, true);
  assert.equal(one({data_type: 'formula', json_type: 'string', formula: {return_type: 'string', dynamic: false}}).dynamic, false);
});

fields('keep the values of multi-select lists, stored and shown', () => {
  const field = one({
    data_type: 'multiselectpicklist',
    json_type: 'jsonarray',
    pick_list_values: [
      {display_value: 'One; two', actual_value: 'One'},
      {display_value: 'Three', actual_value: 'Three'},
      {display_value: null},
    ],
  });
  assert.deepEqual([field.type, field.values], ['list', ['One', 'One; two', 'Three']]);
  for (const listed of [
    {data_type: 'multiselectpicklist', json_type: 'jsonarray', pick_list_values: null},
    {data_type: 'multiselectpicklist', json_type: 'jsonarray', pick_list_values: [{}]},
    {data_type: 'picklist', json_type: 'string', pick_list_values: [{display_value: 'a', actual_value: 'a'}]},
  ])
    assert.ok(!('values' in one(listed)), JSON.stringify(listed));
});

const unread: [string, object, bulk: boolean, coql: boolean][] = [
  ['Leads', {data_type: 'fileupload', json_type: 'jsonarray'}, false, false],
  ['Leads', {data_type: 'imageupload', json_type: 'jsonarray'}, true, false],
  ['Leads', {data_type: 'subform', json_type: 'jsonarray'}, false, false],
  ['Leads', {data_type: 'multiselectlookup', json_type: 'jsonarray'}, false, false],
  ['Leads', {data_type: 'multiuserlookup', json_type: 'jsonarray'}, true, true],
  ['Leads', {data_type: 'something_new', json_type: 'jsonobject'}, true, true],
  ['Events', {api_name: 'Participants', json_type: 'jsonarray'}, false, false],
  ['Leads', {api_name: 'Participants'}, true, true],
  ['Deals', {api_name: 'Stage_Modified_Time', data_type: 'datetime'}, true, false],
  ['Cases', {api_name: 'Comments'}, false, true],
  ['Calls', {api_name: 'CTI_Entry'}, false, true],
  ['Solutions', {api_name: 'Comments'}, false, true],
  ['Price_Books', {api_name: 'Pricing_Details'}, false, false],
  ['Invoices', {api_name: 'Invoiced_Items'}, false, true],
  ['Purchase_Orders', {api_name: 'Purchase_Items'}, false, true],
  ['Quotes', {api_name: 'Quoted_Items'}, false, false],
  ['Sales_Orders', {api_name: 'Ordered_Items'}, false, true],
  ['Leads', {api_name: 'My_Address', json_type: 'jsonobject'}, true, true],
  ['Leads', {api_name: 'Address_2', json_type: 'jsonobject'}, true, true],
  ['Leads', {api_name: 'nearby_distance__s', json_type: 'jsonobject'}, false, true],
  ['Leads', {api_name: 'my_nearby_distance__s', json_type: 'jsonobject'}, true, true],
  ['Leads', {api_name: 'nearby_distance__s2', json_type: 'jsonobject'}, true, true],
  ['Leads', {api_name: 'Address', json_type: 'jsonobject'}, false, true],
  ['Contacts', {api_name: 'Mailing_Coordinates', json_type: 'jsonobject'}, false, true],
  ['Leads', {api_name: 'Address', json_type: 'string'}, true, true],
  ['Leads', {api_name: 'not a name'}, true, false],
  ['Leads', {api_name: 'Id'}, false, true],
  ['Leads', {api_name: 'ID'}, true, true],
  ['Leads', {api_name: '_meta'}, false, false],
  ['Leads', {api_name: '_Meta'}, true, true],
  ['Leads', {api_name: 'constructor'}, true, true],
  ['Leads', {api_name: '__proto__'}, true, true],
];

for (const [module, listed, bulk, coql] of unread) {
  fields(`know which API reads ${JSON.stringify(listed)} of ${module}`, () => {
    const field = one(listed, module);
    assert.deepEqual({bulk: field.bulk, coql: field.coql}, {bulk, coql});
  });
}

fields('are hidden where the user does not see them, or no profile does', () => {
  const isHidden = (more: object): boolean => one({api_name: 'A', ...more}).hidden === true;
  assert.equal(isHidden({visible: false}), true);
  assert.equal(isHidden({profiles: [{permission_type: 'hidden'}, {permission_type: 'hidden'}]}), true);
  for (const more of [
    {},
    {visible: true},
    {profiles: []},
    {profiles: null},
    {profiles: [{permission_type: 'hidden'}, {permission_type: 'read_only'}]},
  ])
    assert.equal(isHidden(more), false, JSON.stringify(more));
});

fields('tell which of them documents or files cannot hold, and what becomes of each', () => {
  const named = (name: string) => ({...one({api_name: 'A'}), name});
  assert.deepEqual(
    namesakes(['A', '_meta', 'Id', 'ID'].map(named)).map(({field, fate}) => [field, fate.split(',')[0]]),
    [
      ['_meta', 'documents reserve this name'],
      ['Id', "Bulk Read files cannot distinguish it from the record's id"],
    ],
  );
  assert.equal(hasModifiedTime(['A', 'Modified_Time'].map(named)), true);
  assert.equal(hasModifiedTime(['A', 'Modified_Time_'].map(named)), false);
  assert.equal(hasModifiedTime([]), false);
});

fields.run();
