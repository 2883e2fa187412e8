import assert from 'node:assert/strict';
import {unzipSync} from 'fflate';
import {suite} from 'uvu';
import {text} from '../../lib/sandbox/schema/kinds.ts';
import {auditFields, module} from '../../lib/sandbox/schema/module.ts';
import type {SwitchChoices} from '../../lib/sandbox/switches.ts';
import {type Caller, startMs, withSandbox} from './caller.ts';

/** What some organisation, proxy or language answers, and the sandbox when it is told to. */
const odd = suite('Odd answers');

const startS = startMs / 1_000;
const leads = {module: {api_name: 'Leads'}, fields: ['Company', 'Annual_Revenue', 'Fit', 'Modified_Time']};

/** The text of a job's file. */
async function csvOf(caller: Caller, query: unknown = leads): Promise<Buffer> {
  const [csv] = Object.values(unzipSync(await caller.file(await caller.create(query))));
  return Buffer.from(csv!);
}

const idsOf = (body: {data: {id: string}[]}) => body.data.map(({id}) => id);

odd('compresses bodies that nobody asked to be compressed', () =>
  withSandbox({}, async (caller, {faults}) => {
    for (const encoding of ['gzip', 'deflate', 'br'] as const) {
      faults.add(`${encoding}:coql`);
      const {headers, body} = await caller.coql('select id from Leads where id is not null limit 3');
      assert.deepEqual([headers.get('content-encoding'), body.data.length], [encoding, 3]);
    }
  }),
);

odd('leaves out whether more follows, or says it by a text', () =>
  withSandbox({}, async (caller, {faults}) => {
    const query = 'select id from Leads where id is not null limit 3';
    faults.add('flags-missing:coql');
    assert.deepEqual((await caller.coql(query)).body.info, {count: 3});
    faults.add('flags-text:coql');
    assert.deepEqual((await caller.coql(query)).body.info, {count: 3, more_records: 'true'});
  }),
);

odd('says in every way that there is nothing', () =>
  withSandbox({}, async (caller, sandbox) => {
    const info = {count: 0, more_records: false};
    const forms: [NonNullable<SwitchChoices['nothing']>, number, unknown][] = [
      ['status 204', 204, undefined],
      ['empty object', 200, {}],
      ['null data', 200, {data: null, info}],
      ['no data', 200, {info}],
      ['empty list', 200, []],
      ['empty data', 200, {data: []}],
    ];
    for (const [nothing, status, body] of forms) {
      sandbox.switch({nothing});
      for (const reply of [await caller.coql('select id from Leads where id = 1'), await caller.call('/crm/v8/Leads/deleted')])
        assert.deepEqual([reply.status, reply.body], [status, body], nothing);
    }
  }),
);

odd('gives fewer rows than a page takes, and says that more follow', () =>
  withSandbox({switches: {coql: {servedMax: 2}, deletedServedMax: 1}}, async (caller, {org}) => {
    const {body} = await caller.coql('select id from Leads where id is not null limit 0, 200');
    assert.deepEqual(body.info, {count: 2, more_records: true});
    const ids = [...org.module('Leads').ids()];
    for (const id of ids.slice(0, 2)) org.module('Leads').delete(id);
    const pages = [];
    for (const page of [1, 2, 3]) pages.push((await caller.call(`/crm/v8/Leads/deleted?per_page=200&page=${page}`)).body);
    assert.deepEqual(
      pages.map((page) => page && [page.data.length, page.info.per_page, page.info.more_records]),
      [[1, 200, true], [1, 200, false], undefined],
    );
  }),
);

odd('hides milliseconds behind a second, and orders and compares by them', () =>
  withSandbox({switches: {coql: {hiddenMs: true}}}, async (caller, {org}) => {
    const module = org.module('Leads');
    module.massEdit([...module.ids()].slice(0, 40));
    const at = new Date(startMs).toISOString().replace('.000Z', '+00:00');
    const select = 'select id, Modified_Time from Leads where';
    const ordered = 'order by Modified_Time asc, id asc limit 200';
    const all = (await caller.coql(`${select} Modified_Time >= '${at}' ${ordered}`)).body;
    assert.equal(all.data.length, 40);
    assert.equal(new Set(all.data.map((row: {Modified_Time: string}) => row.Modified_Time)).size, 1, 'one second is shown');
    assert.notDeepEqual(idsOf(all), idsOf(all).toSorted(), 'the order is not that of ids');
    assert.ok((await caller.coql(`${select} Modified_Time > '${at}' ${ordered}`)).body.data.length > 35, 'most lie after it');
    assert.equal((await caller.coql(`${select} Modified_Time = '${at}' ${ordered}`)).status, 204, 'none lies on it');
  }),
);

odd('has records of times to come, and some without a time', () =>
  withSandbox({}, async (caller, {org}) => {
    const module = org.module('Leads');
    const [first = '', second = '', third = ''] = module.ids();
    module.date([first, second], startS + 86_400);
    module.loseTime([third]);
    const future = new Date(startMs + 3_600_000).toISOString().replace('.000Z', '+00:00');
    const {body} = await caller.coql(`select id from Leads where Modified_Time > '${future}' limit 10`);
    assert.deepEqual(idsOf(body).sort(), [first, second].sort());
    const lost = await caller.coql('select id, Modified_Time from Leads where Modified_Time is null limit 10');
    assert.deepEqual(lost.body.data, [{id: third, Modified_Time: null}]);
    const rows = await caller.rows(await caller.create(leads));
    assert.equal(rows.find(({Id}) => Id === third)?.Modified_Time, '');
  }),
);

odd('adds odd rows to the feed of deletions, beside the sound ones', () =>
  withSandbox({}, async (caller, {org, faults}) => {
    const [id = ''] = org.module('Leads').ids();
    org.module('Leads').delete(id);
    faults.add('invalid-deletion-time');
    faults.add('invalid-deletion-id');
    const [timeless, nameless] = [await caller.call('/crm/v8/Leads/deleted'), await caller.call('/crm/v8/Leads/deleted')];
    assert.deepEqual([timeless.body.data[0].deleted_time, idsOf(timeless.body)[1]], [null, id]);
    assert.deepEqual(idsOf(nameless.body), ['none', id]);
  }),
);

odd('spoils one cell or row of a file, within a sound archive', () =>
  withSandbox({}, async (caller, {faults}) => {
    const sound = await csvOf(caller);
    faults.add('invalid-byte');
    const spoiled = await csvOf(caller);
    assert.equal(spoiled.length, sound.length);
    const changed = [...spoiled].filter((byte, i) => byte !== sound[i]);
    assert.deepEqual(changed, [0xff]);
    faults.add('invalid-row');
    const longer = (await csvOf(caller)).toString();
    assert.match(longer.slice(sound.toString().length), /^\d+,x\r\n$/);
  }),
);

odd('keeps half a surrogate pair in its place', () =>
  withSandbox({}, async (caller, sandbox) => {
    const module = sandbox.org.module('Leads');
    const [id = ''] = module.ids();
    module.edit(id, {Company: 'a\ud83db', Interests: ['x\ude00', 'y']});
    const query = {...leads, criteria: {field: {api_name: 'id'}, comparator: 'equal', value: id}};
    assert.match((await csvOf(caller, query)).toString('latin1'), /,a\xef\xbf\xbdb,/);
    sandbox.switch({halves: 'byte'});
    assert.match((await csvOf(caller, query)).toString('latin1'), /,a\xffb,/);
    const {text: json} = await caller.coql(`select Company, Interests from Leads where id = ${id}`);
    assert.ok(json.includes('"Company":"a\\ud83db","Interests":["x\\ude00","y"]'), json);
    assert.ok(module.get(id)?.document().includes('"Company":"a\ufffdb"'));
  }),
);

odd('writes numbers as programs do, and those that no double holds', () =>
  withSandbox({switches: {numbers: 'scientific'}}, async (caller, sandbox) => {
    const module = sandbox.org.module('Leads');
    const values = ['10000000', '42', '0.00025', '-12345678.9', '1e400', '0'];
    const ids = [...module.ids()].slice(0, values.length);
    for (const [i, value] of values.entries()) module.edit(ids[i]!, {Annual_Revenue: value, Fit: '45'});
    const read = async () => {
      const rows = await caller.rows(await caller.create(leads));
      return ids.map((id) => rows.find(({Id}) => Id === id));
    };
    assert.deepEqual(
      (await read()).map((row) => row?.Annual_Revenue),
      ['1.0E7', '42.0', '2.5E-4', '-1.23456789E7', '1e400', '0.0'],
    );
    const {text: json} = await caller.coql(`select Annual_Revenue from Leads where id = ${ids[4]}`);
    assert.match(json, /"Annual_Revenue":1e400/);
    assert.match(module.get(ids[4]!)!.document(), /"Annual_Revenue":"1e400"/);
    sandbox.switch({numbers: 'percent sign'});
    assert.equal((await read())[0]?.Fit, '45%');
  }),
);

odd('has no file for a job without rows', () =>
  withSandbox({records: {Leads: 0}}, async (caller, sandbox) => {
    for (const [emptyFile, status] of [
      ['none 204', 204],
      ['none 404', 404],
    ] as const) {
      sandbox.switch({emptyFile});
      const id = await caller.create(leads);
      const {result} = await caller.job(id);
      assert.deepEqual([result.count, result.download_url, result.more_records], [0, undefined, false]);
      assert.equal((await caller.call(`/crm/bulk/v8/read/${id}/result`)).status, status);
    }
  }),
);

odd('stores an entry that only a descriptor after it measures', () =>
  withSandbox({switches: {zip: 'stored descriptor'}}, async (caller) => {
    const file = Buffer.from(await caller.file(await caller.create(leads)));
    assert.deepEqual([file.readUInt16LE(6) & 8, file.readUInt16LE(8), file.readUInt32LE(18)], [8, 0, 0]);
    // A reader that goes by the central directory finds it.
    const [csv] = Object.values(unzipSync(file));
    assert.match(new TextDecoder().decode(csv), /^Id,Company,/);
    assert.equal(file.readUInt32LE(30 + file.readUInt16LE(26) + csv!.length), 0x08074b50);
  }),
);

odd('hides a field that metadata go on listing, and names it in no refusal of a job', () =>
  withSandbox({}, async (caller, {org}) => {
    org.module('Leads').hideField('Company');
    const {status, body} = await caller.call('/crm/bulk/v8/read', {method: 'POST', body: {query: leads}});
    assert.deepEqual([status, body.code, body.details], [400, 'FIELD_NOT_AVAILABLE', {}]);
    assert.equal((await caller.coql('select Company from Leads where id is not null')).body.code, 'INVALID_QUERY');
    const {body: metadata} = await caller.call('/crm/v8/settings/fields?module=Leads&type=all');
    const found = metadata.fields.find(({api_name: name}: {api_name: string}) => name === 'Company');
    assert.equal(found.visible, true);
  }),
);

odd('loses its metadata for a moment', () =>
  withSandbox({}, async (caller, {faults}) => {
    const answers: unknown[] = [];
    for (const name of ['no-fields', 'empty-fields', 'no-modules', 'no-modules-204'] as const) {
      faults.add(name);
      const path = name.endsWith('fields') ? 'fields?module=Leads' : 'modules';
      const {status, body} = await caller.call(`/crm/v8/settings/${path}`);
      answers.push([status, body]);
    }
    assert.deepEqual(answers, [
      [200, {fields: []}],
      [204, undefined],
      [200, {modules: []}],
      [204, undefined],
    ]);
  }),
);

odd('takes fields and modules by any name', () => {
  const names = ['External', 'Order', 'Id', 'ID', '_meta', 'Modified_Time_', 'constructor', '__proto__', 'Name', 'name'];
  const group = module('Group', [...names.map((name) => text(name)), ...auditFields], {share: 1});
  return withSandbox({modules: [group], records: 3}, async (caller) => {
    const quoted = names.map((name) => `'${name}'`).join(', ');
    const {status, text: answer} = await caller.coql(`select ${quoted} from 'Group' where id is not null limit 3`);
    assert.equal(status, 200, answer);
    assert.equal((await caller.coql('select id from Group where id is not null')).body.code, 'SYNTAX_ERROR');
    const csv = (await csvOf(caller, {module: {api_name: 'Group'}, fields: names})).toString();
    assert.equal(csv.split('\r\n')[0], ['Id', ...names].join(','));
  });
});

odd.run();
