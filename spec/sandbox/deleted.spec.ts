import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type Caller, startMs, withSandbox} from './caller.ts';

const deleted = suite('Deleted records');

const path = '/crm/v8/Leads/deleted';
const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', '+00:00');

/** Ids of a feed, page after page. */
async function feed(caller: Caller, query: string, since?: number): Promise<string[]> {
  const headers: Record<string, string> = since === undefined ? {} : {'if-modified-since': iso(since)};
  const ids: string[] = [];
  for (let page = 1, more = true; more; page += 1) {
    const {body} = await caller.call(`${path}?page=${page}&${query}`, {headers});
    ids.push(...body.data.map(({id}: {id: string}) => id));
    more = body.info.more_records;
  }
  return ids;
}

deleted('names who deleted what and when, but nobody for what is gone for good', async () => {
  await withSandbox({}, async (caller, {org, clock}) => {
    const leads = org.module('Leads');
    const [a = '', b = ''] = leads.ids();
    const name = leads.get(a)?.name;
    leads.delete(a);
    clock.advance(1_000);
    leads.delete(b, {permanent: true});
    const {status, body} = await caller.call(path);
    assert.equal(status, 200);
    const [gone, recycled] = body.data;
    assert.deepEqual(gone, {
      deleted_by: null,
      id: b,
      display_name: null,
      type: 'permanent',
      created_by: null,
      deleted_time: '2026-10-01T05:00:01-07:00',
    });
    const {deleted_by: by, created_by: maker, ...rest} = recycled;
    assert.deepEqual(rest, {id: a, display_name: name, type: 'recycle', deleted_time: '2026-10-01T05:00:00-07:00'});
    assert.deepEqual(
      [Object.keys(by), Object.keys(maker)],
      [
        ['name', 'id'],
        ['name', 'id'],
      ],
    );
    assert.deepEqual(body.info, {per_page: 200, count: 2, page: 1, more_records: false});
    assert.deepEqual(await feed(caller, 'type=recycle'), [a]);
    assert.deepEqual(await feed(caller, 'type=permanent'), [b]);
  });
});

deleted('gives each once, page after page, in any order', async () => {
  for (const deletedOrder of ['ascending', 'descending', 'shuffled'] as const) {
    await withSandbox({switches: {deletedOrder}}, async (caller, {org, clock}) => {
      const leads = org.module('Leads');
      const ids = [...leads.ids()].slice(0, 250);
      for (const id of ids) {
        leads.delete(id);
        clock.advance(10);
      }
      const found = await feed(caller, 'per_page=100');
      assert.deepEqual([...found].sort(), [...ids].sort());
      if (deletedOrder === 'ascending') assert.deepEqual(found, ids);
      if (deletedOrder === 'descending') assert.deepEqual(found, ids.toReversed());
      if (deletedOrder === 'shuffled') assert.ok(found.join() !== ids.join() && found.join() !== ids.toReversed().join());
    });
  }
});

deleted('begins with the second of If-Modified-Since', async () => {
  for (const unchangedStatus of [304, 204] as const) {
    await withSandbox({switches: {unchangedStatus}}, async (caller, {org, clock}) => {
      const leads = org.module('Leads');
      const [a = '', b = ''] = leads.ids();
      assert.equal((await caller.call(path)).status, 204);
      leads.delete(a);
      clock.advance(60_400);
      leads.delete(b);
      assert.deepEqual(await feed(caller, '', startMs + 60_000), [b]);
      assert.deepEqual((await feed(caller, '', startMs)).sort(), [a, b].sort());
      const {status} = await caller.call(path, {headers: {'if-modified-since': iso(startMs + 61_000)}});
      assert.equal(status, unchangedStatus);
      const {body} = await caller.call(path, {headers: {'if-modified-since': new Date(startMs + 60_000).toUTCString()}});
      assert.equal(body.data.length, 1);
    });
  }
});

deleted('moves from recycled to permanent, and goes when restored', async () => {
  await withSandbox({}, async (caller, {org}) => {
    const leads = org.module('Leads');
    const [a = '', b = ''] = leads.ids();
    leads.delete(a);
    leads.delete(b);
    leads.delete(a, {permanent: true});
    leads.restore(b, {touch: false});
    const {body} = await caller.call(path);
    assert.deepEqual(
      body.data.map(({id, type}: Record<string, string>) => [id, type]),
      [[a, 'permanent']],
    );
  });
});

deleted('reaches only so many rows where pages are capped', async () => {
  await withSandbox({switches: {deletedRowsMax: 200}}, async (caller, {org}) => {
    const leads = org.module('Leads');
    for (const id of [...leads.ids()].slice(0, 250)) leads.delete(id);
    assert.equal((await caller.call(`${path}?page=1`)).body.info.more_records, true);
    const {status, body} = await caller.call(`${path}?page=2`);
    assert.deepEqual([status, body.code, body.details], [400, 'DISCRETE_PAGINATION_LIMIT_EXCEEDED', {limit: 200}]);
  });
});

deleted('refuses what it does not know, flat or wrapped', async () => {
  await withSandbox({}, async (caller, sandbox) => {
    const codes = async () => {
      const bodies = [];
      for (const url of ['/crm/v8/Milestones/deleted', '/crm/v8/Nonsense/deleted', `${path}?type=some`])
        bodies.push((await caller.call(url)).body);
      return bodies.map((body) => (body.data?.[0] ?? body).code);
    };
    const wanted = ['INVALID_MODULE', 'INVALID_MODULE', 'PATTERN_NOT_MATCHED'];
    assert.deepEqual(await codes(), wanted);
    sandbox.switch({deletedRefusalsWrapped: true});
    assert.deepEqual(await codes(), wanted);
    assert.ok('data' in (await caller.call('/crm/v8/Nonsense/deleted')).body);
    assert.equal((await caller.call(`${path}?per_page=201`)).status, 400);
    assert.equal((await caller.call(path, {headers: {'if-modified-since': 'yesterday'}})).status, 400);
  });
});

deleted.run();
