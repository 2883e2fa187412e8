import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {FieldPlan} from '../../lib/capture/field-plan.ts';
import {bisectColumns, columnCodes, takeHint} from '../../lib/capture/refused-columns.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {windowQuery} from '../../lib/zoho/coql.ts';
import {fieldsOf} from '../../lib/zoho/fields.ts';
import {complaint, type Received, type Reply, withZoho} from '../harness/fake-zoho.ts';

/**
 * Columns and modules that COQL rejects: their names are tried with other quoting before any is
 * omitted.
 */
const refused = suite('refused columns');
const {signal} = new AbortController();

interface Organisation {
  /** Words that are a syntax error without quotes. */
  readonly reserved?: readonly string[];
  /** Whether names may be quoted at all. */
  readonly takesQuotes?: boolean;
  /** Columns that are rejected in either form. */
  readonly hidden?: readonly string[];
  /** Columns that are rejected together, although each is accepted alone. */
  readonly clash?: readonly string[];
  /** The details of a syntax error, by the offending word and the one after it. */
  details?(word: string, next: string): object;
  readonly named?: boolean;
}

function answer({reserved = [], takesQuotes = true, hidden = [], clash, details = () => ({}), named = false}: Organisation) {
  return ({body}: Received): Reply => {
    const query = String(JSON.parse(body).select_query);
    const [, columns = '', module = ''] = /^select (.*) from (\S+) where /.exec(query) ?? [];
    const words = [...columns.split(', '), module];
    for (const [i, word] of words.entries()) {
      const isQuoted = word.startsWith("'");
      const name = word.replaceAll("'", '');
      if (isQuoted ? !takesQuotes : reserved.includes(name))
        return [400, complaint('SYNTAX_ERROR', details(word, words[i + 1] ?? 'where'))];
      if (hidden.includes(name)) return [400, complaint('INVALID_QUERY', named ? {column_name: name} : {})];
    }
    const bare = words.map((word) => word.replaceAll("'", ''));
    if (clash?.every((name) => bare.includes(name)))
      return [401, complaint('DUPLICATE_DATA', named ? {column_name: clash[1]} : {})];
    return [204];
  };
}

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
  let outcome: Outcome | undefined;
  await withZoho({answer: answer(organisation)}, async ({client, received}) => {
    const entry = {data_type: 'text', json_type: 'string', formula: null, rollup_summary: null, pick_list_values: null};
    const fields = new FieldPlan(
      fieldsOf(
        module,
        [...columns, 'Modified_Time'].map((name) => ({...entry, api_name: name})),
      ),
    );
    const dropped: string[] = [];
    const refuse = async (name: string): Promise<boolean> => fields.refuse('coql', name) && dropped.push(name) > 0;
    const search = {module, client, fields, fromS: 0, refuse};
    for (;;) {
      const slice = fields.coqlSlices[0]!;
      const query = windowQuery({module, columns: slice, fromS: 0, limit: 200, quoting: fields.quoting});
      try {
        await client.coql(query, signal);
        outcome = {
          asked: query.text.split(' where')[0]!.replace('select id, Modified_Time, ', ''),
          dropped,
          calls: received.length,
        };
        return;
      } catch (error) {
        assert.ok(error instanceof ZohoError, String(error));
        if (await takeHint(search, error)) continue;
        assert.ok(columnCodes.has(error.code ?? ''), error.message);
        assert.ok(await bisectColumns(search, signal), error.message);
      }
    }
  });
  return outcome!;
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

refused.run();
