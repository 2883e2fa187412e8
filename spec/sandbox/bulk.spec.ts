import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {text} from '../../lib/sandbox/schema/kinds.ts';
import type {SwitchChoices} from '../../lib/sandbox/switches.ts';
import {type Caller, during, startMs, withSandbox} from './caller.ts';

const bulk = suite('Bulk Read');

const nowS = startMs / 1_000;
const everything = during(0, nowS + 1_000_000);
const leads = {module: {api_name: 'Leads'}, fields: ['Last_Name', 'Owner', 'Modified_Time'], criteria: everything};
const small: SwitchChoices = {rowsPerJob: 50};

async function refused(caller: Caller, query: unknown): Promise<readonly unknown[]> {
  const {status, body} = await caller.call('/crm/bulk/v8/read', {method: 'POST', body: {query}});
  return [status, body.code, body.details];
}

bulk('answers a new job as Zoho does', async () => {
  await withSandbox({}, async (caller, {org}) => {
    const {status, body} = await caller.call('/crm/bulk/v8/read', {method: 'POST', body: {query: leads, file_type: 'csv'}});
    const [user] = org.users;
    const details = {
      id: body.data[0].details.id,
      operation: 'read',
      state: 'ADDED',
      created_by: {id: user?.id, name: `${user?.firstName} ${user?.lastName}`},
      created_time: '2026-10-01T05:00:00-07:00',
    };
    assert.equal(status, 201);
    assert.deepEqual(body, {
      data: [{status: 'success', code: 'ADDED_SUCCESSFULLY', message: 'Added successfully.', details}],
      info: {},
    });
    assert.match(details.id, /^\d{18,19}$/);
  });
});

bulk('goes through the states by the clock, one job after another where the organisation does so', async () => {
  await withSandbox({switches: {queueMs: 1_000, jobMs: 2_000, serialJobs: true}}, async (caller, {clock}) => {
    const ids = [await caller.create(leads), await caller.create(leads)];
    const states = async () => (await Promise.all(ids.map((id) => caller.job(id)))).map(({state}) => state);
    const seen = [];
    for (const ms of [0, 600, 400, 2_000, 2_000]) {
      clock.advance(ms);
      seen.push(await states());
    }
    assert.deepEqual(seen, [
      ['ADDED', 'ADDED'],
      ['QUEUED', 'ADDED'],
      ['IN PROGRESS', 'ADDED'],
      ['COMPLETED', 'IN PROGRESS'],
      ['COMPLETED', 'COMPLETED'],
    ]);
  });
});

bulk('exports each record once, however many pages there are', async () => {
  for (const rowOrder of ['id', 'created', 'scattered'] as const) {
    await withSandbox({switches: {...small, rowOrder}}, async (caller, {org}) => {
      const rows = await caller.export(leads);
      assert.deepEqual(rows.map(({Id}) => Id).sort(), [...org.module('Leads').ids()].sort());
      assert.equal(rows.length, 300);
    });
  }
});

bulk('tells of the last page that there is no other, also when it is full', async () => {
  await withSandbox({switches: {rowsPerJob: 150}}, async (caller) => {
    const first = await caller.job(await caller.create(leads));
    assert.deepEqual(
      [first.result.count, first.result.more_records, first.result.per_page, first.result.page],
      [150, true, 150, 1],
    );
    const second = await caller.job(await caller.create({page_token: first.result.next_page_token}));
    assert.deepEqual(
      [second.result.count, second.result.more_records, second.result.page, 'next_page_token' in second.result],
      [150, false, 2, false],
    );
    assert.deepEqual(second.query.module.api_name, 'Leads');
  });
});

bulk('exports a header alone where there is nothing', async () => {
  await withSandbox({}, async (caller) => {
    const id = await caller.create({...leads, criteria: during(0, 1)});
    const {result} = await caller.job(id);
    assert.deepEqual(result, {
      page: 1,
      per_page: 200_000,
      count: 0,
      download_url: `/crm/bulk/v8/read/${id}/result`,
      more_records: false,
    });
    assert.deepEqual(await caller.rows(id), []);
  });
});

const cutoff = {...leads, criteria: during(0, nowS)};

bulk('goes on after the last row, so that records leaving the range hide no others', async () => {
  await withSandbox({switches: small}, async (caller, {org}) => {
    const module = org.module('Leads');
    const edited = new Set<string>();
    const rows = await caller.export(cutoff, () => {
      for (const id of [...module.ids()].slice(0, 40)) {
        module.edit(id);
        edited.add(id);
      }
    });
    const met = new Set(rows.map(({Id}) => Id));
    assert.deepEqual(
      [...module.ids()].filter((id) => !met.has(id) && !edited.has(id)),
      [],
    );
  });
});

bulk('loses records with the broken control, whose pages shift', async () => {
  await withSandbox({switches: {...small, pagesShift: true}}, async (caller, {org}) => {
    const module = org.module('Leads');
    const rows = await caller.export(cutoff, () => module.massEdit([...module.ids()].slice(0, 40)));
    const met = new Set(rows.map(({Id}) => Id));
    const edited = new Set([...module.ids()].slice(0, 40));
    assert.ok([...module.ids()].some((id) => !met.has(id) && !edited.has(id)));
  });
});

bulk('shows the moment of submission, of running, or of the first page', async () => {
  const seen: Record<string, unknown> = {};
  for (const photograph of ['submit', 'run', 'first page'] as const) {
    await withSandbox({switches: {photograph, jobMs: 10_000, queueMs: 10_000, rowsPerJob: 200}}, async (caller, {org, clock}) => {
      const module = org.module('Leads');
      const last = [...module.ids()].at(-1)!;
      const [first = ''] = module.ids();
      const name = async (id: string, wanted: string) => (await caller.rows(id)).find(({Id}) => Id === wanted)?.Last_Name;
      const names = (value: string) => module.massEdit([first, last], {Last_Name: value});
      names('before');
      const one = await caller.create(leads);
      names('queued');
      clock.advance(10_000);
      await caller.job(one);
      names('running');
      clock.advance(10_000);
      const {result} = await caller.job(one);
      names('completed');
      const two = await caller.create({page_token: result.next_page_token});
      clock.advance(20_000);
      assert.equal((await caller.job(two)).state, 'COMPLETED');
      names('later');
      seen[photograph] = [await name(one, first), await name(two, last)];
    });
  }
  assert.deepEqual(seen, {submit: ['before', 'completed'], run: ['queued', 'completed'], 'first page': ['queued', 'queued']});
});

bulk('gives the same file each time, whatever changes meanwhile', async () => {
  await withSandbox({}, async (caller, {org}) => {
    const id = await caller.create({...leads, fields: []});
    await caller.job(id);
    const before = await caller.file(id);
    const module = org.module('Leads');
    module.massEdit([...module.ids()].slice(0, 100));
    module.removeField('Company');
    assert.deepEqual(await caller.file(id), before);
  });
});

bulk('lets page tokens expire after a day, and refuses those it never gave', async () => {
  await withSandbox({switches: small}, async (caller, {clock, tokens}) => {
    const {result} = await caller.job(await caller.create(leads));
    const place = {api_name: 'page_token', json_path: '$.query.page_token'};
    clock.advance(3_599_000);
    await caller.create({page_token: result.next_page_token});
    clock.advance(86_400_000 - 3_599_000);
    tokens.setScopes(['ZohoCRM.bulk.ALL', 'ZohoCRM.modules.ALL']);
    const again = caller.renewed();
    assert.deepEqual(await refused(again, {page_token: result.next_page_token}), [400, 'EXPIRED_VALUE', place]);
    assert.deepEqual(await refused(again, {page_token: 'invented'}), [400, 'INVALID_DATA', place]);
  });
});

bulk('keeps results a day', async () => {
  for (const goneStatus of [400, 404] as const) {
    await withSandbox({switches: {goneStatus, tokenLifeS: 1_000_000}}, async (caller, {clock}) => {
      const id = await caller.create(leads);
      clock.advance(86_399_000);
      assert.equal((await caller.rows(id)).length, 300);
      clock.advance(1_000);
      for (const path of [`/crm/bulk/v8/read/${id}/result`, `/crm/bulk/v8/read/${id}`, '/crm/bulk/v8/read/1']) {
        const {status, body} = await caller.call(path);
        assert.deepEqual([status, body.code], [goneStatus, 'RESOURCE_NOT_FOUND']);
      }
    });
  }
});

bulk('has no result before the job is completed', async () => {
  await withSandbox({switches: {jobMs: 1_000}}, async (caller) => {
    const id = await caller.create(leads);
    assert.equal((await caller.call(`/crm/bulk/v8/read/${id}/result`)).status, 404);
    assert.ok(!('result' in (await caller.job(id))));
  });
});

bulk('refuses the eleventh download of a minute, and all for a minute more', async () => {
  await withSandbox({}, async (caller, {clock}) => {
    const id = await caller.create(leads);
    const download = async () => (await caller.call(`/crm/bulk/v8/read/${id}/result`)).status;
    for (let i = 0; i < 10; i += 1) assert.equal(await download(), 200);
    assert.equal(await download(), 429);
    clock.advance(59_000);
    assert.equal(await download(), 429);
    clock.advance(1_000);
    assert.equal(await download(), 200);
  });
});

bulk('reports a failed job with its reason', async () => {
  await withSandbox({}, async (caller, {jobs}) => {
    const id = await caller.create(leads);
    jobs.fail(id, 'Internal server error.');
    const {state, result} = await caller.job(id);
    assert.equal(state, 'FAILURE');
    assert.deepEqual(result, {
      error_message: {status: 'error', code: 'INTERNAL_SERVER_ERROR', message: 'Internal server error.', details: {}},
    });
  });
});

bulk('refuses fields one at a time', async () => {
  await withSandbox({}, async (caller, sandbox) => {
    const fields = ['Last_Name', 'Address', 'Record_Files', 'Nonsense'];
    const query = {module: {api_name: 'Contacts'}, fields};
    assert.deepEqual(await refused(caller, query), [400, 'FIELD_NOT_SUPPORTED', {api_name: 'Address'}]);
    assert.deepEqual(await refused(caller, {...query, fields: fields.slice(2)}), [
      400,
      'FIELD_NOT_SUPPORTED',
      {api_name: 'Record_Files'},
    ]);
    assert.deepEqual(await refused(caller, {...query, fields: fields.slice(3)}), [400, 'FIELD_NOT_AVAILABLE', {}]);
    sandbox.switch({refusedFieldNamed: true});
    assert.deepEqual(await refused(caller, {...query, fields: fields.slice(3)}), [
      400,
      'FIELD_NOT_AVAILABLE',
      {api_name: 'Nonsense'},
    ]);
    sandbox.switch({refusedFieldNamed: false});
    assert.deepEqual(await refused(caller, {...leads, fields: ['Internal_Score']}), [400, 'FIELD_NOT_AVAILABLE', {}]);
    sandbox.org.module('Leads').refuseField('Company', 'bulk');
    assert.deepEqual(await refused(caller, {...leads, fields: ['Company']}), [400, 'FIELD_NOT_SUPPORTED', {api_name: 'Company'}]);
  });
});

bulk('exports all fields when more than 200 are named', async () => {
  await withSandbox({records: 1_000}, async (caller, {org}) => {
    const all = org.module('Assessments').fields.map(({name}) => name);
    const columns = async (fields: readonly string[]) => {
      const [row = {}] = await caller.rows(await caller.create({module: {api_name: 'Assessments'}, fields}));
      return Object.keys(row);
    };
    assert.deepEqual(await columns(all.slice(0, 200)), ['Id', ...all.slice(0, 200)]);
    assert.deepEqual(await columns(all.slice(0, 201)), ['Id', ...all]);
    assert.deepEqual(await columns([]), ['Id', ...all]);
  });
});

bulk('refuses modules with the code for each', async () => {
  await withSandbox({}, async (caller) => {
    const codes: Record<string, unknown> = {};
    for (const api_name of ['Notes', 'Emails', 'Salaries', 'Visits', 'Scoring_Rules__s', 'Home', 'Nonsense']) {
      const [status, code] = await refused(caller, {module: {api_name}});
      codes[api_name] = [status, code];
    }
    assert.deepEqual(codes, {
      Notes: [400, 'MODULE_NOT_SUPPORTED'],
      Emails: [400, 'MODULE_NOT_SUPPORTED'],
      Salaries: [403, 'NO_PERMISSION'],
      Visits: [400, 'MODULE_NOT_AVAILABLE'],
      Scoring_Rules__s: [401, 'OAUTH_SCOPE_MISMATCH'],
      Home: [400, 'MODULE_NOT_AVAILABLE'],
      Nonsense: [400, 'MODULE_NOT_AVAILABLE'],
    });
  });
});

bulk('refuses bodies that are no query', async () => {
  await withSandbox({}, async (caller) => {
    const path = '/crm/bulk/v8/read';
    const media = await caller.call(path, {method: 'POST', body: {query: leads}, headers: {'content-type': 'text/plain'}});
    assert.deepEqual([media.status, media.body.code], [415, 'MEDIA_TYPE_NOT_SUPPORTED']);
    assert.equal((await caller.call(path, {method: 'POST'})).body.code, 'REQUEST_BODY_IS_EMPTY');
    assert.deepEqual(await refused(caller, undefined), [400, 'INVALID_DATA', {api_name: 'query', json_path: '$.query'}]);
    assert.deepEqual(await refused(caller, {...leads, page: 501}), [400, 'PAGE_RANGE_EXCEEDED', {max_limit: 500}]);
  });
});

bulk('filters by criteria as the table of comparators says', async () => {
  await withSandbox({}, async (caller, {org}) => {
    const module = org.module('Leads');
    const [a = '', b = '', c = ''] = module.ids();
    module.edit(a, {Company: "O'Hara, Inc.", Rating_Points: '7', Next_Call: '2026-01-05', Email_Opt_Out: 'true'});
    module.edit(b, {Company: 'Zed', Rating_Points: null, Next_Call: '2026-01-06', Email_Opt_Out: 'true'});
    const condition = (api_name: string, comparator: string, value: unknown) => ({field: {api_name}, comparator, value});
    const ids = async (criteria: unknown) => (await caller.rows(await caller.create({...leads, criteria}))).map(({Id}) => Id);
    assert.deepEqual(await ids(condition('Company', 'equal', "O'Hara, Inc.")), [a]);
    assert.deepEqual(await ids(condition('id', 'in', [c, a])), [a, c]);
    assert.deepEqual(
      await ids(condition('Next_Call', 'between', ['2026-01-05', '2026-01-06'])).then((found) =>
        found.filter((id) => id === a || id === b),
      ),
      [a, b],
    );
    const group = [
      condition('id', 'in', [a, b, c]),
      {group_operator: 'or', group: [condition('Company', 'starts_with', 'Ze'), condition('Rating_Points', 'less_equal', 7)]},
    ];
    assert.deepEqual((await ids({group_operator: 'and', group})).slice(0, 2), [a, b]);
    assert.ok((await ids(condition('Rating_Points', 'equal', `$${'{EMPTY}'}`))).includes(b));
  });
});

bulk('refuses criteria that it cannot take', async () => {
  await withSandbox({}, async (caller) => {
    const condition = (api_name: string, comparator: string, value: unknown) => ({field: {api_name}, comparator, value});
    const code = async (criteria: unknown) => (await refused(caller, {...leads, criteria}))[1];
    const time = '2026-01-01T00:00:00Z';
    assert.equal(
      await code(condition('Modified_Time', 'less_than', '2026-01-01T00:00:00.000Z')),
      'FIELD_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE',
    );
    assert.equal(await code(condition('Modified_Time', 'starts_with', time)), 'FIELD_AND_COMPARATOR_IN_CRITERIA_NOT_COMPATIBLE');
    assert.equal(await code(condition('Modified_Time', 'in', time)), 'COMPARATOR_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE');
    assert.equal(await code(condition('Description', 'equal', 'x')), 'FIELD_IN_CRITERIA_NOT_SUPPORTED');
    assert.equal(await code(condition('Nonsense', 'equal', 'x')), 'FIELD_IN_CRITERIA_NOT_AVAILABLE');
    assert.equal(await code({group_operator: 'xor', group: [condition('id', 'equal', '1')]}), 'GROUP_OPERATOR_NOT_SUPPORTED');
    assert.equal(
      await code({group_operator: 'and', group: Array.from({length: 26}, () => condition('id', 'equal', '1'))}),
      'CRITERIA_LIMIT_EXCEEDED',
    );
    assert.equal(
      await code(
        condition(
          'id',
          'in',
          Array.from({length: 201}, (_, i) => `${i}`),
        ),
      ),
      'VALUE_LIMIT_EXCEEDED_IN_CRITERIA',
    );
    assert.equal(await code('everything'), 'INVALID_CRITERIA');
  });
});

bulk('exports columns of parents', async () => {
  await withSandbox({}, async (caller, {org}) => {
    const rows = await caller.rows(
      await caller.create({
        module: {api_name: 'Contacts'},
        fields: ['Account_Name', 'Account_Name.Phone', 'Owner.last_name', 'Owner.id'],
      }),
    );
    const accounts = org.module('Accounts');
    for (const row of rows.filter(({Account_Name: id}) => id !== '').slice(0, 20)) {
      assert.equal(row['Account_Name.Phone'], accounts.get(row.Account_Name ?? '')?.value('Phone') ?? '');
      assert.equal(org.users.find(({id}) => id === row['Owner.id'])?.lastName, row['Owner.last_name']);
    }
  });
});

bulk('exports a field added after the start', async () => {
  await withSandbox({}, async (caller, {org}) => {
    org.module('Leads').addField(text('Nickname', () => 'Bo', {blanks: 0}));
    const rows = await caller.rows(await caller.create({...leads, fields: ['Nickname']}));
    assert.ok(rows.every(({Nickname}) => Nickname === 'Bo'));
  });
});

bulk.run();
