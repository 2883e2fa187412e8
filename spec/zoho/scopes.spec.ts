import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {covers, missingScopes, parseScopes, scopesNeeded} from '../../lib/zoho/scopes.ts';

const scopes = suite('scopes');

scopes('reads lists with blanks and commas', () => {
  assert.deepEqual(parseScopes('ZohoCRM.bulk.READ, ZohoCRM.coql.READ  ZohoCRM.modules.ALL'), [
    'ZohoCRM.bulk.READ',
    'ZohoCRM.coql.READ',
    'ZohoCRM.modules.ALL',
  ]);
  assert.deepEqual(parseScopes(' A,, B '), ['A', 'B']);
  assert.deepEqual(parseScopes(' , '), []);
});

scopes('finds nothing missing when all are granted, or wider ones', () => {
  assert.deepEqual(missingScopes(Object.values(scopesNeeded)), []);
  assert.deepEqual(missingScopes(['ZohoCRM.bulk.ALL', 'zohocrm.coql.read', 'ZohoCRM.modules.ALL', 'ZohoCRM.settings.ALL']), []);
});

scopes('names each missing one', () => {
  for (const missing of Object.values(scopesNeeded)) {
    assert.deepEqual(missingScopes(Object.values(scopesNeeded).filter((scope) => scope !== missing)), [missing]);
  }
});

scopes('does not take writing for reading, nor a like name for the same', () => {
  assert.ok(!covers(['ZohoCRM.bulk.CREATE'], scopesNeeded.bulk));
  assert.ok(!covers(['ZohoCRM.settings.mod.READ'], scopesNeeded.modules));
  assert.ok(!covers(['ZohoCRM.bulk'], scopesNeeded.bulk));
  assert.ok(!covers(['ZohoCRM.bulk.READONLY'], scopesNeeded.bulk));
  assert.ok(!covers(['ZohoCRM.bulk.INSTALL'], scopesNeeded.bulk));
});

scopes('counts a scope of some modules for the scope of all', () => {
  assert.ok(covers(['ZohoCRM.modules.leads.READ'], scopesNeeded.records));
});

scopes.run();
