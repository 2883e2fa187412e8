/** Records without a `Modified_Time`: every way in which Zoho lists them, and none. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError, type ZohoFailure} from '../../lib/errors/errors.ts';
import {batchRowsMax, coqlRowsSmall, untimedIdsMax} from '../../lib/limits.ts';
import {cellPlain, type RowBlock} from '../../lib/records/batch.ts';
import {noRows} from '../../lib/records/rows.ts';
import type {BulkContext} from '../../lib/sources/bulk.ts';
import {type Untimed, untimedIds} from '../../lib/sources/untimed.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import type {BulkQuery} from '../../lib/zoho/bulk.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {bulkZoho} from '../harness/bulk-zoho.ts';
import {answerOf, type CoqlRecord} from '../harness/coql-zoho.ts';
import {zohoTime} from '../harness/times.ts';

const untimed = suite('untimedIds');
const at = zohoTime(0);

interface Asked {
  readonly found: Untimed;
  readonly queries: string[];
  readonly jobs: unknown[];
}

type Answer = (query: CoqlQuery, number: number) => readonly CoqlRecord[] | RowBlock | Error;

/** Asks a Zoho that answers queries by `coql`, and jobs with a file or a failure. */
async function ask(coql: Answer, file: string | (() => ZohoError) = '', changes: Partial<BulkContext> = {}): Promise<Asked> {
  const [queries, jobs]: [string[], unknown[]] = [[], []];
  const bulk = bulkZoho((query) => {
    jobs.push(query);
    if (typeof file === 'function') throw file();
    return {csv: file};
  }, changes);
  const client = {
    ...bulk.client,
    async coql(query: CoqlQuery) {
      const answer = coql(query, queries.push(query.text));
      if (answer instanceof Error) throw answer;
      return 'cells' in answer ? {rows: answer, more: undefined, cut: false} : answerOf({rows: answer}, query);
    },
  } as unknown as ZohoClient;
  const found = await untimedIds('Leads', {...bulk.context, client});
  return {found, queries, jobs};
}

const row = (id: number | string, time: string | null = null): CoqlRecord => ({id: String(id), Modified_Time: time});
const refusal = new ZohoError('refused', 'Zoho answers SYNTAX_ERROR');

untimed('costs one query of one credit when there are none', async () => {
  const none = {
    found: {ids: []},
    queries: ['select Modified_Time, id from Leads where Modified_Time is null order by id asc limit 0, 200'],
    jobs: [],
  };
  assert.deepEqual(await ask(() => []), none);
  assert.deepEqual(await ask(() => noRows), none, 'nor does an empty list mean anything else');
});

untimed('reads page after page by COQL', async () => {
  for (const [count, queries] of [
    [coqlRowsSmall - 1, 1],
    [coqlRowsSmall, 2],
    [2 * coqlRowsSmall + 50, 3],
  ] as const) {
    const all = Array.from({length: count}, (_, i) => i + 1);
    const outcome = await ask(({text}) => {
      const after = Number(/id > '(\d+)'/.exec(text)?.[1] ?? 0);
      return all
        .filter((id) => id > after)
        .slice(0, coqlRowsSmall)
        .map((id) => row(id));
    });
    assert.deepEqual([outcome.found, outcome.queries.length], [{ids: all.map(String)}, queries]);
  }
});

untimed('ends if an answer ignores the position', async () => {
  const page = Array.from({length: coqlRowsSmall}, (_, i) => row(i + 1));
  const {found, queries} = await ask(() => page);
  assert.deepEqual([found.ids.length, queries.length], [coqlRowsSmall, 2]);
});

untimed('leaves out what has a time after all, or no id', async () => {
  const {found, jobs} = await ask(() => [row('x'), row(2), row(3, at), row('04')]);
  assert.deepEqual([found, jobs], [{ids: ['2']}, []]);
});

/** Rows without a time that share one id, so that any number of them takes little. */
function manyRows(count: number): RowBlock {
  const cells = new Int32Array(4 * count);
  for (let row = 0; row < count; row++) cells.set([cellPlain, 1, (1 << 2) | cellPlain, 1], 4 * row);
  return {columns: ['id', 'Modified_Time'], bytes: Buffer.from('7'), cells, count};
}

untimed('says so when there may be more than are asked for', async () => {
  const {found, queries} = await ask(() => manyRows(untimedIdsMax));
  assert.deepEqual([found.ids.length, found.unknown], [untimedIdsMax, `there are more than ${untimedIdsMax} of them`]);
  assert.equal(queries.length, 1);
});

untimed('has nothing to say of more when there are fewer', async () => {
  const {found} = await ask((_, number) => (number === 1 ? manyRows(untimedIdsMax - 1) : []));
  assert.deepEqual([found.ids.length, found.unknown], [untimedIdsMax - 1, undefined]);
});

untimed('reads no more of a file than that', async () => {
  const rows = batchRowsMax * (Math.ceil(untimedIdsMax / batchRowsMax) + 1);
  const {found} = await ask(() => refusal, `Id,Modified_Time\n${'7,\n'.repeat(rows)}`);
  assert.ok(found.ids.length >= untimedIdsMax && found.ids.length < rows, `${found.ids.length}`);
});

for (const [what, coql] of [
  ['refuses the question', () => refusal],
  ['does not mind the condition', () => [row(1, at), row(2, at)]],
] as const satisfies readonly (readonly [string, Answer])[]) {
  untimed(`asks Bulk Read if COQL ${what}, and checks the condition itself`, async () => {
    const {found, jobs} = await ask(coql, `Id,Modified_Time,Created_Time\n1,${at},${at}\n2,,${at}\nx,,${at}\n3,,\n`);
    assert.deepEqual(found, {ids: ['2', '3']});
    const fields = ['Modified_Time', 'id', 'Created_Time'];
    const wanted: BulkQuery = {module: 'Leads', fields, fromS: 0, toS: 0, untimed: true, whole: undefined};
    assert.deepEqual(jobs, [wanted]);
  });
}

untimed('finds none in a file without ids or times', async () => {
  for (const csv of ['Id,Created_Time\n1,\n2,\n', 'Modified_Time,Created_Time\n,5\n,6\n'])
    assert.deepEqual((await ask(() => refusal, csv)).found, {ids: []});
});

const own: readonly ZohoFailure[] = ['refused', 'field', 'failed', 'damaged', 'lost', 'unready', 'expired'];

untimed('reports that the number is unknown if both reject it, without a fault of the module', async () => {
  for (const kind of own) {
    for (const status of [undefined, 200, 299, 400, 500]) {
      const error = new ZohoError(kind, 'Zoho answers SO', status === undefined ? {} : {status});
      const {found, jobs} = await ask(
        () => error,
        () => error,
      );
      assert.deepEqual([found, jobs.length], [{ids: [], unknown: 'Zoho answers SO'}, 1], `${kind} ${status}`);
    }
  }
});

untimed('fails with what does not concern the question', async () => {
  for (const error of [
    new ZohoError('unavailable', 'No answer'),
    new ZohoError('module', 'No permission'),
    new ZohoError('credentials', 'No token'),
    new ZohoError('refused', 'Moved', {status: 300}),
    new ZohoError('refused', 'Moved', {status: 399}),
    new Error('a fault of ours'),
  ]) {
    let asked = 0;
    await assert.rejects(
      ask(() => {
        assert.equal(++asked, 1);
        return error;
      }),
      error,
    );
    if (error instanceof ZohoError)
      await assert.rejects(
        ask(
          () => refusal,
          () => error,
        ),
        error,
      );
  }
});

untimed('says nothing when it was aborted', async () => {
  const abort = new AbortController();
  const stop = (): ZohoError => {
    abort.abort('stop');
    return refusal;
  };
  await assert.rejects(
    ask(() => refusal, stop, {signal: abort.signal}),
    /^stop$/,
  );
});

untimed.run();
