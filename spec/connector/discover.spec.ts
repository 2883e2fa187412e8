/** Discovery and validation with a client whose answers each case defines. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {EndpointConfig} from '../../lib/config/config.ts';
import {bindingsFound, pathsOf} from '../../lib/connector/discover.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {Field} from '../../lib/records/field.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {textField} from '../harness/fields.ts';

const requests = suite('discover and validate');

const config: EndpointConfig = {
  credentials: {clientId: 'c', clientSecret: 's', refreshToken: 'r', apiDomain: 'https://www.zohoapis.com'},
};

const dated = [textField('id'), textField('Modified_Time'), textField('Company')];
const undated = [textField('id'), textField('Skill')];

/** Zoho with these modules and their fields, or why it gives none; `asked` is in the order of the calls. */
function zoho(modules: Readonly<Record<string, readonly Field[] | null | Error>>) {
  const asked: string[] = [];
  const logged: string[] = [];
  const client = {
    origin: 'https://www.zohoapis.com',
    async modules() {
      asked.push('modules');
      return Object.keys(modules).map((name) => ({name, label: name, apiSupported: true, generatedType: '', status: ''}));
    },
    async fields(name: string) {
      asked.push(name);
      const fields = modules[name];
      if (fields instanceof Error) throw fields;
      return fields;
    },
    nowSeconds: async () => Date.UTC(2026, 0, 1) / 1_000,
    scopes: async () => undefined,
  } as unknown as ZohoClient;
  const {signal} = new AbortController();
  return {
    asked,
    logged,
    asking: {client, signal, log: (level: string, message: string) => void logged.push(`${level}: ${message}`)},
  };
}

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

requests('find the modules that can be captured, and say in the log why each other one was left out', async () => {
  const {asking, logged} = zoho(usual);
  assert.deepEqual(
    (await bindingsFound(config, asking)).map(({recommendedName}) => recommendedName),
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
    bindingsFound(config, zoho(Object.fromEntries(listed.map((name) => [name, dated]))).asking);
  assert.equal(JSON.stringify(await found(names)), JSON.stringify(await found(names.toReversed())));
});

requests('answer with the paths of the bindings in their order, and read the fields of no other module', async () => {
  const {asking, asked} = zoho(usual);
  const bindings = bound({name: 'Tasks', _meta: {path: ['Tasks']}}, {name: 'Leads', schedule: '55 23 * * *'});
  assert.deepEqual(await pathsOf(bindings, config, asking), [['Tasks'], ['Leads']]);
  assert.deepEqual(asked, ['modules', 'Leads', 'Tasks']);
});

const faults: [names: readonly string[], message: string][] = [
  [['Leeds'], "Resource 'Leeds' was not found, did you mean 'Leads'?"],
  [['Invoices_2'], "Resource 'Invoices_2' was not found"],
  [['Empties'], "Resource 'Empties' cannot be captured: Zoho keeps no field metadata for it"],
  [['Secrets'], "Resource 'Secrets' cannot be captured: no permission"],
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
    await assert.rejects(pathsOf(bindings, config, zoho(usual).asking), {name: 'ConfigError', message});
  });
}

requests('tell a collection whose key does not fit its module to be discovered anew', async () => {
  const validated = (name: string, key: readonly string[]) =>
    pathsOf([{resourceConfig: {name}, collection: `a/${name}`, key}], config, zoho(usual).asking);
  for (const key of [['/_meta/row_id'], []]) assert.deepEqual(await validated('Links', key), [['Links']]);
  await assert.rejects(validated('Links', ['/id']), {
    message:
      "Resource 'Links' cannot be captured into a/Links: module Links has no Modified_Time, so it is captured as a snapshot, and its collection has the key /id: discover it anew, and let its collection be created anew with the key /_meta/row_id",
  });
  await assert.rejects(validated('Leads', ['/_meta/row_id']), {
    message:
      /^Resource 'Leads' cannot be captured into a\/Leads: module Leads has a Modified_Time, .*: discover it anew, .* \/id$/,
  });
});

requests('refuse resource configs that are wrong before anything is asked', async () => {
  const {asking, asked} = zoho(usual);
  await assert.rejects(pathsOf(bound({name: 'Leads', interval: 'soon'}), config, asking), {message: /interval must/});
  assert.deepEqual(asked, []);
});

requests("refuse a start date that lies ahead of Zoho's time", async () => {
  const ahead = {...config, startDate: '2026-01-01T00:00:01Z'};
  for (const answer of [bindingsFound(ahead, zoho(usual).asking), pathsOf(bound({name: 'Leads'}), ahead, zoho(usual).asking)])
    await assert.rejects(answer, {message: /start_date 2026-01-01T00:00:01Z is in the future/});
});

requests.run();
