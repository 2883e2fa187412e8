/** Which modules can be captured, from a client whose answers each case defines. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {silent} from '../../lib/platform/log.ts';
import type {Field} from '../../lib/records/field.ts';
import type {Module, ZohoClient} from '../../lib/zoho/api.ts';
import {catalog} from '../../lib/zoho/catalog.ts';
import {fieldCallsAtOnce} from '../../lib/zoho/limits.ts';
import {textField} from '../harness/fields.ts';

const modules = suite('catalog');
const {signal} = new AbortController();

const readable = [textField('Modified_Time'), textField('Name')];

const listed = (name: string, more: Partial<Module> = {}): Module => ({
  name,
  label: `${name} label`,
  apiSupported: true,
  generatedType: 'default',
  status: 'visible',
  ...more,
});

/** What Zoho says of a module's fields: some, none, or a failure. */
type Answer = readonly Field[] | null | Error;

interface Organisation {
  /** Names of usual modules, or modules. */
  readonly list: readonly (string | Module)[];
  /** By module; others are readable. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** Scopes that Zoho lists for the token. */
  readonly scopes?: readonly string[];
}

function org({list, answers = {}, scopes}: Organisation) {
  const asked: string[] = [];
  const client = {
    origin: 'https://zoho',
    modules: async () => list.map((one) => (typeof one === 'string' ? listed(one) : one)),
    async fields(name: string) {
      asked.push(name);
      const answer = answers[name];
      if (answer instanceof Error) throw answer;
      return answer === undefined ? readable : answer;
    },
    scopes: async () => scopes,
  } as unknown as ZohoClient;
  return {client, asked, all: (only?: ReadonlySet<string>) => catalog(client, signal, silent, only)};
}

const skips = (entries: readonly {readonly name: string; readonly skip?: string}[]) =>
  Object.fromEntries(entries.map(({name, skip}) => [name, skip]));

const refusal = (kind: 'module' | 'refused' | 'credentials' | 'unavailable', code?: string, message = `says ${code}`) =>
  new ZohoError(kind, message, {code});

modules('has modules with their labels and fields, in the order of their bytes, each once', async () => {
  const {all} = org({list: ['b', 'Z', 'a', 'a1', 'a']});
  assert.deepEqual(
    await all(),
    ['Z', 'a', 'a1', 'b'].map((name) => ({name, label: `${name} label`, fields: readable})),
  );
});

modules('skips what the list of modules says cannot be captured, without asking for fields', async () => {
  const unread = [
    'Notes',
    'Attachments',
    'Emails',
    'CTI_Entry',
    'Email_Analytics',
    'Email_Template_Analytics',
    'Functions__s',
    'Email_Sentiment',
    'Locking_Information__s',
  ];
  const {all, asked} = org({
    list: [
      ...unread,
      listed('Home', {apiSupported: false}),
      listed('Web', {generatedType: 'web'}),
      listed('Tab', {generatedType: 'webtab_link'}),
      listed('Going', {status: 'scheduled_for_deletion'}),
      'Leads',
    ],
  });
  const entries = await all();
  assert.deepEqual(skips(entries), {
    ...Object.fromEntries(unread.map((name) => [name, 'its records cannot be read through the APIs that the connector uses'])),
    Home: "Zoho's API does not support it",
    Web: 'it is of the kind web, which has no records',
    Tab: 'it is of the kind webtab_link, which has no records',
    Going: 'it is about to be deleted',
    Leads: undefined,
  });
  assert.deepEqual(asked, ['Leads']);
  assert.equal(entries.find(({name}) => name === 'Home')?.label, 'Home label');
});

modules('captures modules that have no Modified_Time as snapshots, of whatever kind', async () => {
  const kinds = ['default', 'linking', 'subform', 'field_tracker', 'picklisttracker'];
  const fields = [textField('Name')];
  const {all} = org({
    list: kinds.flatMap((generatedType) => [
      listed(`${generatedType}_with`, {generatedType}),
      listed(`${generatedType}_without`, {generatedType}),
    ]),
    answers: Object.fromEntries(kinds.map((kind) => [`${kind}_without`, fields])),
  });
  for (const entry of await all()) {
    const {name} = entry;
    const snapshot = name.endsWith('_with') ? {fields: readable} : {fields, snapshot: true};
    assert.deepEqual(entry, {name, label: `${name} label`, ...snapshot});
  }
});

modules('skips a module of which Zoho refuses only its fields, whatever the reason', async () => {
  const {client} = org({
    list: ['Bare', 'Gone', 'Good', 'Odd'],
    answers: {Bare: null, Gone: refusal('module', 'INVALID_MODULE'), Odd: refusal('refused')},
  });
  const logged: unknown[] = [];
  const entries = await catalog(client, signal, (...line) => void logged.push(line));
  const reasons = {Bare: 'Zoho keeps no field metadata for it', Gone: 'says INVALID_MODULE', Odd: 'says undefined'};
  assert.deepEqual(skips(entries), {...reasons, Good: undefined});
  assert.deepEqual(entries[0], {name: 'Bare', label: 'Bare label', skip: reasons.Bare});
  assert.deepEqual(entries[1], {name: 'Gone', label: 'Gone label', skip: reasons.Gone});
  assert.deepEqual(
    logged,
    Object.entries(reasons).map(([module, skip]) => ['info', `Module ${module} is not captured: ${skip}`, {module}]),
  );
});

modules('fails as a whole for trouble that passes, for what concerns all modules, and for bugs', async () => {
  for (const error of [refusal('unavailable', 'INTERNAL_ERROR'), refusal('credentials', 'NO_PERMISSION'), new Error('a bug')])
    await assert.rejects(org({list: ['Good', 'Shaky'], answers: {Shaky: error}}).all(), error);
});

const later = 'this is an outage, or the token is for another organisation; try again in a few minutes';

modules('fails when the list of modules is empty, also for a few that are asked for', async () => {
  for (const only of [undefined, new Set(['Leads'])])
    await assert.rejects(org({list: []}).all(only), {
      kind: 'unavailable',
      message: `Cannot list the modules at https://zoho: Zoho gives an empty answer; ${later}`,
    });
});

modules('fails when no module is left because Zoho says nothing about fields, but not for a few that are asked for', async () => {
  const {all} = org({
    list: ['Accounts', 'Leads', 'Notes', 'Odd'],
    answers: {Accounts: null, Leads: null, Odd: refusal('module', 'INVALID_MODULE')},
  });
  await assert.rejects(all(), {
    kind: 'unavailable',
    message: `Cannot discover any module at https://zoho: Zoho gives an empty answer about the fields of 2 modules, Accounts among them; ${later}`,
  });
  assert.deepEqual(skips(await all(new Set(['Leads']))), {Leads: 'Zoho keeps no field metadata for it'});
});

modules('fails when the list has no module that could be asked about', async () => {
  await assert.rejects(org({list: ['Notes']}).all(), {
    kind: 'unavailable',
    message: `Cannot discover any module at https://zoho: its list of 1 modules holds none that can be captured; ${later}`,
  });
});

modules('has nothing to capture when Zoho refuses every module for good', async () => {
  const {all} = org({
    list: ['Accounts', 'Leads'],
    answers: {Accounts: refusal('module', 'INVALID_MODULE'), Leads: refusal('refused')},
  });
  assert.deepEqual(skips(await all()), {Accounts: 'says INVALID_MODULE', Leads: 'says undefined'});
});

const mismatch = refusal('module', 'OAUTH_SCOPE_MISMATCH');
const denied = refusal('module', 'NO_PERMISSION');
const unauthorized = refusal('module', 'AUTHORIZATION_FAILED');
const gone = refusal('module', 'INVALID_MODULE');
const enough = ['ZohoCRM.settings.ALL'];
const authorize = 'authorize again with all scopes that the connector needs';
const lacks = `the refresh token lacks the scope ZohoCRM.settings.fields.READ; ${authorize}`;
const uncovered = `the refresh token's scopes do not cover them; ${authorize}`;
const unpermitted =
  "the token's user has no permission for them; give the user's profile access, or authorize again as another user";

const closed: [answers: readonly Error[], scopes: readonly string[] | undefined, why: string, code: string][] = [
  [[mismatch, mismatch], undefined, lacks, 'OAUTH_SCOPE_MISMATCH'],
  [[mismatch, mismatch], ['ZohoCRM.bulk.READ'], lacks, 'OAUTH_SCOPE_MISMATCH'],
  [[mismatch, mismatch], enough, uncovered, 'OAUTH_SCOPE_MISMATCH'],
  [[denied, denied], undefined, unpermitted, 'NO_PERMISSION'],
  [[unauthorized, unauthorized], enough, unpermitted, 'AUTHORIZATION_FAILED'],
  [[gone, mismatch], undefined, unpermitted, 'OAUTH_SCOPE_MISMATCH'],
  [[denied, mismatch], enough, unpermitted, 'NO_PERMISSION'],
];

for (const [[Accounts, Leads], scopes, why, code] of closed) {
  const codes = [Accounts, Leads].map((error) => (error as ZohoError).code).join(' and ');
  modules(`fails as a whole when no module can be read because of ${codes}, with the scopes ${scopes}`, async () => {
    const {all} = org({
      list: ['Accounts', 'Leads', 'Notes'],
      answers: {Accounts: Accounts!, Leads: Leads!},
      ...(scopes && {scopes}),
    });
    await assert.rejects(all(), {
      kind: 'credentials',
      code,
      message: `Cannot read the fields of any module at https://zoho: ${why}`,
    });
  });
}

modules('takes a module whose scope is missing for special as long as another can be read', async () => {
  const {all} = org({list: ['Accounts', 'Scoring_Rules__s'], answers: {Scoring_Rules__s: mismatch}});
  assert.deepEqual(skips(await all()), {Accounts: undefined, Scoring_Rules__s: 'says OAUTH_SCOPE_MISMATCH'});
});

modules('fails for a few that are asked for only when the token lacks the scope, as far as Zoho tells', async () => {
  const of = (answer: Error, scopes?: readonly string[]) =>
    org({list: ['Accounts', 'Leads'], answers: {Leads: answer}, ...(scopes && {scopes})}).all(new Set(['Leads']));
  await assert.rejects(of(mismatch), {kind: 'credentials'});
  await assert.rejects(of(mismatch, ['ZohoCRM.bulk.READ']), {kind: 'credentials'});
  for (const answer of [of(mismatch, enough), of(denied), of(denied, enough), of(gone)]) assert.ok((await answer)[0]?.skip);
});

modules('asks only for the fields of the modules wanted', async () => {
  const {all, asked} = org({list: ['A', 'B', 'C']});
  assert.deepEqual(skips(await all(new Set(['B', 'Unknown']))), {B: undefined});
  assert.deepEqual(asked, ['B']);
});

/** A client whose calls for fields end when a case says so. */
function slowOrg(names: readonly string[]) {
  const calls: {readonly name: string; readonly signal: AbortSignal; readonly end: PromiseWithResolvers<readonly Field[]>}[] = [];
  const {client} = org({list: names});
  const slow = {
    ...client,
    fields(name: string, signal: AbortSignal) {
      const end = Promise.withResolvers<readonly Field[]>();
      signal.addEventListener('abort', () => end.reject(signal.reason));
      calls.push({name, signal, end});
      return end.promise;
    },
  };
  return {client: slow, calls};
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

modules('asks about a few modules at once, and about the next as soon as one is answered', async () => {
  const names = Array.from({length: fieldCallsAtOnce + 2}, (_, i) => `M${i}`);
  const {client, calls} = slowOrg(names);
  const running = catalog(client, signal, silent);
  await turn();
  assert.equal(calls.length, fieldCallsAtOnce);
  calls[0]?.end.reject(refusal('module'));
  await turn();
  assert.equal(calls.length, fieldCallsAtOnce + 1);
  for (let i = 0; i < names.length; i++) {
    calls[i]?.end.resolve(readable);
    await turn();
  }
  assert.deepEqual(
    (await running).map(({name}) => name),
    names,
  );
});

modules('ends every call at once when aborted, or when one fails', async () => {
  const names = Array.from({length: fieldCallsAtOnce + 2}, (_, i) => `M${i}`);
  for (const isAborted of [true, false]) {
    const {client, calls} = slowOrg(names);
    const stop = new AbortController();
    const running = catalog(client, stop.signal, silent);
    await turn();
    const enough = new Error('enough');
    if (isAborted) stop.abort(enough);
    else calls[1]?.end.reject(enough);
    await assert.rejects(running, enough);
    await turn();
    assert.ok(calls.length < names.length, 'the rest is not asked about');
    for (const {signal} of calls) assert.equal(signal.aborted, true);
  }
});

modules.run();
