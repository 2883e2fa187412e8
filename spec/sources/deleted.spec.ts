import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {deletedPagesMax, deletedPassesMax, windowLagS} from '../../lib/limits.ts';
import {consume} from '../../lib/platform/generators.ts';
import type {Quarantine} from '../../lib/records/unusable-rows.ts';
import {deletedPages} from '../../lib/sources/deleted.ts';
import type {DeletedRow, DeletedRows, ZohoClient} from '../../lib/zoho/api.ts';

/** The feed of deletions, with every way in which Zoho cuts it (zoho-api sheet 6). */
const deleted = suite('deletedPages');

const nowS = Date.parse('2026-10-01T12:00:00Z') / 1000;
const sinceS = nowS - 3600;

interface Feed {
  /** How many were deleted in each second since `sinceS + 100`. */
  readonly perSecond: readonly number[];
  readonly order?: 'ascending' | 'descending';
  /** A query lists deletions after the second that it names, and not those within it. */
  readonly strictlyAfter?: boolean;
  /** Rows of a query, and whether Zoho rejects further pages or has none. */
  readonly rowsMax?: number;
  readonly silent?: boolean;
  /** Whether `more_records` is in the answers. */
  readonly flagged?: boolean;
  readonly pageRows?: number;
  /** Every page is the first one. */
  readonly pageIgnored?: boolean;
}

interface Outcome {
  readonly ids: ReadonlySet<string>;
  readonly readToS: number | undefined;
  readonly stopped: string | undefined;
  readonly calls: number;
}

async function readAll(feed: Feed): Promise<Outcome> {
  const {perSecond, order = 'ascending', strictlyAfter = false, rowsMax = Number.POSITIVE_INFINITY, silent = false} = feed;
  const {flagged = true, pageRows = 200, pageIgnored = false} = feed;
  const rows = perSecond.flatMap((count, second) =>
    Array.from({length: count}, (_, i) => ({id: `${1_000_000 * (second + 1) + i}`, deletedS: sinceS + 100 + second})),
  );
  if (order === 'descending') rows.reverse();
  let calls = 0;
  const client = {
    nowSeconds: async () => nowS,
    deleted: async (_module: string, fromS: number, asked: number) => {
      calls++;
      const page = pageIgnored ? 1 : asked;
      if (!silent && page * pageRows > rowsMax)
        throw new ZohoError('refused', 'No more pages', {code: 'DISCRETE_PAGINATION_LIMIT_EXCEEDED'});
      const listed = rows.filter(({deletedS}) => (strictlyAfter ? deletedS > fromS : deletedS >= fromS));
      const shown = listed.slice(0, silent ? rowsMax : undefined).slice((page - 1) * pageRows, page * pageRows);
      if (shown.length === 0) return null;
      const more = listed.length > page * pageRows && !(silent && page * pageRows >= rowsMax);
      const row = ({id, deletedS}: (typeof rows)[number]): DeletedRow => ({
        id,
        deletedTime: iso(deletedS),
        deletedS,
        type: 'recycle',
      });
      return {rows: shown.map(row), more: flagged ? more : undefined};
    },
  } as unknown as ZohoClient;
  return {...(await outcome(client)), calls};
}

/** Reads a feed whose answers are defined by their number. */
async function readAnswers(answer: (call: number, page: number) => DeletedRows): Promise<Outcome> {
  let calls = 0;
  const client = {
    nowSeconds: async () => nowS,
    deleted: async (_module: string, _fromS: number, page: number) => answer(++calls, page),
  } as unknown as ZohoClient;
  return {...(await outcome(client)), calls};
}

async function outcome(client: ZohoClient): Promise<Omit<Outcome, 'calls'>> {
  const ids = new Set<string>();
  const end = await consume(deletedPages('Leads', sinceS, {client, signal: new AbortController().signal}), (page) => {
    for (const {id} of page) ids.add(id);
  });
  return {ids, readToS: undefined, stopped: undefined, ...end};
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const spread = [1_500, 1_500, 700, 1_999, 1, 0, 1_200];
for (const strictlyAfter of [false, true]) {
  for (const silent of [false, true]) {
    const how = `${silent ? 'ends without a word' : 'is refused'} at 2,000 rows, of a Zoho that lists ${strictlyAfter ? 'what was deleted after' : 'also'} the second asked for`;
    deleted(`continues where the feed ${how}`, async () => {
      const {ids, readToS, stopped} = await readAll({perSecond: spread, strictlyAfter, silent, rowsMax: 2_000});
      assert.deepEqual([ids.size, readToS, stopped], [sum(spread), nowS - 2, undefined]);
    });

    deleted(`counts nothing as read if more rows than that share one second and the feed ${how}`, async () => {
      const {readToS, stopped} = await readAll({perSecond: [10, 3_000], strictlyAfter, silent, rowsMax: 2_000});
      assert.equal(readToS, undefined);
      assert.match(stopped ?? '', /^Zoho lists at most 2000 deletions of module Leads at once/);
    });
  }
}

deleted('counts nothing as read in a feed of another order that was cut, or may have been', async () => {
  for (const how of [{silent: false}, {silent: true, flagged: false}]) {
    const {readToS, stopped} = await readAll({perSecond: spread, order: 'descending', rowsMax: 2_000, ...how});
    assert.equal(readToS, undefined);
    assert.match(stopped ?? '', /their order does not show where to continue$/);
  }
});

for (const order of ['ascending', 'descending'] as const) {
  for (const rows of [200, 400, 2_000, 2_200, 4_000]) {
    deleted(`accepts a feed of exactly ${rows} rows in ${order} order as complete if Zoho says that it ends`, async () => {
      const {ids, readToS, stopped} = await readAll({perSecond: [rows / 2, rows / 2], order});
      assert.deepEqual([ids.size, readToS, stopped], [rows, nowS - 2, undefined]);
    });
  }

  for (const rows of [1, 200, 399, 400, 2_200]) {
    deleted(`reads all of ${rows} rows in ${order} order if no answer says whether more follow`, async () => {
      const {ids, readToS, stopped} = await readAll({perSecond: [0, rows], order, flagged: false});
      assert.deepEqual([ids.size, readToS, stopped], [rows, nowS - 2, undefined]);
    });
  }

  deleted(`continues after short pages in ${order} order, whether or not Zoho says that more follow`, async () => {
    for (const flagged of [true, false]) {
      const {ids, readToS} = await readAll({perSecond: [130, 40, 90], order, pageRows: 7, flagged});
      assert.deepEqual([ids.size, readToS], [260, nowS - 2]);
    }
  });
}

deleted('ends with the first page if Zoho repeats it for every number, and treats a full one as cut', async () => {
  const few = await readAll({perSecond: [30], pageIgnored: true, flagged: false});
  assert.deepEqual([few.ids.size, few.readToS, few.calls], [30, nowS - 2, 2]);
  for (const flagged of [true, false]) {
    const {readToS, stopped} = await readAll({perSecond: [500], pageIgnored: true, flagged});
    assert.deepEqual([readToS, stopped?.slice(0, 29)], [undefined, 'Zoho lists at most 200 deleti']);
  }
});

deleted('treats a feed as cut that always promises more and has nothing', async () => {
  const answers = [{rows: [{id: '1', deletedTime: iso(sinceS + 100), deletedS: sinceS + 100, type: 'recycle'}], more: true}];
  const {stopped, calls} = await readAnswers((call) => answers[call - 1] ?? {rows: [], more: true});
  assert.match(stopped ?? '', /^Zoho lists at most \d deletions/);
  assert.ok(calls < 10, `${calls} calls`);
});

deleted('skips an empty page in between', async () => {
  const row = (id: string): DeletedRow => ({id, deletedTime: iso(sinceS + 100), deletedS: sinceS + 100, type: 'recycle'});
  const answers = [
    {rows: [row('1')], more: true},
    {rows: [], more: true},
    {rows: [row('2')], more: false},
  ];
  const {ids, readToS} = await readAnswers((call) => answers[(call - 1) % 3]!);
  assert.deepEqual([[...ids], readToS], [['1', '2'], nowS - 2]);
});

deleted('ends although records are deleted while it is read', async () => {
  const rows: DeletedRow[] = Array.from({length: 450}, (_, i) => ({
    id: `${i + 1}`,
    deletedTime: iso(sinceS + i),
    deletedS: sinceS + i,
    type: 'recycle',
  }));
  const {ids, readToS} = await readAnswers((call, page) => {
    rows.push({id: `${10_000 + call}`, deletedTime: iso(nowS + call), deletedS: nowS + call, type: 'recycle'});
    return {rows: rows.slice((page - 1) * 200, page * 200), more: rows.length > page * 200};
  });
  assert.equal(readToS, nowS - 2);
  assert.ok(ids.size >= 450);
});

deleted('requests another page after a feed that ends at the cap, and believes any other end', async () => {
  const exact = await readAll({perSecond: [1_000, 1_000]});
  assert.deepEqual([exact.ids.size, exact.readToS], [2_000, nowS - 2]);
  for (const order of ['ascending', 'descending'] as const) {
    const {ids, readToS, calls} = await readAll({perSecond: [1_000, 1_010, 20_000], order});
    assert.deepEqual([ids.size, readToS, calls], [22_010, nowS - 2, 2 * 111]);
  }
});

/** A page of a scripted feed: deletions by id and seconds after the start, and whether more follow; or a failure. */
type Page = readonly [rows: readonly (readonly [id: number, agoS: number])[], more: boolean] | Error;

/** Reads a feed whose pages are answered in order. Returns how it ended, and where each query began. */
async function readScript(
  pages: readonly Page[],
  {quarantine, clock = () => nowS}: {quarantine?: Quarantine; clock?: (reading: number) => number} = {},
) {
  const queries: string[] = [];
  let readings = 0;
  const client = {
    nowSeconds: async () => clock(++readings),
    async deleted(_module: string, fromS: number, page: number) {
      const answer = pages[queries.push(`${fromS - sinceS} page ${page}`) - 1];
      assert.ok(answer !== undefined, `the feed goes on: ${queries}`);
      if (answer instanceof Error) throw answer;
      const [rows, more] = answer;
      return {
        rows: rows.map(([id, afterS]) => ({
          id: String(id),
          deletedTime: iso(sinceS + afterS),
          deletedS: sinceS + afterS,
          type: 'recycle',
        })),
        more,
      };
    },
  } as unknown as ZohoClient;
  const ids: string[] = [];
  const reading = deletedPages('Leads', sinceS, {client, signal: new AbortController().signal, quarantine});
  const end = await consume(reading, (page) => void ids.push(page.map(({id}) => id).join()));
  assert.equal(queries.length, pages.length, 'the feed ends before its last page');
  return {end, ids, queries};
}

const [one, two, three, four] = [
  [1, 10],
  [2, 11],
  [3, 12],
  [4, 13],
] as const;

deleted('reads a feed of one page once', async () => {
  const {end, ids} = await readScript([[[one, two], false]]);
  assert.deepEqual([end, ids], [{readToS: nowS - windowLagS}, ['1,2']]);
});

deleted('reads a feed of several pages until two passes agree, in whatever order', async () => {
  const {end, ids} = await readScript([
    [[one, two], true],
    [[four], false],
    [[one, two], true],
    [[three], false],
    [[three, one], true],
    [[two], false],
  ]);
  assert.deepEqual([end, ids], [{readToS: nowS - windowLagS}, ['1,2', '4', '1,2', '3', '3,1', '2']]);
});

deleted('tells passes apart by the times of deletions, too', async () => {
  const pass = (afterS: number): Page[] => [
    [[one], true],
    [[[2, afterS]], false],
  ];
  await readScript([...pass(11), ...pass(12), ...pass(12)]);
});

deleted('does not mind deletions between two passes from the time on that is not read yet', async () => {
  const late = 3_600 - windowLagS;
  await readScript([
    [[one], true],
    [[two], false],
    [[one], true],
    [[two, [9, late]], false],
  ]);
  await readScript([
    [[one], true],
    [[two], false],
    ...Array.from({length: 2}, (): Page[] => [
      [[one], true],
      [[two, [9, late - 1]], false],
    ]).flat(),
  ]);
});

deleted('counts nothing as read if no two passes agree', async () => {
  const pages = Array.from({length: deletedPassesMax}, (_, pass): Page[] => [
    [[one], true],
    [[[2 + pass, 11]], false],
  ]).flat();
  const {end} = await readScript(pages);
  assert.deepEqual(end, {stopped: 'The deletions of module Leads kept changing while they were read'});
});

deleted('reaches as far as the earliest clock of its passes, each read before and after the first page', async () => {
  const pass: Page[] = [
    [[one], true],
    [[two], false],
  ];
  for (const [clock, earliest] of [
    [[1, 5, 0, 6, 7, 0], 1],
    [[5, 2, 0, 6, 7, 0], 2],
    [[6, 7, 0, 3, 5, 0], 3],
    [[6, 7, 0, 5, 4, 0], 4],
  ] as const) {
    const {end} = await readScript([...pass, ...pass], {clock: (reading) => nowS + clock[reading - 1]!});
    assert.deepEqual(end, {readToS: nowS + earliest - windowLagS});
  }
});

for (const code of ['DISCRETE_PAGINATION_LIMIT_EXCEEDED', 'PAGINATION_LIMIT_EXCEEDED', 'LIMIT_EXCEEDED']) {
  deleted(`continues by time after ${code}, from the second before the latest deletion`, async () => {
    const cap = new ZohoError('refused', 'No more pages', {code});
    const pass: Page[] = [[[one, two, three], true], cap, [[two, three, four], false]];
    const {end, ids, queries} = await readScript([...pass, ...pass]);
    assert.deepEqual(end, {readToS: nowS - windowLagS});
    assert.deepEqual(
      [ids.slice(0, 2), queries.slice(0, 3)],
      [
        ['1,2,3', '2,3,4'],
        ['0 page 1', '0 page 2', '11 page 1'],
      ],
    );
    await assert.rejects(readScript([cap]), cap, 'a first page has no cap');
  });
}

deleted('fails with what is not the end of numbered pages', async () => {
  const coded = Object.assign(new Error('a fault of ours'), {code: 'LIMIT_EXCEEDED'});
  for (const error of [new ZohoError('refused', 'No', {code: 'OTHER'}), new ZohoError('unavailable', 'No answer'), coded])
    await assert.rejects(readScript([[[one], true], error]), error);
});

deleted('counts nothing as read of a feed that does not end', async () => {
  let calls = 0;
  const {stopped} = await readAnswers(() => {
    assert.ok(++calls <= deletedPagesMax, 'the feed is read without end');
    return {rows: [{id: String(calls), deletedTime: 'then', deletedS: sinceS + 100, type: 'recycle'}], more: true};
  });
  assert.equal(stopped, `The deletions of module Leads do not end after ${deletedPagesMax} pages`);
  assert.equal(calls, deletedPagesMax);
});

deleted('leaves out unusable rows of each page, and nothing else', async () => {
  const left: string[] = [];
  const quarantine: Quarantine = {
    has: () => true,
    add: ({digest}, page) => void left.push(`${digest} of ${page}`),
    addUnread() {},
  };
  await readScript([[[one], false]], {quarantine});
  assert.deepEqual(left, []);
  const client = {
    nowSeconds: async () => nowS,
    deleted: async () => ({rows: [], unusable: [{row: 1, fault: 'id', digest: 'odd'}], more: false}),
  } as unknown as ZohoClient;
  await consume(deletedPages('Leads', sinceS, {client, signal: new AbortController().signal, quarantine}), () => {});
  assert.deepEqual(left, ['odd of page 1 of its deletions']);
});

deleted.run();
