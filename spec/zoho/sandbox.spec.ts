/** The client against the sandbox: both were written from Zoho's documentation, apart from each other. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {ZohoError} from '../../lib/errors/errors.ts';
import {silent} from '../../lib/platform/log.ts';
import {cellText} from '../../lib/records/rows.ts';
import {type Sandbox, type SandboxOptions, startSandbox} from '../../lib/sandbox/server.ts';
import {allScopes} from '../../lib/sandbox/tokens.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {catalog} from '../../lib/zoho/catalog.ts';
import {type ClientOptions, createClient} from '../../lib/zoho/client.ts';
import {type Key, windowQuery} from '../../lib/zoho/coql.ts';
import {missingScopes} from '../../lib/zoho/scopes.ts';
import {JumpingClock} from '../harness/clocks.ts';

const both = suite('client and sandbox');
const {signal} = new AbortController();

interface Pair {
  readonly client: ZohoClient;
  readonly sandbox: Sandbox;
}

async function withBoth(
  options: SandboxOptions,
  use: (pair: Pair) => Promise<void>,
  more: Partial<ClientOptions> = {},
): Promise<void> {
  const sandbox = await startSandbox({records: 300, ...options});
  const {client_id, client_secret, refresh_token} = sandbox.credentials;
  const credentials = {clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token};
  const clock = new JumpingClock(Date.now());
  const client = createClient({apiDomain: sandbox.url, credentials, clock, log: silent, random: () => 0.5, ...more});
  try {
    await use({client, sandbox});
    assert.deepEqual(sandbox.failures, []);
  } finally {
    await client.close();
    await sandbox.close();
  }
}

function promise(name: string, options: SandboxOptions, use: (pair: Pair) => Promise<void>, more?: Partial<ClientOptions>): void {
  both(name, () => withBoth(options, use, more));
}

/** Ids of a whole window, page by page. */
async function idsOf(client: ZohoClient, module: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let after: Key | undefined;
  for (;;) {
    const answer = await client.coql(windowQuery({module, columns: ['id', 'Modified_Time'], fromS: 0, after, limit}), signal);
    if (answer === null || answer.rows.count === 0) return ids;
    const {rows} = answer;
    ids.push(...Array.from({length: rows.count}, (_, row) => cellText(rows, row, 0)));
    after = {seconds: Date.parse(cellText(rows, rows.count - 1, 1)) / 1000, id: ids.at(-1)!};
  }
}

async function finishedJob(client: ZohoClient, module: string): Promise<string> {
  const nowS = await client.nowSeconds(signal);
  const id = await client.createJob({module, fields: ['id', 'Modified_Time'], fromS: 0, toS: nowS}, signal);
  while ((await client.job(id, signal)).state === 'pending');
  return id;
}

async function sizeOf(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of bytes) size += chunk.length;
  return size;
}

const inAllOf = async (use: (module: string) => Promise<void>, modules: readonly string[]): Promise<void> => {
  for (const module of modules) await use(module);
};

promise('finds every module that can be captured, and why the others cannot', {}, async ({client, sandbox}) => {
  const entries = await catalog(client, signal, silent);
  const captured = entries.filter(({skip}) => skip === undefined).map(({name}) => name);
  for (const name of sandbox.modules) assert.ok(captured.includes(name), name);
  assert.equal(new Set(captured).size, captured.length);
  for (const {fields, skip, snapshot} of entries)
    assert.ok(skip !== undefined || fields?.some(({name}) => name === 'Modified_Time') !== (snapshot === true));
});

promise('reads every record of every module by COQL, whatever the page size', {}, async ({client, sandbox}) => {
  await inAllOf(async (module) => {
    const ids = await idsOf(client, module, 200);
    assert.equal(ids.length, sandbox.org.module(module).count, module);
    assert.equal(new Set(ids).size, ids.length, module);
  }, sandbox.modules);
});

promise('exports every module', {}, async ({client, sandbox}) => {
  await inAllOf(async (module) => {
    const id = await finishedJob(client, module);
    const {count} = await client.job(id, signal);
    assert.equal(count, sandbox.org.module(module).count, module);
  }, sandbox.modules);
  assert.ok((await sizeOf(client.download(await finishedJob(client, 'Leads'), signal))) > 100);
});

promise('pages through a job by its tokens', {records: {Leads: 250}, switches: {rowsPerJob: 100}}, async ({client}) => {
  const counts: (number | undefined)[] = [];
  let id = await finishedJob(client, 'Leads');
  for (;;) {
    const job = await client.job(id, signal);
    counts.push(job.count);
    if (job.nextPageToken === undefined) break;
    id = await client.createJob({pageToken: job.nextPageToken}, signal);
  }
  assert.deepEqual(counts, [100, 100, 50]);
});

promise(
  'tells an expired page token and a lost job',
  {records: {Leads: 250}, switches: {rowsPerJob: 100}},
  async ({client, sandbox}) => {
    const id = await finishedJob(client, 'Leads');
    const {nextPageToken = ''} = await client.job(id, signal);
    sandbox.clock.advance(25 * 3_600_000);
    await assert.rejects(client.createJob({pageToken: nextPageToken}, signal), {kind: 'expired'});
    await assert.rejects(sizeOf(client.download(id, signal)), {kind: 'unready'});
    await assert.rejects(client.job('1', signal), {kind: 'lost'});
  },
);

promise('reads deletions', {records: {Leads: 250}}, async ({client, sandbox}) => {
  const nowS = await client.nowSeconds(signal);
  assert.equal(await client.deleted('Leads', nowS - 60, 1, signal), null);
  const ids = await idsOf(client, 'Leads', 200);
  sandbox.org.module('Leads').delete(ids[0]!);
  sandbox.org.module('Leads').delete(ids[1]!, {permanent: true});
  const found = await client.deleted('Leads', nowS - 60, 1, signal);
  assert.deepEqual(found?.rows.map(({id, type}) => `${id} ${type}`).sort(), [`${ids[0]} recycle`, `${ids[1]} permanent`].sort());
  assert.equal(found?.more, false);
});

for (const ids of ['quoted', 'bare'] as const) {
  promise(`pages where COQL takes only ${ids} ids`, {records: {Leads: 450}, switches: {coql: {ids}}}, async ({client}) => {
    assert.equal((await idsOf(client, 'Leads', 200)).length, 450);
  });
}

promise(
  'lives with the other answers that organisations give',
  {
    records: {Leads: 450},
    switches: {
      throttleStatus: 200,
      expiresIn: 'milliseconds',
      scopeInAnswer: false,
      goneStatus: 400,
      unchangedStatus: 204,
      resultEarly: true,
      deletedRefusalsWrapped: true,
      coql: {none: 'empty data', bareLimit: true, nesting: 'lenient', trailingNotNull: true, ties: 'scattered'},
    },
  },
  async ({client}) => {
    assert.equal((await idsOf(client, 'Leads', 200)).length, 450);
    assert.ok((await sizeOf(client.download(await finishedJob(client, 'Leads'), signal))) > 0);
    await assert.rejects(client.job('1', signal), {kind: 'lost'});
    await assert.rejects(client.deleted('Nonsense', 0, 1, signal), {kind: 'module'});
  },
);

promise('names fields that an API refuses, one after another', {}, async ({client, sandbox}) => {
  const leads = sandbox.org.module('Leads');
  leads.refuseField('Last_Name', 'bulk');
  leads.refuseField('Company', 'coql');
  const fields = ['id', 'Last_Name', 'Company'];
  await assert.rejects(client.createJob({module: 'Leads', fields, fromS: 0, toS: 1}, signal), {
    kind: 'field',
    field: 'Last_Name',
  });
  const query = windowQuery({module: 'Leads', columns: fields, fromS: 0, limit: 200});
  await assert.rejects(client.coql(query, signal), {kind: 'field', field: 'Company'});
});

for (const missing of allScopes) {
  for (const scopeInAnswer of [true, false]) {
    const said = scopeInAnswer ? 'when the token says so' : 'when only the refusal says so';
    // A scope of records alone may be the module's own matter.
    const kind = scopeInAnswer || missing.includes('.settings.') ? 'credentials' : 'module';
    promise(
      `takes the missing scope ${missing} ${said} for kind ${kind}`,
      {switches: {scopeInAnswer}},
      async ({client, sandbox}) => {
        sandbox.tokens.setScopes(allScopes.filter((scope) => scope !== missing));
        const everything = async (): Promise<void> => {
          await catalog(client, signal, silent);
          await client.coql(windowQuery({module: 'Leads', columns: ['id'], fromS: 0, limit: 200}), signal);
          await client.createJob({module: 'Leads', fields: ['id'], fromS: 0, toS: 1}, signal);
          await client.deleted('Leads', 0, 1, signal);
        };
        await assert.rejects(
          everything(),
          (error: ZohoError) => error.kind === kind && /lacks the scope|scopes do not cover/.test(error.message),
        );
        assert.deepEqual(
          await client.scopes(signal).then((scopes) => scopes && missingScopes(scopes)),
          scopeInAnswer ? [missing] : undefined,
        );
      },
    );
  }
}

promise('stops when the user has no API access', {switches: {apiAccess: false}}, async ({client}) => {
  await assert.rejects(client.modules(signal), {kind: 'credentials', message: /permission Zoho CRM API Access/});
});

promise(
  'takes a token that names another environment, since this one is a simulator',
  {switches: {apiDomain: 'https://sandbox.zohoapis.com'}},
  async ({client}) => {
    assert.ok((await client.modules(signal)).length > 0);
  },
);

promise('stops when the refresh token is revoked', {}, async ({client, sandbox}) => {
  await client.modules(signal);
  sandbox.tokens.revoke();
  await assert.rejects(client.modules(signal), {kind: 'credentials', message: /it was revoked or mistyped/});
});

promise('goes on with a new token when all are ended', {}, async ({client, sandbox}) => {
  await client.modules(signal);
  sandbox.tokens.expireAccess();
  await Promise.all([client.modules(signal), client.fields('Leads', signal), client.fields('Deals', signal)]);
  assert.equal(sandbox.tokens.issuedInWindow, 2);
});

const short = {timeouts: {idleMs: 150, headersMs: 150, tokenMs: 300}};
const passing = ['throttle', 'throttle-after', 'error-500', 'html-502', 'invalid-token', 'reset', 'lost-answer', 'stall'];
const spoiling = ['reset-body', 'stall-body', 'malformed', 'truncated', 'html-200'];

const quick = ['modules', 'fields', 'create', 'status', 'coql'];
/** Each of these takes real time: undici looks at its timeouts twice a second. */
const slow: Readonly<Record<string, readonly string[]>> = {
  stall: ['create', 'coql'],
  'stall-body': ['fields', 'coql'],
  drip: ['coql'],
};

for (const fault of [...passing, ...spoiling, 'drip']) {
  promise(
    `gets every kind of JSON answer through ${fault}`,
    {records: {Leads: 250}},
    async ({client, sandbox}) => {
      const orders = slow[fault]?.map((kind) => `${fault}:${kind}`) ?? quick.map((kind) => `${fault}:${kind}*2`);
      for (const order of orders) sandbox.faults.add(order);
      await client.modules(signal);
      assert.ok((await client.fields('Leads', signal)) !== null);
      const id = await finishedJob(client, 'Leads');
      assert.equal((await client.job(id, signal)).count, 250);
      assert.equal((await idsOf(client, 'Leads', 200)).length, 250);
      assert.equal(sandbox.faults.hits(), fault in slow ? orders.length : 2 * orders.length);
    },
    short,
  );
}

for (const fault of passing) {
  promise(
    `begins a download through ${fault}`,
    {records: {Leads: 250}},
    async ({client, sandbox}) => {
      const id = await finishedJob(client, 'Leads');
      sandbox.faults.add(`${fault}:result`);
      assert.ok((await sizeOf(client.download(id, signal))) > 100);
      assert.equal(sandbox.faults.hits(), 1);
    },
    short,
  );
}

for (const fault of ['short', 'reset-body', 'stall-body']) {
  promise(
    `calls a download short after ${fault}`,
    {records: {Leads: 250}},
    async ({client, sandbox}) => {
      const id = await finishedJob(client, 'Leads');
      sandbox.faults.add(`${fault}:result`);
      await assert.rejects(sizeOf(client.download(id, signal)), {kind: 'short'});
      assert.ok((await sizeOf(client.download(id, signal))) > 100);
    },
    short,
  );
}

for (const fault of ['html-502', 'html-200', 'reset', 'stall', 'truncated', 'malformed', 'token-throttle']) {
  promise(
    `gets a token through ${fault}`,
    {},
    async ({client, sandbox}) => {
      sandbox.faults.add(`${fault}:token`);
      await client.modules(signal);
      assert.equal(sandbox.faults.hits(), 1);
    },
    short,
  );
}

promise('does not send the token after a foreign download address', {records: {Leads: 250}}, async ({client, sandbox}) => {
  sandbox.faults.add('foreign-url:status');
  await assert.rejects(finishedJob(client, 'Leads'), {kind: 'refused', message: /gave an address outside/});
});

promise('says that a failed job failed, in the words of Zoho', {records: {Leads: 250}}, async ({client, sandbox}) => {
  sandbox.faults.add('job-failure:status');
  const job = await client.job(await finishedJob(client, 'Leads'), signal);
  assert.equal(job.state, 'failed');
  assert.match(job.reason ?? '', /./);
});

promise(
  'keeps within the calls that the smallest edition allows at once',
  {meters: {concurrency: 5, subConcurrency: 4}},
  async ({client, sandbox}) => {
    await client.modules(signal);
    await Promise.all(sandbox.modules.flatMap((module) => [client.fields(module, signal), idsOf(client, module, 200)]));
    const {excesses} = sandbox.meters.reading();
    assert.deepEqual(excesses, {credits: 0, concurrency: 0, 'sub-concurrency': 0});
  },
);

both.run();
