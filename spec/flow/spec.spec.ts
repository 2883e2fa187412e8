import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {parseConfig, parseResource} from '../../lib/config/config.ts';
import {cronExpression} from '../../lib/flow/cron-pattern.ts';
import {specResponse} from '../../lib/flow/spec.ts';
import {admits} from './json-schema.ts';

const spec = suite('spec response');

const credentials = {client_id: 'a', client_secret: 'b', refresh_token: 'c', api_domain: 'https://www.zohoapis.com'};

function parses(parse: (value: unknown) => unknown, value: unknown): boolean {
  try {
    parse(value);
    return true;
  } catch {
    return false;
  }
}

spec('lists the properties that the documentation lists, with their titles and order', () => {
  const titles = (properties: Readonly<Record<string, {readonly title: string}>>) =>
    Object.entries(properties).map(([name, {title}]) => `${name}: ${title}`);
  const {properties} = specResponse.configSchema;
  assert.deepEqual(titles(properties), ['credentials: Authentication', 'start_date: Start Date']);
  assert.deepEqual(titles(properties.credentials.properties), [
    'credentials_title: Credentials Title',
    'client_id: Client ID',
    'client_secret: Client Secret',
    'refresh_token: Refresh Token',
    'api_domain: API Domain',
  ]);
  assert.deepEqual(titles(specResponse.resourceConfigSchema.properties), [
    'name: Name',
    'interval: Interval',
    'schedule: Formula Field Refresh Schedule',
    '_meta: Meta',
  ]);
});

spec('marks exactly the client and token as secrets, and the tuning of a binding as none', () => {
  const {credentials} = specResponse.configSchema.properties;
  const secrets = Object.entries(credentials.properties).filter(([, property]) => 'secret' in property);
  assert.deepEqual(
    secrets.map(([name]) => name),
    ['client_id', 'client_secret', 'refresh_token'],
  );
  const {interval, schedule} = specResponse.resourceConfigSchema.properties;
  assert.deepEqual([interval.nonsensitive, interval.default, schedule.nonsensitive, schedule.default], [true, 'PT5M', true, '']);
});

spec('names the provider of the credentials as the OAuth stanza does, and asks for every scope', () => {
  const {oauth2, configSchema} = specResponse;
  assert.equal(configSchema.properties.credentials['x-oauth2-provider'], oauth2.provider);
  const url = new URL(oauth2.authUrlTemplate.replaceAll(/\{\{.*?\}\}\}?/g, ''));
  assert.deepEqual(url.searchParams.get('scope')?.split(','), [
    'ZohoCRM.bulk.READ',
    'ZohoCRM.coql.READ',
    'ZohoCRM.modules.READ',
    'ZohoCRM.settings.modules.READ',
    'ZohoCRM.settings.fields.READ',
  ]);
  assert.equal(url.searchParams.get('access_type'), 'offline');
  const filled = Object.keys(oauth2.accessTokenResponseMap);
  for (const name of filled) assert.ok(name in configSchema.properties.credentials.properties, name);
});

spec('lets Flow add its own keys: sops at the root of the config, _meta to a resource', () => {
  assert.ok(admits(specResponse.configSchema, {credentials, sops: {mac: 'x'}}));
  assert.ok(admits(specResponse.resourceConfigSchema, {name: 'Leads', _meta: {path: ['Leads']}}));
});

spec('agrees with the parser on configs', () => {
  const without = (name: string) => Object.fromEntries(Object.entries(credentials).filter(([key]) => key !== name));
  const configs: [unknown, boolean][] = [
    [{credentials}, true],
    [{credentials: {...credentials, credentials_title: 'OAuth Credentials'}}, true],
    [{credentials: {...credentials, extra: 1}}, true],
    [{credentials, start_date: '2024-01-01T00:00:00Z'}, true],
    [{credentials, start_date: '2024-01-01T00:00:00.5+02:00'}, true],
    [{credentials, start_date: 'yesterday'}, false],
    [{credentials, start_date: 20240101}, false],
    [{credentials: {...credentials, credentials_title: 'Password'}}, false],
    [{credentials: {...credentials, client_secret: 7}}, false],
    [{credentials: 'token'}, false],
    [{}, false],
    ['config', false],
    ...Object.keys(credentials).map((name): [unknown, boolean] => [{credentials: without(name)}, false]),
  ];
  for (const [value, good] of configs) {
    assert.equal(admits(specResponse.configSchema, value), good, `schema: ${JSON.stringify(value)}`);
    assert.equal(parses(parseConfig, value), good, `parser: ${JSON.stringify(value)}`);
  }
});

spec('agrees with the parser on resources', () => {
  const resources: [unknown, boolean][] = [
    [{name: 'Leads'}, true],
    [{name: 'Leads', interval: 'PT5M', schedule: '55 23 * * *', _meta: {path: ['Leads']}}, true],
    [{name: 'Leads', interval: 'PT0S', schedule: '', _meta: null}, true],
    [{name: 'Leads', interval: 'P1W'}, true],
    [{name: 'Leads', interval: 'P1DT2H3M4S'}, true],
    [{name: 'Leads', schedule: '*/5 0,12 1-7 * 0-6'}, true],
    [{name: 'Leads', interval: '5 minutes'}, false],
    [{name: 'Leads', interval: 'P'}, false],
    [{name: 'Leads', interval: 'PT'}, false],
    [{name: 'Leads', interval: 300}, false],
    [{name: 'Leads', schedule: '*/0 * * * *'}, false],
    [{name: 'Leads', schedule: '55 24 * * *'}, false],
    [{name: 'Leads', schedule: '55 23 * *'}, false],
    [{name: 'Leads', schedule: 'daily'}, false],
    [{name: 'Leads', module: 'Leads'}, false],
    [{name: 'Leads', _meta: 'x'}, false],
    [{name: 7}, false],
    [{interval: 'PT5M'}, false],
    [null, false],
  ];
  for (const [value, good] of resources) {
    assert.equal(admits(specResponse.resourceConfigSchema, value), good, `schema: ${JSON.stringify(value)}`);
    assert.equal(parses(parseResource, value), good, `parser: ${JSON.stringify(value)}`);
  }
});

spec('admits less than the parser of dates, durations and schedules, for which people have forms of their own', () => {
  const config = {credentials, start_date: '2024-01-01'};
  assert.deepEqual([admits(specResponse.configSchema, config), parses(parseConfig, config)], [false, true]);
  for (const more of [{interval: '5m'}, {schedule: '@daily'}, {schedule: '0 1 * * mon-fri'}]) {
    const resource = {name: 'Leads', ...more};
    assert.deepEqual([admits(specResponse.resourceConfigSchema, resource), parses(parseResource, resource)], [false, true]);
  }
});

spec('admits no schedule that the parser refuses, unless it would never fire', () => {
  const near = fc
    .tuple(
      ...['0,30', '*/15', '1-5', '*', '55'].map((field) =>
        fc.oneof(fc.constant(field), fc.string({unit: fc.constantFrom(...'0123*/,-'), maxLength: 5})),
      ),
    )
    .map((fields) => fields.join(' '));
  fc.assert(
    fc.property(near, (schedule) => {
      const resource = {name: 'Leads', schedule};
      if (admits(specResponse.resourceConfigSchema, resource)) assert.ok(cronExpression(schedule) !== undefined, schedule);
    }),
  );
});

spec.run();
