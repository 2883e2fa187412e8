/**
 * Columns and modules that COQL rejects: their names are tried with other quoting before any is
 * omitted.
 */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {FieldPlan} from '../../lib/capture/field-plan.ts';
import {bisectColumns, type ColumnSearch, columnCodes, takeHint} from '../../lib/capture/refused-columns.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {coqlColumnsFallback, coqlDynamicMax} from '../../lib/limits.ts';
import type {Field} from '../../lib/records/field.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {classify} from '../../lib/zoho/classify.ts';
import {type CoqlQuery, windowQuery} from '../../lib/zoho/coql.ts';
import {apiErrorOf} from '../../lib/zoho/schemas.ts';
import {complaint} from '../harness/fake-zoho.ts';
import {textField} from '../harness/fields.ts';

const refused = suite('refused columns');
const {signal} = new AbortController();

interface Organisation {
  /** Words that are a syntax error without quotes. */
  readonly reserved?: readonly string[];
  /** Whether names may be quoted at all. */
  readonly takesQuotes?: boolean;
  /** Columns that are rejected in either form. */
  readonly hidden?: readonly string[];
  /** The code with which they are rejected. */
  readonly code?: string;
  /** Columns that are rejected together, although each is accepted alone. */
  readonly clash?: readonly string[];
  /** The details of a syntax error, by the offending word and the one after it. */
  details?(word: string, next: string): object;
  readonly named?: boolean;
}

/** What the organisation says about a query, if it rejects it. */
function complaintAbout(
  {text}: CoqlQuery,
  {reserved = [], takesQuotes = true, hidden = [], code = 'INVALID_QUERY', clash, details = () => ({}), named}: Organisation,
): object | undefined {
  const [, columns = '', module = ''] = /^select (.*) from (\S+) where /.exec(text) ?? [];
  const words = [...columns.split(', '), module];
  for (const [i, word] of words.entries()) {
    const isQuoted = word.startsWith("'");
    const name = word.replaceAll("'", '');
    if (isQuoted ? !takesQuotes : reserved.includes(name))
      return complaint('SYNTAX_ERROR', details(word, words[i + 1] ?? 'where'));
    if (hidden.includes(name)) return complaint(code, named ? {column_name: name} : {});
  }
  const bare = words.map((word) => word.replaceAll("'", ''));
  return clash?.every((name) => bare.includes(name))
    ? complaint('DUPLICATE_DATA', named ? {column_name: clash[1]} : {})
    : undefined;
}

interface Searching extends ColumnSearch {
  readonly dropped: string[];
  /** The queries, in order. */
  readonly asked: CoqlQuery[];
}

/** A search in a module with these columns; its client rejects queries as the organisation does. */
function searching(fields: readonly Field[], organisation: Organisation, module = 'Leads'): Searching {
  const plan = new FieldPlan([...fields, textField('Modified_Time', {type: 'datetime'})]);
  const [dropped, asked]: [string[], CoqlQuery[]] = [[], []];
  const client = {
    async coql(query: CoqlQuery) {
      asked.push(query);
      const apiError = apiErrorOf(complaintAbout(query, organisation));
      if (apiError === undefined) return null;
      const {columns} = query;
      throw classify({kind: 'coql', what: 'query', host: 'zoho', status: 400, json: true, apiError, fields: columns}).error;
    },
  } as unknown as ZohoClient;
  const refuse = async (name: string): Promise<boolean> => plan.refuse('coql', name) && dropped.push(name) > 0;
  return {module, client, fields: plan, fromS: 0, refuse, dropped, asked};
}

const columnsOf = (names: readonly string[]): Field[] => names.map((name) => textField(name));

interface Outcome {
  /** The columns of the final query as written, and the module. */
  readonly asked: string;
  readonly dropped: readonly string[];
  readonly calls: number;
}

/**
 * Queries all columns as the recovery does: by hints, then by search, until the query is accepted.
 */
async function settle(columns: readonly string[], organisation: Organisation, module = 'Leads'): Promise<Outcome> {
  const search = searching(columnsOf(columns), organisation, module);
  const {fields, client, dropped, asked} = search;
  for (;;) {
    const query = windowQuery({module, columns: fields.coqlSlices[0]!, fromS: 0, limit: 200, quoting: fields.quoting});
    try {
      await client.coql(query, signal);
      const [written = ''] = query.text.split(' where');
      return {asked: written.replace('select id, Modified_Time, ', ''), dropped, calls: asked.length};
    } catch (error) {
      assert.ok(error instanceof ZohoError, String(error));
      if (await takeHint(search, error)) continue;
      assert.ok(columnCodes.has(error.code), error.message);
      assert.ok(await bisectColumns(search, signal), error.message);
    }
  }
}

/** How organisations report a syntax error: the word, the word after it, a position, or nothing. */
const sayings: [string, NonNullable<Organisation['details']>][] = [
  ['the word', (near) => ({near})],
  ['the word with what follows', (near, next) => ({near: `${near}, ${next}`, line: 1, column: 9})],
  ['the word after it', (_, next) => ({near: next})],
  ['the column', (column_name) => ({column_name})],
  ['a place', () => ({line: 1, column: 30})],
  ['the beginning of the query', () => ({near: 'select id, Modified_Time'})],
  ['nothing', () => ({})],
];

const names = ['Alpha', 'Beta', 'Gamma', 'Rank', 'Window', 'Zulu'];

for (const [said, details] of sayings) {
  refused(`quotes a word that was not known to be reserved, if Zoho says ${said}`, async () => {
    const {asked, dropped} = await settle(names, {reserved: ['Rank'], details});
    assert.match(asked, /'Rank'/);
    assert.equal(asked.replaceAll("'", ''), `${names.join(', ')} from Leads`);
    assert.deepEqual(dropped, []);
  });

  refused(`quotes several words and the module, if Zoho says ${said}`, async () => {
    const reserved = ['Alpha', 'Window', 'Zulu', 'Offers'];
    const {asked, dropped} = await settle(names, {reserved, details}, 'Offers');
    for (const word of reserved) assert.ok(asked.includes(`'${word}'`), asked);
    assert.equal(asked.replaceAll("'", ''), `${names.join(', ')} from Offers`);
    assert.deepEqual(dropped, []);
  });

  refused(`removes the quotes if the organisation rejects them and says ${said}`, async () => {
    const {asked, dropped} = await settle(['Alpha', 'External', 'Group', 'Zulu'], {takesQuotes: false, details}, 'Order');
    assert.equal(asked, 'Alpha, External, Group, Zulu from Order');
    assert.deepEqual(dropped, []);
  });

  refused(`omits only columns that are rejected either way, if Zoho says ${said}`, async () => {
    const {asked, dropped} = await settle(names, {reserved: ['Rank'], takesQuotes: false, details});
    assert.equal(asked, 'Alpha, Beta, Gamma, Window, Zulu from Leads');
    assert.deepEqual(dropped, ['Rank']);
  });
}

for (const named of [true, false]) {
  refused(`omits hidden columns and keeps the others, ${named ? 'named' : 'not named'}`, async () => {
    const {asked, dropped} = await settle([...names, 'Date'], {hidden: ['Beta', 'Date', 'Zulu'], reserved: ['Date'], named});
    assert.equal(asked.replaceAll("'", ''), 'Alpha, Gamma, Rank, Window from Leads');
    assert.deepEqual(dropped.toSorted(), ['Beta', 'Date', 'Zulu']);
  });

  refused(`omits one of two columns that Zoho confuses, ${named ? 'named' : 'not named'}`, async () => {
    const {dropped, asked} = await settle(['Alpha', 'Email', 'EMail', 'Zulu'], {clash: ['EMail', 'Email'], named});
    assert.equal(dropped.length, 1);
    assert.match(dropped[0] ?? '', /^email$/i);
    assert.match(asked, /^Alpha, '?email'?, Zulu from Leads$/i);
  });
}

refused('quotes common words without a rejected call', async () => {
  const {calls, asked} = await settle(['External', 'Group', 'Order', 'User'], {reserved: ['External', 'Group', 'Order', 'User']});
  assert.equal(calls, 1);
  assert.equal(asked, "'External', 'Group', 'Order', 'User' from Leads");
});

refused('needs one rejected call for a word that Zoho points at', async () => {
  const {calls, asked} = await settle(names, {reserved: ['Rank'], details: (near) => ({near})});
  assert.equal(calls, 2);
  assert.match(asked, /'Rank'/);
});

refused('does not search for ever if everything is rejected', async () => {
  await assert.rejects(settle(names, {reserved: ['Modified_Time']}), /SYNTAX_ERROR/);
});

for (const code of ['INVALID_QUERY', 'INVALID_DATA', 'SYNTAX_ERROR', 'DUPLICATE_DATA', 'DUPLICATE_ALIAS'])
  refused(`omits a column that is rejected with ${code} and not named`, async () => {
    assert.deepEqual((await settle(names, {hidden: ['Beta'], code})).dropped, ['Beta']);
  });

refused('finds every column at fault in one search, with one row a query', async () => {
  const search = searching(columnsOf(names), {hidden: ['Alpha', 'Gamma', 'Zulu']});
  assert.equal(await bisectColumns(search, signal), true);
  assert.deepEqual(search.dropped, ['Alpha', 'Gamma', 'Zulu']);
  assert.deepEqual(search.asked[0]?.columns, ['id', 'Modified_Time'], 'the module alone comes first');
  for (const {columns, limit, text} of search.asked) {
    assert.deepEqual([columns.length, limit], [new Set(columns).size, 1]);
    assert.ok(text.includes("from Leads where Modified_Time >= '1970-01-01T00:00:00+00:00'"), text);
  }
});

refused('asks no further once the last column is settled', async () => {
  const search = searching(columnsOf(['Alpha', 'Rank']), {reserved: ['Rank']});
  assert.equal(await bisectColumns(search, signal), true);
  assert.deepEqual(
    search.asked.map(({columns}) => columns.slice(2).join()),
    ['', 'Alpha,Rank', 'Alpha', 'Alpha,Rank'],
  );
  assert.equal(search.fields.quoting.switchColumn('Rank', 'search'), false, 'a later search does not try the same again');
});

refused('asks for no columns once none is left', async () => {
  const search = searching(columnsOf(['Alpha']), {hidden: ['Alpha']});
  assert.equal(await bisectColumns(search, signal), true);
  assert.deepEqual(
    search.asked.map(({columns}) => columns.slice(2).join()),
    ['', 'Alpha', 'Alpha'],
  );
});

refused('changes nothing where every column is accepted', async () => {
  const search = searching(columnsOf(names), {});
  assert.equal(await bisectColumns(search, signal), false);
  assert.equal(search.asked.length, 2);
  assert.deepEqual([search.dropped, search.fields.quoting.columns.size], [[], 0]);
});

refused('changes nothing where not even the module is accepted', async () => {
  const search = searching(columnsOf(names), {hidden: ['Leads']});
  assert.equal(await bisectColumns(search, signal), false);
  assert.equal(search.asked.length, 2, 'with either spelling of its name');
  assert.equal(await bisectColumns(search, signal), false);
  assert.equal(search.asked.length, 3, 'which is tried once');
});

refused('finds that only the name of the module is at fault', async () => {
  const search = searching(columnsOf(names), {reserved: ['Leads']});
  assert.equal(await bisectColumns(search, signal), true);
  assert.deepEqual([search.fields.quoting.module, search.fields.quoting.columns.size], [true, 0]);
  assert.deepEqual(
    ['search', 'hint'].map((reason) => search.fields.quoting.switchModule('Leads', reason as 'search')),
    [false, true],
    'a search is not made twice',
  );
});

refused('asks for no more columns at once than every version accepts, and for few dynamic formulas', async () => {
  const dynamic = Array.from({length: coqlDynamicMax + 1}, (_, i) => textField(`D${i}`, {dynamic: true}));
  const plain = columnsOf(Array.from({length: 2 * coqlColumnsFallback}, (_, i) => `F${i}`));
  const search = searching([...dynamic, ...plain], {hidden: ['D5', 'F99']});
  assert.equal(await bisectColumns(search, signal), true);
  assert.deepEqual(
    search.dropped,
    ['D5', 'F99'].toSorted((a, b) => search.dropped.indexOf(a) - search.dropped.indexOf(b)),
  );
  for (const {columns} of search.asked) {
    assert.ok(columns.length <= coqlColumnsFallback, `${columns.length} columns`);
    assert.ok(columns.filter((name) => name.startsWith('D')).length <= coqlDynamicMax);
  }
});

refused('are not searched for in vain: any other failure is thrown', async () => {
  for (const error of [new ZohoError('unavailable', 'down'), new ZohoError('module', 'gone'), new Error('bug')]) {
    const client = {coql: () => Promise.reject(error)} as unknown as ZohoClient;
    await assert.rejects(bisectColumns({...searching([], {}), client}, signal), (thrown) => thrown === error);
  }
});

const hints = suite('hints about a rejected name');

const near = (word: string) => new ZohoError('refused', 'no', {code: 'SYNTAX_ERROR', near: word});
const named = (field: string) => new ZohoError('field', 'no', {field});

hints('change the quoting of the column at which Zoho stopped, once', async () => {
  const search = searching(columnsOf(['Alpha']), {});
  assert.equal(await takeHint(search, near('Alpha')), true);
  assert.deepEqual([...search.fields.quoting.columns], [['Alpha', true]]);
  assert.equal(await takeHint(search, near('Alpha')), false);
  assert.equal(search.fields.quoting.module, undefined);
});

hints('change the quoting of the module, once, and leave it to a search after that', async () => {
  const search = searching(columnsOf(['Alpha']), {});
  const {quoting} = search.fields;
  assert.equal(await takeHint(search, near('Leads')), true);
  assert.deepEqual([quoting.module, quoting.columns.size], [true, 0]);
  assert.equal(await takeHint(search, near('Leads')), false);
  assert.deepEqual([quoting.switchModule('Leads', 'hint'), quoting.switchModule('Leads', 'search')], [false, true]);
});

hints('change nothing where they name no column of the query', async () => {
  const search = searching([textField('Photo', {coql: false})], {});
  for (const word of ['Photo', 'select', 'Other']) assert.equal(await takeHint(search, near(word)), false, word);
  assert.equal(await takeHint(search, new ZohoError('refused', 'no', {code: 'SYNTAX_ERROR'})), false);
  assert.equal(await takeHint(search, new ZohoError('refused', 'no', {code: 'INVALID_QUERY'})), false);
  assert.deepEqual([search.dropped, search.fields.quoting.columns.size, search.fields.quoting.module], [[], 0, undefined]);
});

hints('omit a column that Zoho names and that was written bare', async () => {
  const search = searching(columnsOf(['Alpha']), {});
  assert.equal(await takeHint(search, named('Alpha')), true);
  assert.deepEqual([search.dropped, search.fields.quoting.columns.size], [['Alpha'], 0]);
  assert.equal(await takeHint(search, named('Alpha')), false, 'it is left out already');
});

hints('remove the quotes of a column that Zoho names before they omit it', async () => {
  const search = searching(columnsOf(['Order']), {});
  assert.equal(await takeHint(search, named('Order')), true);
  assert.deepEqual([search.dropped, [...search.fields.quoting.columns]], [[], [['Order', false]]]);
  assert.equal(await takeHint(search, named('Order')), true);
  assert.deepEqual(search.dropped, ['Order']);
});

hints('omit a column that Zoho names after an earlier hint put it into quotes', async () => {
  const search = searching(columnsOf(['Alpha']), {});
  await takeHint(search, near('Alpha'));
  assert.equal(await takeHint(search, named('Alpha')), true);
  assert.deepEqual([search.dropped, search.fields.quoting.isQuoted('Alpha')], [['Alpha'], true]);
});

refused.run();
hints.run();
