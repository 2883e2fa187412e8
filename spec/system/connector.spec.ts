import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import {suite} from 'uvu';
import {connectorHandlers} from '../../lib/connector/handlers.ts';
import type {Handlers} from '../../lib/connector/serve.ts';
import {ConfigError, ZohoError} from '../../lib/errors/errors.ts';
import {fnv1a32} from '../../lib/flow/shard.ts';
import type {Log} from '../../lib/platform/log.ts';
import {talk} from '../harness/conversation.ts';
import {
  complaint,
  type FakeOptions,
  type FakeZoho,
  type Received,
  type Reply,
  tokenReply,
  withZoho,
} from '../harness/fake-zoho.ts';

const connector = suite('connector with Zoho');

const module = (name: string) => ({
  api_name: name,
  module_name: name,
  plural_label: name,
  api_supported: true,
  generated_type: 'default',
  status: 'visible',
});
const fields = ['Modified_Time', 'Company'].map((name) => ({api_name: name, data_type: 'text', json_type: 'string'}));

/** An organisation with three modules. */
const usual: FakeOptions = {
  answer({path}: Received): Reply {
    const isList = new URL(path, 'http://127.0.0.1').pathname === '/crm/v8/settings/modules';
    return [200, isList ? {modules: ['Tasks', 'Leads', 'Accounts'].map(module)} : {fields}];
  },
};

interface Case {
  readonly handlers: Handlers;
  readonly config: {credentials: object; start_date?: string};
  readonly logged: string[];
  readonly zoho: FakeZoho;
}

function withConnector(options: FakeOptions, use: (given: Case) => Promise<void>): Promise<void> {
  return withZoho(options, async (zoho) => {
    const logged: string[] = [];
    const log: Log = (level, message) => logged.push(`${level}: ${message}`);
    const handlers = connectorHandlers({clock: zoho.clock, log, loopback: undefined});
    const credentials = {
      client_id: 'c',
      client_secret: 'client-secret-canary',
      refresh_token: 'refresh-canary',
      api_domain: zoho.url,
    };
    await use({handlers, config: {credentials}, logged, zoho});
  });
}

const line = (message: unknown) => `${JSON.stringify(message)}\n`;
const signal = new AbortController().signal;
const bound = (...resources: object[]) => resources.map((resourceConfig) => ({resourceConfig, collection: 'a/b', key: ['/id']}));

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  return assert.fail('expected a failure');
}

connector('discovers modules, and validates their bindings', () =>
  withConnector(usual, async ({handlers, config}) => {
    const found = await handlers.discover(config, signal);
    assert.deepEqual(
      found.map(({recommendedName}) => recommendedName),
      ['Accounts', 'Leads', 'Tasks'],
    );
    const bindings = bound({name: 'Tasks'}, {name: 'Leads'});
    assert.deepEqual(await handlers.validate({kind: 'validate', config, bindings}, signal), [['Tasks'], ['Leads']]);
  }),
);

connector('gives up a discover or validate that limits hold up, within minutes', () =>
  withConnector({answer: () => [429, complaint('TOO_MANY_REQUESTS')]}, async ({handlers, config, zoho}) => {
    for (const act of [
      handlers.discover,
      (given: object) => handlers.validate({kind: 'validate', config: given, bindings: []}, signal),
    ]) {
      const sinceMs = zoho.clock.elapsedMs();
      const error = await failure(act(config, signal));
      assert.ok(error instanceof ZohoError && error.kind === 'unavailable', `${error}`);
      const waitedMs = zoho.clock.elapsedMs() - sinceMs;
      assert.ok(waitedMs > 60_000 && waitedMs <= 300_000, `${waitedMs / 1000} s`);
    }
  }),
);

connector('refuses a wrong secret in one line that does not hold it', () =>
  withConnector({...usual, token: () => [200, {error: 'invalid_client_secret'}]}, async ({handlers, config}) => {
    for (const act of [handlers.discover(config, signal), handlers.validate({kind: 'validate', config, bindings: []}, signal)]) {
      const error = await failure(act);
      assert.ok(error instanceof ZohoError && error.kind === 'credentials', `${error}`);
      assert.doesNotMatch(error.message, /canary|\n/);
    }
  }),
);

connector('names the host that it cannot reach', () =>
  withConnector(usual, async ({handlers, config}) => {
    const nowhere = {credentials: {...config.credentials, api_domain: 'http://127.0.0.1:1'}};
    const error = await failure(handlers.discover(nowhere, signal));
    assert.ok(error instanceof ZohoError && error.kind === 'unavailable', `${error}`);
    assert.match(error.message, /127\.0\.0\.1:1/);
    assert.doesNotMatch(error.message, /canary|\n/);
  }),
);

connector('refuses a start date that lies ahead of Zoho, on every request', () =>
  withConnector(usual, async ({handlers, config}) => {
    const ahead = {...config, start_date: '9999-01-01T00:00:00Z'};
    const said =
      'Cannot use the endpoint config: start_date 9999-01-01T00:00:00Z is in the future; set it to a time that has passed';
    const bindings = bound({name: 'Leads'});
    const open = {open: {capture: {config: ahead, bindings: [{resourceConfig: {name: 'Leads'}, stateKey: 'Leads'}]}}};
    assert.equal((await failure(handlers.discover(ahead, signal))).message, said);
    assert.equal((await failure(handlers.validate({kind: 'validate', config: ahead, bindings}, signal))).message, said);
    assert.equal((await failure(talk(line(open), {handlers}))).message, said);
  }),
);

connector('needs neither network nor a usable config to answer spec and apply', async () => {
  const handlers = connectorHandlers({clock: unusable, log: () => {}, loopback: 'off'});
  const output = await talk(line({spec: {config: {}}}) + line({apply: {capture: {config: 7}}}), {handlers});
  assert.match(output, /^\{"spec":.*\}\n\{"applied":\{"actionDescription":""\}\}\n$/);
});

const unusable = {
  nowMs: () => assert.fail('asked for the time'),
  elapsedMs: () => assert.fail('asked for the time'),
  sleep: () => assert.fail('slept'),
};

connector('idles in a shard that has no bindings, asks Zoho nothing, and says so in the status', () =>
  withConnector(usual, async ({handlers, config, logged, zoho}) => {
    const key = fnv1a32('Leads');
    const stop = new AbortController();
    const input = new PassThrough();
    const capture = {config, bindings: [{resourceConfig: {name: 'Leads'}, stateKey: 'Leads'}]};
    input.end(line({open: {capture, range: {keyBegin: key + 1, keyEnd: 4_294_967_295}}}));
    const talked = talk(input, {handlers, signal: stop.signal});
    let ended = false;
    talked.then(
      () => (ended = true),
      () => (ended = true),
    );
    while (!ended && !logged.includes('info: Capture started. No bindings are enabled.')) await new Promise(setImmediate);
    assert.equal(ended, false);
    stop.abort();
    assert.equal(await talked, '{"opened":{"explicitAcknowledgements":false}}\n');
    assert.equal(logged[0], 'info: This shard runs 0 of 1 bindings');
    assert.deepEqual([zoho.tokens, zoho.received], [[], []]);
  }),
);

connector('begins a session in an outage, and says in the status what it waits for', () => {
  let calls = 0;
  return withConnector(
    {...usual, token: (_, count) => (++calls <= 40 ? [503, '<html>'] : tokenReply(count))},
    async ({handlers, config, logged, zoho}) => {
      const stop = new AbortController();
      const input = new PassThrough();
      input.end(line({open: {capture: {config, bindings: [{resourceConfig: {name: 'Leads'}, stateKey: 'Leads'}]}}}));
      const talked = talk(input, {handlers, signal: stop.signal}).catch((error: unknown) => error);
      const begun = () => zoho.received.some(({path}) => path.includes('/settings/fields'));
      while (!begun() && zoho.clock.elapsedMs() < 1_000_000) await new Promise(setImmediate);
      stop.abort();
      await talked;
      assert.ok(begun(), logged.at(-1) ?? 'nothing was logged');
      assert.ok(logged.some((text) => text.startsWith('info: Waiting for Zoho: Cannot get an access token: ')));
    },
  );
});

connector('refuses loopback addresses where they are switched off, before a credential leaves', () =>
  withConnector(usual, async ({config, zoho}) => {
    const handlers = connectorHandlers({clock: zoho.clock, log: () => {}, loopback: 'off'});
    const error = await failure(handlers.discover(config, signal));
    assert.ok(error instanceof ConfigError, `${error}`);
    assert.deepEqual([zoho.tokens, zoho.received], [[], []]);
  }),
);

connector.run();
