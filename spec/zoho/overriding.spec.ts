import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {overriding} from '../../lib/zoho/overriding.ts';

const client = suite('a client with some calls replaced');

/** A client that answers every call with its name and arguments. */
const answering = new Proxy({origin: 'https://zoho'} as unknown as ZohoClient, {
  get: (target, name) => (name === 'origin' ? target.origin : (...given: unknown[]) => [name, ...given]),
});
const calls = {
  createJob: 2,
  job: 2,
  download: 2,
  nowSeconds: 1,
  modules: 1,
  fields: 2,
  coql: 3,
  count: 3,
  deleted: 4,
  scopes: 1,
  spent: 0,
  close: 0,
};

client('passes all others on, with all that they were given', () => {
  const changed = overriding(answering, {}) as unknown as Record<string, (...given: unknown[]) => unknown>;
  assert.equal(changed.origin, 'https://zoho');
  for (const [name, count] of Object.entries(calls)) {
    const given = Array.from({length: count}, (_, i) => `${name} ${i}`);
    assert.deepEqual(changed[name]?.(...given), [name, ...given]);
  }
  assert.deepEqual(Object.keys(changed).sort(), ['origin', ...Object.keys(calls)].sort());
});

client('has those that replace them', async () => {
  assert.equal(await overriding(answering, {nowSeconds: async () => 7}).nowSeconds(new AbortController().signal), 7);
});

client.run();
