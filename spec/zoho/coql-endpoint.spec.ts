import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {cellText} from '../../lib/records/rows.ts';
import {type CoqlQuery, idsQuery, windowQuery} from '../../lib/zoho/coql.ts';
import {complaint} from '../harness/fake-zoho.ts';
import {type MemoryOptions, type MemoryZoho, memoryZoho} from '../harness/memory-zoho.ts';
import type {Reply} from '../harness/scripted-network.ts';

const coql = suite('COQL endpoint');
const {signal} = new AbortController();

function promise(name: string, options: MemoryOptions, use: (zoho: MemoryZoho) => Promise<void>): void {
  coql(name, () => use(memoryZoho(options)));
}

const queryOf = (module: string, limit: number): CoqlQuery => windowQuery({module, columns: ['id'], fromS: 0, limit});
const query = queryOf('Leads', 200);
const ok: Reply = [200, {data: [{id: '1'}], info: {more_records: false}}];

/** The ids of the records that a query finds. */
async function idsFrom(zoho: MemoryZoho, asked: CoqlQuery = query): Promise<string[] | undefined> {
  const rows = (await zoho.client.coql(asked, signal))?.rows;
  return rows && Array.from({length: rows.count}, (_, row) => cellText(rows, row, 0));
}

promise('gives a query its answer, and null when nothing matches', {replies: [ok, [204]]}, async (zoho) => {
  assert.deepEqual(await idsFrom(zoho), ['1']);
  assert.equal(await zoho.client.coql(query, signal), null);
  assert.deepEqual(JSON.parse(zoho.received[0]?.body ?? ''), {select_query: query.text});
});

for (const body of [
  '',
  ' \r\n',
  [],
  {},
  {data: null},
  {data: []},
  {info: {count: 0, more_records: false}},
  {data: null, info: {count: 0, more_records: false}},
  {data: [], info: null},
]) {
  promise(`takes ${JSON.stringify(body)} with status 200 for no rows`, {replies: [[200, body]]}, async (zoho) => {
    const rows = await zoho.client.coql(query, signal);
    assert.equal(rows?.rows.count ?? 0, 0);
    assert.equal(zoho.received.length, 1);
  });
}

promise(
  'asks again when an answer says that more records follow, and has none',
  {replies: [[200, {data: [], info: {more_records: 'true'}}], ok]},
  async (zoho) => {
    assert.deepEqual(await idsFrom(zoho), ['1']);
    assert.ok(zoho.logged.some((line) => line.includes('Zoho says that more records follow, but gave none')));
  },
);

promise(
  'asks with bare ids where quoted ones are refused, and goes on so',
  {
    answer: ({body}) => (body.includes("'12'") ? [400, complaint('INVALID_QUERY', {column_name: 'id'})] : ok),
  },
  async (zoho) => {
    const byId = idsQuery({module: 'Leads', columns: ['id'], ids: ['12']});
    assert.deepEqual(await idsFrom(zoho, byId), ['1']);
    assert.deepEqual(await idsFrom(zoho, byId), ['1']);
    assert.equal(zoho.received.length, 3);
  },
);

promise(
  'tells a refused column by its name, whatever the ids look like',
  {
    replies: [[400, complaint('INVALID_QUERY', {column_name: 'Image'})]],
  },
  async (zoho) => {
    await assert.rejects(zoho.client.coql(idsQuery({module: 'Leads', columns: ['id'], ids: ['12']}), signal), {
      kind: 'field',
      field: 'Image',
    });
    assert.equal(zoho.received.length, 1);
  },
);

coql.run();
