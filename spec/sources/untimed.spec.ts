/** Records without a `Modified_Time`: every way in which Zoho lists them, and none. */
import assert from 'node:assert/strict';
import {zipSync} from 'fflate';
import {suite} from 'uvu';
import {newProgress} from '../../lib/capture/progress.ts';
import {Semaphore} from '../../lib/platform/semaphore.ts';
import {type Untimed, untimedIds} from '../../lib/sources/untimed.ts';
import {complaint, type Received, type Reply, withZoho} from '../harness/fake-zoho.ts';

const untimed = suite('untimedIds');
const {signal} = new AbortController();
const at = '2026-01-01T00:00:00+00:00';

interface Asked {
  readonly found: Untimed;
  readonly queries: string[];
  readonly jobs: unknown[];
}

/** Asks a Zoho that answers queries by `coql` and jobs with a file, or rejects them. */
async function ask(coql: (query: string) => Reply, csv?: string): Promise<Asked> {
  const [queries, jobs]: [string[], unknown[]] = [[], []];
  const answer = ({method, path, body}: Received): Reply => {
    if (path === '/crm/v8/coql') {
      queries.push(JSON.parse(body).select_query);
      return coql(queries.at(-1)!);
    }
    if (method === 'POST') {
      jobs.push(JSON.parse(body).query);
      return csv === undefined ? [400, complaint('CRITERIA_NOT_SUPPORTED')] : [201, {data: [{details: {id: '7'}}]}];
    }
    if (path.endsWith('/result')) return (response) => response.end(zipSync({'7.csv': Buffer.from(csv ?? '')}));
    if (path.includes('/read/')) return [200, {data: [{state: 'COMPLETED', result: {more_records: false}}]}];
    return [200, {modules: []}];
  };
  let found: Untimed = {ids: []};
  await withZoho({answer}, async ({client, clock}) => {
    const slots = {jobSlots: new Semaphore(1), pageSlots: new Semaphore(1)};
    found = await untimedIds('Leads', {client, clock, signal, progress: newProgress('Leads'), ...slots});
  });
  return {found, queries, jobs};
}

const row = (id: number, time: string | null = null): object => ({id: String(id), Modified_Time: time});
const refused = (): Reply => [400, complaint('SYNTAX_ERROR')];

untimed('costs one query of one credit when there are none', async () => {
  assert.deepEqual(await ask(() => [204]), {
    found: {ids: []},
    queries: ['select Modified_Time, id from Leads where Modified_Time is null order by id asc limit 0, 200'],
    jobs: [],
  });
});

untimed('reads page after page by COQL', async () => {
  const all = Array.from({length: 450}, (_, i) => i + 1);
  const {found, queries} = await ask((query) => {
    const after = Number(/id > '(\d+)'/.exec(query)?.[1] ?? 0);
    return [
      200,
      {
        data: all
          .filter((id) => id > after)
          .slice(0, 200)
          .map((id) => row(id)),
      },
    ];
  });
  assert.deepEqual(found, {ids: all.map(String)});
  assert.equal(queries.length, 3);
});

untimed('ends if an answer ignores the position', async () => {
  const page = Array.from({length: 200}, (_, i) => row(i + 1));
  const {found, queries} = await ask(() => [200, {data: page}]);
  assert.deepEqual([found.ids.length, queries.length], [200, 2]);
});

for (const [what, coql] of [
  ['refuses the question', refused],
  ['does not mind the condition', () => [200, {data: [row(1, at), row(2, at)]}]],
] as const) {
  untimed(`asks Bulk Read if COQL ${what}, and checks the condition itself`, async () => {
    const csv = `Id,Modified_Time,Created_Time\n1,${at},${at}\n2,,${at}\nx,,${at}\n3,,\n`;
    const {found, jobs} = await ask(coql as () => Reply, csv);
    assert.deepEqual(found, {ids: ['2', '3']});
    const criteria = {field: {api_name: 'Modified_Time'}, comparator: 'equal', value: '$' + '{EMPTY}'};
    assert.deepEqual(jobs, [{module: {api_name: 'Leads'}, fields: ['Modified_Time', 'id', 'Created_Time'], criteria}]);
  });
}

untimed('reports that the number is unknown if both reject it, without a fault of the module', async () => {
  const {found, jobs} = await ask(refused);
  assert.deepEqual([found.ids, jobs.length], [[], 1]);
  assert.match(found.unknown ?? '', /CRITERIA_NOT_SUPPORTED/);
});

untimed.run();
