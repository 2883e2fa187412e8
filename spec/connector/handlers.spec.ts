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

const connector = suite('connector');

const module = (name: string, more: object = {}) => ({
  api_name: name,
  module_name: name,
  plural_label: name,
  api_supported: true,
  generated_type: 'default',
  status: 'visible',
  ...more,
});
const fields = ['Modified_Time', 'Company'].map((name) => ({api_name: name, data_type: 'text', json_type: 'string'}));

/** An organisation with modules of every sort; fields answer by module. */
function org(modules: object[], answers: Readonly<Record<string, Reply>> = {}): FakeOptions {
  return {
    answer({path}: Received): Reply {
      const url = new URL(path, 'http://127.0.0.1');
      if (url.pathname === '/crm/v8/settings/modules') return [200, {modules}];
      const name = url.searchParams.get('module') ?? '';
      return answers[name] ?? [200, {fields}];
    },
  };
}

const usual = org(
  [
    module('Tasks'),
    module('Leads'),
    module('Notes'),
    module('Home', {api_supported: false}),
    module('Links', {generated_type: 'linking'}),
    module('Secrets'),
    module('Empties'),
    module('Accounts'),
  ],
  {
    Links: [200, {fields: fields.slice(1)}],
    Secrets: [400, complaint('NO_PERMISSION', {}, 'permission denied')],
    Empties: [204],
  },
);

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

connector('discovers the modules that can be captured, and says in the log why each other one was left out', () =>
  withConnector(usual, async ({handlers, config, logged}) => {
    const bindings = await handlers.discover(config, signal);
    assert.deepEqual(
      bindings.map(({recommendedName}) => recommendedName),
      ['Accounts', 'Leads', 'Links', 'Tasks'],
    );
    for (const name of ['Notes', 'Home', 'Secrets', 'Empties']) {
      assert.equal(logged.filter((text) => text.startsWith(`info: Module ${name} is `)).length, 1, name);
    }
  }),
);

connector('discovers the same bytes in whatever order Zoho lists its modules', async () => {
  const names = ['Leads', 'Deals', 'Accounts', 'Übersicht', 'leads'];
  const answers: string[] = [];
  for (const listed of [names, names.toReversed()]) {
    await withConnector(org(listed.map((name) => module(name))), async ({handlers, config}) => {
      answers.push(await talk(line({discover: {config}}), {handlers}));
    });
  }
  assert.equal(answers[0], answers[1]);
});

connector('fails to discover, rather than leave a module out, when an answer about it does not come', () =>
  withConnector(org([module('Leads'), module('Deals')], {Deals: [503, 'busy']}), async ({handlers, config}) => {
    const error = await failure(handlers.discover(config, signal));
    assert.ok(error instanceof ZohoError && error.kind === 'unavailable', `${error}`);
  }),
);

connector('validates bindings with their paths in the order of the request, reading the fields of no other module', () =>
  withConnector(usual, async ({handlers, config, zoho}) => {
    const bindings = bound({name: 'Tasks', _meta: {path: ['Tasks']}}, {name: 'Leads', schedule: '55 23 * * *'});
    assert.deepEqual(await handlers.validate({kind: 'validate', config, bindings}, signal), [['Tasks'], ['Leads']]);
    const asked = zoho.received.map(({path}) => new URL(path, zoho.url).searchParams.get('module'));
    assert.deepEqual(asked.filter((name) => name !== null).toSorted(), ['Leads', 'Tasks']);
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

connector('says of each binding that cannot be captured why, and what was probably meant', () =>
  withConnector(usual, async ({handlers, config}) => {
    const said = async (...names: string[]) => {
      const bindings = bound(...names.map((name) => ({name})));
      const error = await failure(handlers.validate({kind: 'validate', config, bindings}, signal));
      assert.ok(error instanceof ConfigError, `${error}`);
      return error.message;
    };
    assert.equal(await said('Leeds'), "Resource 'Leeds' was not found, did you mean 'Leads'?");
    assert.equal(await said('Invoices_2'), "Resource 'Invoices_2' was not found");
    assert.match(await said('Empties'), /^Resource 'Empties' cannot be captured: .*field metadata/);
    assert.equal(await said('Tasks', 'Tasks'), "Resource 'Tasks' is in several bindings; keep one of them");
    assert.equal(
      await said('Leads', 'Task', 'X'),
      "2 bindings cannot be used: Resource 'Task' was not found, did you mean 'Tasks'?; Resource 'X' was not found",
    );
  }),
);

connector('tells a collection whose key does not fit its module to be discovered anew', () =>
  withConnector(
    org([module('Leads'), module('Links')], {
      Links: [200, {fields: [{api_name: 'Skill', data_type: 'text', json_type: 'string'}]}],
    }),
    async ({handlers, config}) => {
      const validated = (name: string, key: string[]) =>
        handlers.validate({kind: 'validate', config, bindings: [{resourceConfig: {name}, collection: `a/${name}`, key}]}, signal);
      assert.deepEqual(await validated('Links', ['/_meta/row_id']), [['Links']]);
      assert.deepEqual(await validated('Links', []), [['Links']]);
      assert.equal(
        (await failure(validated('Links', ['/id']))).message,
        "Resource 'Links' cannot be captured into a/Links: module Links has no Modified_Time, so it is captured as a snapshot, and its collection has the key /id: discover it anew, and let its collection be created anew with the key /_meta/row_id",
      );
      assert.match(
        (await failure(validated('Leads', ['/_meta/row_id']))).message,
        /^Resource 'Leads' cannot be captured into a\/Leads: module Leads has a Modified_Time, .*: discover it anew, .* \/id$/,
      );
    },
  ),
);

connector('says all that is wrong with the resource configs before it asks Zoho anything', () =>
  withConnector(usual, async ({handlers, config, zoho}) => {
    const bindings = bound({name: 'Leads', interval: 'soon'}, {name: 'Tasks', schedule: 'never'}, {});
    const error = await failure(handlers.validate({kind: 'validate', config, bindings}, signal));
    assert.match(
      error.message,
      /^3 bindings cannot be used: .*'Leads': interval must .*'Tasks': schedule must .*name is missing$/,
    );
    assert.equal(zoho.tokens.length, 0);
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

connector('warns of scopes that the token lacks', () =>
  withConnector(
    {...usual, token: (_, count) => tokenReply(count, {scope: 'ZohoCRM.modules.ALL ZohoCRM.settings.ALL'})},
    async ({handlers, config, logged}) => {
      await handlers.discover(config, signal);
      assert.deepEqual(
        // The dates of the fake Zoho's answers are real, and far from the time of its clock.
        logged.filter((text) => text.startsWith('warn') && !text.includes(' is dated ')),
        [
          'warn: The refresh token lacks the scope ZohoCRM.bulk.READ, ZohoCRM.coql.READ: what needs it will fail; authorize again with all scopes',
        ],
      );
    },
  ),
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
