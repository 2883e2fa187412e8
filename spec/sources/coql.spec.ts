import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {instantOf} from '../../lib/flow/state.ts';
import {coqlRowsLarge, pageGoodMin, pieceBytesMax} from '../../lib/limits.ts';
import {consume} from '../../lib/platform/generators.ts';
import {silent} from '../../lib/platform/log.ts';
import {type Sweep, sweepRows} from '../../lib/sources/coql.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {type CoqlAnswer, parseCoql} from '../../lib/transforms/parse-json.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {type CoqlRecord, type CoqlReply, type CoqlZoho, idsOf} from '../harness/coql-zoho.ts';
import {zohoTime} from '../harness/times.ts';
import {inPieces} from '../transforms/archive.ts';
import {type Answer, aborting, failure, isKeys, nowS, otherFailures, pages, refused, s, t, zoho} from './coql-cases.ts';
import {incOf} from './window-zoho.ts';

const sweeps = suite('sweepRows');

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
      const data = page.map((it) => ({id: String(it.id), Modified_Time: zohoTime(it.modifiedS)}));
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

/** Sweeps a minute. Returns the ids of each batch, the cursors, and the limit of each query. */
async function sweep({plan, context, queries}: CoqlZoho, changes: Partial<Sweep> = {}) {
  const batches: string[][] = [];
  const cursors: unknown[] = [];
  const rows = {...window, lookAhead: false, fromS: nowS - 60, cursorS: nowS - 60, rowsExpected: 0, ...changes};
  const end = await consume(sweepRows(plan, rows, context), (batch) => {
    batches.push(idsOf(batch.items));
    cursors.push(incOf(batch));
  });
  assert.equal(end.after, null);
  return {batches, cursors, ids: batches.flat(), limits: queries.map(({limit}) => limit)};
}

sweeps('yields a large page in pieces, of which only the last moves the cursor', async () => {
  const large = (id: number): CoqlRecord => ({id: String(id), Modified_Time: zohoTime(s), A: 'a'.repeat(0.6 * pieceBytesMax)});
  const {batches, cursors} = await sweep(zoho(pages({rows: [1, 2, 3].map(large), more: true})));
  assert.deepEqual(batches, [['1', '2'], ['3'], []]);
  assert.deepEqual(cursors, [undefined, {cursor: instantOf(s), after: '3'}, undefined]);
});

sweeps('has no cursor in the last page, because the drained window has one', async () => {
  assert.deepEqual((await sweep(zoho(pages({rows: [[1, s]], more: false})))).cursors, [undefined]);
});

sweeps('ends with records of the present second that came up meanwhile, even if it looks ahead', async () => {
  const clock = {nowS};
  const it = zoho(
    () => {
      clock.nowS = nowS + 5;
      return {rows: [[1, nowS + 5]], more: true};
    },
    coqlRowsLarge,
    {clock},
  );
  assert.equal((await sweep(it, {lookAhead: true})).limits.length, 1);
});

sweeps('goes on among records of the future for an unknown one of the future, and for no other', async () => {
  for (const [record, queries] of [
    [[7, nowS + 1], 2],
    [[7, nowS], 1],
    [[7, s], 1],
  ] as const) {
    const rows: CoqlRecord[] = [record, [8, nowS + 9]];
    const {limits} = await sweep(zoho(pages({rows, more: true})), {isKnown: (id, seconds) => id === '8' && seconds === nowS + 9});
    assert.equal(limits.length, queries);
  }
});

sweeps('asks for as many rows as weigh what a page should', async () => {
  const heavy: CoqlRecord = {id: '1', Modified_Time: zohoTime(s), A: 'a'.repeat(1_000)};
  const it = zoho(pages({rows: [heavy], more: true}), 100, {planned: {pageSize: new PageSize({most: 100, bytesWanted: 11_000})}});
  assert.deepEqual((await sweep(it)).limits, [100, 10]);
});

sweeps('asks for fewer rows while pages fail by their size, and for more again when they do not', async () => {
  const tooLarge = new ZohoError('damaged', 'Too large');
  const it = zoho((query, number) => {
    if (query.limit > 2) return number === 1 ? failure : tooLarge;
    return number > 12
      ? {rows: []}
      : {rows: Array.from({length: query.limit}, (_, i) => [10 * number + i, s + number]), more: true};
  }, 8);
  const {limits, ids} = await sweep(it);
  const good = Array(2 * pageGoodMin).fill(2);
  assert.deepEqual(limits.slice(0, 5 + good.length), [8, 1, 4, 1, ...good, 4]);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(it.logged.slice(0, 2), [
    'info Leads: No answer; asking for 4 records at once instead of 8',
    'info Leads: Too large; asking for 2 records at once instead of 4',
  ]);
});

/** A record that is never served with its values. */
const poisoned =
  (id: string, rows: readonly (readonly [number, number])[]): Answer =>
  (query) => {
    const from = /id > '(\d+)'/.exec(query.text)?.[1] ?? '0';
    const found = rows.filter(([number]) => number > Number(from)).slice(0, query.limit);
    return !isKeys(query) && found.some(([number]) => String(number) === id) ? failure : {rows: found, more: true};
  };

sweeps('leaves out a record that fails alone, names it, and goes on after it', async () => {
  const rows = [
    [1, s],
    [2, s],
    [3, s],
  ] as const;
  const it = zoho(poisoned('2', rows), 2);
  const {ids, cursors} = await sweep(it);
  assert.deepEqual(ids, ['1', '3']);
  assert.ok(
    cursors.some((inc) => (inc as {after?: string} | undefined)?.after === '2'),
    'the cursor passes it',
  );
  assert.deepEqual(it.left, ['row 1 id 2 unserved of a page of its changes']);
  const alone = 'info Leads 2: No answer, even for record 2 alone';
  assert.deepEqual(it.logged.filter((line) => line === alone).length, 1);
  assert.deepEqual((await sweep(it)).ids, ['1', '3']);
  assert.deepEqual([it.left.length, it.logged.filter((line) => line === alone).length], [1, 1], 'it is named once');
  const mute = zoho(poisoned('2', rows), 2, {changes: {log: undefined, quarantine: undefined}});
  assert.deepEqual((await sweep(mute)).ids, ['1', '3']);
});

sweeps('tells a version of a record that fails from another', async () => {
  const it = zoho(poisoned('2', [[2, s]]), 1);
  await sweep(it);
  await sweep(zoho(poisoned('2', [[2, t]]), 1, {changes: {quarantine: it.context.quarantine}}));
  assert.equal(it.left.length, 2);
});

sweeps('uses the keys of a record that failed if nothing else was asked for', async () => {
  const answer = pages(failure, {rows: [[1, s]], more: true});
  const keys = zoho(answer, 1, {slices: [['id', 'Modified_Time']]});
  assert.deepEqual([(await sweep(keys)).ids, keys.left], [['1'], []]);
  const more = zoho(pages({rows: [[1, s]]}, failure, {rows: [[1, s]], more: true}), 1, {
    slices: [
      ['id', 'Modified_Time'],
      ['id', 'Modified_Time', 'A'],
    ],
  });
  assert.deepEqual([(await sweep(more)).ids, more.left.length], [[], 1]);
});

sweeps('ends if a record that failed is gone', async () => {
  const it = zoho(pages(failure), 1);
  assert.deepEqual([(await sweep(it)).ids, it.queries.length, it.left], [[], 2, []]);
});

sweeps('fails as Zoho does if the keys fail, too, and learns nothing of the size', async () => {
  const outage = new ZohoError('unavailable', 'Down');
  const it = zoho(pages(failure, outage), 8);
  await assert.rejects(sweep(it), outage);
  assert.deepEqual([it.plan.pageSize.rows, it.left], [8, []]);
});

sweeps('fails at once where the size is not at fault', async () => {
  for (const error of otherFailures) {
    const it = zoho(() => error, 8);
    await assert.rejects(sweep(it), error);
    assert.deepEqual([it.queries.length, it.plan.pageSize.rows], [1, 8]);
  }
});

sweeps('asks nothing more when it was aborted', async () => {
  const {zoho, reason} = aborting(1, () => failure);
  await assert.rejects(sweep(zoho), reason);
  assert.equal(zoho.queries.length, 1);
});

/** A second with more records than pages by time get beyond, and then what its own queries are answered. */
const crowded = (...second: readonly (CoqlReply | Error)[]): Answer =>
  pages({rows: [[1, t]], more: true}, {rows: [[1, t]], more: true}, ...second);

sweeps('reads a crowded second by id to its end, and goes on after it', async () => {
  const it = zoho(
    crowded(
      {
        rows: [
          [1, t],
          [2, t],
        ],
        more: true,
      },
      {rows: [[3, t]], more: false},
      {rows: [[9, t + 1]], more: false},
    ),
  );
  const {ids, cursors} = await sweep(it);
  assert.deepEqual(ids, ['1', '1', '1', '2', '3', '9']);
  assert.deepEqual(
    it.queries.slice(2).map(({text}) => /id > '(\d+)'/.exec(text)?.[1]),
    ['0', '2', undefined],
  );
  assert.deepEqual(cursors.at(-2), {cursor: instantOf(t), after: '3'}, 'its end is not that of the window');
  const empty = await sweep(
    zoho(crowded({rows: [[1, t]], more: true}, {rows: [], more: true}, {rows: [[9, t + 1]], more: false})),
  );
  assert.deepEqual(empty.ids, ['1', '1', '1', '9'], 'an empty page is the end of it');
});

/** The ids of a second, as a bulk read job finds them. */
const byJob = (...lists: readonly (readonly string[])[]) => {
  const ranges: [number, number][] = [];
  return {
    ranges,
    async *bulkIds(fromS: number, toS: number) {
      ranges.push([fromS, toS]);
      yield* lists;
    },
  };
};

sweeps('looks up a crowded second by a job if Zoho rejects the query by id', async () => {
  const job = byJob(['1', '2'], ['3']);
  const it = zoho(
    crowded(
      refused,
      {
        rows: [
          [1, t],
          [2, t],
        ],
      },
      {rows: []},
      {rows: [[9, t + 1]], more: false},
    ),
    8,
    {
      changes: {bulkIds: job.bulkIds},
    },
  );
  const {ids, cursors} = await sweep(it);
  assert.deepEqual([ids, job.ranges], [['1', '1', '1', '2', '9'], [[t, t + 1]]]);
  assert.deepEqual(cursors.slice(2, 4), [
    {cursor: instantOf(t), after: '2'},
    {cursor: instantOf(t), after: '3'},
  ]);
  assert.deepEqual(it.logged, [
    `info Leads: Cannot query by id; its records of ${instantOf(t)} are looked up by a bulk read job`,
  ]);
  const mute = zoho(crowded(refused), 8, {changes: {log: undefined, bulkIds: byJob().bulkIds}});
  assert.deepEqual((await sweep(mute)).ids, ['1', '1']);
});

sweeps('fails with a crowded second where a job would not help', async () => {
  const other = new ZohoError('module', 'Gone');
  const {bulkIds} = {bulkIds: () => assert.fail('no job is submitted')};
  await assert.rejects(sweep(zoho(crowded(other), 8, {changes: {bulkIds}})), other);
  await assert.rejects(sweep(zoho(crowded(refused))), refused);
  await assert.rejects(sweep(zoho(crowded({rows: [[2, t]], more: true}, refused), 8, {changes: {bulkIds}})), refused);
  const {zoho: aborted, reason} = aborting(3, crowded(refused));
  await assert.rejects(sweep(aborted), reason);
});

sweeps.run();
