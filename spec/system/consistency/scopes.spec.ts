import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {allScopes} from '../../../lib/sandbox/tokens.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {narrow} from './modules.ts';

/** Missing scopes when Zoho does not list a token's scopes. */
const scopes = suite('unknown scopes');

const odd = {bulkRefusal: 'OAUTH_SCOPE_MISMATCH', coqlRefusal: 'OAUTH_SCOPE_MISMATCH'} as const;
const options = (more: Partial<JumpOptions> = {}): JumpOptions => ({
  modules: [narrow('Alpha', [], odd), narrow('Deals')],
  records: {Alpha: 10, Deals: 40},
  bindings: [{module: 'Alpha'}, {module: 'Deals'}],
  switches: {scopeInAnswer: false},
  ...more,
});

scopes('that one module lacks set it aside, and the others are captured', () =>
  JumpCapture.with(options({bindings: [{module: 'Alpha'}, {module: 'Deals'}]}), async (capture) => {
    capture.start();
    await capture.pass(3_600_000);
    assert.equal(capture.documents, 40);
    assert.ok(capture.logs.some((line) => /Module Alpha is paused: .*scopes do not cover this module/.test(line)));
  }),
);

scopes('that every module lacks end the capture as wrong credentials', () =>
  JumpCapture.with(
    options({modules: [narrow('Deals'), narrow('Leads')], bindings: [{module: 'Deals'}, {module: 'Leads'}]}),
    async (capture) => {
      capture.sandbox.tokens.setScopes(allScopes.filter((scope) => scope !== 'ZohoCRM.coql.READ'));
      capture.start();
      await assert.rejects(capture.pass(3_600_000), {
        kind: 'credentials',
        message:
          /^No module of the capture can be read: .*OAUTH_SCOPE_MISMATCH.*authorize again with all scopes that the connector needs/,
      });
    },
  ),
);

scopes.run();
