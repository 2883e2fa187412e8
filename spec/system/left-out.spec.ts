/** What cannot become a document, from the capture to `verify`: the rest of the module arrives, and each row is named. */
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import {zipSync} from 'fflate';
import {suite} from 'uvu';
import {Shell} from '../commands/shell.ts';
import {credentials, type Received, type Reply, withZoho} from '../harness/fake-zoho.ts';

const leftOut = suite('source-zoho verify of what was left out');

interface Held {
  readonly id: string;
  readonly modified: string | null;
  readonly created: string | null;
}

const then = '2026-01-01T00:00:00+00:00';
const soon = () => new Date().toISOString().replace(/\.\d+Z$/, '+00:00');
const field = (api_name: string) => ({api_name, data_type: 'datetime', json_type: 'string'});

/** A Zoho with one module; records of which a criterion says nothing are in every file and in no window. */
function zohoOf(records: readonly Held[], gone: () => readonly object[]): (request: Received) => Reply {
  return ({method, path, body}) => {
    const headers = {date: new Date().toUTCString()};
    if (path.startsWith('/crm/v8/settings/modules'))
      return [200, {modules: [{api_name: 'Leads', api_supported: true, plural_label: 'Leads'}]}, headers];
    if (path.startsWith('/crm/v8/settings/fields'))
      return [200, {fields: [field('Modified_Time'), field('Created_Time')]}, headers];
    if (path === '/crm/bulk/v8/read' && method === 'POST') return [201, {data: [{details: {id: '7'}}]}, headers];
    if (path.endsWith('/result')) {
      const inRange = records.filter(({modified}) => modified !== null);
      const lines = inRange.map(({id, modified, created}) => `${id},${modified},${created ?? ''}\r\n`);
      const file = `Id,Modified_Time,Created_Time\r\n${lines.join('')}`;
      return (response) => response.end(zipSync({'7.csv': Buffer.from(file)}));
    }
    if (path.includes('/read/')) return [200, {data: [{state: 'COMPLETED', result: {more_records: false}}]}, headers];
    if (path.includes('/deleted')) return gone().length === 0 ? [204] : [200, {data: gone()}, headers];
    const query = String(JSON.parse(body).select_query);
    const ids = /id in \(([^)]*)\)/.exec(query)?.[1]?.match(/\d+/g) ?? undefined;
    const found = records.filter(({id, modified}) =>
      ids === undefined ? query.includes('is null') && modified === null : ids.includes(id),
    );
    const data = found.map(({id, modified, created}) => ({id, Modified_Time: modified, Created_Time: created}));
    return data.length === 0 ? [204] : [200, {data, info: {more_records: false}}, headers];
  };
}

leftOut('lists what was not captured, captures what is sound, and counts what has no time by its creation', async () => {
  const records: Held[] = [
    {id: '11', modified: then, created: then},
    {id: '12', modified: 'soon', created: then},
    {id: 'x3', modified: then, created: then},
    {id: '14', modified: then, created: then},
    {id: '15', modified: null, created: then},
    {id: '16', modified: null, created: null},
    {id: '17', modified: null, created: '2019-01-01T00:00:00+00:00'},
  ];
  let gone: object[] = [];
  await withZoho({answer: zohoOf(records, () => gone)}, async ({url}) => {
    const shell = await Shell.open();
    try {
      const {clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token} = credentials;
      const credentialsOf = {credentials_title: 'OAuth Credentials', client_id, client_secret, refresh_token, api_domain: url};
      await writeFile(
        shell.path('config.json'),
        JSON.stringify({credentials: credentialsOf, start_date: '2020-01-01T00:00:00Z'}),
      );
      const once = 'capture --config config.json --module Leads --out out --once';
      const captured = await shell.run(`${once} --json`);
      assert.equal(captured.code, 0, captured.messages);
      const [{documents, quarantined}] = JSON.parse(captured.output).modules;
      assert.deepEqual([documents, quarantined], [3, 3]);
      for (const named of [
        'row 2 of the result of bulk read job 7 (record 12)',
        'row 3 of the result of bulk read job 7 is',
        '(record 16)',
      ])
        assert.ok(captured.messages.includes(named), named);

      // A deletion that is odd, and one that is sound.
      records.splice(0, 1);
      records.splice(2, 1);
      gone = [
        {id: '14', deleted_time: null, type: 'permanent'},
        {id: '11', deleted_time: soon(), type: 'permanent'},
      ];
      assert.equal((await shell.run(once)).code, 0);
      const verify = 'verify --config config.json --out out --full';
      const {code, output, messages} = await shell.run(`${verify} --json`);
      const [module] = JSON.parse(output).modules;
      const {missing, extra, differing, leftOut: listed} = module;
      assert.deepEqual(
        {code, missing, extra, differing, quarantined: module.quarantined},
        {code: 4, missing: 0, extra: 0, differing: 0, quarantined: 4},
        messages,
      );
      assert.deepEqual(
        listed.map(({id, why}: {id?: string; why: string}) => [id, why]),
        [
          ['12', 'has no valid Modified_Time'],
          [undefined, 'has no valid id'],
          ['16', 'has no valid Modified_Time'],
          ['14', 'has no valid deleted_time'],
        ],
      );
      assert.ok(!output.includes('soon') && !output.includes('x3'));
      assert.match((await shell.run(verify)).output, /Leads 12: left out, because it has no valid Modified_Time \(row 1 of /);
    } finally {
      await shell.close();
    }
  });
});

leftOut.run();
