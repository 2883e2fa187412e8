/** What all requests that call Zoho begin with. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {EndpointConfig} from '../../lib/config/config.ts';
import {checkSetup, readResources, refuse, withClient} from '../../lib/connector/client.ts';
import {silent} from '../../lib/platform/log.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {scopesNeeded} from '../../lib/zoho/scopes.ts';
import {JumpingClock} from '../harness/clocks.ts';
import {connectorOf} from './zoho.ts';

const client = suite('client of a request');
const {signal} = new AbortController();

const config: EndpointConfig = {
  credentials: {clientId: 'c', clientSecret: 's', refreshToken: 'r', apiDomain: 'http://127.0.0.1:1'},
};
const all = Object.values(scopesNeeded);

/** What is logged when a token has these scopes, and how often Zoho's time was asked for. */
async function checked(scopes: readonly string[] | undefined, startDate?: string) {
  const logged: unknown[] = [];
  let timesAsked = 0;
  const zoho = {
    async nowSeconds() {
      timesAsked++;
      return Date.UTC(2026, 0, 1) / 1_000;
    },
    scopes: async () => scopes,
  } as unknown as ZohoClient;
  await checkSetup(zoho, {...config, ...(startDate !== undefined && {startDate})}, (...line) => void logged.push(line), signal);
  return {logged, timesAsked};
}

client('warns of the scopes that the token lacks, as far as Zoho lists them', async () => {
  for (const scopes of [undefined, all]) assert.deepEqual((await checked(scopes)).logged, []);
  assert.deepEqual((await checked(all.slice(2))).logged, [
    [
      'warn',
      'The refresh token lacks the scope ZohoCRM.bulk.READ, ZohoCRM.coql.READ: what needs it will fail; authorize again with all scopes',
      {missing: ['ZohoCRM.bulk.READ', 'ZohoCRM.coql.READ']},
    ],
  ]);
});

client("compares a start date with Zoho's time, and asks for that only where there is one", async () => {
  assert.equal((await checked(all)).timesAsked, 0);
  assert.equal((await checked(all, '2026-01-01T00:00:00Z')).timesAsked, 1);
  await assert.rejects(checked(all, '2026-01-01T00:00:01Z'), {
    name: 'ConfigError',
    message: 'Cannot use the endpoint config: start_date 2026-01-01T00:00:01Z is in the future; set it to a time that has passed',
  });
});

client('reads the resources of all bindings in their order, or says all that is wrong with them', () => {
  const read = (...configs: readonly unknown[]) => readResources(configs.map((resourceConfig) => ({resourceConfig})));
  assert.deepEqual(
    read({name: 'Tasks'}, {name: 'Leads'}).map(({name}) => name),
    ['Tasks', 'Leads'],
  );
  assert.deepEqual(read(), []);
  assert.throws(() => read({name: 'Leads', interval: 'soon'}, {name: 'Deals'}, {name: 'Tasks', schedule: 'never'}, {}), {
    name: 'ConfigError',
    message: /^3 bindings cannot be used: .*'Leads': interval must .*'Tasks': schedule must .*name is missing$/,
  });
  assert.throws(() => read({}, {name: 'Leads'}), {message: /^Cannot use the resource config: .*name is missing$/});
});

client('refuses what is wrong in one line', () => {
  refuse([]);
  assert.throws(() => refuse(['a']), {name: 'ConfigError', message: 'a'});
  assert.throws(() => refuse(['a', 'b']), {name: 'ConfigError', message: '2 bindings cannot be used: a; b'});
});

client('is closed once it has been used, however that ends', async () => {
  const {options, open} = connectorOf({});
  assert.equal(await withClient(config, options, async ({origin}) => `${origin} ${open()}`), 'https://www.zohoapis.com 1');
  const fails = withClient(config, options, async () => {
    throw new Error('of the use');
  });
  await assert.rejects(fails, /of the use/);
  assert.equal(open(), 0);
});

client('is not made for an address of this machine where those are switched off', async () => {
  const options = {clock: new JumpingClock(), log: silent, loopback: 'off'};
  await assert.rejects(
    withClient(config, options, async () => assert.fail('used')),
    {name: 'ConfigError'},
  );
});

client.run();
