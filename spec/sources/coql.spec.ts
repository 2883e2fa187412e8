import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {consume} from '../../lib/platform/generators.ts';
import {silent} from '../../lib/platform/log.ts';
import {sweepRows} from '../../lib/sources/coql.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {type CoqlAnswer, parseCoql} from '../../lib/transforms/parse-json.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {inPieces} from '../transforms/archive.ts';
import {incOf} from './window-zoho.ts';

const sweeps = suite('sweepRows');

const nowS = Date.parse('2026-10-01T10:00:00Z') / 1000;
const iso = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}+00:00`;

const context = {
  signal: new AbortController().signal,
  log: silent,
  bulkIds: () => assert.fail('no bulk read job is needed'),
};

const window = {isKnown: () => false, lookAhead: true};

interface Swept {
  readonly rows: number;
  readonly queries: number;
  readonly cursors: readonly unknown[];
}

/**
 * Sweeps records that were modified so many seconds ago, in pages of two; before each query one
 * more is modified, in the second of the query.
 */
async function swept(agesS: readonly number[], saysMore = true): Promise<Swept> {
  const records = agesS.map((ageS, i) => ({id: 1_000 + i, modifiedS: nowS - ageS}));
  let queries = 0;
  const client = {
    nowSeconds: async () => nowS + queries,
    async coql({text: query, columns}: CoqlQuery): Promise<CoqlAnswer | null> {
      queries++;
      records.push({id: 2_000 + queries, modifiedS: nowS + queries});
      const [, from = '', , id = ''] = /Modified_Time >=? '([^']+)'( or .* id > '(\d+)')?/.exec(query) ?? [];
      const fromS = Date.parse(from) / 1000;
      const found = records.filter((it) => it.modifiedS > fromS || (it.modifiedS === fromS && (id === '' || it.id > Number(id))));
      const page = found.slice(0, 2);
      const data = page.map((it) => ({id: String(it.id), Modified_Time: iso(it.modifiedS)}));
      const body = JSON.stringify({data, ...(saysMore && {info: {more_records: found.length > 2}})});
      return page.length === 0 ? null : parseCoql(inPieces(Buffer.from(body)), columns);
    },
  } as unknown as ZohoClient;
  const sizes = {pageSize: new PageSize({most: 2}), listSize: new PageSize({most: 100})};
  const plan = {module: 'Leads', slices: [['id', 'Modified_Time']], fields: new Map(), ...sizes};
  const sweep = {...window, fromS: nowS - 70, cursorS: nowS - 10, rowsExpected: 0};
  let rows = 0;
  const cursors: unknown[] = [];
  const end = await consume(sweepRows(plan, sweep, {...context, client}), (batch) => {
    rows += batch.items.count;
    cursors.push(incOf(batch));
  });
  // The last page has no cursor of its own.
  cursors[cursors.length - 1] ??= end;
  return {rows, queries, cursors};
}

for (const saysMore of [true, false]) {
  sweeps(
    `reads up to Zoho's clock if Zoho ${saysMore ? 'says that' : 'does not say whether'} more follow, and ends although records keep changing`,
    async () => {
      const {rows, queries, cursors} = await swept([60, 9, 5, 5, 1, 1, 1, 0, 0], saysMore);
      assert.deepEqual([rows, queries], [10, 5]);
      assert.deepEqual(cursors, [
        {cursor: '2026-10-01T09:59:51Z', after: '1001'},
        {cursor: '2026-10-01T09:59:55Z', after: '1003'},
        undefined,
        undefined,
        {cursor: '2026-10-01T09:59:58Z', after: null},
      ]);
    },
  );
}

sweeps('ends with the page that Zoho reports as the last', async () => {
  assert.deepEqual(await swept([60]), {rows: 2, queries: 1, cursors: [{cursor: '2026-10-01T09:59:58Z', after: null}]});
});

sweeps.run();
