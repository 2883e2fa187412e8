import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {CoqlSwitches} from '../../../lib/sandbox/coql/switches.ts';
import {manyChanges} from './many-changes.ts';

/**
 * Guarantee G3 at size: a window is drained regardless of its size. `npm run proof` has ten times
 * as many changes.
 */
const many = suite('many changes');

for (const changes of [1_000, 10_000]) {
  many(`${changes} changes in one window, all in one second, arrive once each`, async () => {
    const {differences, documents} = await manyChanges({changes});
    assert.deepEqual(differences, []);
    assert.equal(documents, changes);
  });

  many(`${changes} changes over many seconds arrive once each`, async () => {
    const {differences, documents} = await manyChanges({changes, seconds: 90});
    assert.deepEqual(differences, []);
    assert.equal(documents, changes);
  });
}

many('records that change again while they are paged end with their last values', async () => {
  const {differences, documents, changedAgain} = await manyChanges({changes: 5_000, againPerPage: 150});
  assert.deepEqual(differences, []);
  assert.ok(changedAgain >= 1_000, `${changedAgain} changed again`);
  assert.ok(documents >= 5_000 && documents <= 5_000 + changedAgain, `${documents} documents`);
});

const answers: readonly Partial<CoqlSwitches>[] = [
  {rowsMax: 200},
  {rowsMax: 200, idOrder: 'text'},
  {rowsMax: 2_000, idOrder: 'text', columnsMax: 50},
  {columnsMax: 50, columnsCode: 'INVALID_QUERY', none: 'empty data'},
  {nesting: 'lenient', none: 'empty data', ties: 'id', ids: 'quoted'},
  {rowsMax: 200, columnsMax: 50, none: 'empty data', idOrder: 'text', idAlways: false},
];
for (const coql of answers) {
  many(`ids of 18 and 19 digits in one second arrive from a Zoho with ${JSON.stringify(coql)}`, async () => {
    const {differences, documents} = await manyChanges({changes: 3_000, module: 'Contacts', switches: {coql}});
    assert.deepEqual(differences, []);
    assert.equal(documents, 3_000);
  });
}

many.run();
