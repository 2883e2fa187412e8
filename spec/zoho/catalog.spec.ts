import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {silent} from '../../lib/platform/log.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {catalog} from '../../lib/zoho/catalog.ts';
import {complaint, type FakeOptions, type FakeZoho, type Reply, tokenReply, withZoho} from '../harness/fake-zoho.ts';

const modules = suite('catalog');
const {signal} = new AbortController();

const text = (api_name: string): object => ({api_name, data_type: 'text', json_type: 'string'});
const modified = {api_name: 'Modified_Time', data_type: 'datetime', json_type: 'string'};
const readable: Reply = [200, {fields: [text('Name'), modified]}];
const listed = (api_name: string, more: object = {}): object => ({
  api_name,
  plural_label: `${api_name} label`,
  api_supported: true,
  generated_type: 'default',
  status: 'visible',
  ...more,
});

/** A server with these modules; `fields` says how it answers for the fields of each, readable if it does not. */
function org(list: object[], fields: Record<string, Reply> = {}, more: FakeOptions = {}): FakeOptions {
  return {
    answer({path}) {
      const name = /module=(\w+)/.exec(path)?.[1];
      return name === undefined ? [200, {modules: list}] : (fields[name] ?? readable);
    },
    ...more,
  };
}

function promise(name: string, options: FakeOptions, use: (zoho: FakeZoho) => Promise<void>): void {
  modules(name, () => withZoho(options, use));
}

async function skipsOf(zoho: FakeZoho): Promise<Record<string, string | undefined>> {
  const entries = await catalog(zoho.client, signal, silent);
  return Object.fromEntries(entries.map(({name, skip}) => [name, skip]));
}

promise(
  'lists modules with their fields, in the order of their bytes',
  org(['b', 'Z', 'a', 'a1'].map((name) => listed(name))),
  async (zoho) => {
    const entries = await catalog(zoho.client, signal, silent);
    assert.deepEqual(
      entries.map(({name, label, fields}) => [name, label, fields?.map((field) => field.name)]),
      ['Z', 'a', 'a1', 'b'].map((name) => [name, `${name} label`, ['Modified_Time', 'Name', 'id']]),
    );
  },
);

promise(
  'skips what the list of modules says cannot be captured, without asking for fields',
  org([
    listed('Notes'),
    listed('Functions__s'),
    listed('Home', {api_supported: false}),
    listed('Web', {generated_type: 'web'}),
    listed('Going', {status: 'scheduled_for_deletion'}),
    listed('Leads'),
  ]),
  async (zoho) => {
    assert.deepEqual(await skipsOf(zoho), {
      Notes: 'its records cannot be read through the APIs that the connector uses',
      Functions__s: 'its records cannot be read through the APIs that the connector uses',
      Home: "Zoho's API does not support it",
      Web: 'it is of the kind web, which has no records',
      Going: 'it is about to be deleted',
      Leads: undefined,
    });
    assert.equal(zoho.received.length, 2);
  },
);

promise(
  'captures linking, subform and tracker modules that have no Modified_Time as snapshots',
  org(
    ['linking', 'subform', 'field_tracker', 'picklisttracker'].flatMap((generated_type) => [
      listed(`${generated_type}_with`, {generated_type}),
      listed(`${generated_type}_without`, {generated_type}),
    ]),
    Object.fromEntries(
      ['linking', 'subform', 'field_tracker', 'picklisttracker'].map((kind) => [
        `${kind}_without`,
        [200, {fields: [text('Name')]}] as Reply,
      ]),
    ),
  ),
  async (zoho) => {
    for (const {name, skip, snapshot} of await catalog(zoho.client, signal, silent)) {
      assert.equal(skip, undefined, name);
      assert.equal(snapshot, name.endsWith('_with') ? undefined : true, name);
    }
  },
);

modules('skips a module of which Zoho refuses only its fields, whatever the reason', async () => {
  const refusing = {
    origin: 'https://zoho',
    modules: async () => ['Leads', 'Odd'].map((name) => ({name, label: name, apiSupported: true, generatedType: '', status: ''})),
    fields: async (name: string) => {
      if (name === 'Odd') throw new ZohoError('refused', 'Zoho does not want to');
      return [];
    },
    scopes: async () => undefined,
  } as unknown as ZohoClient;
  assert.deepEqual(
    (await catalog(refusing, signal, silent)).map(({name, skip}) => [name, skip]),
    [
      ['Leads', undefined],
      ['Odd', 'Zoho does not want to'],
    ],
  );
});

promise(
  'skips a module for a definite answer about it, with the reason',
  org(
    ['Bare', 'Closed', 'Gone', 'Good', 'Unlicensed'].map((name) => listed(name)),
    {
      Bare: [204],
      Closed: [400, complaint('NO_PERMISSION', {permissions: ['Crm_Implied_View_Closed']}, 'permission denied')],
      Gone: [400, complaint('INVALID_MODULE')],
      Unlicensed: [400, complaint('FEATURE_NOT_ENABLED')],
    },
  ),
  async (zoho) => {
    assert.deepEqual(await skipsOf(zoho), {
      Bare: 'Zoho keeps no field metadata for it',
      Closed:
        "Cannot read the fields of module Closed: the token's user has no permission for this (NO_PERMISSION: permission denied)",
      Gone: 'Cannot read the fields of module Gone: Zoho answers INVALID_MODULE: words',
      Good: undefined,
      Unlicensed: 'Cannot read the fields of module Unlicensed: Zoho answers FEATURE_NOT_ENABLED: words',
    });
  },
);

promise('says in the log why it skips a module', org([listed('Good'), listed('Notes')]), async (zoho) => {
  const lines: string[] = [];
  await catalog(zoho.client, signal, (level, message) => lines.push(`${level} ${message}`));
  assert.deepEqual(lines, [
    'info Module Notes is not captured: its records cannot be read through the APIs that the connector uses',
  ]);
});

promise(
  'fails as a whole when trouble that passes outlives its tries: a module must not vanish for it',
  org([listed('Good'), listed('Shaky')], {Shaky: [503, complaint('INTERNAL_ERROR')]}),
  async (zoho) => {
    await assert.rejects(catalog(zoho.client, signal, silent), {kind: 'unavailable'});
  },
);

promise(
  'fails as a whole for what concerns all modules',
  org([listed('Good'), listed('Other')], {Other: [403, complaint('NO_PERMISSION', {permissions: ['Crm_Implied_Api_Access']})]}),
  async (zoho) => {
    await assert.rejects(catalog(zoho.client, signal, silent), {kind: 'credentials'});
  },
);

promise('fails when the list of modules is empty, also for a few that are asked for', org([]), async (zoho) => {
  for (const only of [undefined, new Set(['Leads'])])
    await assert.rejects(catalog(zoho.client, signal, silent, only), {
      kind: 'unavailable',
      message: /^Cannot list the modules at http.*: Zoho gives an empty answer; this is an outage/,
    });
});

const empty: [string, Reply][] = [
  ['204', [204]],
  ['an empty list', [200, {fields: []}]],
  ['null', [200, {fields: null}]],
];
for (const [form, reply] of empty) {
  promise(
    `fails when no module is left because Zoho says ${form} about fields, and nothing definite`,
    org([listed('Accounts'), listed('Leads'), listed('Notes'), listed('Odd')], {
      Accounts: reply,
      Leads: reply,
      Odd: [400, complaint('INVALID_MODULE')],
    }),
    async (zoho) => {
      await assert.rejects(catalog(zoho.client, signal, silent), {
        kind: 'unavailable',
        message: /: Zoho gives an empty answer about the fields of 2 modules, Accounts among them; this is an outage/,
      });
      const [entry] = await catalog(zoho.client, signal, silent, new Set(['Leads']));
      assert.equal(entry?.skip, 'Zoho keeps no field metadata for it');
    },
  );
}

promise('fails when the list has no module that could be asked about', org([listed('Notes')]), async (zoho) => {
  await assert.rejects(catalog(zoho.client, signal, silent), {kind: 'unavailable', message: /holds none that can be captured/});
});

promise(
  'is empty when Zoho refuses every module for good',
  org([listed('Accounts'), listed('Leads')], {
    Accounts: [400, complaint('INVALID_MODULE')],
    Leads: [400, complaint('FEATURE_NOT_ENABLED')],
  }),
  async (zoho) => {
    assert.ok((await catalog(zoho.client, signal, silent)).every(({skip}) => skip !== undefined));
  },
);

const mismatch: Reply = [401, complaint('OAUTH_SCOPE_MISMATCH')];

promise(
  'takes the scope of fields for missing when no module has it',
  org([listed('Accounts'), listed('Leads'), listed('Notes')], {Accounts: mismatch, Leads: mismatch}),
  async (zoho) => {
    await assert.rejects(catalog(zoho.client, signal, silent), {
      kind: 'credentials',
      message: /lacks the scope ZohoCRM\.settings\.fields\.READ/,
    });
  },
);

promise(
  'takes a single module whose scope is missing for special',
  org([listed('Accounts'), listed('Scoring_Rules__s')], {Scoring_Rules__s: mismatch}),
  async (zoho) => {
    assert.equal((await skipsOf(zoho)).Accounts, undefined);
  },
);

promise(
  'goes by the scopes of the token when Zoho tells them',
  org(
    [listed('Accounts'), listed('Scoring_Rules__s')],
    {Scoring_Rules__s: mismatch},
    {
      token: (_, n) => tokenReply(n, {scope: 'ZohoCRM.settings.ALL'}),
    },
  ),
  async (zoho) => {
    assert.match((await skipsOf(zoho)).Scoring_Rules__s ?? '', /do not cover this module/);
  },
);

const denied: Reply = [400, complaint('NO_PERMISSION', {permissions: ['Crm_Implied_View_Leads']}, 'permission denied')];

for (const [reply, said] of [
  [mismatch, /^Cannot read the fields of any module at .*: the refresh token's scopes do not cover them; authorize again/],
  [denied, /^Cannot read the fields of any module at .*: the token's user has no permission for them; give/],
] as const) {
  const [, {code}] = reply as [number, {code: string}];
  promise(
    `fails as a whole when no module can be read and ${code} is a reason, whatever scopes Zoho tells`,
    org(
      [listed('Accounts'), listed('Leads'), listed('Notes')],
      {Accounts: reply, Leads: reply},
      {token: (_, n) => tokenReply(n, {scope: 'ZohoCRM.settings.ALL'})},
    ),
    async (zoho) => {
      await assert.rejects(catalog(zoho.client, signal, silent), {kind: 'credentials', message: said});
      const [entry] = await catalog(zoho.client, signal, silent, new Set(['Leads']));
      assert.ok(entry?.skip, 'of a single module that was asked for it is said');
    },
  );
}

promise('asks only for the fields of the modules wanted', org(['A', 'B', 'C'].map((name) => listed(name))), async (zoho) => {
  const entries = await catalog(zoho.client, signal, silent, new Set(['B', 'Unknown']));
  assert.deepEqual(
    entries.map(({name}) => name),
    ['B'],
  );
  assert.equal(zoho.received.length, 2);
});

promise('ends at once when aborted', org([listed('A'), listed('B')], {A: () => {}, B: () => {}}), async (zoho) => {
  const stop = new AbortController();
  const running = catalog(zoho.client, stop.signal, silent);
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await assert.rejects(running, /^Error: enough$/);
});

modules.run();
