/** Discovery and validation with a client whose answers each case defines. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {discover, validate} from '../../lib/connector/discover.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {answerWaitMaxMs} from '../../lib/limits.ts';
import {textField} from '../harness/fields.ts';
import {config, connectorOf, dated} from './zoho.ts';

const requests = suite('discover and validate');

const {signal} = new AbortController();
const undated = [textField('id'), textField('Skill')];

const usual = {
  Tasks: dated,
  Leads: dated,
  Notes: dated,
  Links: undated,
  Secrets: new ZohoError('module', 'no permission'),
  Empties: null,
  Accounts: dated,
};

const bound = (...resources: readonly object[]) =>
  resources.map((resourceConfig) => ({resourceConfig, collection: 'a/b', key: ['/id']}));

const validated = (bindings: ReturnType<typeof bound>, {options} = connectorOf(usual), given: object = config) =>
  validate({kind: 'validate', config: given, bindings}, options, signal);

requests('find the modules that can be captured, and say in the log why each other one was left out', async () => {
  const {options, logged} = connectorOf(usual);
  assert.deepEqual(
    (await discover(config, options, signal)).map(({recommendedName}) => recommendedName),
    ['Accounts', 'Leads', 'Links', 'Tasks'],
  );
  assert.deepEqual(
    logged.map((line) => line.split(' is ')[0]),
    ['info: Module Empties', 'info: Module Notes', 'info: Module Secrets'],
  );
});

requests('find the same bytes in whatever order Zoho lists its modules', async () => {
  const names = ['Leads', 'Deals', 'Accounts', 'Übersicht', 'leads'];
  const found = (listed: readonly string[]) =>
    discover(config, connectorOf(Object.fromEntries(listed.map((name) => [name, dated]))).options, signal);
  assert.equal(JSON.stringify(await found(names)), JSON.stringify(await found(names.toReversed())));
});

requests('answer with the paths of the bindings in their order, and read the fields of no other module', async () => {
  const connector = connectorOf(usual);
  const bindings = bound({name: 'Tasks', _meta: {path: ['Tasks']}}, {name: 'Leads', schedule: '55 23 * * *'});
  assert.deepEqual(await validated(bindings, connector), [['Tasks'], ['Leads']]);
  assert.deepEqual(connector.asked, ['modules', 'Leads', 'Tasks']);
});

const faults: [names: readonly string[], message: string][] = [
  [['Leeds'], "Resource 'Leeds' was not found, did you mean 'Leads'?"],
  [['Invoices_2'], "Resource 'Invoices_2' was not found"],
  [['Empties'], "Resource 'Empties' cannot be captured: Zoho keeps no field metadata for it"],
  [['Leads', 'Accounts', 'Task'], "Resource 'Task' was not found, did you mean 'Tasks'?"],
  [['Tasks', 'Tasks'], "Resource 'Tasks' is in several bindings; keep one of them"],
  [
    ['Leads', 'Task', 'X'],
    "2 bindings cannot be used: Resource 'Task' was not found, did you mean 'Tasks'?; Resource 'X' was not found",
  ],
];

for (const [names, message] of faults) {
  requests(`say of ${names.join(' and ')} why that cannot be captured, and what was probably meant`, async () => {
    const bindings = bound(...names.map((name) => ({name})));
    await assert.rejects(validated(bindings), {name: 'ConfigError', message});
  });
}

requests('tell a collection whose key does not fit its module to be discovered anew', async () => {
  const keyed = (name: string, key: string[]) => validated([{resourceConfig: {name}, collection: `a/${name}`, key}]);
  for (const key of [['/_meta/row_id'], []]) assert.deepEqual(await keyed('Links', key), [['Links']]);
  await assert.rejects(keyed('Links', ['/id']), {
    message:
      "Resource 'Links' cannot be captured into a/Links: module Links has no Modified_Time, so it is captured as a snapshot, and its collection has the key /id: discover it anew, and let its collection be created anew with the key /_meta/row_id",
  });
  await assert.rejects(keyed('Leads', ['/_meta/row_id']), {
    message:
      /^Resource 'Leads' cannot be captured into a\/Leads: module Leads has a Modified_Time, .*: discover it anew, .* \/id$/,
  });
});

requests('refuse resource configs that are wrong before anything is asked', async () => {
  const connector = connectorOf(usual);
  await assert.rejects(validated(bound({name: 'Leads', interval: 'soon'}), connector), {message: /interval must/});
  assert.deepEqual(connector.made, []);
});

requests("refuse a start date that lies ahead of Zoho's time", async () => {
  const ahead = {...config, start_date: '2026-01-01T00:00:01Z'};
  const {options} = connectorOf(usual);
  for (const answer of [discover(ahead, options, signal), validated(bound({name: 'Leads'}), connectorOf(usual), ahead)])
    await assert.rejects(answer, {message: /start_date 2026-01-01T00:00:01Z is in the future/});
});

requests('wait minutes for limits at most, each with a client of its own, which is closed', async () => {
  const connector = connectorOf(usual);
  await discover(config, connector.options, signal);
  await validated(bound({name: 'Leads'}), connector);
  await assert.rejects(validated(bound({name: 'None'}), connector));
  for (const {waitMaxMs, apiDomain, credentials, loopback} of connector.made)
    assert.deepEqual(
      {waitMaxMs, apiDomain, credentials, loopback},
      {
        waitMaxMs: answerWaitMaxMs,
        apiDomain: 'https://www.zohoapis.com',
        credentials: {clientId: 'c', clientSecret: 's', refreshToken: 'r'},
        loopback: 'off',
      },
    );
  assert.deepEqual([connector.made.length, connector.open()], [3, 0]);
});

requests.run();
