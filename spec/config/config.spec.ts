import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {parseSchedule} from '../../lib/capture/schedule.ts';
import {parseConfig, parseResource, refuseFutureStart} from '../../lib/config/config.ts';
import {ConfigError} from '../../lib/errors/errors.ts';

const config = suite('config');

const credentials = {
  credentials_title: 'OAuth Credentials',
  client_id: '1000.CLIENT',
  client_secret: 'very-secret',
  refresh_token: '1000.refresh',
  api_domain: 'https://www.zohoapis.com',
};

/** The message that a function fails with. */
function failure(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ConfigError, `expected a ConfigError, not ${error}`);
    return error.message;
  }
  return assert.fail('expected a failure');
}

config('reads an endpoint config, with and without its optional properties', () => {
  const parsed = {
    clientId: '1000.CLIENT',
    clientSecret: 'very-secret',
    refreshToken: '1000.refresh',
    apiDomain: 'https://www.zohoapis.com',
  };
  const {credentials_title: _, ...untitled} = credentials;
  assert.deepEqual(parseConfig({credentials: untitled}), {credentials: parsed});
  assert.deepEqual(parseConfig({credentials, start_date: '2024-01-01T02:00:00+02:00', sops: {}}), {
    credentials: parsed,
    startDate: '2024-01-01T00:00:00Z',
  });
});

config('takes a start date left blank for none', () => {
  for (const start_date of ['', null, undefined]) assert.equal('startDate' in parseConfig({credentials, start_date}), false);
});

config('takes off the white space that comes with copied credentials', () => {
  const copied = {...credentials, refresh_token: ' 1000.refresh\n'};
  assert.equal(parseConfig({credentials: copied}).credentials.refreshToken, '1000.refresh');
});

config('names each property of the credentials that is missing, empty or of another type', () => {
  for (const name of ['client_id', 'client_secret', 'refresh_token', 'api_domain']) {
    const withIt = (value: unknown) => ({credentials: {...credentials, [name]: value}});
    const said = (value: unknown) => failure(() => parseConfig(withIt(value)));
    assert.equal(said(undefined), `Cannot use the endpoint config: credentials.${name} is missing`);
    assert.equal(said(' '), `Cannot use the endpoint config: credentials.${name} is empty`);
    assert.equal(said(42), `Cannot use the endpoint config: credentials.${name} must be a string, not a number`);
    assert.equal(said(['a']), `Cannot use the endpoint config: credentials.${name} must be a string, not an array`);
    assert.equal(said(null), `Cannot use the endpoint config: credentials.${name} must be a string, not null`);
  }
});

config('says all that is wrong in one line', () => {
  assert.equal(
    failure(() => parseConfig({credentials: {client_id: 'a'}, start_date: '2024-01-32'})),
    'Cannot use the endpoint config: credentials.client_secret is missing; credentials.refresh_token is missing; credentials.api_domain is missing; start_date must be a date, such as "2024-01-01" or "2024-01-01T00:00:00Z"',
  );
});

config('says what is wrong with a config that has no credentials, or is none', () => {
  const said = (value: unknown) => failure(() => parseConfig(value));
  assert.equal(said({}), 'Cannot use the endpoint config: credentials is missing');
  assert.equal(said({credentials: 'token'}), 'Cannot use the endpoint config: credentials must be an object, not a string');
  assert.equal(said(null), 'Cannot use the endpoint config: it must be an object, not null');
  assert.equal(said(undefined), 'Cannot use the endpoint config: it is missing');
  assert.equal(
    said({credentials: {...credentials, credentials_title: 'Password'}}),
    'Cannot use the endpoint config: credentials.credentials_title must be "OAuth Credentials"',
  );
});

config('says which credentials are still the placeholders of a sample', () => {
  assert.equal(
    failure(() => parseConfig({credentials: {...credentials, client_secret: '<secret>', refresh_token: '<your token>'}})),
    'Cannot use the endpoint config: credentials.client_secret is a placeholder; replace it with your own; credentials.refresh_token is a placeholder; replace it with your own',
  );
});

config('takes an interval and a schedule that are left blank for the defaults', () => {
  assert.deepEqual(parseResource({name: 'Leads', interval: null, schedule: null}), {name: 'Leads', intervalMs: 300_000});
});

config('refuses a start date of another type or form', () => {
  for (const start_date of [5, '2024-02-30T00:00:00Z', '01/02/2024', '2024']) {
    assert.match(
      failure(() => parseConfig({credentials, start_date})),
      /^Cannot use the endpoint config: start_date must be /,
    );
  }
});

config('refuses a start date that lies in the future of Zoho, to the second', () => {
  const starting = parseConfig({credentials, start_date: '2026-10-01T00:00:00Z'});
  const startS = Date.parse('2026-10-01T00:00:00Z') / 1000;
  refuseFutureStart(starting, startS);
  refuseFutureStart(parseConfig({credentials}), 0);
  assert.equal(
    failure(() => refuseFutureStart(starting, startS - 1)),
    'Cannot use the endpoint config: start_date 2026-10-01T00:00:00Z is in the future; set it to a time that has passed',
  );
});

config('never repeats a value of the credentials', () => {
  const secret = fc.string({minLength: 8}).map((text) => `S${text}S`);
  const broken = fc.oneof(
    fc.record({credentials: secret}),
    fc.record({
      credentials: fc.record({client_secret: fc.array(secret), refresh_token: fc.dictionary(fc.constant('a'), secret)}),
    }),
    fc.record({credentials: fc.record({client_id: secret, client_secret: secret}), start_date: fc.integer()}),
  );
  fc.assert(
    fc.property(broken, (value) => {
      const message = failure(() => parseConfig(value));
      for (const [, text] of JSON.stringify(value).matchAll(/"(S(?:[^"\\]|\\.)*S)"/g)) assert.ok(!message.includes(text!));
    }),
  );
});

config('reads a resource config with its defaults', () => {
  assert.deepEqual(parseResource({name: 'Leads'}), {name: 'Leads', intervalMs: 300_000});
  assert.deepEqual(parseResource({name: 'Leads', interval: 'PT0S', schedule: '', _meta: {path: ['Leads']}}), {
    name: 'Leads',
    intervalMs: 0,
  });
  assert.deepEqual(parseResource({name: 'Leads', interval: 'P1D', schedule: '55 23 * * *', _meta: null}), {
    name: 'Leads',
    intervalMs: 86_400_000,
    schedule: '55 23 * * *',
  });
});

config('names each property of a resource config that is wrong', () => {
  const said = (value: unknown) => failure(() => parseResource(value));
  assert.equal(said({}), 'Cannot use the resource config: name is missing');
  assert.equal(said({name: ''}), 'Cannot use the resource config: name is empty');
  assert.equal(said({name: 7}), 'Cannot use the resource config: name must be a string, not a number');
  assert.equal(
    said({name: 'Leads', interval: 300}),
    "Cannot use the resource config of 'Leads': interval must be a string, not a number",
  );
  assert.equal(
    said({name: 'Leads', interval: '5 minutes'}),
    `Cannot use the resource config of 'Leads': interval must be a duration, such as "PT5M", "PT1H" or "5m"`,
  );
  assert.equal(
    said({name: 'Leads', _meta: 7}),
    "Cannot use the resource config of 'Leads': _meta must be an object, not a number",
  );
  assert.equal(
    said({name: 'Leads', shedule: ''}),
    "Cannot use the resource config of 'Leads': shedule is not a property of it, did you mean schedule?",
  );
  assert.equal(said({name: 'Leads', cron: ''}), "Cannot use the resource config of 'Leads': cron is not a property of it");
  assert.equal(said('Leads'), 'Cannot use the resource config: it must be an object, not a string');
});

config('takes every form of cron that the older connector took', () => {
  const expressions = [
    '* * * * *',
    '*/15 * * * *',
    '0,30 8-18 * * 1-5',
    '00 01 05 1 0',
    '5,10-20,*/30 */2 1-15 1,6,12 *',
    '55  23\t* * *',
    '59 23 31 12 6',
    '0 0 29 2 *',
  ];
  for (const expression of expressions) {
    assert.equal(parseResource({name: 'Leads', schedule: expression}).schedule, expression.replaceAll(/\s+/g, ' '), expression);
  }
});

config('takes the forms of cron that people know besides', () => {
  const written: [string, string][] = [
    ['@daily', '0 0 * * *'],
    ['0 1 * * MON-Fri', '0 1 * * mon-fri'],
    ['0 8-18/2 * JAN 7', '0 8-18/2 * jan 7'],
    [' 55 23 * * * ', '55 23 * * *'],
  ];
  for (const [given, read] of written) assert.equal(parseResource({name: 'Leads', schedule: given}).schedule, read, given);
});

config('tells a person which properties nothing reads, and takes them from Flow', () => {
  const misspelt = {credentials: {...credentials, clientSecret: 'x'}, startDate: '2024-01-01', advanced: {}};
  assert.equal(
    failure(() => parseConfig(misspelt, 'person')),
    'Cannot use the endpoint config: startDate is not a property of it, did you mean start_date?; advanced is not a property of it; credentials.clientSecret is not a property of it, did you mean client_secret?',
  );
  assert.equal(parseConfig(misspelt).startDate, undefined);
  assert.equal(parseConfig({credentials, sops: {}, _meta: {}}, 'person').startDate, undefined);
  assert.equal(
    failure(() => parseConfig({credentials: {clientId: 'a', ...credentials, client_id: undefined}}, 'person')),
    'Cannot use the endpoint config: credentials.client_id is missing; credentials.clientId is not a property of it, did you mean client_id?',
  );
});

config('admits only schedules that can be read and fire', () => {
  const cronField = (least: number, most: number) => {
    const value = fc.integer({min: least, max: most}).map(String);
    const range = fc.tuple(value, value).map(([from, to]) => `${from}-${to}`);
    const step = fc.integer({min: 1, max: Math.min(most, 31)}).map((by) => `*/${by}`);
    const item = fc.oneof(value, range, step, fc.constant('*'));
    return fc.array(item, {minLength: 1, maxLength: 4}).map((items) => items.join(','));
  };
  const expression = fc
    .tuple(cronField(0, 59), cronField(0, 23), cronField(1, 31), cronField(1, 12), cronField(0, 6))
    .map((fields) => fields.join(' '));
  let admitted = 0;
  fc.assert(
    fc.property(expression, (schedule) => {
      try {
        const read = parseSchedule(parseResource({name: 'Leads', schedule}).schedule!);
        assert.ok(read.minutes.length > 0 && read.hours.length > 0);
        admitted++;
      } catch (error) {
        assert.ok(error instanceof ConfigError && /never fire/.test(error.message), `${error}`);
      }
    }),
  );
  assert.ok(admitted > 50, `only ${admitted} of 100 were admitted`);
});

config('refuses every other form of cron, steps of 0 among them', () => {
  const form =
    'Cannot use the resource config of \'Leads\': schedule must be empty or a cron expression of five fields (minute, hour, day of month, month, day of week), such as "55 23 * * *"';
  const others = [
    '*/0 * * * *',
    '* */0 * * *',
    '* * */0 * *',
    '* * * * */0',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * 32 * *',
    '* * * 13 *',
    'daily',
    '* * * * 8',
    '* * * * MOND',
    '@reboot',
    '5/2 * * * *,',
    '1-5/0 * * * *',
    '* * L * *',
  ];
  for (const expression of others) {
    assert.equal(
      failure(() => parseResource({name: 'Leads', schedule: expression})),
      form,
      JSON.stringify(expression),
    );
  }
  assert.equal(
    failure(() => parseResource({name: 'Leads', schedule: '0 0 31 2 *'})),
    "Cannot use the resource config of 'Leads': schedule names a day that its months do not have, so it would never fire",
  );
});

config.run();
