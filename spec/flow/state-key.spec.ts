import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {stateKeyOf} from '../../lib/flow/state-key.ts';

const stateKey = suite('stateKey');

stateKey('is derived as Flow does', () => {
  assert.equal(stateKeyOf(['Leads'], 0), 'Leads');
  assert.equal(stateKeyOf(['Leads'], 2), 'Leads.v2');
  assert.equal(stateKeyOf(['a', 'b'], 0), 'a%2Fb');
  assert.equal(stateKeyOf(['a\tb'], 0), 'a%09b');
  assert.equal(stateKeyOf(['Über_uns s-.+=%'], 1), '%C3%9Cber_uns%20s-.+=%25.v1');
});

stateKey.run();
