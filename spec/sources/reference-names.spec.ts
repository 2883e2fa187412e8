import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {withReferenceIds} from '../../lib/sources/reference-names.ts';
import {parseCsv} from '../../lib/transforms/parse-csv.ts';
import {complaint, type Reply, withZoho} from '../harness/fake-zoho.ts';
import {inPieces} from '../transforms/archive.ts';
import {table} from '../transforms/csv-outcome.ts';
import {field, fieldsOf} from '../transforms/samples.ts';

const test = suite('withReferenceIds');

const territories = field('F', 'list', 'territories');
const T = '2026-10-01T10:00:00Z';

/** The column F of some pages after names were replaced, and the queries for that. */
async function exchanged(
  pages: string[],
  answer: (query: string) => Reply,
  it = territories,
): Promise<{cells: string[]; queries: string[]}> {
  const cells: string[] = [];
  const queries: string[] = [];
  await withZoho(
    {
      answer({body}) {
        const query = String(JSON.parse(body).select_query);
        queries.push(query);
        return answer(query);
      },
    },
    async ({client}) => {
      async function* batches() {
        for (const page of pages)
          for await (const items of parseCsv(inPieces(Buffer.from(`Id,Modified_Time,F\n${page}`)))) yield {items, patch: {page}};
      }
      const {signal} = new AbortController();
      for await (const {items, patch} of withReferenceIds(batches(), {module: 'Deals', fields: fieldsOf(it), client, signal})) {
        assert.deepEqual(Object.keys(patch ?? {}), ['page']);
        cells.push(...table(items).map((row) => row[2] ?? ''));
      }
    },
  );
  return {cells, queries};
}

const ids: Record<string, string> = {EMEA: '5', US: '6', 'North, East': '7', 'A "B"': '8'};
const held: Record<string, string[]> = {'1': ['EMEA', 'US'], '2': ['North, East'], '3': ['A "B"', 'EMEA'], '4': ['US']};

/** Answers as COQL does: names and ids of the requested records. */
const zoho = (query: string): Reply => {
  const asked = [.../id in \((.*)\)/.exec(query)![1]!.matchAll(/\d+/g)].map(([id]) => id);
  const data = asked
    .filter((id) => held[id] !== undefined)
    .map((id) => ({id, F: held[id]!.map((name) => ({Name: name, id: ids[name]}))}));
  return [200, {data, info: {more_records: false}}];
};

test('replaces names by ids, and queries each name once', async () => {
  const first = `1,${T},EMEA;US\n2,${T},"North, East"\n3,${T},"A ""B"";EMEA"\n9,${T},\n`;
  const {cells, queries} = await exchanged([first, `4,${T},US\n4,${T},"US,EMEA"\n`], zoho);
  assert.deepEqual(cells, ['5;6', '7', '8;5', '', '6', '6;5']);
  assert.equal(queries.length, 1);
  assert.match(queries[0]!, /^select id, F from Deals where id in \('?1'?, '?2'?, '?3'?\)/);
});

test('queries nothing if cells hold ids or JSON, or the field holds names', async () => {
  const page = `1,${T},5\n2,${T},"5, 6"\n3,${T},5;6\n4,${T},"[{""id"":""5""}]"\n`;
  assert.deepEqual((await exchanged([page], zoho)).queries, []);
  for (const dataType of ['tags', 'multiselectpicklist'])
    assert.deepEqual((await exchanged([`1,${T},EMEA\n`], zoho, field('F', 'list', dataType))).queries, []);
});

test('leaves names unchanged that no record explains, and gives up on them', async () => {
  const pages = Array.from({length: 6}, () => `77,${T},Gone\n1,${T},EMEA;Gone\n4,${T},US\n`);
  const {cells, queries} = await exchanged(pages, zoho);
  assert.deepEqual(cells.slice(0, 3), ['Gone', 'EMEA;Gone', '6']);
  assert.equal(queries.length, 3);
});

test('leaves names unchanged if COQL has no ids or does not read the field, after one query', async () => {
  const pages = [`1,${T},EMEA\n`, `4,${T},US\n`];
  const refused: Reply = [400, complaint('INVALID_QUERY', {column_name: 'F'}, 'column given seems to be invalid')];
  assert.deepEqual(await exchanged(pages, () => refused).then(({cells, queries}) => [cells, queries.length]), [
    ['EMEA', 'US'],
    1,
  ]);
  const named = (): Reply => [200, {data: [{id: '1', F: ['EMEA']}]}];
  const unknown = await exchanged(pages, named, field('F', 'list', 'unheard_of'));
  assert.deepEqual([unknown.cells, unknown.queries.length], [['EMEA', 'US'], 1]);
});

test.run();
