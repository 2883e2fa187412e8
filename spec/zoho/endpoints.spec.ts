import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {windowQuery} from '../../lib/zoho/coql.ts';
import {complaint, tokenReply} from '../harness/fake-zoho.ts';
import {type MemoryOptions, type MemoryZoho, memoryZoho} from '../harness/memory-zoho.ts';
import type {Reply} from '../harness/scripted-network.ts';

const endpoints = suite('endpoints');
const {signal} = new AbortController();
const mebibyte = Buffer.alloc(1 << 20, ' ');

function promise(name: string, options: MemoryOptions, use: (zoho: MemoryZoho) => Promise<void>): void {
  endpoints(name, () => use(memoryZoho(options)));
}

promise(
  'lists modules as they are, those without an API name left out',
  {
    replies: [
      [
        200,
        {
          modules: [
            {
              api_name: 'Leads',
              plural_label: 'Leads!',
              api_supported: true,
              generated_type: 'default',
              status: 'visible',
              extra: {x: 1},
            },
            {api_name: null, api_supported: false},
            {api_name: 'Odd', generated_type: null},
            {api_name: 7},
            {api_name: 'Odder', plural_label: {}, api_supported: 'yes', status: 1},
            null,
          ],
        },
      ],
    ],
  },
  async (zoho) => {
    assert.deepEqual(await zoho.client.modules(signal), [
      {name: 'Leads', label: 'Leads!', apiSupported: true, generatedType: 'default', status: 'visible'},
      {name: 'Odd', label: 'Odd', apiSupported: true, generatedType: '', status: ''},
      {name: 'Odder', label: 'Odder', apiSupported: true, generatedType: '', status: ''},
    ]);
    assert.equal(zoho.received[0]?.path, '/crm/v8/settings/modules');
    assert.equal(zoho.received[0]?.headers.authorization, 'Zoho-oauthtoken 1000.token-1');
  },
);

promise('says null for a module without field metadata', {replies: [[204]]}, async (zoho) => {
  assert.equal(await zoho.client.fields('Odd & more', signal), null);
  assert.equal(zoho.received[0]?.path, '/crm/v8/settings/fields?module=Odd%20%26%20more&type=all');
});

promise(
  'reads the fields that can be read, whatever odd entries stand among them',
  {
    replies: [
      [
        200,
        {
          fields: [
            {api_name: 'Name', data_type: 'text', json_type: 'string'},
            {api_name: 'Untyped', data_type: null, json_type: 5},
            {api_name: null, data_type: 'text'},
            {api_name: '', data_type: 'text'},
            {data_type: 'text'},
            {api_name: 7},
            null,
            'Name',
            {api_name: 'Formula', data_type: 'formula', json_type: null, formula: 'x', pick_list_values: {}},
          ],
        },
      ],
    ],
  },
  async (zoho) => {
    const fields = await zoho.client.fields('Leads', signal);
    assert.deepEqual(
      fields?.map(({name, type, dataType, jsonType}) => [name, type, dataType, jsonType]),
      [
        ['Formula', 'text', 'formula', ''],
        ['Name', 'text', 'text', 'string'],
        ['Untyped', 'text', '', ''],
        ['id', 'id', 'bigint', 'string'],
      ],
    );
  },
);

promise("takes an answer without a list of fields for the module's own fault", {replies: [[200, {fields: {}}]]}, async (zoho) => {
  await assert.rejects(zoho.client.fields('Leads', signal), {
    kind: 'module',
    message: "Cannot read the fields of module Leads: Zoho's answer has no list of them",
  });
});

promise(
  'creates a job and gives its id',
  {replies: [[201, {data: [{status: 'success', code: 'ADDED_SUCCESSFULLY', details: {id: '5725767000000859031'}}], info: {}}]]},
  async (zoho) => {
    const id = await zoho.client.createJob({module: 'Leads', fields: ['id'], fromS: 0, toS: 60}, signal);
    assert.equal(id, '5725767000000859031');
    const [request] = zoho.received;
    assert.deepEqual([request?.method, request?.path], ['POST', '/crm/bulk/v8/read']);
    assert.equal(request?.headers['content-type'], 'application/json');
  },
);

promise(
  'sees an error inside a creation that says 201',
  {replies: [[201, {data: [complaint('FIELD_NOT_SUPPORTED', {api_name: 'Image'})]}]]},
  async (zoho) => {
    const failed = zoho.client.createJob({module: 'Leads', fields: ['Image'], fromS: 0, toS: 60}, signal);
    await assert.rejects(failed, {kind: 'field', field: 'Image', code: 'FIELD_NOT_SUPPORTED'});
  },
);

promise(
  'checks a job by its id',
  {replies: [[200, {data: [{id: '7', state: 'COMPLETED', result: {count: '12', more_records: false}}]}]]},
  async ({client, received}) => {
    const completed = {state: 'completed', count: 12, nextPageToken: undefined, more: false};
    assert.deepEqual(await client.job('7/8', signal), completed);
    assert.equal(received[0]?.path, '/crm/bulk/v8/read/7%2F8');
  },
);

promise(
  'looks for the address of a result only where a completed job has one',
  {
    replies: [
      [200, {data: [{state: 'FAILED', result: {download_url: 'https://evil.com/'}}]}],
      [200, {data: [{state: 'COMPLETED'}]}],
    ],
  },
  async ({client}) => {
    assert.equal((await client.job('7', signal)).state, 'failed');
    assert.equal((await client.job('7', signal)).state, 'completed');
  },
);

promise('asks for whatever name metadata give, and for times before 1970', {replies: [[204]]}, async (zoho) => {
  assert.equal(await zoho.client.fields('Leads\ud800', signal), null);
  assert.equal(await zoho.client.deleted('Leads\udc00', -60, 1, signal), null);
  assert.deepEqual(
    zoho.received.slice(-1).map(({path, headers}) => [path, headers['if-modified-since']]),
    [['/crm/v8/Leads%EF%BF%BD/deleted?type=all&page=1&per_page=200', '1970-01-01T00:00:00+00:00']],
  );
});

promise(
  'reads deletions with their pages, and null when there are none',
  {
    answer: ({path}) =>
      path.includes('page=1&')
        ? [
            200,
            {
              data: [
                {id: '12', display_name: null, type: 'permanent', deleted_time: '2026-01-01T05:38:19+05:30', deleted_by: null},
              ],
              info: {more_records: true},
            },
          ]
        : path.includes('page=2&')
          ? [304]
          : [204],
  },
  async (zoho) => {
    const sinceS = Date.UTC(2026, 0, 1) / 1000;
    assert.deepEqual(await zoho.client.deleted('Leads', sinceS, 1, signal), {
      rows: [
        {id: '12', deletedTime: '2026-01-01T05:38:19+05:30', deletedS: Date.UTC(2026, 0, 1, 0, 8, 19) / 1000, type: 'permanent'},
      ],
      more: true,
    });
    assert.equal(await zoho.client.deleted('Leads', sinceS, 2, signal), null);
    assert.equal(await zoho.client.deleted('Leads', sinceS, 3, signal), null);
    assert.equal(zoho.received[0]?.headers['if-modified-since'], '2026-01-01T00:00:00+00:00');
    assert.equal(zoho.received[0]?.path, '/crm/v8/Leads/deleted?type=all&page=1&per_page=200');
    await zoho.client.deleted('Leads', -60, 3, signal);
    assert.equal(zoho.received.at(-1)?.headers['if-modified-since'], '1970-01-01T00:00:00+00:00', 'nothing before 1970');
  },
);

for (const body of ['', ' \r\n', {}]) {
  promise(`takes ${JSON.stringify(body)} for an empty list of anything`, {replies: [[200, body]]}, async ({client, received}) => {
    assert.deepEqual(await client.modules(signal), []);
    assert.equal(await client.fields('Leads', signal), null);
    assert.equal(await client.deleted('Leads', 0, 1, signal), null);
    assert.equal(received.length, 3);
  });
}

for (const nothing of [null, []]) {
  promise(
    `takes the list ${JSON.stringify(nothing)} for an empty one`,
    {replies: ['modules', 'fields', 'data'].map((list): Reply => [200, {[list]: nothing}])},
    async ({client, received}) => {
      assert.deepEqual(await client.modules(signal), []);
      assert.equal(await client.fields('Leads', signal), null);
      assert.equal(await client.deleted('Leads', 0, 1, signal), null);
      assert.equal(received.length, 3);
    },
  );
}

for (const body of [{data: null, info: {more_records: true}}, {data: {}}, 'null', {other: []}, [1]]) {
  promise(`does not take ${JSON.stringify(body)} for the end of the deletions`, {replies: [[200, body]]}, async (zoho) => {
    await assert.rejects(zoho.client.deleted('Leads', 0, 1, signal), {kind: 'damaged'});
  });
}

promise(
  'reads metadata up to a bound, and no further',
  {replies: [[200, () => Array.from({length: 65}, () => mebibyte)]]},
  async (zoho) => {
    await assert.rejects(zoho.client.modules(signal), {
      kind: 'damaged',
      message: 'The answer of www.zohoapis.eu has more than 67108864 bytes',
    });
  },
);

promise('calls an answer damaged that stays unreadable', {replies: [[200, {modules: {}}]]}, async (zoho) => {
  await assert.rejects(zoho.client.modules(signal), {
    kind: 'damaged',
    message: "Cannot list the modules: Zoho's answer cannot be read, at modules it is not as expected",
  });
});

promise(
  "goes by the machine's clock when answers carry no Date header, and by theirs as soon as one does that is near it",
  {
    replies: [
      [200, {modules: []}],
      [200, {modules: []}],
      [200, {modules: []}, {date: 'Thu, 01 Jan 2026 00:00:09 GMT'}],
    ],
  },
  async (zoho) => {
    const localS = () => Math.floor(zoho.clock.nowMs() / 1000);
    assert.equal(await zoho.client.nowSeconds(signal), localS());
    await zoho.clock.advance(5_000);
    assert.equal(await zoho.client.nowSeconds(signal), localS());
    await zoho.client.modules(signal);
    assert.equal(await zoho.client.nowSeconds(signal), localS());
    assert.equal(zoho.received.length, 2);
    await zoho.client.modules(signal);
    assert.equal(await zoho.client.nowSeconds(signal), Date.UTC(2026, 0, 1, 0, 0, 9) / 1000);
    assert.equal(zoho.logged.filter((line) => line.includes('carry no usable Date header')).length, 1);
  },
);

for (const [details, field] of [
  [{api_name: 'fields', json_path: '$.query.fields[2]'}, 'Image'],
  [{api_name: 'Image', json_path: '$.query.fields[2]'}, 'Image'],
  [{api_name: 'Image', json_path: '$.query.fields'}, 'Image'],
  [{api_name: 'fields', json_path: '$.query.fields'}, undefined],
  [{api_name: 'fields', json_path: '$.query.fields[7]'}, undefined],
] as const) {
  promise(
    `finds the refused field of a job in ${JSON.stringify(details)}`,
    {replies: [[400, complaint('INVALID_DATA', details)]]},
    async (zoho) => {
      const asked = {module: 'Leads', fields: ['id', 'Modified_Time', 'Image'], fromS: 0, toS: 60};
      const kind = field === undefined ? 'refused' : 'field';
      await assert.rejects(zoho.client.createJob(asked, signal), {kind, field});
    },
  );
}

promise(
  "tells Zoho's time by its answers, never ahead of it",
  {
    replies: [[200, {modules: []}, {date: 'Thu, 01 Jan 2026 00:00:10 GMT'}]],
  },
  async (zoho) => {
    const tenS = Date.UTC(2026, 0, 1, 0, 0, 10) / 1000;
    assert.equal(await zoho.client.nowSeconds(signal), tenS);
    await zoho.clock.advance(1_999);
    assert.equal(await zoho.client.nowSeconds(signal), tenS + 1);
    await zoho.clock.advance(1);
    assert.equal(await zoho.client.nowSeconds(signal), tenS + 2);
    assert.equal(zoho.received.length, 1);
  },
);

promise(
  'books what was spent',
  {replies: [[204], [204], [200, {modules: []}, {'x-api-credits-remaining': '1234'}]]},
  async (zoho) => {
    await zoho.client.coql(windowQuery({module: 'Leads', columns: ['id'], fromS: 0, limit: 2_000}), signal);
    await zoho.client.deleted('Leads', 0, 1, signal);
    await zoho.client.modules(signal);
    const {calls, creditsTotal, remaining} = zoho.client.spent();
    assert.deepEqual([calls.coql, calls.deleted, calls.modules, creditsTotal, remaining], [1, 1, 1, 6, 1234]);
  },
);

promise(
  'names the scopes of the token, which it fetches if necessary, and none where Zoho does not list them',
  {token: (_, n) => tokenReply(n, {scope: 'ZohoCRM.settings.ALL ZohoCRM.bulk.READ'})},
  async ({client, tokens}) => {
    assert.deepEqual(await client.scopes(signal), ['ZohoCRM.settings.ALL', 'ZohoCRM.bulk.READ']);
    assert.equal(tokens.length, 1);
    assert.equal(await memoryZoho().client.scopes(signal), undefined);
  },
);

promise(
  'names the module, the job and the kind of call when one is refused',
  {replies: [[400, complaint('NEW')]]},
  async ({client, received}) => {
    const job = {fields: ['id'], fromS: 0, toS: 60};
    const refused: [what: string, method: string, call: () => Promise<unknown>][] = [
      ['list the modules', 'GET', () => client.modules(signal)],
      ['read the fields of module Leads', 'GET', () => client.fields('Leads', signal)],
      ['create a bulk read job for module Leads', 'POST', () => client.createJob({module: 'Leads', ...job}, signal)],
      ['create the bulk read job of the next page', 'POST', () => client.createJob({pageToken: 'tok'}, signal)],
      ['check bulk read job 7', 'GET', () => client.job('7', signal)],
      ['download the result of bulk read job 7', 'GET', () => client.download('7', signal).next()],
      ['read the deletions of module Leads', 'GET', () => client.deleted('Leads', 0, 1, signal)],
    ];
    for (const [what, method, call] of refused) {
      await assert.rejects(call(), {kind: 'refused', message: `Cannot ${what}: Zoho answers NEW: words`});
      assert.equal(received.at(-1)?.method, method, what);
    }
  },
);

promise(
  'takes a refused page token for expired, and any other refused job for refused',
  {replies: [[400, complaint('INVALID_DATA')]]},
  async ({client}) => {
    await assert.rejects(client.createJob({pageToken: 'tok'}, signal), {kind: 'expired'});
    await assert.rejects(client.createJob({module: 'Leads', fields: ['id'], fromS: 0, toS: 60}, signal), {kind: 'refused'});
  },
);

for (const [reply, why] of [
  [[204], 'is empty'],
  [[200, ''], 'cannot be read, it is not JSON'],
  [[200, '{'], 'cannot be read, it is not JSON'],
  [[200, {}], 'cannot be read, at data it is not as expected'],
  [[200, '5'], 'cannot be read, at its top it is not as expected'],
] as [Reply, string][]) {
  promise(`takes no answer about a job that ${why}: ${JSON.stringify(reply)}`, {replies: [reply]}, async ({client}) => {
    const damaged = (what: string) => ({kind: 'damaged', message: `Cannot ${what}: Zoho's answer ${why}`});
    const query = {module: 'Leads', fields: ['id'], fromS: 0, toS: 60};
    await assert.rejects(client.job('7', signal), damaged('check bulk read job 7'));
    await assert.rejects(client.createJob(query, signal), damaged('create a bulk read job for module Leads'));
  });
}

promise('keeps the status of an answer that cannot be read', {replies: [[203, '{']]}, async ({client}) => {
  await assert.rejects(client.modules(signal), {kind: 'damaged', status: 203});
});

promise(
  'warns once of each field whose name cannot be captured, however often fields are read',
  {replies: [[200, {fields: ['Name', '_meta', 'Id'].map((api_name) => ({api_name, data_type: 'text', json_type: 'string'}))}]]},
  async ({client, logged}) => {
    for (let i = 0; i < 2; i++) await client.fields('Leads', signal);
    const warnings = logged.filter((line) => line.startsWith('warn Module'));
    assert.deepEqual(
      warnings.map((line) => /^warn Module Leads, field (\w+): .+ \{"module":"Leads","field":"\1"\}$/.exec(line)?.[1]),
      ['Id', '_meta'],
    );
  },
);

promise(
  'gives the valid rows of a page of deletions, and says what is wrong with the others',
  {replies: [[200, {data: [{id: '12', deleted_time: '2026-01-01T00:00:00+00:00'}, {id: 'x'}]}]]},
  async ({client}) => {
    const {rows, unusable} = (await client.deleted('Leads', 0, 1, signal))!;
    assert.deepEqual([rows.map(({id}) => id), unusable?.map(({row, fault}) => [row, fault])], [['12'], [[2, 'id']]]);
  },
);

promise('counts records by a query of its own', {replies: [[200, {data: [{'COUNT(id)': 7}]}]]}, async ({client}) => {
  assert.equal(await client.count('Leads', undefined, signal), 7);
});

promise('asks nothing when it is aborted, not even the time that it knows', {replies: [[200, {modules: []}]]}, async (zoho) => {
  const [stop, enough] = [AbortSignal.abort(new Error('enough')), /^Error: enough$/];
  await zoho.client.nowSeconds(signal);
  await assert.rejects(zoho.client.nowSeconds(stop), enough);
  assert.equal(zoho.received.length, 1);
});

promise('closes its connections', {}, async ({client, network}) => {
  await client.close();
  assert.equal(network.isClosed, true);
});

endpoints.run();
