import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {deletedPages} from '../../lib/sources/deleted.ts';
import type {DeletedRow, ZohoClient} from '../../lib/zoho/client.ts';

/** The feed of deletions, whichever way Zoho cuts it (zoho-api sheet 6). */
const deleted = suite('deletedPages');

const pageRows = 200;
const nowS = Date.parse('2026-10-01T12:00:00Z') / 1000;
const sinceS = nowS - 3600;

interface Feed {
  /** How many were deleted in each second since `sinceS + 100`. */
  readonly perSecond: readonly number[];
  readonly order?: 'ascending' | 'descending';
  /** A query lists what was deleted after the second that it names, not what was deleted within it. */
  readonly strictlyAfter?: boolean;
  /** Rows of a query, and whether Zoho says that it ends there. */
  readonly rowsMax?: number;
  readonly silent?: boolean;
}

interface Outcome {
  readonly ids: ReadonlySet<string>;
  readonly readToS: number | undefined;
  readonly stopped: string | undefined;
  readonly calls: number;
}

async function readAll(feed: Feed): Promise<Outcome> {
  const {perSecond, order = 'ascending', strictlyAfter = false, rowsMax = Number.POSITIVE_INFINITY, silent = false} = feed;
  const rows = perSecond.flatMap((count, second) =>
    Array.from({length: count}, (_, i) => ({id: `${1_000_000 * (second + 1) + i}`, deletedS: sinceS + 100 + second})),
  );
  if (order === 'descending') rows.reverse();
  let calls = 0;
  const client = {
    nowSeconds: async () => nowS,
    deleted: async (_module: string, fromS: number, page: number) => {
      calls++;
      if (!silent && page * pageRows > rowsMax)
        throw new ZohoError('refused', 'No more pages', {code: 'DISCRETE_PAGINATION_LIMIT_EXCEEDED'});
      const listed = rows.filter(({deletedS}) => (strictlyAfter ? deletedS > fromS : deletedS >= fromS));
      const shown = listed.slice(0, silent ? rowsMax : undefined).slice((page - 1) * pageRows, page * pageRows);
      if (shown.length === 0) return null;
      const more = listed.length > page * pageRows && !(silent && page * pageRows >= rowsMax);
      const row = ({id, deletedS}: (typeof rows)[number]): DeletedRow => ({id, deletedTime: iso(deletedS), type: 'recycle'});
      return {rows: shown.map(row), more};
    },
  } as unknown as ZohoClient;
  const ids = new Set<string>();
  let readToS: number | undefined;
  let stopped: string | undefined;
  for await (const page of deletedPages('Leads', sinceS, {client, signal: new AbortController().signal})) {
    if ('rows' in page) for (const {id} of page.rows) ids.add(id);
    else if ('readToS' in page) ({readToS} = page);
    else ({stopped} = page);
  }
  return {ids, readToS, stopped, calls};
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const spread = [1_500, 1_500, 700, 1_999, 1, 0, 1_200];
for (const strictlyAfter of [false, true]) {
  for (const silent of [false, true]) {
    const how = `${silent ? 'ends without a word' : 'is refused'} at 2,000 rows, of a Zoho that lists ${strictlyAfter ? 'what was deleted after' : 'also'} the second asked for`;
    deleted(`goes on where the feed ${how}`, async () => {
      const {ids, readToS, stopped} = await readAll({perSecond: spread, strictlyAfter, silent, rowsMax: 2_000});
      assert.deepEqual([ids.size, readToS, stopped], [sum(spread), nowS - 2, undefined]);
    });

    deleted(`takes nothing for read when more rows than that share one second, where the feed ${how}`, async () => {
      const {readToS, stopped} = await readAll({perSecond: [10, 3_000], strictlyAfter, silent, rowsMax: 2_000});
      assert.equal(readToS, undefined);
      assert.match(stopped ?? '', /^Zoho lists no more than 2000 deletions of module Leads at once/);
    });
  }
}

deleted('takes nothing for read of a feed in another order that may have been cut', async () => {
  for (const silent of [false, true]) {
    const {readToS, stopped} = await readAll({perSecond: spread, order: 'descending', silent, rowsMax: 2_000});
    assert.equal(readToS, undefined);
    assert.match(stopped ?? '', /not in an order that allows to go on$/);
  }
});

deleted('asks once more after a feed that ends with a full page at the cap, and believes any other end', async () => {
  const exact = await readAll({perSecond: [1_000, 1_000]});
  assert.deepEqual([exact.ids.size, exact.readToS], [2_000, nowS - 2]);
  for (const order of ['ascending', 'descending'] as const) {
    const {ids, readToS, calls} = await readAll({perSecond: [1_000, 1_010, 20_000], order});
    assert.deepEqual([ids.size, readToS, calls], [22_010, nowS - 2, 2 * 111]);
  }
});

deleted.run();
