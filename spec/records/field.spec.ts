/** What each of Zoho's types is in a document: the whole table, pair by pair. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type Field, type FieldType, fieldType, isPlainText, isReference, isStructured} from '../../lib/records/field.ts';

const field = suite('field types');

const jsonTypes = ['string', 'boolean', 'integer', 'double', 'jsonarray', 'jsonobject', ''] as const;

/** For each `data_type`: its type by `json_type`, in the order above; one for all where they do not differ. */
const table: Readonly<Record<string, FieldType | string>> = {
  date: 'date',
  datetime: 'datetime',
  ...same('text', ['RRULE', 'ALARM', 'event_reminder', 'module']),
  ...same('text', ['linetax', 'multireminder', 'time_range', 'address', 'coordinates', 'subform', 'fileupload']),
  ...same('text', ['imageupload', 'attachment', 'attachments']),
  ...same('list', ['multiselectpicklist', 'tags', 'territories', 'multiselectlookup', 'multiuserlookup']),
  ...same('lookup', ['layout', 'multi_module_lookup', 'lookup', 'ownerlookup', 'userlookup', 'consent_lookup']),
  ...same('lookup', ['profilelookup', 'rolelookup']),
  newlookup: 'lookup lookup lookup lookup list lookup lookup',
  ...same('text boolean text text list text text', ['text', 'textarea', 'rich_text', 'email', 'phone', 'website']),
  ...same('text boolean text text list text text', ['picklist', 'autonumber', 'profileimage', 'bigint']),
  boolean: 'text boolean boolean boolean boolean boolean boolean',
  integer: 'text boolean integer integer list text integer',
  ...same('text boolean number number list text number', ['double', 'currency', 'percent']),
  whatever: 'text boolean text text list text text',
  '': 'text boolean text text list text text',
};

function same(type: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, type]));
}

field('are those of the table, for every pair of data_type and json_type', () => {
  for (const [dataType, types] of Object.entries(table)) {
    const expected = types.includes(' ') ? types.split(' ') : jsonTypes.map(() => types);
    assert.deepEqual(
      jsonTypes.map((jsonType) => fieldType(dataType, jsonType)),
      expected,
      dataType,
    );
  }
});

const of = (dataType: string, jsonType: string, more: Partial<Field> = {}): Field => ({
  name: 'A',
  type: fieldType(dataType, jsonType),
  dataType,
  jsonType,
  computed: false,
  dynamic: false,
  bulk: true,
  coql: true,
  ...more,
});

field('are references where values are ids of other records, alone or in a list', () => {
  for (const [dataType, jsonType] of [
    ['lookup', 'jsonobject'],
    ['layout', 'jsonobject'],
    ['newlookup', 'jsonarray'],
    ['territories', 'jsonarray'],
    ['multiuserlookup', 'jsonarray'],
  ] as const)
    assert.equal(isReference(of(dataType, jsonType)), true, dataType);
  for (const [dataType, jsonType] of [
    ['tags', 'jsonarray'],
    ['multiselectpicklist', 'jsonarray'],
    ['text', 'string'],
    ['whatever', 'jsonarray'],
  ] as const)
    assert.equal(isReference(of(dataType, jsonType)), false, dataType);
  assert.equal(isReference(of('territories', 'jsonarray', {type: 'text'})), false, 'a list that is written as text');
});

field('are plain text where Zoho declares no structure', () => {
  const texts = [
    'text',
    'textarea',
    'rich_text',
    'email',
    'phone',
    'website',
    'picklist',
    'autonumber',
    'profileimage',
    'bigint',
  ];
  for (const it of [
    of('whatever', 'string'),
    of('whatever', 'double', {computed: true}),
    ...texts.map((dataType) => of(dataType, 'integer')),
  ])
    assert.equal(isPlainText(it), true, it.dataType);
  for (const it of [
    of('whatever', 'double'),
    of('text', 'jsonobject'),
    of('text', 'jsonarray'),
    of('whatever', 'jsonobject', {computed: true}),
    of('whatever', 'jsonarray', {computed: true}),
  ])
    assert.equal(isPlainText(it), false, `${it.dataType} ${it.jsonType}`);
});

field('are structured where an id inside is a member like any other', () => {
  assert.equal(isStructured(of('subform', 'jsonarray')), true);
  assert.equal(isStructured(of('lookup', 'jsonobject')), false);
});

field.run();
