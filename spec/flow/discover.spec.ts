import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {discoveredBindings, documentSchema, keyFault, managedSchema, snapshotSchema} from '../../lib/flow/discover.ts';
import {admits} from './json-schema.ts';

const discover = suite('discover');

discover('proposes a binding for each module, keyed by id', () => {
  const [binding, ...others] = discoveredBindings([{name: 'Leads'}]);
  assert.deepEqual(others, []);
  assert.deepEqual(
    {...binding, documentSchema: undefined},
    {
      recommendedName: 'Leads',
      resourceConfig: {name: 'Leads', interval: 'PT5M', schedule: '55 23 * * *'},
      documentSchema: undefined,
      key: ['/id'],
      resourcePath: ['Leads'],
    },
  );
});

discover('gives the same bytes for the same modules, whatever their order', () => {
  const names = fc.uniqueArray(fc.string({minLength: 1, unit: 'binary'}), {maxLength: 10});
  fc.assert(
    fc.property(names, fc.nat(), (modules, by) => {
      const turned = [...modules.slice(by % (modules.length + 1)), ...modules.slice(0, by % (modules.length + 1))];
      const named = (names: readonly string[]) => names.map((name) => ({name, snapshot: name.length % 2 === 0}));
      const bindings = discoveredBindings(named(modules));
      assert.equal(JSON.stringify(discoveredBindings(named(turned))), JSON.stringify(bindings));
      const sorted = bindings.map(({recommendedName}) => Buffer.from(recommendedName));
      for (let i = 1; i < sorted.length; i++) assert.ok(Buffer.compare(sorted[i - 1]!, sorted[i]!) <= 0);
    }),
  );
});

discover('proposes a module once', () => {
  assert.equal(discoveredBindings([{name: 'Leads'}, {name: 'Leads'}]).length, 1);
});

discover('admits whole documents, partial ones and tombstones, but none without its key', () => {
  const schema = documentSchema('Leads');
  const key = {id: 1, Modified_Time: '2026-10-01T10:00:00+02:00'};
  assert.ok(admits(schema, {...key, Company: 'Acme', _meta: {op: 'u'}}));
  assert.ok(admits(schema, {...key, Score: 7, _meta: {op: 'u', uuid: 'x'}}));
  assert.ok(admits(schema, {...key, _meta: {op: 'd'}}));
  assert.ok(admits(schema, key));
  assert.equal(admits(schema, {id: 1}), false);
  assert.equal(admits(schema, {Modified_Time: key.Modified_Time}), false);
  assert.equal(admits(schema, {...key, id: '1'}), false);
  assert.equal(admits(schema, {...key, Modified_Time: 'today'}), false);
});

discover('deletes by documents whose op is d, and by no other', () => {
  const schema = documentSchema('Leads') as {if: object; then: unknown; else: unknown};
  assert.deepEqual(schema.then, {reduce: {strategy: 'merge', delete: true}});
  assert.deepEqual(schema.else, {reduce: {strategy: 'merge'}});
  assert.ok(admits(schema.if, {id: 1, _meta: {op: 'd'}}));
  for (const other of [{id: 1}, {id: 1, _meta: {}}, {id: 1, _meta: {op: 'u'}}, {id: 1, _meta: {op: null}}]) {
    assert.equal(admits(schema.if, other), false, JSON.stringify(other));
  }
});

discover('asks Flow to infer the rest', () => {
  assert.equal((documentSchema('Leads') as Record<string, unknown>)['x-infer-schema'], true);
});

discover('puts the schema of a collection where auto-discovery replaces it', () => {
  const schema = documentSchema('Leads');
  assert.deepEqual(managedSchema(schema), {
    $defs: {'flow://connector-schema': {$id: 'flow://connector-schema', ...schema}},
    $ref: 'flow://connector-schema',
  });
});

discover('proposes modules without Modified_Time as snapshots, keyed by the number of a row, in the same order', () => {
  const bindings = discoveredBindings([{name: 'Links', snapshot: true}, {name: 'Leads'}, {name: 'Notes_X', snapshot: true}]);
  assert.deepEqual(
    bindings.map(({recommendedName, key}) => [recommendedName, key]),
    [
      ['Leads', ['/id']],
      ['Links', ['/_meta/row_id']],
      ['Notes_X', ['/_meta/row_id']],
    ],
  );
  assert.deepEqual(bindings[1]?.resourceConfig, {name: 'Links', interval: 'PT5M', schedule: '55 23 * * *'});
  assert.deepEqual(bindings[1]?.documentSchema, snapshotSchema('Links'));
});

discover('admits the rows and tombstones of a snapshot, whatever the row holds, but none without its number', () => {
  const schema = snapshotSchema('Links') as {if: object; then: unknown; else: unknown};
  assert.ok(admits(schema, {id: 1, Skill: '17', _meta: {op: 'c', row_id: 0}}));
  assert.ok(admits(schema, {id: null, _meta: {op: 'u', row_id: 7, uuid: 'x'}}));
  assert.ok(admits(schema, {_meta: {op: 'd', row_id: 7}}));
  for (const other of [{}, {id: 1}, {_meta: {op: 'u'}}, {_meta: {row_id: 1}}, {_meta: {op: 'u', row_id: '1'}}])
    assert.equal(admits(schema, other), false, JSON.stringify(other));
  assert.deepEqual(schema.then, {reduce: {strategy: 'lastWriteWins', delete: true}});
  assert.deepEqual(schema.else, {reduce: {strategy: 'lastWriteWins'}});
  assert.ok(admits(schema.if, {_meta: {op: 'd', row_id: 0}}));
  assert.equal(admits(schema.if, {_meta: {op: 'u', row_id: 0}}), false);
  assert.equal((schema as Record<string, unknown>)['x-infer-schema'], true);
});

discover('says when the key of a collection does not fit its module', () => {
  assert.equal(keyFault({name: 'Leads'}, ['/id']), undefined);
  assert.equal(keyFault({name: 'Leads'}, ['/Email']), undefined);
  assert.equal(keyFault({name: 'Links', snapshot: true}, ['/_meta/row_id']), undefined);
  assert.equal(keyFault({name: 'Links', snapshot: true}, []), undefined);
  assert.match(keyFault({name: 'Links', snapshot: true}, ['/id']) ?? '', /^module Links has no Modified_Time.*\/_meta\/row_id$/);
  assert.match(keyFault({name: 'Leads'}, ['/_meta/row_id']) ?? '', /^module Leads has a Modified_Time.*\/id$/);
});

discover('names the whole key of a collection that does not fit', () => {
  assert.equal(
    keyFault({name: 'Links', snapshot: true}, ['/_meta/row_id', '/id']),
    'module Links has no Modified_Time, so it is captured as a snapshot, and its collection has the key /_meta/row_id, /id: discover it anew, and let its collection be created anew with the key /_meta/row_id',
  );
  assert.equal(keyFault({name: 'Leads'}, ['/_meta/row_id', '/id']), undefined);
});

discover.run();
