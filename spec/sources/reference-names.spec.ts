import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {referenceIdsMax, referenceNamesMax, referenceTriesMax} from '../../lib/limits.ts';
import type {Batch, RowBlock} from '../../lib/records/batch.ts';
import type {Field} from '../../lib/records/field.ts';
import {withReferenceIds} from '../../lib/sources/reference-names.ts';
import type {CoqlOptions, ZohoClient} from '../../lib/zoho/api.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {answerOf, type CoqlRecord} from '../harness/coql-zoho.ts';
import {table} from '../transforms/csv-outcome.ts';
import {csvRows, field, fieldsOf} from '../transforms/samples.ts';

const names = suite('withReferenceIds');

const territories = field('F', 'list', 'territories');
const unheardOf = field('F', 'list', 'unheard_of');
const T = '2026-10-01T10:00:00Z';

/** What a record with some id holds in F; an error fails the query, and undefined is no record. */
type Values = (id: string) => unknown;

interface Outcome {
  /** The column F of each page, after names were replaced. */
  readonly pages: string[][];
  /** Ids of each query. */
  readonly asked: string[][];
  readonly queries: CoqlQuery[];
  /** Pages that passed as they came. */
  readonly unchanged: boolean[];
}

/** Replaces names in pages of the column F, given as lines of id and cell. */
async function exchanged(
  pages: readonly (readonly string[])[],
  values: Values,
  it: Field = territories,
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const queries: CoqlQuery[] = [];
  const outcome: Outcome = {pages: [], asked: [], queries, unchanged: []};
  const client = {
    async coql(query: CoqlQuery, _signal: AbortSignal, options: CoqlOptions) {
      queries.push(query);
      const ids = [...query.text.matchAll(/'(\d+)'/g)].map(([, id = '']) => id);
      outcome.asked.push(ids);
      assert.ok(queries.length < 100, 'asked without end');
      const rows: CoqlRecord[] = [];
      for (const id of ids) {
        const value = values(id);
        if (value instanceof Error) throw value;
        if (value !== undefined) rows.push({id, F: value});
      }
      return answerOf({rows}, query, options);
    },
  } as unknown as ZohoClient;
  const given: Batch<RowBlock>[] = [];
  for (const lines of pages)
    given.push({
      items: await csvRows(`id,Modified_Time,F\n${lines.map((line) => line.replace(',', `,${T},`)).join('\n')}\n`),
      patch: {page: given.length},
    });
  const before = given.map(({items}) => table(items));
  const context = {module: 'Deals', fields: fieldsOf(it), client, signal};
  for await (const batch of withReferenceIds(streamed(given), context)) {
    const number = outcome.pages.length;
    assert.deepEqual(batch.patch, {page: number});
    outcome.pages.push(table(batch.items).map(([, , cell = '']) => cell));
    outcome.unchanged.push(batch === given[number]);
  }
  assert.deepEqual(
    given.map(({items}) => table(items)),
    before,
    'what was given is not written to',
  );
  return outcome;
}

async function* streamed<T>(items: readonly T[]): AsyncGenerator<T, void, void> {
  yield* items;
}

const ids: Readonly<Record<string, string>> = {EMEA: '5', US: '6', 'North, East': '7', 'A "B"': '8', '1-2': '9'};
const held: Readonly<Record<string, readonly string[]>> = {
  '1': ['EMEA', 'US'],
  '2': ['North, East'],
  '3': ['A "B"', 'EMEA'],
  '4': ['US'],
  '5': ['1-2'],
};
const references = (labels: readonly string[]) => labels.map((name) => ({Name: name, id: ids[name] ?? '99'}));

/** Answers as COQL does: names and ids of the requested records. */
const zoho: Values = (id) => held[id] && references(held[id]);

names('are replaced by ids, and each is queried once', async () => {
  const first = ['8,5;60', '1,EMEA;US', '2,"North, East"', '3,"A ""B"";EMEA"', '9,', '5,1-2'];
  const {pages, queries, asked} = await exchanged([first, ['4,US', '4,"US,EMEA"']], zoho);
  assert.deepEqual(pages, [
    ['5;60', '5;6', '7', '8;5', '', '9'],
    ['6', '6;5'],
  ]);
  assert.deepEqual(asked, [['1', '2', '3', '5']]);
  assert.match(queries[0]?.text ?? '', /^select id, F from Deals where id in \('1', '2', '3', '5'\)/);
});

names('cost nothing where there are none', async () => {
  const quoted = ['4,"[{""id"":""5""}]"', '4,"{""id"":""5""}"', '1,50', '2,"59, 6"', '3,5;6', '3,'];
  const {queries, unchanged} = await exchanged([quoted, ['1,7']], zoho);
  assert.deepEqual([queries, unchanged], [[], [true, true]]);
});

names('are values of their own in some fields, or cannot be learnt of', async () => {
  for (const it of [
    field('F', 'list', 'tags'),
    field('F', 'list', 'multiselectpicklist'),
    field('F', 'text'),
    {...territories, coql: false},
    field('G', 'list', 'territories'),
  ]) {
    const {queries, unchanged, pages} = await exchanged([['1,EMEA']], zoho, it);
    assert.deepEqual([queries, unchanged, pages], [[], [true], [['EMEA']]]);
  }
});

names('that share a cell with unknown ones stay, while other cells change', async () => {
  const {pages, unchanged} = await exchanged([['1,EMEA;Gone', '4,US'], ['77,Gone']], zoho);
  assert.deepEqual(
    [pages, unchanged],
    [
      [['EMEA;Gone', '6'], ['Gone']],
      [false, true],
    ],
  );
});

names('that no record explains are asked for once a page, and given up in the end', async () => {
  const {asked} = await exchanged(Array(referenceTriesMax + 2).fill(['77,Gone', '1,EMEA']), zoho);
  assert.deepEqual(asked, [['77', '1'], ...Array(referenceTriesMax - 1).fill(['77'])]);
});

names('of quotes are read as the file writes them', async () => {
  const labels: Values = () => [
    {Name: 'x""y', id: '5'},
    {Name: 'x"y', id: '6'},
  ];
  const {pages} = await exchanged([['1,"x""""y"', '2,"x""y"', '3,x""y']], labels);
  assert.deepEqual(pages, [['5', '6', '5']]);
});

names('are asked for as many at once as every organisation takes', async () => {
  const lines = Array.from({length: referenceIdsMax + 1}, (_, i) => `${i + 1},N${i}`);
  const labels: Values = (id) => [{Name: `N${Number(id) - 1}`, id: `10${id}`}];
  const {pages, asked} = await exchanged([lines], labels);
  assert.deepEqual(
    asked.map(({length}) => length),
    [referenceIdsMax, 1],
  );
  assert.equal(pages[0]?.at(-1), `10${referenceIdsMax + 1}`);
  const wide = Array.from({length: referenceIdsMax + 1}, (_, i) => `N${i}`).join(';');
  const inOne: Values = () => references(wide.split(';'));
  assert.deepEqual((await exchanged([[`1,${wide}`]], inOne)).asked, [['1']]);
});

names('are asked for of one record that has several', async () => {
  assert.deepEqual((await exchanged([['1,EMEA;US']], zoho)).asked, [['1']]);
});

names('stay as they are where COQL has none in an answer', async () => {
  const texts: Values = (id) => ({'1': null, '2': 'EMEA', '3': ['S']})[id];
  const {pages, asked} = await exchanged([['1,EMEA', '2,EMEA', '3,S']], texts);
  assert.deepEqual([pages, asked.length], [[['EMEA', 'EMEA', 'S']], 1]);
});

names('stay as they are if COQL does not read the field, after one query', async () => {
  for (const kind of ['field', 'refused', 'module'] as const) {
    const {pages, asked} = await exchanged([['1,EMEA'], ['4,US']], () => new ZohoError(kind, 'no'));
    assert.deepEqual([pages, asked.length], [[['EMEA'], ['US']], 1]);
  }
});

names('are no reason to fail but for failures that pass, and faults of ours', async () => {
  for (const error of [new ZohoError('unavailable', 'no answer'), new Error('ours')])
    await assert.rejects(
      exchanged([['1,EMEA']], () => error),
      error,
    );
  const abort = new AbortController();
  const stopped = exchanged(
    [['1,EMEA']],
    () => {
      abort.abort('stop');
      return new ZohoError('refused', 'no');
    },
    territories,
    abort.signal,
  );
  await assert.rejects(stopped, /^stop$/);
});

names('of a field that may have no ids at all are given up at once, unless it has some', async () => {
  const pages = [['1,EMEA'], ['4,US']];
  const bare: Values = (id) => held[id];
  assert.equal((await exchanged(pages, bare, unheardOf)).asked.length, 1);
  assert.equal((await exchanged(pages, bare, territories)).asked.length, 2);
  const some: Values = (id) => (id === '1' ? references(['EMEA']) : references(['US']));
  assert.deepEqual((await exchanged(pages, some, unheardOf)).pages, [['5'], ['6']]);
});

const [known, vain, later, last] = [['1,N0'], ['2,Gone'], ['3,X3'], ['4,X4']];

for (const [what, pages, count, queries] of [
  ['below it', [known, later, last], referenceNamesMax - 1, 3],
  ['to it', [known, later], referenceNamesMax, 2],
  ['beyond it', [known, later], referenceNamesMax + 1, 1],
  ['towards it, as do those asked for in vain', [known, vain, later, last], referenceNamesMax - 1, 3],
] as const) {
  names(`are learnt up to a bound, and count ${what}`, async () => {
    const many = references(Array.from({length: count}, (_, i) => `N${i}`));
    const values: Values = (id) => (id === '1' ? many : id === '2' ? [] : references([`X${id}`]));
    assert.equal((await exchanged(pages, values)).asked.length, queries);
  });
}

names.run();
