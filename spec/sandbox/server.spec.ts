import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {realClock} from '../../lib/sandbox/clock.ts';
import {startSandbox} from '../../lib/sandbox/server.ts';
import {Caller, during, startMs, withSandbox} from './caller.ts';

const server = suite('Sandbox');

server('shows its own time in whole seconds', async () => {
  await withSandbox({}, async (caller, {clock}) => {
    clock.advance(90_700);
    assert.equal((await caller.call('/crm/v8/org')).headers.get('date'), new Date(startMs + 90_000).toUTCString());
    assert.equal((await caller.call('/nowhere')).headers.get('date'), new Date(startMs + 90_000).toUTCString());
  });
});

server('runs by the real clock, faster or ahead if told so', () => {
  const ahead = realClock({offsetMs: 86_400_000, speed: 1_000});
  const first = ahead.nowMs();
  assert.ok(first - Date.now() > 86_000_000);
  ahead.advance(5_000);
  assert.ok(ahead.nowMs() - first >= 5_000);
  assert.throws(() => ahead.advance(-1), /time only goes forward$/);
});

server('answers unknown paths, methods and versions as Zoho does', async () => {
  await withSandbox({}, async (caller) => {
    const codes = [];
    for (const [method, path] of [
      ['GET', '/nowhere'],
      ['GET', '/crm/v8/coql'],
      ['DELETE', '/crm/v8/org'],
      ['GET', '/crm/v2/Leads'],
      ['GET', '/crm/bulk/v8/read/x'],
    ] as const) {
      const {status, body} = await caller.call(path, {method});
      codes.push([status, body.code]);
    }
    assert.deepEqual(codes, [
      [404, 'INVALID_URL_PATTERN'],
      [400, 'INVALID_REQUEST_METHOD'],
      [400, 'INVALID_REQUEST_METHOD'],
      [400, 'API_NOT_SUPPORTED'],
      [404, 'INVALID_URL_PATTERN'],
    ]);
  });
});

server('listens on loopback, and frees its port when closed', async () => {
  const sandbox = await startSandbox({records: 10});
  assert.match(sandbox.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const hanging = fetch(`${sandbox.url}/oauth/v2/token`, {
    method: 'POST',
    body: new ReadableStream({start() {}}),
    duplex: 'half',
  } as RequestInit);
  await Promise.all([assert.rejects(hanging), sandbox.close()]);
  await assert.rejects(fetch(sandbox.url));
  assert.deepEqual(sandbox.failures, []);
});

server('refuses a port that is taken', async () => {
  await withSandbox({}, async (_, {url}) => {
    await assert.rejects(startSandbox({port: Number(new URL(url).port)}), /EADDRINUSE/);
  });
});

server('breaks answers on the wire as faults want it', async () => {
  await withSandbox(
    {faults: ['reset:modules', 'reset-body:fields', 'short:result', 'throttle:coql*2']},
    async (caller, {faults}) => {
      const id = await caller.create({module: {api_name: 'Leads'}, fields: ['Last_Name']});
      await assert.rejects(caller.call('/crm/v8/settings/modules'));
      await assert.rejects(caller.call('/crm/v8/settings/fields?module=Leads'));
      await assert.rejects(caller.file(id));
      for (const status of [429, 429, 200])
        assert.equal((await caller.coql('select id from Leads where id is not null limit 0, 1')).status, status);
      assert.equal(faults.hits(), 5);
      assert.equal((await caller.rows(id)).length, 300);
    },
  );
});

/** A document with its numbers as their text: no id goes through a JS number. */
function exact(line: string): Record<string, unknown> {
  return {...(JSON.parse(line, (_, value, {source}) => (typeof value === 'number' ? source : value)) as object)};
}

server('delivers by bulk and by COQL what its truth says', async () => {
  await withSandbox({records: 200}, async (caller, {org, modules, clock}) => {
    for (const name of modules.filter((module) => module !== 'Assessments')) {
      clock.advance(10_000);
      const {both, bulkOnly} = org.readers(name);
      const module = org.module(name);
      const ids = [...module.ids()];
      module.massEdit(ids.slice(0, 20));
      const rows = new Map(
        (
          await caller.export({
            module: {api_name: name},
            fields: [...both, ...bulkOnly],
            criteria: during(0, startMs / 1_000 + 1_000),
          })
        ).map((row) => [row.Id, row]),
      );
      const slices = [both.slice(0, 5), ...both.slice(5).map((field) => [field])];
      const found = new Map<string, Record<string, unknown>>(ids.map((id) => [id, {}]));
      for (const slice of slices) {
        const {body, status, text} = await caller.coql(
          `select id, ${slice.join(', ')} from ${name} where id is not null order by id limit 0, 2000`,
        );
        assert.ok(status === 200 || status === 204, `${name} ${slice} ${text}`);
        for (const {id, ...values} of body?.data ?? []) Object.assign(found.get(id)!, values);
      }
      let documents = 0;
      for (const line of org.truth(name)) {
        documents += 1;
        const {id, ...document} = exact(line);
        const row = rows.get(String(id))!;
        const coql = found.get(String(id))!;
        assert.deepEqual([row.Modified_Time, coql.Modified_Time], [document.Modified_Time, document.Modified_Time]);
        for (const field of both) {
          if (Array.isArray(document[field])) continue;
          const cell = row[field] === '' ? null : row[field];
          assert.equal(cell, document[field] === null ? null : String(document[field]), `${name}.${field} in CSV`);
          const value = coql[field];
          if (value === null || value === '') assert.equal(document[field], null, `${name}.${field} in COQL`);
          else if (typeof value !== 'object')
            assert.equal(
              Number.isNaN(Number(value)) ? value : Number(value),
              Number.isNaN(Number(document[field])) ? document[field] : Number(document[field]),
              `${name}.${field} in COQL`,
            );
        }
      }
      assert.deepEqual([documents, rows.size], [ids.length, ids.length], name);
    }
  });
});

server('tells its truth over HTTP, since a time if wanted', async () => {
  await withSandbox({}, async (caller, {org, clock}) => {
    clock.advance(5_000);
    const leads = org.module('Leads');
    const [a = ''] = leads.ids();
    leads.edit(a, {Company: 'Zed'});
    const lines = (await caller.call('/sandbox/truth/Leads')).text.trimEnd().split('\n');
    assert.deepEqual(lines, [...org.truth('Leads')]);
    assert.equal(lines.length, 300);
    assert.match(lines[0] ?? '', /^\{"id":\d{18,19},"Modified_Time":"[^"]+",/);
    const since = await caller.call(`/sandbox/truth/Leads?since=${new Date(startMs + 5_000).toISOString()}`);
    assert.equal(since.text, `${leads.get(a)?.document()}\n`);
    const missing = await caller.call('/sandbox/truth/Nonsense');
    assert.deepEqual([missing.status, missing.body.message], [400, 'Cannot find module Nonsense in the sandbox']);
  });
});

server('is steered over HTTP', async () => {
  await withSandbox({}, async (caller, {org, clock, faults}) => {
    const post = async (what: string, body: unknown) => caller.call(`/sandbox/${what}`, {method: 'POST', body});
    const [a = '', b = ''] = org.module('Leads').ids();
    assert.deepEqual((await post('clock', {advanceMs: 60_000})).body, {now: new Date(startMs + 60_000).toISOString()});
    await post('edit', {module: 'Leads', ids: [a], changes: {Company: 'Zed', Interests: ['Team']}});
    await post('delete', {module: 'Leads', ids: [b]});
    const {ids} = (await post('insert', {module: 'Leads', count: 2})).body;
    assert.deepEqual(
      [org.module('Leads').get(a)?.value('Company'), org.module('Leads').get(b), ids.length],
      ['Zed', undefined, 2],
    );
    await post('restore', {module: 'Leads', ids: [b], touch: true});
    assert.equal(org.module('Leads').get(b)?.modifiedS, clock.nowMs() / 1_000);
    await post('switches', {rowsPerJob: 7, zone: 'UTC'});
    assert.deepEqual([org.switches.rowsPerJob, org.module('Leads').get(a)?.document().includes('+00:00')], [7, true]);
    await post('faults', {add: 'throttle:coql*3'});
    assert.deepEqual(
      faults.reading().map(({name, count}) => [name, count]),
      [['throttle', 3]],
    );
    await caller.call('/sandbox/faults', {method: 'DELETE'});
    assert.deepEqual(faults.reading(), []);
    const {counts} = (await post('churn', {steps: 100, seed: 4})).body;
    assert.ok(counts.edit > 20);
    await post('drift', {module: 'Deals'});
    await post('late', {module: 'Deals', ms: 1_000});
    await post('tokens', {expire: true});
    assert.equal((await caller.call('/crm/v8/org')).status, 401);
    assert.ok((await caller.call('/sandbox/meters')).body.kinds.other.calls > 0);
  });
});

server('refuses orders that it cannot carry out', async () => {
  await withSandbox({}, async (caller) => {
    const post = async (what: string, body: unknown) => (await caller.call(`/sandbox/${what}`, {method: 'POST', body})).status;
    assert.equal(await post('clock', {advanceMs: -1}), 400);
    assert.equal(await post('edit', {module: 'Nonsense', ids: []}), 400);
    assert.equal(await post('switches', {rowsPerJob: 'many'}), 400);
    assert.equal(await post('switches', {nonsense: 1}), 400);
    assert.equal(await post('faults', {add: 'nonsense'}), 400);
    assert.equal(await post('nonsense', {}), 404);
  });
});

server('keeps rendered files for as long as nothing happens', async () => {
  await withSandbox({switches: {contentLength: true}}, async (caller, {org}) => {
    const query = {module: {api_name: 'Leads'}, fields: ['Last_Name']};
    const length = async () => {
      const {headers} = await caller.call(`/crm/bulk/v8/read/${await caller.create(query)}/result`);
      return headers.get('content-length');
    };
    assert.equal(await length(), null);
    assert.notEqual(await length(), null);
    org.module('Leads').insert();
    assert.equal(await length(), null);
  });
});

server('lists records by id or by page, as far as pages reach', async () => {
  await withSandbox({records: 3_000}, async (caller, {org}) => {
    const [a = '', b = ''] = org.module('Leads').ids();
    const byId = await caller.call(`/crm/v8/Leads?fields=Last_Name&ids=${b},1,${a}`);
    assert.deepEqual(
      byId.body.data.map(({id}: {id: string}) => id),
      [b, a],
    );
    const page = await caller.call('/crm/v8/Leads?fields=Last_Name,Company&page=10');
    assert.deepEqual([page.body.data.length, page.body.info.more_records], [200, true]);
    assert.equal((await caller.call('/crm/v8/Leads?fields=Last_Name&page=11')).body.code, 'DISCRETE_PAGINATION_LIMIT_EXCEEDED');
    assert.equal((await caller.call('/crm/v8/Leads')).body.code, 'REQUIRED_PARAM_MISSING');
  });
});

server('changes by itself where churn is ordered', async () => {
  const sandbox = await startSandbox({records: 50, churnMs: 1});
  try {
    const before = [...sandbox.org.truth('Leads')].join();
    const caller = new Caller(sandbox);
    for (let i = 0; i < 2_000 && [...sandbox.org.truth('Leads')].join() === before; i += 1) await caller.call('/sandbox/clock');
    assert.notEqual([...sandbox.org.truth('Leads')].join(), before);
    assert.deepEqual(sandbox.failures, []);
  } finally {
    await sandbox.close();
  }
});

server('keeps CSV readable whatever the values', async () => {
  await withSandbox({records: {Cases: 500}}, async (caller) => {
    const rows = await caller.rows(
      await caller.create({module: {api_name: 'Cases'}, fields: ['Subject', 'Description', 'Solution']}),
    );
    assert.equal(rows.length, 500);
    assert.ok(rows.every((row) => Object.keys(row).length === 4));
  });
});

server.run();
