import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {silent} from '../../lib/platform/log.ts';
import {cellText} from '../../lib/records/rows.ts';
import type {Call} from '../../lib/zoho/attempt.ts';
import type {Caller} from '../../lib/zoho/caller.ts';
import {type CoqlQuery, countQuery, idsQuery, windowQuery} from '../../lib/zoho/coql.ts';
import {CoqlEndpoint} from '../../lib/zoho/coql-endpoint.ts';
import {type Answer, Http, usualTimeouts} from '../../lib/zoho/http.ts';
import {errorBytesMax} from '../../lib/zoho/limits.ts';
import {complaint} from '../harness/fake-zoho.ts';
import {type MemoryOptions, type MemoryZoho, memoryZoho} from '../harness/memory-zoho.ts';
import {cut, type Reply, ScriptedNetwork, type Sent} from '../harness/scripted-network.ts';

const coql = suite('COQL endpoint');
const {signal} = new AbortController();
const origin = 'https://www.zohoapis.eu';

function promise(name: string, options: MemoryOptions, use: (zoho: MemoryZoho) => Promise<void>): void {
  coql(name, () => use(memoryZoho(options)));
}

const queryOf = (module: string, limit: number): CoqlQuery => windowQuery({module, columns: ['id'], fromS: 0, limit});
const query = queryOf('Leads', 200);
const byId = idsQuery({module: 'Leads', columns: ['id'], ids: ['12']});
const ok: Reply = [200, {data: [{id: '1'}], info: {more_records: false}}];
const many: Reply = [200, () => ['{"data":[{"id":"1"},', '{"id":"2"},{"id":"3"}],"info":{"more_records":true}}']];
const refusal = complaint('INVALID_QUERY', {column_name: 'Image'});

/** The ids of the records that a query finds. */
async function idsFrom(zoho: MemoryZoho, asked: CoqlQuery = query): Promise<string[] | undefined> {
  const rows = (await zoho.client.coql(asked, signal))?.rows;
  return rows && Array.from({length: rows.count}, (_, row) => cellText(rows, row, 0));
}

promise('gives a query its answer, and null when nothing matches', {replies: [ok, [204]]}, async (zoho) => {
  assert.deepEqual(await idsFrom(zoho), ['1']);
  assert.equal(await zoho.client.coql(query, signal), null);
  const [{method, path, headers, body} = {}] = zoho.received as Partial<Sent>[];
  assert.deepEqual([method, path, headers?.['content-type']], ['POST', '/crm/v8/coql', 'application/json']);
  assert.deepEqual(JSON.parse(body ?? ''), {select_query: query.text});
});

promise('reads no further than the rows that memory is wanted for', {replies: [many]}, async ({client}) => {
  assert.deepEqual((await client.coql(query, signal))?.rows.count, 3);
  const {rows, cut} = (await client.coql(query, signal, {bytesMax: 1}))!;
  assert.deepEqual([rows.count, cut], [1, true]);
});

promise('costs credits by its limit', {replies: [[204]]}, async ({client}) => {
  await client.coql(queryOf('Leads', 2_000), signal);
  assert.deepEqual(client.spent().credits.coql, 3);
});

for (const body of ['', ' \r\n', {}, {data: null}, {data: []}]) {
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

promise('sees that an answer is an error although its status says otherwise', {replies: [[200, refusal]]}, async (zoho) => {
  await assert.rejects(zoho.client.coql(query, signal), {kind: 'field', field: 'Image', status: 200});
  assert.equal(zoho.received.length, 1);
});

/** What becomes of one answer, without a second try. */
async function read(body: unknown): Promise<unknown> {
  const http = new Http(origin, usualTimeouts, new ScriptedNetwork(() => [200, body]));
  const caller = {
    run: async (_: Call, stop: AbortSignal, use: (answer: Answer) => Promise<unknown>) =>
      use(await http.send({origin, path: '/', method: 'GET', headers: {}}, stop)),
  } as unknown as Caller;
  return new CoqlEndpoint(caller, silent).rows(query, signal).catch((error: unknown) => error);
}

const short = JSON.stringify(refusal);
const longest = short.padEnd(errorBytesMax);
for (const [what, body, outcome] of [
  ['the longest that counts', longest, 'ErrorReply'],
  ['in two pieces', () => [short.slice(0, 20), longest.slice(20)], 'ErrorReply'],
  ['a byte too long', () => [longest, ' '], 'ZohoError'],
  ['much too long', () => [short, ' '.repeat(errorBytesMax), ' '], 'ZohoError'],
  ['whose body is cut', cut(short), 'ConnectionLost'],
  ['that is none', '{"other":[]}', 'ZohoError'],
] as const) {
  coql(`looks for an error in a short and complete body only: one ${what}`, async () => {
    const found = await read(body);
    assert.ok(found instanceof Error);
    assert.equal(found.constructor.name, outcome);
    if (found instanceof ZohoError) assert.equal(found.kind, 'damaged');
  });
}

/** Gzip whose first block cannot be. */
const spoilt = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff]);

promise('takes nothing that can be read of an answer for damage, not for no rows', {replies: [[200, spoilt]]}, async (zoho) => {
  await assert.rejects(zoho.client.coql(query, signal), {kind: 'damaged', message: /its gzip data are malformed/});
});

for (const [what, details, tries] of [
  ['names no cause', {code: 'SYNTAX_ERROR'}, 3],
  ['names a word that is not of the query', {code: 'SYNTAX_ERROR', near: 'limit'}, 3],
  ['names a column of the query', {code: 'SYNTAX_ERROR', near: 'id'}, 1],
  ['names its module', {code: 'SYNTAX_ERROR', near: 'Leads'}, 1],
  ['says that a query is invalid, but not why', {code: 'INVALID_QUERY'}, 3],
  ['says which column is invalid', {code: 'INVALID_QUERY', column_name: 'Image'}, 1],
  ['says something else', {code: 'NEW'}, 1],
] as const) {
  const {code, ...rest} = details;
  promise(`tries ${tries} times when a refusal ${what}`, {replies: [[400, complaint(code, rest)]]}, async (zoho) => {
    await assert.rejects(zoho.client.coql(query, signal), {code});
    assert.equal(zoho.received.length, tries);
    assert.deepEqual(
      zoho.logged.filter((line) => line.startsWith('info')),
      Array.from(
        {length: tries - 1},
        (_, i) => `info Cannot query module Leads: Zoho answers ${code}: words; trying again {"tries":${i + 1}}`,
      ),
    );
  });
}

promise(
  'goes on when a refusal that names no cause has passed',
  {replies: [[400, complaint('SYNTAX_ERROR')], [400, complaint('INVALID_QUERY')], ok]},
  async (zoho) => {
    assert.deepEqual(await idsFrom(zoho), ['1']);
  },
);

for (const [code, details, refused] of [
  ['INVALID_QUERY', {column_name: 'id'}, 1],
  ['INVALID_QUERY', {}, 3],
  ['SYNTAX_ERROR', {near: "'12'"}, 3],
  ['SYNTAX_ERROR', {near: 'id'}, 1],
] as const) {
  promise(
    `asks with bare ids where quoted ones are refused by ${code} ${JSON.stringify(details)}, and goes on so`,
    {answer: ({body}) => (body.includes("'12'") ? [400, complaint(code, details)] : ok)},
    async (zoho) => {
      assert.deepEqual(await idsFrom(zoho, byId), ['1']);
      assert.deepEqual(await idsFrom(zoho, byId), ['1']);
      assert.equal(zoho.received.length, refused + 2);
      assert.deepEqual(JSON.parse(zoho.received.at(-1)!.body), {select_query: byId.textWithBareIds});
    },
  );
}

promise(
  'keeps to quoted ids when bare ones are refused as well, and says why the first were',
  {answer: ({body}) => [400, complaint('INVALID_QUERY', {column_name: 'id'}, body.includes("'12'") ? 'quoted' : 'bare')]},
  async (zoho) => {
    for (let i = 1; i <= 2; i++) {
      await assert.rejects(zoho.client.coql(byId, signal), {message: /INVALID_QUERY: quoted/});
      assert.equal(zoho.received.length, 2 * i);
    }
  },
);

promise(
  'says how bare ids fail when they fail in another way',
  {answer: ({body}) => [400, complaint(body.includes("'12'") ? 'SYNTAX_ERROR' : 'INVALID_MODULE', {near: 'id'})]},
  async (zoho) => {
    await assert.rejects(zoho.client.coql(byId, signal), {kind: 'module', code: 'INVALID_MODULE'});
  },
);

coql('does not blame the ids for a refused column or module', async () => {
  for (const [code, details, error] of [
    ['INVALID_QUERY', {column_name: 'Image'}, {kind: 'field', field: 'Image'}],
    ['INVALID_MODULE', {}, {kind: 'module'}],
  ] as const) {
    const zoho = memoryZoho({replies: [[400, complaint(code, details)]]});
    await assert.rejects(zoho.client.coql(byId, signal), error);
    assert.equal(zoho.received.length, 1);
  }
});

coql('repeats only refusals of Zoho', async () => {
  let calls = 0;
  const own = Object.assign(new Error('own'), {code: 'SYNTAX_ERROR', kind: 'refused'});
  const caller = {run: () => Promise.reject(++calls && own)} as unknown as Caller;
  await assert.rejects(new CoqlEndpoint(caller, silent).rows(byId, signal), (error) => error === own);
  assert.equal(calls, 1);
});

for (const [body, count] of [
  [{data: [{'COUNT(id)': 7}], info: {count: 1}}, 7],
  [{data: [{id: 0}]}, 0],
  [{data: [{id: 'many'}]}, undefined],
  [undefined, undefined],
] as const) {
  const replies: Reply[] = [body === undefined ? [204] : [200, body]];
  promise(`counts ${count} records in ${JSON.stringify(body)}`, {replies}, async (zoho) => {
    assert.equal(await zoho.client.count('Leads', 60, signal), count);
    assert.deepEqual(JSON.parse(zoho.received[0]!.body), {select_query: countQuery('Leads', 60).text});
  });
}

coql('does not count where Zoho refuses it, and says when it cannot tell', async () => {
  const count = (reply: Reply): Promise<number | undefined> => memoryZoho({replies: [reply]}).client.count('Leads', 60, signal);
  for (const reply of [
    [400, complaint('INVALID_QUERY')],
    [400, complaint('INVALID_MODULE')],
    [200, 'x'.repeat(errorBytesMax + 1)],
  ] as Reply[])
    assert.equal(await count(reply), undefined);
  await assert.rejects(count([403, complaint('NO_PERMISSION', {permissions: ['Crm_Implied_Api_Access']})]), {
    kind: 'credentials',
  });
  await assert.rejects(count([500, complaint('INTERNAL_ERROR')]), {kind: 'unavailable'});
  const enough = new Error('enough');
  const stopped = memoryZoho().client.count('Leads', 60, AbortSignal.abort(enough));
  await assert.rejects(stopped, (error) => error === enough);
});

coql.run();
