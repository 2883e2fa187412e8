import assert from 'node:assert/strict';
import type {ServerResponse} from 'node:http';
import {suite} from 'uvu';
import {ConfigError, type ZohoError} from '../../lib/errors/errors.ts';
import {cellText} from '../../lib/records/rows.ts';
import {createClient} from '../../lib/zoho/client.ts';
import {type CoqlQuery, idsQuery, windowQuery} from '../../lib/zoho/coql.ts';
import {settled} from '../harness/clocks.ts';
import {complaint, credentials, type FakeOptions, type FakeZoho, type Reply, tokenReply, withZoho} from '../harness/fake-zoho.ts';

const client = suite('ZohoClient');
const {signal} = new AbortController();
const queryOf = (module: string, limit: number): CoqlQuery => windowQuery({module, columns: ['id'], fromS: 0, limit});
const query = queryOf('Leads', 200);

/** The ids of the records that a query finds. */
async function idsFrom(zoho: FakeZoho, asked: CoqlQuery = query): Promise<string[] | undefined> {
  const rows = (await zoho.client.coql(asked, signal))?.rows;
  return rows && Array.from({length: rows.count}, (_, row) => cellText(rows, row, 0));
}

function promise(name: string, options: FakeOptions, use: (zoho: FakeZoho) => Promise<void>): void {
  client(name, () => withZoho(options, use));
}

const cut =
  (text: string): Reply =>
  (response: ServerResponse) => {
    response.writeHead(200, {'content-type': 'application/json', 'content-length': String(text.length + 100)});
    response.write(text, () => response.destroy());
  };
const reset: Reply = (response: ServerResponse) => void response.socket?.resetAndDestroy();
const stall: Reply = (response: ServerResponse) => {
  response.writeHead(200, {'content-type': 'application/json'});
  response.write('{"data":[');
};
const silence: Reply = () => {};
const gateway: Reply = [502, '<html><body>Bad Gateway</body></html>'];
const busy: Reply = [429, complaint('TOO_MANY_REQUESTS')];
const ok: Reply = [200, {data: [{id: '1'}], info: {more_records: false}}];

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

promise('sends credentials in the body of the token call and nowhere else', {replies: [[200, {modules: []}]]}, async (zoho) => {
  await zoho.client.modules(signal);
  await zoho.client.modules(signal);
  assert.equal(zoho.tokens.length, 1);
  assert.equal(zoho.tokens[0]?.path, '/oauth/v2/token');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(zoho.tokens[0]?.body)), {
    grant_type: 'refresh_token',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    refresh_token: credentials.refreshToken,
  });
  assert.doesNotMatch(JSON.stringify(zoho.received), /canary/);
});

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

const jobStates: [string, object, object][] = [
  ['ADDED', {}, {state: 'pending'}],
  ['QUEUED', {result: {}}, {state: 'pending'}],
  ['IN PROGRESS', {result: null}, {state: 'pending'}],
  ['SOMETHING NEW', {}, {state: 'unknown', reason: 'SOMETHING NEW'}],
  [
    'COMPLETED',
    {result: {page: 1, count: 200_000, more_records: true, next_page_token: 'tok', download_url: '/crm/bulk/v8/read/7/result'}},
    {state: 'completed', count: 200_000, nextPageToken: 'tok', more: true},
  ],
  ['COMPLETED', {}, {state: 'completed', count: undefined, nextPageToken: undefined, more: undefined}],
  [
    'FAILURE',
    {result: {error_message: {status: 'error', code: 'INTERNAL_SERVER_ERROR', message: 'no luck', details: {}}}},
    {state: 'failed', reason: 'INTERNAL_SERVER_ERROR: no luck'},
  ],
  ['FAILED', {}, {state: 'failed', reason: undefined}],
  ['ERROR', {result: {error_message: 'no luck'}}, {state: 'failed', reason: 'no luck'}],
  ['CANCELLED', {result: {error_message: 7}}, {state: 'failed', reason: undefined}],
  [
    'COMPLETED',
    {result: {count: '12', more_records: false, error_message: ''}},
    {state: 'completed', count: 12, nextPageToken: undefined, more: false},
  ],
  [
    'COMPLETED',
    {result: {count: 'many', more_records: false}},
    {state: 'completed', count: undefined, nextPageToken: undefined, more: false},
  ],
];

for (const [state, more, expected] of jobStates) {
  promise(
    `reads a job that is ${state}${JSON.stringify(more)}`,
    {replies: [[200, {data: [{id: '7', state, ...more}]}]]},
    async (zoho) => {
      assert.deepEqual(await zoho.client.job('7', signal), expected);
    },
  );
}

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

for (const [info, more] of [
  [{more_records: 'true'}, true],
  [{more_records: ' FALSE '}, false],
  [{more_records: 0}, false],
  [{more_records: 1}, true],
  [{more_records: null}, undefined],
  [{more_records: {}}, undefined],
  [{}, undefined],
  [null, undefined],
  ['none', undefined],
] as const) {
  const row = {id: '12', type: 'permanent', deleted_time: '2026-01-01T05:38:19+05:30'};
  promise(
    `takes ${JSON.stringify(info)} about a page of deletions for ${more}`,
    {replies: [[200, {data: [row], info}]]},
    async (zoho) => {
      assert.equal((await zoho.client.deleted('Leads', 0, 1, signal))?.more, more);
    },
  );
}

promise('gives a query its answer, and null when nothing matches', {replies: [ok, [204]]}, async (zoho) => {
  assert.deepEqual(await idsFrom(zoho), ['1']);
  assert.equal(await zoho.client.coql(query, signal), null);
  assert.deepEqual(JSON.parse(zoho.received[0]?.body ?? ''), {select_query: query.text});
});

const nothings = (list: string): unknown[] => [
  '',
  ' \r\n',
  [],
  {},
  {[list]: null},
  {[list]: []},
  {info: {count: 0, more_records: false}},
  {[list]: null, info: {count: 0, more_records: false}},
  {[list]: [], info: null},
];

for (const [i, body] of nothings('data').entries()) {
  promise(`takes form ${i} of nothing for no rows, of a query and of the deletions`, {replies: [[200, body]]}, async (zoho) => {
    const rows = await zoho.client.coql(query, signal);
    assert.equal(rows?.rows.count ?? 0, 0);
    assert.equal(await zoho.client.deleted('Leads', 0, 1, signal), null);
    assert.equal(zoho.received.length, 2);
  });
}

for (const [i, body] of nothings('fields').entries()) {
  promise(`takes form ${i} of nothing for no field metadata`, {replies: [[200, body]]}, async (zoho) => {
    assert.equal(await zoho.client.fields('Leads', signal), null);
  });
}

for (const [i, body] of nothings('modules').entries()) {
  promise(`takes form ${i} of nothing for no modules`, {replies: [[200, body]]}, async (zoho) => {
    assert.deepEqual(await zoho.client.modules(signal), []);
  });
}

for (const body of [{data: null, info: {more_records: true}}, {data: {}}, 'null', {other: []}, [1]]) {
  promise(`does not take ${JSON.stringify(body)} for the end of the deletions`, {replies: [[200, body]]}, async (zoho) => {
    await assert.rejects(zoho.client.deleted('Leads', 0, 1, signal), {kind: 'damaged'});
  });
}

for (const body of ['', ' \r\n']) {
  promise(
    `takes a query's answer that has ${body.length} blanks with status 200 for no rows`,
    {replies: [[200, body]]},
    async (zoho) => {
      assert.equal(await zoho.client.coql(query, signal), null);
      assert.equal(zoho.received.length, 1);
    },
  );
}

const passing: [string, Reply][] = [
  ['a connection reset before the answer', reset],
  ['an answer cut in the middle', cut('{"data":[{"id":')],
  ['JSON that ends early', [200, '{"data":[{"id"']],
  ['a page of HTML', gateway],
  ['a page of HTML with status 200', [200, '<html>']],
  ['an internal error', [500, complaint('INTERNAL_ERROR')]],
  ['a 429', busy],
  ['a throttle under status 400', [400, complaint('TOO_MANY_REQUESTS')]],
  ['a refused token', [401, complaint('INVALID_TOKEN')]],
  ['a refused token under status 200', [200, complaint('INVALID_TOKEN')]],
];

for (const [what, reply] of passing) {
  promise(`asks a query again after ${what}`, {replies: [reply, reply, ok]}, async (zoho) => {
    assert.deepEqual(await idsFrom(zoho), ['1']);
    assert.equal(zoho.received.length, 3);
    assert.ok(
      zoho.logged.some((line) => line.startsWith('info')),
      'retries are in the log',
    );
  });
}

for (const [what, reply] of [
  ['stalls in its body', stall],
  ['never begins', silence],
] as const) {
  promise(
    `asks a query again when the answer ${what}`,
    {replies: [reply, ok], client: {timeouts: {idleMs: 100, headersMs: 100}}},
    async (zoho) => {
      assert.deepEqual(await idsFrom(zoho), ['1']);
    },
  );
}

promise(
  'bounds an answer that drips for ever',
  {
    replies: [
      (response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(timer));
      },
      ok,
    ],
    client: {timeouts: {callMs: 100}},
  },
  async (zoho) => {
    assert.deepEqual(await idsFrom(zoho), ['1']);
  },
);

promise('gives up after a bounded number of tries, and says what was the matter', {replies: [gateway]}, async (zoho) => {
  await assert.rejects(zoho.client.fields('Leads', signal), {
    kind: 'unavailable',
    status: 502,
    message: 'Cannot read the fields of module Leads: Zoho answers HTTP status 502 without a reason',
  });
  assert.equal(zoho.received.length, 6);
});

promise('calls an answer damaged that stays unreadable', {replies: [[200, {modules: {}}]]}, async (zoho) => {
  await assert.rejects(zoho.client.modules(signal), {
    kind: 'damaged',
    message: "Cannot list the modules: Zoho's answer cannot be read, at modules it is not as expected",
  });
});

promise('creates no more than three jobs whose answers are lost', {replies: [reset]}, async (zoho) => {
  await assert.rejects(zoho.client.createJob({pageToken: 'tok'}, signal), {kind: 'unavailable'});
  assert.equal(zoho.received.length, 3);
});

promise(
  'fetches one token for many calls that saw the last one refused',
  {
    answer: ({headers}) =>
      headers.authorization?.endsWith('token-1') ? [401, complaint('INVALID_TOKEN')] : [200, {modules: []}],
  },
  async (zoho) => {
    await Promise.all([1, 2, 3, 4].map(() => zoho.client.modules(signal)));
    assert.equal(zoho.tokens.length, 2);
  },
);

promise(
  'outlives tokens that are revoked again and again',
  {
    answer: (() => {
      let calls = 0;
      // Every token serves three calls.
      return ({headers}) => {
        const token = Number(/\d+$/.exec(headers.authorization ?? '')?.[0]);
        if (Math.floor(calls / 3) >= token) return [401, complaint('INVALID_TOKEN')];
        calls++;
        return [200, {modules: []}];
      };
    })(),
  },
  async (zoho) => {
    for (let i = 0; i < 60; i++) await zoho.client.modules(signal);
    assert.equal(zoho.tokens.length, 20);
    assert.ok(zoho.statuses.some((status) => status?.startsWith('Waiting for an access token: 8 access tokens were rejected')));
  },
);

promise('stops when new tokens are refused too', {replies: [[401, complaint('INVALID_TOKEN')]]}, async (zoho) => {
  await assert.rejects(zoho.client.modules(signal), (error: ZohoError) => {
    assert.equal(error.kind, 'credentials');
    return /rejects a token that was just granted; the refresh token may belong to another data centre/.test(error.message);
  });
  assert.equal(zoho.received.length, 4);
  assert.ok(zoho.tokens.length <= 5);
});

promise(
  'goes on with a token that a simulator gives for a data centre, and says so once',
  {
    token: (_, n) => tokenReply(n, {api_domain: 'https://www.zohoapis.eu', expires_in: 1}),
    replies: [[200, {modules: []}]],
  },
  async (zoho) => {
    await zoho.client.modules(signal);
    await zoho.clock.advance(10_000);
    await zoho.client.modules(signal);
    assert.equal(zoho.tokens.length, 2);
    assert.deepEqual(
      zoho.logged.filter((line) => line.startsWith('warn The access token')),
      [`warn The access token was issued for https://www.zohoapis.eu; calls still go to ${zoho.url} {}`],
    );
  },
);

promise(
  "goes by the machine's clock when answers carry no Date header, and by theirs as soon as one does that is near it",
  {
    answer: (() => {
      let calls = 0;
      return () => (response: ServerResponse) => {
        response.sendDate = false;
        const date = {date: 'Thu, 01 Jan 2026 00:00:09 GMT'};
        response.writeHead(200, ++calls < 3 ? {} : date).end('{"modules":[]}');
      };
    })(),
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
  'blames the scope when the token answer shows that it is missing',
  {
    token: (_, n) => tokenReply(n, {scope: 'ZohoCRM.settings.ALL ZohoCRM.bulk.READ'}),
    replies: [[401, complaint('OAUTH_SCOPE_MISMATCH')]],
  },
  async (zoho) => {
    await assert.rejects(zoho.client.coql(query, signal), {kind: 'credentials'});
    await assert.rejects(zoho.client.fields('Leads', signal), {kind: 'module'});
    assert.deepEqual(await zoho.client.scopes(signal), ['ZohoCRM.settings.ALL', 'ZohoCRM.bulk.READ']);
  },
);

promise(
  'takes a scope that one module lacks for its own fault when the token answer names no scopes',
  {
    answer: ({body}) => (body.includes('Odd') ? [401, complaint('OAUTH_SCOPE_MISMATCH')] : [204]),
  },
  async (zoho) => {
    await assert.rejects(zoho.client.coql(queryOf('Odd', 200), signal), {
      kind: 'module',
    });
  },
);

promise(
  'waits as long as Zoho asks for',
  {replies: [[429, complaint('TOO_MANY_REQUESTS'), {'retry-after': '77'}], [204]]},
  async (zoho) => {
    const beforeMs = zoho.clock.elapsedMs();
    await zoho.client.coql(query, signal);
    assert.ok(zoho.clock.elapsedMs() - beforeMs >= 77_000);
    assert.match(zoho.statuses[0] ?? '', /^Zoho asks for fewer calls; waiting, next try at /);
    assert.equal(zoho.statuses.at(-1), undefined);
  },
);

promise(
  'says until when an outage lasts that Zoho has timed',
  {replies: [[503, complaint('INTERNAL_ERROR'), {'retry-after': '77'}], [204]]},
  async (zoho) => {
    const beforeMs = zoho.clock.elapsedMs();
    await zoho.client.coql(query, signal);
    assert.ok(zoho.clock.elapsedMs() - beforeMs >= 77_000);
    assert.equal(zoho.statuses.length, 2);
    assert.match(zoho.statuses[0] ?? '', /^Zoho is unavailable; waiting, next try at 2026-/);
    assert.equal(zoho.statuses[1], undefined);
  },
);

promise(
  'holds a call up no longer than whoever waits for it wants to',
  {replies: [busy], client: {waitMaxMs: 120_000}},
  async (zoho) => {
    const beforeMs = zoho.clock.elapsedMs();
    await assert.rejects(zoho.client.coql(query, signal), {kind: 'unavailable', code: 'TOO_MANY_REQUESTS'});
    assert.ok(zoho.clock.elapsedMs() - beforeMs <= 120_000);
    // Pauses of 1, 2, 4, 8 and then 10 s.
    assert.ok(zoho.received.length <= 16, `${zoho.received.length} calls`);
  },
);

client('holds a call up no longer than that however its pauses are drawn', async () => {
  for (let waitMaxMs = 30_000; waitMaxMs < 45_000; waitMaxMs += 1_000) {
    let drawn = 0;
    const random = (): number => (drawn++ % 2 === 0 ? 0.99 : 0);
    await withZoho({replies: [busy], client: {waitMaxMs, random}}, async (zoho) => {
      const beforeMs = zoho.clock.elapsedMs();
      await assert.rejects(zoho.client.coql(query, signal), {kind: 'unavailable'});
      const waitedMs = zoho.clock.elapsedMs() - beforeMs;
      assert.ok(waitedMs <= waitMaxMs, `${waitedMs} of ${waitMaxMs} ms`);
    });
  }
});

for (const [waitMaxMs, tokens] of [
  [60_000, 1],
  [125_000, 1],
  [135_000, 2],
] as const) {
  promise(
    `waits for no token longer than whoever waits wants to, which is ${waitMaxMs / 1000} s`,
    {token: () => [400, {error: 'Access Denied', status: 'failure'}], client: {waitMaxMs, random: () => 0.99}},
    async (zoho) => {
      const beforeMs = zoho.clock.elapsedMs();
      await assert.rejects(zoho.client.modules(signal), {
        kind: 'unavailable',
        message: /too many were requested within 10 minutes$/,
      });
      assert.ok(zoho.clock.elapsedMs() - beforeMs <= waitMaxMs);
      assert.equal(zoho.tokens.length, tokens);
    },
  );
}

promise(
  'reads Retry-After as a date by the clock of the same answer',
  {
    replies: [
      [
        429,
        complaint('TOO_MANY_REQUESTS'),
        {date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 00:00:50 GMT'},
      ],
      [204],
    ],
  },
  async (zoho) => {
    const beforeMs = zoho.clock.elapsedMs();
    await zoho.client.coql(query, signal);
    const waitedMs = zoho.clock.elapsedMs() - beforeMs;
    assert.ok(waitedMs >= 50_000 && waitedMs < 60_000, `${waitedMs} ms`);
  },
);

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
  'sees that an answer is an error although its status says otherwise',
  {
    replies: [[200, complaint('INVALID_TOKEN')], cut('{"data":['), [200, complaint('INVALID_QUERY', {column_name: 'Image'})]],
  },
  async (zoho) => {
    await assert.rejects(zoho.client.coql(query, signal), {kind: 'field', field: 'Image'});
    assert.equal(zoho.received.length, 3);
    assert.equal(zoho.tokens.length, 2);
  },
);

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

promise(
  'books what was spent',
  {replies: [ok, [204], [200, {modules: []}, {'x-api-credits-remaining': '1234'}]]},
  async (zoho) => {
    await zoho.client.coql(queryOf('Leads', 2_000), signal);
    await zoho.client.deleted('Leads', 0, 1, signal);
    await zoho.client.modules(signal);
    const {calls, creditsTotal, remaining} = zoho.client.spent();
    assert.deepEqual([calls.coql, calls.deleted, calls.modules, creditsTotal, remaining], [1, 1, 1, 6, 1234]);
  },
);

promise('ends every kind of call at once when aborted', {replies: [silence]}, async (zoho) => {
  const calls: ((stop: AbortSignal) => Promise<unknown>)[] = [
    (stop) => zoho.client.modules(stop),
    (stop) => zoho.client.nowSeconds(stop),
    (stop) => zoho.client.fields('Leads', stop),
    (stop) => zoho.client.job('7', stop),
    (stop) => zoho.client.deleted('Leads', 0, 1, stop),
    (stop) => zoho.client.coql(query, stop),
    (stop) => zoho.client.createJob({pageToken: 'tok'}, stop),
    (stop) => zoho.client.download('7', stop).next(),
  ];
  for (const call of calls) {
    const stop = new AbortController();
    const running = call(stop.signal);
    await settled();
    stop.abort(new Error('enough'));
    await assert.rejects(running, /^Error: enough$/);
    await assert.rejects(call(stop.signal), /^Error: enough$/);
  }
});

promise(
  'shows no secret in any message or log, even when Zoho repeats one',
  {
    answer: ({headers}) => [
      400,
      complaint('NEW', {}, `no ${headers.authorization} ${credentials.refreshToken} ${credentials.clientSecret}`),
    ],
  },
  async (zoho) => {
    const errors: string[] = [];
    const keep = (error: Error): unknown => errors.push(`${error.message} ${error.stack}`);
    await zoho.client.modules(signal).catch(keep);
    await zoho.client.coql(query, signal).catch(keep);
    assert.equal(errors.length, 2);
    assert.doesNotMatch([...errors, ...zoho.logged].join(), /canary|token-1/);
  },
);

for (const secret of ['S', 'test', 'INVALID_QUERY', 'Latest_Image']) {
  promise(
    `takes a refusal for what it is, whatever is in the secret "${secret}"`,
    {
      answer: () => [400, complaint('INVALID_QUERY', {column_name: 'Latest_Image'})],
      client: {credentials: {clientId: secret, clientSecret: secret, refreshToken: secret}},
    },
    async (zoho) => {
      await assert.rejects(zoho.client.coql(query, signal), {kind: 'field', code: 'INVALID_QUERY', field: 'Latest_Image'});
    },
  );
}

promise(
  'leaves its messages whole when a secret is too short to be one',
  {
    answer: () => [400, complaint('SYNTAX_ERROR', {}, 'unexpected token')],
    client: {credentials: {clientId: 'test', clientSecret: 'S', refreshToken: 'token'}},
  },
  async (zoho) => {
    await assert.rejects(zoho.client.coql(query, signal), {
      message: 'Cannot query module Leads: Zoho answers SYNTAX_ERROR: unexpected token',
    });
  },
);

client('says in one line that a host cannot be reached', async () => {
  await withZoho({}, async (zoho) => {
    const options = {credentials, clock: zoho.clock, log: () => {}};
    const nobody = createClient({...options, apiDomain: 'http://127.0.0.1:1'});
    await assert.rejects(nobody.modules(signal), {
      kind: 'unavailable',
      message: 'Cannot get an access token: cannot reach 127.0.0.1:1: nothing listens there (ECONNREFUSED)',
    });
    await nobody.close();
    assert.throws(() => createClient({...options, apiDomain: 'https://evil.com'}), ConfigError);
    assert.throws(() => createClient({...options, apiDomain: zoho.url, loopback: 'off'}), ConfigError);
  });
});

client.run();
