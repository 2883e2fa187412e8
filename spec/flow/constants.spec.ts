/**
 * What Flow is told, byte for byte: `constants.jsonl` has the `spec` answer, the bindings and schemas that discovery proposes, and the `sourcedSchema` of every
 * type. Flow compares them with what it was told before, so a change here is a change for every running capture.
 */
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {discoveredBindings, managedSchema} from '../../lib/flow/discover.ts';
import {sourcedSchema, sourcedSnapshot} from '../../lib/flow/sourced.ts';
import {specResponse} from '../../lib/flow/spec.ts';
import type {Field, FieldType} from '../../lib/records/field.ts';

const constants = suite('what Flow is told');

const types: FieldType[] = ['id', 'integer', 'number', 'boolean', 'text', 'date', 'datetime', 'list', 'lookup'];
const fields = types.map((type): Field => {
  const name = type === 'id' ? 'id' : `a_${type}`;
  return {name, type, dataType: '', jsonType: '', computed: false, dynamic: false, bulk: true, coql: true};
});

constants('is what it was told before', async () => {
  const told = {
    spec: specResponse,
    discovered: discoveredBindings([{name: 'B', snapshot: true}, {name: 'A'}]),
    managed: managedSchema({type: 'object'}),
    sourced: sourcedSchema(fields),
    sourcedSnapshot: sourcedSnapshot(fields),
  };
  const before = await readFile(new URL('constants.jsonl', import.meta.url), 'utf8');
  for (const [i, item] of Object.entries(told).entries()) assert.equal(JSON.stringify(item), before.split('\n')[i], item[0]);
});

constants.run();
