import assert from 'node:assert/strict';
import {suite} from 'uvu';
import * as v from 'valibot';
import {table} from '../../lib/errors/validation.ts';
import {backfillRequested, bindingPatch, initialState, mergePatch, owedDeletions, savedBinding} from '../../lib/flow/state.ts';
import {own, setOwn} from '../../lib/platform/own-property.ts';
import {manifestText, parseManifest} from '../../lib/sinks/files/manifest.ts';

/** Names that every object answers to. Modules, collections and state keys may have them. */
const inherited = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];

const tables = suite('tables');
const now = '2026-10-01T10:00:00Z';

for (const name of inherited) {
  tables(`do not hold ${name} before it is set, and hold it then`, () => {
    const found: Record<string, number> = {};
    assert.equal(own(found, name), undefined);
    setOwn(found, name, 1);
    assert.equal(own(found, name), 1);
    assert.equal(JSON.stringify(found), `{"${name}":1}`);
    assert.equal(Object.getPrototypeOf(found), Object.prototype);
  });

  tables(`keep the state of a binding whose key is ${name}`, () => {
    for (const state of [{}, {bindingStateV1: {}}]) {
      assert.equal(savedBinding(state, name), undefined);
      assert.equal(owedDeletions(state, name), undefined);
      assert.equal(backfillRequested({...state, backfillRequests: {}}, name), false);
    }
    const reduced = [bindingPatch(name, initialState(now, now)), bindingPatch(name, {inc: {after: '12'}})].reduce<unknown>(
      (state, patch) => mergePatch(state, patch),
      {},
    );
    const kept: unknown = JSON.parse(JSON.stringify(reduced));
    assert.deepEqual(savedBinding(kept, name)?.inc, {cursor: now, after: '12'});
    assert.equal(owedDeletions(kept, name)?.cursor, now);
    assert.equal(savedBinding(mergePatch(kept, bindingPatch(name, null)), name), undefined);
    assert.equal(backfillRequested(JSON.parse(`{"backfillRequests":{"${name}":true}}`), name), true);
  });

  tables(`keep the file of a collection called ${name}`, () => {
    const file = {file: 'x.ndjson', bytes: 3, lines: 1, crc32: 7};
    const text = `{"version":1,"capture":{},"state":{},"files":{"${name}":${JSON.stringify(file)}}}`;
    const read = parseManifest(text, 'out');
    assert.deepEqual(own(read.files, name), file);
    assert.deepEqual(JSON.parse(manifestText(read)), JSON.parse(text));
    assert.throws(() => parseManifest(text.replace('"bytes":3', '"bytes":-3'), 'out'), /files\.\S+\.bytes /);
  });
}

tables('refuse what is no table', () => {
  for (const value of [null, [], 'x', 1]) assert.equal(v.is(table(v.unknown()), value), false);
});

tables.run();
