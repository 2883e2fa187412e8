import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {parseQuery} from '../../lib/sandbox/coql/parse.ts';
import type {Condition} from '../../lib/sandbox/coql/query.ts';
import {CoqlRefusal} from '../../lib/sandbox/coql/refusal.ts';
import {type CoqlSwitches, coqlDefaults, strictDialect} from '../../lib/sandbox/coql/switches.ts';

const parse = suite('COQL parser');

const parsed = (text: string, switches: Partial<CoqlSwitches> = {}) => parseQuery(text, {...coqlDefaults, ...switches});
const where = (condition: string, switches: Partial<CoqlSwitches> = {}) =>
  parsed(`select id from Leads where ${condition}`, switches).where;

/** What Zoho answers to a query that it does not take. */
function refusal(text: string, switches: Partial<CoqlSwitches> = {}, status = 400): unknown {
  try {
    parsed(text, switches);
  } catch (error) {
    assert.ok(error instanceof CoqlRefusal, String(error));
    assert.equal(error.status, status);
    return JSON.parse(error.body);
  }
  return assert.fail(`accepted: ${text}`);
}

const syntax = (message: string, details: object) => ({code: 'SYNTAX_ERROR', details, message, status: 'error'});

parse('reads every clause, whatever the case of its keywords', () => {
  const query = parsed(
    `SELECT Last_Name, Account_Name.Phone AS Phone, 'What_Id->Accounts.Account_Name', COUNT(id) AS n
     FROM Leads Where ((Modified_Time >= '2026-01-01T00:00:00Z' AND Flag = true) aNd id is not null)
     GROUP BY Last_Name ORDER BY Modified_Time desc, id LIMIT 200, 100`,
    {trailingNotNull: true},
  );
  assert.deepEqual(query, {
    select: [
      {column: 'Last_Name'},
      {column: 'Account_Name.Phone', alias: 'Phone'},
      {column: 'What_Id->Accounts.Account_Name'},
      {column: 'id', aggregate: 'COUNT', alias: 'n'},
    ],
    module: 'Leads',
    where: {
      kind: 'and',
      terms: [
        {
          kind: 'and',
          terms: [
            {kind: 'compare', column: 'Modified_Time', comparator: '>=', value: {kind: 'text', text: '2026-01-01T00:00:00Z'}},
            {kind: 'compare', column: 'Flag', comparator: '=', value: {kind: 'boolean', text: 'true'}},
          ],
        },
        {kind: 'null', column: 'id', negated: true},
      ],
    },
    groupBy: ['Last_Name'],
    orderBy: [
      {column: 'Modified_Time', descending: true},
      {column: 'id', descending: false},
    ],
    offset: 200,
    limit: 100,
  });
});

parse('reads every operator', () => {
  const a = {kind: 'text', text: 'a'} as const;
  const b = {kind: 'number', text: '-1.50'} as const;
  const cases: [string, Condition][] = [
    ["X != 'a'", {kind: 'compare', column: 'X', comparator: '!=', value: a}],
    ['X <= -1.50', {kind: 'compare', column: 'X', comparator: '<=', value: b}],
    ["X in ('a', -1.50)", {kind: 'in', column: 'X', values: [a, b], negated: false}],
    ["X not in ('a')", {kind: 'in', column: 'X', values: [a], negated: true}],
    ["X like 'a'", {kind: 'like', column: 'X', pattern: a, negated: false}],
    ["X not like 'a'", {kind: 'like', column: 'X', pattern: a, negated: true}],
    ["X between 'a' and 'a'", {kind: 'between', column: 'X', low: a, high: a, negated: false}],
    ['X not between -1.50 and -1.50', {kind: 'between', column: 'X', low: b, high: b, negated: true}],
    ['X is null', {kind: 'null', column: 'X', negated: false}],
    ['X is not null', {kind: 'null', column: 'X', negated: true}],
    ["!Leads.X = 'a'", {kind: 'compare', column: 'X', comparator: '=', value: a}],
  ];
  for (const [text, condition] of cases) assert.deepEqual(where(text), condition, text);
});

parse('gives 200 rows from the start where no limit is named', () => {
  const {offset, limit} = parsed('select id from Leads where id is not null');
  assert.deepEqual({offset, limit}, {offset: 0, limit: 200});
});

parse('takes no query without its clauses', () => {
  assert.deepEqual(refusal('select id from Leads'), syntax('missing clause', {clause: 'where'}));
  assert.deepEqual(refusal("select id where Name = 'x'"), syntax('missing clause', {clause: 'from'}));
  assert.deepEqual(refusal('  '), syntax('missing clause', {clause: 'select'}));
  assert.deepEqual(refusal('select id from Leads limit 0, 10'), syntax('missing clause', {clause: 'where'}));
});

parse('says where it met what it did not expect', () => {
  const at = (line: number, column: number, near: string) => syntax('unexpected token', {line, column, near});
  assert.deepEqual(refusal('select * from Leads where id is not null'), at(1, 8, '*'));
  assert.deepEqual(refusal('select id\nfrom Leads\nwhere id = ;'), at(3, 12, ';'));
  assert.deepEqual(refusal("select id from Leads where Name = 'x"), at(1, 35, "'"));
  assert.deepEqual(refusal('select id from Leads where Created_Time > 2026-01-01'), at(1, 47, '-01'));
  assert.deepEqual(refusal('select id, from Leads where id is not null'), at(1, 12, 'from'));
  assert.deepEqual(refusal('select id from Leads where id is not null limit 0, 5 id'), at(1, 54, 'id'));
});

parse('names the operator that it does not know', () => {
  assert.deepEqual(
    refusal("select id from Leads where A contains 'x'"),
    syntax('operator not supported', {operator: 'contains'}),
  );
  assert.deepEqual(refusal('select id from Leads where A <> 3'), syntax('operator not supported', {operator: '<>'}));
});

parse('takes AND and OR in pairs only where it is strict', () => {
  const flat = 'A = 1 and B = 2 and C = 3';
  assert.deepEqual(
    refusal(`select id from Leads where ${flat}`, strictDialect),
    syntax('error occured while parsing the query', {near: 'where'}),
  );
  for (const switches of [{}, strictDialect]) {
    assert.ok(where('((A = 1 and B = 2) and C = 3)', switches));
    assert.ok(where('A = 1 and (B = 2 and C = 3)', switches));
    assert.ok(where('(A = 1 or (B = 2 and C between 3 and 4))', switches));
  }
  assert.equal(where('A = 1 or B = 2 and C = 3').kind, 'or', 'AND binds closer');
  assert.ok(where(flat));
});

parse('takes a bare limit, and a trailing not-null, unless it is strict', () => {
  const bare = 'select id from Leads where id is not null limit 10';
  assert.deepEqual(refusal(bare, strictDialect), syntax('error occured while parsing the query', {near: 'limit'}));
  assert.equal(parsed(bare).limit, 10);
  const offset = parsed('select id from Leads where id is not null limit 10 offset 20');
  assert.deepEqual([offset.offset, offset.limit], [20, 10]);
  const trailing = 'select id from Leads where (A = 1 and id is not null)';
  assert.deepEqual(refusal(trailing, strictDialect), syntax('error occured while parsing the query', {near: 'null'}));
  assert.ok(parsed(trailing));
});

parse('takes names with a word of its own in quotes only, columns and modules alike', () => {
  for (const name of ['External', 'Order', 'group']) {
    assert.equal((refusal(`select ${name} from Leads where id is not null`) as {code: string}).code, 'SYNTAX_ERROR', name);
    assert.equal((refusal(`select id from ${name} where id is not null`) as {code: string}).code, 'SYNTAX_ERROR', name);
    const {select, module} = parsed(`select '${name}' from '${name}' where '${name}' = 1 order by '${name}'`);
    assert.deepEqual([select, module], [[{column: name}], name]);
    assert.ok(parsed(`select ${name} from Leads where id is not null`, {reservedNames: 'bare'}), name);
  }
});

parse('keeps within the limits of rows and offsets', () => {
  const limit = (text: string) => refusal(`select id from Leads where id is not null limit ${text}`);
  const invalid = (details: object) => ({
    code: 'INVALID_QUERY',
    details,
    message: 'limit given seems to be invalid',
    status: 'error',
  });
  assert.deepEqual(limit('0, 0'), {
    code: 'INVALID_DATA',
    details: {},
    message: 'limit should be greater than 0',
    status: 'error',
  });
  assert.deepEqual(limit('0, 2001'), invalid({limit: 2001}));
  assert.deepEqual(limit('100000, 10'), invalid({offset: 100000}));
  assert.deepEqual(refusal('select id from Leads where id is not null limit 0, 201', {rowsMax: 200}), invalid({limit: 201}));
});

parse('keeps within the limits of lists, conditions and clauses', () => {
  const tooMany = {code: 'LIMIT_EXCEEDED', details: {}, message: 'limit exceeded', status: 'error'};
  const ids = (count: number) => `id in (${Array.from({length: count}, (_, i) => `'${i}'`).join(', ')})`;
  assert.ok(where(ids(100)));
  assert.deepEqual(refusal(`select id from Leads where ${ids(101)}`), tooMany);
  const chain = (count: number) => Array.from({length: count}, (_, i) => `A = ${i}`).join(' or ');
  assert.ok(where(chain(25), {nesting: 'lenient'}));
  assert.deepEqual(refusal(`select id from Leads where ${chain(26)}`, {nesting: 'lenient'}), tooMany);
  const all = 'from Leads where id is not null';
  assert.deepEqual(refusal(`select SUM(A), SUM(B), SUM(C), SUM(D), SUM(E), SUM(F) ${all}`), tooMany);
  assert.deepEqual(refusal(`select id ${all} group by A, B, C, D, E`), tooMany);
  assert.deepEqual(refusal(`select id ${all} order by A, B, C, D, E, F, G, H, I, J, K`), tooMany);
  assert.ok(refusal(`select id from Leads where ${'('.repeat(10_000)}A = 1${')'.repeat(10_000)}`));
});

parse('takes no column or alias twice, no query in a query, and no custom view', () => {
  const all = 'from Leads where id is not null';
  const body = (code: string, message: string, details: object) => ({code, details, message, status: 'error'});
  assert.deepEqual(refusal(`select A, A ${all}`, {}, 401), body('DUPLICATE_DATA', 'duplicate select column', {column_name: 'A'}));
  assert.deepEqual(
    refusal(`select A as x, B as x ${all}`),
    body('DUPLICATE_ALIAS', 'same alias cannot refer more than one column', {referred_columns: ['A', 'B'], alias: 'x'}),
  );
  assert.deepEqual(
    refusal(`select A as '' ${all}`),
    body('INVALID_ALIAS', 'alias name cannot be an empty string', {column_name: 'A', alias: ''}),
  );
  assert.deepEqual(
    refusal(`select SUM(A), sum(A) ${all}`, {}, 401),
    body('DUPLICATE_DATA', 'duplicate aggregate function', {column_name: 'A', aggregate: 'SUM'}),
  );
  assert.deepEqual(
    refusal(`select id ${all} order by A, B desc, A`, {}, 401),
    body('DUPLICATE_DATA', 'duplicate order by column', {column_name: 'A'}),
  );
  assert.deepEqual(
    refusal(`select MEDIAN(A) ${all}`),
    body('INVALID_DATA', 'invalid data', {reason: 'unsupported aggregate function', column: 'MEDIAN(A)'}),
  );
  assert.ok(refusal(`select A, B as A ${all}`));
  assert.deepEqual(
    refusal('select id from Leads where id in (select id from Deals where id is not null)'),
    syntax('given coql query not supported', {}),
  );
  assert.deepEqual(
    refusal('select id from Leads#55 where id is not null'),
    body('INVALID_QUERY', 'Invalid query formed', {module: 'Leads', cvid: '55'}),
  );
});

parse('gives back any text whose quotes are doubled or escaped', () => {
  const either = fc.tuple(fc.string({unit: 'binary'}), fc.constantFrom("''", "\\'"));
  fc.assert(
    fc.property(either, ([text, quote]) => {
      const quoted = `'${text.replaceAll('\\', '\\\\').replaceAll("'", () => quote)}'`;
      assert.deepEqual(where(`A = ${quoted}`), {kind: 'compare', column: 'A', comparator: '=', value: {kind: 'text', text}});
    }),
  );
});

parse('answers any text with a query or a refusal', () => {
  const words = 'select id from Leads where and or ( ) , = \' limit order by is null 1 -2.5 . "'.split(' ');
  const text = fc.oneof(
    fc.string({unit: 'binary'}),
    fc.array(fc.constantFrom(...words), {maxLength: 30}).map((list) => list.join(' ')),
  );
  fc.assert(
    fc.property(text, (query) => {
      try {
        parsed(query);
      } catch (error) {
        assert.ok(error instanceof CoqlRefusal, String(error));
      }
    }),
  );
});

parse.run();
