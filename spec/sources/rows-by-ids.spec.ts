/** Records read by their ids, and the ids of what was modified. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
import {idsSince, rowsByIds} from '../../lib/sources/coql.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {type CoqlRecord, type CoqlReply, type CoqlZoho, columnOf, idsOf} from '../harness/coql-zoho.ts';
import {zohoTime} from '../harness/times.ts';
import {type Answer, aborting, failure, isKeys, otherFailures, pages, refused, s, t, zoho} from './coql-cases.ts';

const lists = suite('rowsByIds');

/** Records by id, with their values unless they are poisoned or too many. */
const byId =
  ({poison, servedMax = 100, error = failure}: {poison?: string; servedMax?: number; error?: Error} = {}): Answer =>
  (query) => {
    const asked = query.text.match(/'\d+'/g)?.map((id) => Number(id.slice(1, -1))) ?? [];
    if (!isKeys(query) && (asked.length > servedMax || asked.some((id) => String(id) === poison))) return error;
    return {rows: asked.map((id) => [id, s] as const), more: false};
  };

async function read({plan, context}: CoqlZoho, ids: readonly string[]) {
  const asked: number[] = [];
  const [rows, live]: [string[], string[]] = [[], []];
  for await (const answer of rowsByIds(plan, ids, context)) {
    asked.push(answer.asked.length);
    rows.push(...idsOf(answer.rows));
    live.push(...answer.live);
  }
  return {asked, rows, live};
}

const six = ['1', '2', '3', '4', '5', '6'];

lists('have the records that exist, whole and dated by their creation if by nothing else', async () => {
  const records: readonly CoqlRecord[] = [
    [1, s],
    {id: '2', Modified_Time: null, Created_Time: zohoTime(t)},
    {id: '3', Modified_Time: null, Created_Time: null},
  ];
  const slices = [['id', 'Modified_Time', 'Created_Time', 'A']];
  const it = zoho(() => ({rows: records}), 8, {slices});
  const [answer] = await Array.fromAsync(rowsByIds(it.plan, six, it.context));
  assert.deepEqual([answer?.asked, answer?.live], [six, new Set(['1', '2', '3'])]);
  assert.deepEqual(columnOf(answer?.rows as RowBlock, 'Modified_Time'), [zohoTime(s), zohoTime(t)]);
  assert.deepEqual(it.left, ['row 3 id 3 time of its records read by id']);
});

lists('stay as short as Zoho accepts, which is told', async () => {
  const it = zoho((query) => (query.limit > 4 ? refused : byId()(query, 0)));
  assert.deepEqual(await read(it, six), {asked: [3, 3], rows: six, live: six});
  assert.deepEqual(it.logged, ['info Leads: Zoho accepts at most 3 ids in a list; later lists are no longer than that']);
  const mute = zoho((query) => (query.limit > 4 ? refused : byId()(query, 0)), 8, {changes: {log: undefined}});
  assert.deepEqual((await read(mute, six)).rows, six);
});

lists('get shorter if their records fail by size, once the key of the first one is served', async () => {
  for (const changes of [{}, {log: undefined}]) {
    const it = zoho(byId({servedMax: 3}), 8, {changes});
    assert.deepEqual(await read(it, six), {asked: [3, 3], rows: six, live: six});
    assert.deepEqual(
      it.queries.map(({columns, limit}) => [columns.length, limit]),
      [
        [3, 6],
        [2, 1],
        [3, 3],
        [3, 3],
      ],
    );
    if (it.context.log !== undefined)
      assert.deepEqual(it.logged, ['info Leads: No answer; asking for 3 records at once instead of 6']);
  }
});

lists('get shorter if an answer breaks off, or weighs more than a page should', async () => {
  const short = zoho((query) => (query.limit > 3 ? {rows: [[1, s]], more: true} : byId()(query, 0)), 8);
  assert.deepEqual(await read(short, six), {asked: [3, 3], rows: six, live: six});
  const bytesWanted = 2_500;
  const heavy = zoho(
    (query) => ({rows: (byId()(query, 0) as CoqlReply).rows.map((row) => ({...recordOf(row), A: 'a'.repeat(1_000)}))}),
    8,
    {planned: {pageSize: new PageSize({most: 3, bytesWanted})}},
  );
  assert.deepEqual((await read(heavy, six)).asked, [3, 2, 1]);
});

const recordOf = (record: CoqlRecord): object => {
  const [id, seconds] = record as readonly [number, number];
  return {id: String(id), Modified_Time: zohoTime(seconds)};
};

lists('leave out a record that fails alone, which exists nevertheless', async () => {
  const it = zoho(byId({poison: '2'}), 1);
  assert.deepEqual(await read(it, ['1', '2', '3']), {asked: [1, 1, 1], rows: ['1', '3'], live: ['1', '2', '3']});
  assert.deepEqual(it.left, ['row 1 id 2 unserved of its records read by id']);
  assert.deepEqual(it.logged, ['info Leads 2: No answer, even for record 2 alone']);
});

lists('fail at once where the size is not at fault, or when aborted', async () => {
  for (const error of otherFailures.filter((error) => !(error instanceof ZohoError) || error.kind !== 'refused')) {
    const it = zoho(byId({servedMax: 0, error}), 8);
    await assert.rejects(read(it, six), error);
    assert.equal(it.queries.length, 1);
  }
  const outage = zoho(() => failure, 8);
  await assert.rejects(read(outage, six), failure);
  assert.equal(outage.plan.pageSize.rows, 8);
  const {zoho: aborted, reason} = aborting(1, () => failure);
  await assert.rejects(read(aborted, six), reason);
  assert.equal(aborted.queries.length, 1);
});

lists.run();

const keys = suite('idsSince');

keys('has the key of every record, in pages of the largest size, whatever whole records fail at', async () => {
  const it = zoho(
    pages(
      {
        rows: [
          [1, s],
          [2, s],
        ],
        more: true,
      },
      {rows: [[3, t]], more: true},
    ),
    500,
  );
  it.plan.pageSize.failed(500);
  const found = await Array.fromAsync(idsSince(it.plan, s, it.context));
  assert.deepEqual(found.map(idsOf), [['1', '2'], ['3']]);
  assert.deepEqual(
    it.queries.map(({columns, limit}) => `${columns} ${limit}`),
    Array(3).fill('id,Modified_Time 500'),
  );
  assert.match(it.queries[0]?.text ?? '', new RegExp(`Modified_Time >= '${zohoTime(s).replace('+', '\\+')}'`));
});

keys.run();
