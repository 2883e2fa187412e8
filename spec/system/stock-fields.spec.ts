import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {replacedNamedMax} from '../../lib/limits.ts';
import {Shell} from '../commands/shell.ts';
import {withZoho} from '../harness/fake-zoho.ts';
import {type TableModule, type TableRecord, tableZoho} from '../harness/table-zoho.ts';

const test = suite('Stock fields of Zoho CRM');

interface StockModule extends Omit<TableModule, 'records'>, Pick<TableRecord, 'bulk' | 'coql'> {}

type Document = Readonly<Record<string, unknown>>;

const {modules: stock}: {modules: Record<string, StockModule>} = JSON.parse(
  await readFile(new URL('../fixtures/stock-metadata.json', import.meta.url), 'utf8'),
);
const [untouched, touched] = ['5725767000000420632', '5725767000000420633'];
const credentials = {client_id: '1000.CLIENT', client_secret: 'client-secret', refresh_token: '1000.refresh'};

interface Captures {
  readonly messages: string;
  /**
   * Of each module: what the backfill said of the record that is touched, and what the sweep after
   * the touch said.
   */
  readonly documents: ReadonlyMap<string, readonly [before: Document, after: Document]>;
}

/** Captures modules, moves `Modified_Time` of one record of each, and captures what changed. */
async function capturedTwice(
  modules: Readonly<Record<string, StockModule>>,
  ids: readonly string[] = [untouched, touched],
): Promise<Captures> {
  const nowS = Math.floor(Date.now() / 1_000);
  const tables: Record<string, TableModule> = {};
  for (const [name, {bulk, coql, ...module}] of Object.entries(modules))
    tables[name] = {...module, records: ids.map((id) => ({id, modifiedS: nowS - 86_400, bulk, coql}))};
  const shell = await Shell.open();
  const documents = new Map<string, readonly [Document, Document]>();
  let messages = '';
  try {
    await withZoho({answer: tableZoho(tables)}, async ({url}) => {
      await shell.configure({url, credentials});
      const names = Object.keys(modules);
      const capture = async (): Promise<void> => {
        const ran = await shell.run(`capture --config config.json --module ${names.join(',')} --out out --once`);
        messages += ran.messages;
        assert.equal(ran.code, 0, ran.messages);
      };
      await capture();
      for (const {records} of Object.values(tables)) records[ids.length - 1]!.modifiedS = Math.floor(Date.now() / 1_000) - 1;
      await capture();
      for (const name of names) {
        const lines = (await readFile(shell.path(`out/${name}.ndjson`), 'utf8')).trimEnd().split('\n');
        assert.equal(lines.length, ids.length + 1);
        const [before, after] = lines.slice(-2).map((line): Document => JSON.parse(line));
        assert.ok(before && after);
        documents.set(name, [before, after]);
      }
      const verified = await shell.run(`verify --config config.json --module ${names.join(',')} --out out --full`);
      assert.equal(verified.code, 0, verified.messages + verified.output);
    });
  } finally {
    await shell.close();
  }
  return {messages, documents};
}

const valuesIn = (document: Document, ...names: string[]): unknown[] => names.map((name) => document[name]);

/** Fields of which the two documents say different things, and those that one of them lacks. */
function compared([before, after]: readonly [Document, Document]): {changed: string[]; missing: string[]} {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => name !== 'Modified_Time');
  const missing = names.filter((name) => !(name in before) || !(name in after));
  const changed = names.filter((name) => !missing.includes(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return {changed, missing};
}

test('keep their values when a record is touched, whichever API delivers them', async () => {
  const {documents, messages} = await capturedTwice(stock);
  for (const [name, pair] of documents) {
    const {fields, bulkRefuses = [], coqlRefuses = []} = stock[name]!;
    const {changed, missing} = compared(pair);
    assert.deepEqual(changed, [], name);
    // What an API refuses is absent from its documents.
    const inOne = fields.map(({api_name}) => api_name).filter((it) => bulkRefuses.includes(it) !== coqlRefuses.includes(it));
    assert.deepEqual(missing.sort(), inOne.sort(), name);
    assert.deepEqual(
      Object.keys(pair[0]).filter((it) => it.includes('.')),
      [],
    );
  }
  assert.doesNotMatch(messages, /not of the type/);
  const [, lead] = documents.get('Leads')!;
  assert.deepEqual(
    ['Layout', 'Territories', 'Connected_To__s', 'Wizard', 'Tag', 'Owner'].map((name) => lead[name]),
    [
      '5725767000000091055',
      ['5725767000000478001'],
      '5725767000003581048',
      '9007199254740993',
      ['hot', 'VIP'],
      '554023000000235011',
    ],
  );
  const [, appointment] = documents.get('Appointments__s')!;
  assert.deepEqual(
    ['Appointment_For', 'Module', 'Consent', 'Profile', 'Role', 'Range', 'Line_Tax'].map((name) => appointment[name]),
    [
      '5725767000003581048',
      'Contacts',
      '5725767000000500001',
      '5725767000000026011',
      '5725767000000026005',
      '{"start_time":"09:00","end_time":"10:00"}',
      '[{"percentage":5,"name":"VAT","id":"9","value":1.5}]',
    ],
  );
});

test('keep their values if a file has names or unusual numbers', async () => {
  const typed = (api_name: string, data_type: string, json_type: string) => ({api_name, data_type, json_type});
  const {documents, messages} = await capturedTwice({
    Deals: {
      fields: [
        typed('Modified_Time', 'datetime', 'string'),
        typed('Territory', 'territories', 'jsonarray'),
        typed('Share', 'percent', 'double'),
        typed('Amount', 'currency', 'double'),
        typed('Count', 'integer', 'integer'),
        typed('Score', 'formula', 'double'),
        typed('Shared_With', 'shadow_lookup', 'jsonobject'),
        typed('Note', 'text', 'string'),
      ],
      bulk: {
        Territory: 'EMEA;North, East',
        Share: '45%',
        Amount: '1,234.50',
        Count: '1.0E7',
        Score: 'NaN',
        Shared_With: '577',
        Note: '45%',
        'Shared_With.module.api_name': 'Leads',
      },
      coql: {
        Territory: [
          {Name: 'EMEA', id: '5'},
          {Name: 'North, East', id: '6'},
        ],
        Share: 45,
        Amount: 1234.5,
        Count: 10_000_000,
        Score: 'NaN',
        Shared_With: {module: {api_name: 'Leads', id: '9'}, id: '577'},
        Note: '45%',
      },
    },
  });
  const pair = documents.get('Deals')!;
  assert.deepEqual(compared(pair), {changed: [], missing: []});
  const {Modified_Time, ...values} = pair[1];
  assert.deepEqual(values, {
    id: Number(touched),
    Territory: ['5', '6'],
    Share: 45,
    Amount: 1234.5,
    Count: 10_000_000,
    Score: 'NaN',
    Shared_With: '577',
    Note: '45%',
    _meta: {op: 'u'},
  });
  assert.match(messages, /Module Deals, field Score: some values are not of the type/);
  assert.equal(messages.match(/not of the type/g)?.length, 2, 'once a run');
});

test('keep U+FFFD in the place of text that is not valid Unicode, with warnings that name some of the records', async () => {
  const ids = Array.from({length: replacedNamedMax + 5}, (_, i) => String(5_725_767_000_000_420_600n + BigInt(i)));
  const {documents, messages} = await capturedTwice(
    {
      Leads: {
        fields: [
          {api_name: 'Modified_Time', data_type: 'datetime', json_type: 'string'},
          {api_name: 'Note', data_type: 'textarea', json_type: 'string'},
          {api_name: 'Tag', data_type: 'text', json_type: 'jsonarray'},
          {api_name: 'Range', data_type: 'time_range', json_type: 'jsonobject'},
        ],
        bulkRefuses: ['Range'],
        bulk: {Note: 'cut \ud83d', Tag: 'fine,cut \ud83d'},
        coql: {Note: 'cut \ud83d', Tag: [{name: 'fine'}, {name: 'cut \ud83d'}], Range: {'\ude00': ['\ude00']}},
      },
    },
    ids,
  );
  const [before, after] = documents.get('Leads')!;
  assert.deepEqual(valuesIn(before, 'Note', 'Tag'), ['cut \ufffd', ['fine', 'cut \ufffd']]);
  assert.deepEqual(valuesIn(after, 'Note', 'Tag', 'Range'), ['cut \ufffd', ['fine', 'cut \ufffd'], '{"\ufffd":["\ufffd"]}']);
  const named = [...messages.matchAll(/Module Leads, field (\w+): record (\d+) holds text that is not valid Unicode/g)];
  const of = (field: string): (string | undefined)[] => named.filter((match) => match[1] === field).map((match) => match[2]);
  // The second run names the record that it reads anew.
  assert.deepEqual(of('Note'), [...ids.slice(0, replacedNamedMax), ids.at(-1)]);
  assert.deepEqual(of('Tag'), of('Note'));
  assert.deepEqual(of('Range'), [ids.at(-1)]);
  assert.equal(messages.match(/more records hold text that is not valid Unicode/g)?.length, 2);
});

test.run();
