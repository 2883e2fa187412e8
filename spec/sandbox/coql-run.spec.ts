import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {answerCoql} from '../../lib/sandbox/coql/answer.ts';
import {type CoqlSwitches, coqlDefaults} from '../../lib/sandbox/coql/switches.ts';
import type {Column, Comparable, Range, Table, TableRecord} from '../../lib/sandbox/coql/table.ts';

const run = suite('COQL');

type Value = readonly [json: string, comparable: Comparable];

class PlainRecord implements TableRecord {
  readonly id: bigint;
  readonly modifiedS: number;
  readonly #values: Readonly<Record<string, Value>>;
  readonly #account: TableRecord | undefined;

  constructor(id: bigint, modifiedS: number, values: Readonly<Record<string, Value>> = {}, account?: TableRecord) {
    this.id = id;
    this.modifiedS = modifiedS;
    const time = new Date(modifiedS * 1_000).toISOString().replace('.000Z', '+00:00');
    this.#values = {id: [`"${id}"`, id], Modified_Time: [`"${time}"`, modifiedS], ...values};
    this.#account = account;
  }

  json(column: string): string {
    return this.#values[column]?.[0] ?? 'null';
  }

  comparable(column: string): Comparable {
    return this.#values[column]?.[1] ?? null;
  }

  related(column: string): TableRecord | undefined {
    return column === 'Account' ? this.#account : undefined;
  }
}

const column = (dataType: string, jsonType: string, more: Partial<Column> = {}): Column => ({
  dataType,
  jsonType,
  dynamic: false,
  selectable: true,
  filterable: true,
  ...more,
});

const columns = new Map<string, Column>([
  ['id', column('bigint', 'string')],
  ['Modified_Time', column('datetime', 'string')],
  ['Name', column('text', 'string')],
  ['Amount', column('currency', 'double')],
  ['Flag', column('boolean', 'boolean')],
  ['Day', column('date', 'string')],
  ['Account', column('lookup', 'jsonobject')],
  ['Notes', column('textarea', 'string', {filterable: false})],
  ['Hidden', column('text', 'string', {selectable: false})],
  ['Address', column('address', 'jsonobject')],
  ...Array.from({length: 6}, (_, i): [string, Column] => [
    `Age${i}`,
    column('formula', 'string', {returnType: 'double', dynamic: true}),
  ]),
]);

/** A module held in an array; it counts the records that were read of it. */
class PlainTable implements Table {
  readonly name = 'Leads';
  readonly columns = columns;
  read = 0;
  readonly #records: readonly TableRecord[];

  constructor(records: readonly TableRecord[]) {
    this.#records = records.toSorted((a, b) => a.modifiedS - b.modifiedS || (a.id < b.id ? -1 : 1));
  }

  related(name: string): Table | undefined {
    return name === 'Account' ? this : undefined;
  }

  *scan({fromS = -Infinity, toS = Infinity, after}: Range) {
    for (const record of this.#records) {
      if (record.modifiedS < fromS || record.modifiedS >= toS) continue;
      if (after && (record.modifiedS < after.modifiedS || (record.modifiedS === after.modifiedS && record.id <= after.id)))
        continue;
      this.read += 1;
      yield record;
    }
  }

  *byIds(ids: readonly bigint[]) {
    for (const id of ids) {
      const found = this.#records.find((record) => record.id === id);
      if (found) yield found;
    }
  }
}

function ask(table: PlainTable, query: string, switches: Partial<CoqlSwitches> = {}, nonce = 0) {
  const org = {
    table: (name: string) => (name === 'Leads' ? table : undefined),
    field: (_: string, name: string) => ({api_name: name}),
  };
  const body = Buffer.from(JSON.stringify({select_query: query}));
  return answerCoql(body, org, {...coqlDefaults, ...switches}, nonce);
}

function rowsOf(table: PlainTable, query: string, switches: Partial<CoqlSwitches> = {}, nonce = 0) {
  const {status, body} = ask(table, query, switches, nonce);
  if (status === 204) return [];
  assert.equal(status, 200, String(body));
  return JSON.parse(String(body)).data;
}

const idsOf = (table: PlainTable, query: string, switches: Partial<CoqlSwitches> = {}, nonce = 0): string[] =>
  rowsOf(table, query, switches, nonce).map(({id}: {id: string}) => id);

function refused(table: PlainTable, query: string, switches: Partial<CoqlSwitches> = {}) {
  const {status, body} = ask(table, query, switches);
  assert.equal(status, 400);
  return JSON.parse(String(body));
}

const invalid = (message: string, details: object) => ({code: 'INVALID_QUERY', details, message, status: 'error'});

const text = (value: string): Value => [JSON.stringify(value), value];
const amount = (value: string): Value => [value, Number(value)];
const base = 1_790_000_000;
const big = 5725767000000524157n;
const account = new PlainRecord(900n, base, {Name: text('Acme "Ltd"')});
const few = new PlainTable([
  new PlainRecord(big, base, {Name: text("O'Neil"), Amount: amount('1234567890.123456789'), Flag: ['true', true]}, account),
  new PlainRecord(big + 1n, base + 5, {
    Name: text('Ann'),
    Amount: amount('0.10'),
    Flag: ['false', false],
    Day: text('2026-02-01'),
  }),
  new PlainRecord(big + 2n, base + 5, {Name: text('Bob'), Account: ['{"name":"Acme","id":"900"}', 900n]}, account),
]);
const all = 'from Leads where id is not null';

run('writes values digit for digit, nulls included', () => {
  const {status, body} = ask(few, `select Name, Amount as Sum, Account, Account.Name ${all} limit 0, 10`);
  assert.equal(status, 200);
  assert.equal(
    body,
    `{"data":[` +
      `{"Name":"O'Neil","Sum":1234567890.123456789,"Account":null,"Account.Name":"Acme \\"Ltd\\"","id":"${big}"},` +
      `{"Name":"Ann","Sum":0.10,"Account":null,"Account.Name":null,"id":"${big + 1n}"},` +
      `{"Name":"Bob","Sum":null,"Account":{"name":"Acme","id":"900"},"Account.Name":"Acme \\"Ltd\\"","id":"${big + 2n}"}` +
      `],"info":{"count":3,"more_records":false}}`,
  );
});

run('leaves out the id where the organisation does, unless it is selected', () => {
  assert.deepEqual(rowsOf(few, `select Name ${all} limit 0, 1`, {idAlways: false}), [{Name: "O'Neil"}]);
  assert.deepEqual(rowsOf(few, `select id, Name ${all} limit 0, 1`), [{id: String(big), Name: "O'Neil"}]);
});

run('filters by every operator', () => {
  const [a, b, c] = [String(big), String(big + 1n), String(big + 2n)];
  const cases: [string, (string | undefined)[]][] = [
    ["Name = 'O\\'Neil'", [a]],
    ["Name != 'Ann'", [a, c]],
    ["Name in ('Ann', 'Bob')", [b, c]],
    ["Name not in ('Ann')", [a, c]],
    ["Name like '%n%'", [b]],
    ["Name like 'O%'", [a]],
    ["Name not like '%b'", [a, b]],
    ['Amount > 0.1', [a]],
    ['Amount >= 0.1', [a, b]],
    ['Amount between 0 and 1', [b]],
    ['Amount not between 0 and 1', [a]],
    ['Amount is null', [c]],
    ['Flag = true', [a]],
    ["Day < '2026-03-01'", [b]],
    ["Account = '900'", [c]],
    ['Account.Name = \'Acme "Ltd"\'', [a, c]],
    [`id = ${a}`, [a]],
    [`id in ('${c}', '${a}', '77')`, [a, c]],
    [`id > '${a}'`, [b, c]],
    ["Modified_Time = '2026-09-21T14:13:20Z'", [a]],
    ["Modified_Time > '2026-09-21T16:13:20+02:00'", [b, c]],
    ["Modified_Time between '2026-09-21T14:13:21Z' and '2026-09-21T14:13:25Z'", [b, c]],
    ["(Name = 'Ann' or Name = 'Bob')", [b, c]],
  ];
  for (const [where, ids] of cases) {
    assert.deepEqual(idsOf(few, `select id from Leads where ${where} order by id limit 0, 10`), ids, where);
  }
});

run('refuses a column by its name, whatever is wrong with it', () => {
  const bad = (name: string) => invalid('column given seems to be invalid', {column_name: name});
  assert.deepEqual(refused(few, `select id, Hidden ${all}`), bad('Hidden'));
  assert.deepEqual(refused(few, `select Nothing.Name ${all}`), bad('Nothing.Name'));
  assert.deepEqual(refused(few, 'select id from Leads where X = 1'), bad('X'));
  assert.deepEqual(refused(few, `select id ${all} order by X`), bad('X'));
  assert.deepEqual(
    refused(few, "select id from Leads where Notes = 'x'"),
    invalid('unsupported column in criteria', {cv_criteria: false, column_name: 'Notes', value: 'x', operator: '='}),
  );
  assert.deepEqual(refused(few, `select Account.Account.Account.Name ${all}`), bad('Account.Account.Account.Name'));
});

run('refuses operators and values that a column does not have', () => {
  assert.deepEqual(
    refused(few, "select id from Leads where Name > 'a'"),
    invalid('Invalid query formed', {reason: 'invalid operator found', column_name: 'Name', operator: '>'}),
  );
  const value = (name: string, type: string) =>
    invalid('value given seems to be invalid for the column', {column_name: name, expected_data_type: type});
  const cases: [string, string, string][] = [
    ["Modified_Time > '2026-09-21T14:13:20.000Z'", 'Modified_Time', 'datetime'],
    ["Modified_Time > '2026-09-21'", 'Modified_Time', 'datetime'],
    ['Flag = 3', 'Flag', 'boolean'],
    ["Amount = 'much'", 'Amount', 'number'],
    ["Day = '2026-02-30T00:00:00Z'", 'Day', 'date'],
    ["id = 'abc'", 'id', 'bigint'],
  ];
  for (const [where, name, type] of cases)
    assert.deepEqual(refused(few, `select id from Leads where ${where}`), value(name, type));
  assert.deepEqual(refused(few, 'select id from Leads where id > 5', {ids: 'quoted'}), value('id', 'bigint'));
  assert.deepEqual(refused(few, "select id from Leads where id > '5'", {ids: 'bare'}), value('id', 'bigint'));
  assert.equal(idsOf(few, 'select id from Leads where id > 5', {ids: 'bare'}).length, 3);
});

run('caps columns and dynamic formulas by the code that the switch names', () => {
  const many = `select id, Name ${all}`;
  assert.equal(refused(few, many, {columnsMax: 1}).code, 'LIMIT_EXCEEDED');
  assert.equal(refused(few, many, {columnsMax: 1, columnsCode: 'INVALID_QUERY'}).code, 'INVALID_QUERY');
  assert.equal(refused(few, `select Age0, Age1, Age2, Age3, Age4, Age5 ${all}`).code, 'LIMIT_EXCEEDED');
  assert.equal(rowsOf(few, `select Age0, Age1, Age2, Age3, Age4 ${all}`).length, 3);
});

run('answers an unknown module, and a body that is no query', () => {
  assert.deepEqual(refused(few, 'select id from Nope where id is not null'), {
    code: 'INVALID_MODULE',
    details: {},
    message: 'the given module is not supported in api',
    status: 'error',
  });
  const org = {table: () => few, field: (_: string, name: string) => ({api_name: name})};
  const answer = (body: string) => JSON.parse(String(answerCoql(Buffer.from(body), org, coqlDefaults, 0).body));
  assert.deepEqual(answer('{}'), {
    code: 'MANDATORY_NOT_FOUND',
    details: {api_name: 'select_query'},
    message: 'mandatory key not found',
    status: 'error',
  });
  assert.equal(answer('not json').code, 'INVALID_DATA');
  const query = `"select_query":"select Name ${all} limit 0, 1"`;
  assert.deepEqual(answer(`{${query},"include_meta":["records"]}`).details.supported_values, ['fields']);
  assert.deepEqual(answer(`{${query},"include_meta":["fields"]}`).fields, {Name: {api_name: 'Name'}});
});

run('answers nothing in both of the ways that were seen', () => {
  const nothing = "select id from Leads where Name = 'nobody'";
  assert.deepEqual(ask(few, nothing), {status: 204, credits: 1});
  assert.equal(ask(few, nothing, {none: 'empty data'}).body, '{"data":[]}');
});

run('costs by its limit, not by its rows', () => {
  const cost = (limit: number) => ask(few, `select id ${all} limit 0, ${limit}`).credits;
  assert.deepEqual([200, 201, 1_000, 1_001, 2_000].map(cost), [1, 2, 2, 3, 3]);
});

run('groups and aggregates with exact sums', () => {
  const groups = rowsOf(
    few,
    `select Modified_Time, COUNT(id) as n, SUM(Amount), MAX(Name) ${all} group by Modified_Time order by n desc`,
  );
  assert.deepEqual(groups, [
    {Modified_Time: '2026-09-21T14:13:25+00:00', n: 2, 'SUM(Amount)': 0.1, 'MAX(Name)': 'Bob'},
    {Modified_Time: '2026-09-21T14:13:20+00:00', n: 1, 'SUM(Amount)': Number('1234567890.123456789'), 'MAX(Name)': "O'Neil"},
  ]);
  assert.match(String(ask(few, `select SUM(Amount) ${all}`).body), /\{"SUM\(Amount\)":1234567890\.223456789\}/);
  assert.deepEqual(rowsOf(few, "select COUNT(id) from Leads where Name = 'nobody'"), [{'COUNT(id)': 0}]);
  assert.equal(refused(few, `select Name, COUNT(id) ${all} group by Flag`).code, 'INVALID_QUERY');
});

const many = new PlainTable(
  Array.from(
    {length: 1_000},
    (_, i) => new PlainRecord(big + BigInt((i * 7_919) % 1_000), base + Math.floor(i / 90), {Name: text(`n${i % 7}`)}),
  ),
);
const at = (seconds: number) => new Date(seconds * 1_000).toISOString().replace('.000', '');

run('reads no more of a keyset window than it gives', () => {
  const second = base + 4;
  const [middle] = idsOf(many, `select id from Leads where Modified_Time = '${at(second)}' order by id limit 40, 1`);
  many.read = 0;
  const query =
    `select id from Leads where (((Modified_Time = '${at(second)}' and id > '${middle}') or Modified_Time > '${at(second)}') ` +
    `and Modified_Time < '${at(base + 9)}') order by Modified_Time, id limit 0, 30`;
  assert.equal(idsOf(many, query).length, 30);
  assert.equal(many.read, 31, 'one more tells that there are more');
});

run('keeps an order of its own making from query to query, where the query leaves one open', () => {
  const query = `select id ${all} order by Modified_Time limit 0, 90`;
  const first = idsOf(many, query, {}, 1);
  const second = idsOf(many, query, {}, 2);
  assert.notDeepEqual(first, second);
  assert.deepEqual(first.toSorted(), second.toSorted());
  assert.deepEqual(idsOf(many, query, {ties: 'id'}, 1), first.toSorted());
});

run('sorts by any column, both ways, across offsets', () => {
  const names = (query: string) => rowsOf(many, query).map(({Name}: {Name: string}) => Name);
  assert.deepEqual(names(`select Name ${all} order by Name desc, id limit 140, 5`), ['n6', 'n6', 'n5', 'n5', 'n5']);
  const byId = idsOf(many, `select id ${all} limit 0, 1000`);
  assert.deepEqual(byId, byId.toSorted(), 'by id where nothing is said');
  const newest = rowsOf(many, `select Modified_Time ${all} order by Modified_Time desc limit 0, 1`);
  assert.equal(newest[0].Modified_Time, '2026-09-21T14:13:31+00:00');
});

run('compares ids as text where the organisation does', () => {
  const table = new PlainTable([new PlainRecord(99n, base), new PlainRecord(100n, base), new PlainRecord(5n, base + 1)]);
  assert.deepEqual(idsOf(table, `select id ${all} order by Modified_Time, id`), ['99', '100', '5']);
  assert.deepEqual(idsOf(table, `select id ${all} order by Modified_Time, id`, {idOrder: 'text'}), ['100', '99', '5']);
  assert.deepEqual(idsOf(table, "select id from Leads where id > '100' order by id", {idOrder: 'text'}), ['5', '99']);
  assert.deepEqual(idsOf(table, `select id from Leads where (Modified_Time = '${at(base)}' and id > '100')`, {idOrder: 'text'}), [
    '99',
  ]);
});

run('gives every row of a window once, by keyset, whatever the page size', () => {
  const rows = fc.uniqueArray(fc.record({id: fc.bigInt(1n, 500n), s: fc.integer({min: 0, max: 5})}), {
    selector: ({id}) => id,
    maxLength: 60,
  });
  fc.assert(
    fc.property(rows, fc.integer({min: 1, max: 20}), (records, limit) => {
      const table = new PlainTable(records.map(({id, s}) => new PlainRecord(id, base + s)));
      const seen: string[] = [];
      let where = `Modified_Time >= '${at(base)}'`;
      for (let page = 0; page <= records.length; page++) {
        const found = rowsOf(
          table,
          `select id, Modified_Time from Leads where ${where} order by Modified_Time, id limit 0, ${limit}`,
        );
        if (found.length === 0) break;
        seen.push(...found.map(({id}: {id: string}) => id));
        const {id, Modified_Time: time} = found[found.length - 1];
        where = `((Modified_Time = '${time}' and id > ${id}) or Modified_Time > '${time}')`;
      }
      const expected = records.toSorted((a, b) => a.s - b.s || Number(a.id - b.id)).map(({id}) => String(id));
      assert.deepEqual(seen, expected);
    }),
  );
});

run('finds through its shortcuts what a look at every record finds', () => {
  const time = fc.integer({min: 0, max: 5});
  const comparator = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');
  type Tested = {where: string; test: (id: number, s: number) => boolean};
  const holds = (sign: string, a: number, b: number): boolean =>
    ({'=': a === b, '!=': a !== b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b})[sign] ?? false;
  const {condition} = fc.letrec<{condition: Tested; leaf: Tested}>((tie) => ({
    leaf: fc.oneof(
      fc
        .tuple(comparator, time)
        .map(([sign, s]): Tested => ({where: `Modified_Time ${sign} '${at(base + s)}'`, test: (_, b) => holds(sign, b, s)})),
      fc
        .tuple(comparator, fc.integer({min: 0, max: 30}))
        .map(([sign, id]): Tested => ({where: `id ${sign} ${id}`, test: (a) => holds(sign, a, id)})),
      fc
        .array(fc.integer({min: 0, max: 30}), {minLength: 1, maxLength: 5})
        .map((ids): Tested => ({where: `id in (${ids})`, test: (a) => ids.includes(a)})),
      fc.tuple(time, time).map(
        ([s, t]): Tested => ({
          where: `Modified_Time between '${at(base + s)}' and '${at(base + t)}'`,
          test: (_, b) => b >= s && b <= t,
        }),
      ),
    ),
    condition: fc.oneof(
      {maxDepth: 4},
      tie('leaf'),
      fc.tuple(fc.constantFrom('and', 'or'), tie('condition'), tie('condition')).map(
        ([word, a, b]): Tested => ({
          where: `(${a.where} ${word} ${b.where})`,
          test: (id, s) => (word === 'and' ? a.test(id, s) && b.test(id, s) : a.test(id, s) || b.test(id, s)),
        }),
      ),
    ),
  }));
  const records = Array.from({length: 30}, (_, i) => ({id: i + 1, s: (i * 11) % 6}));
  const table = new PlainTable(records.map(({id, s}) => new PlainRecord(BigInt(id), base + s)));
  fc.assert(
    fc.property(condition, ({where, test}) => {
      const expected = records.filter(({id, s}) => test(id, s)).map(({id}) => String(id));
      assert.deepEqual(idsOf(table, `select id from Leads where ${where} order by id limit 0, 100`), expected, where);
    }),
    {numRuns: 500},
  );
});

run.run();
