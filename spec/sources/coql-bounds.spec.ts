/** Readings by COQL that would never end if Zoho alone decided: what bounds them. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {instantOf} from '../../lib/flow/state.ts';
import {aheadRowsMax, coqlRowsLarge, coqlRowsSmall, sliceRoundsMax, windowLagS} from '../../lib/limits.ts';
import {consume} from '../../lib/platform/generators.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
import {cellText} from '../../lib/records/rows.ts';
import {type CoqlContext, type CoqlPlan, type Sweep, sweepRows} from '../../lib/sources/coql.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {parseCoql} from '../../lib/transforms/parse-json.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {inPieces} from '../transforms/archive.ts';

const bounds = suite('bounds of reading by COQL');

const beganS = Date.parse('2026-10-01T10:00:00Z') / 1_000;
const time = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}+00:00`;
const slices = [
  ['id', 'Modified_Time', 'A'],
  ['id', 'Modified_Time', 'B'],
];

interface Answer {
  readonly rows: readonly (readonly [id: number, seconds: number])[];
  readonly more?: boolean;
}

/** A Zoho whose answers a case makes up; one that is asked more than a hundred times gives up. */
function zoho(
  answer: (query: CoqlQuery, number: number) => Answer,
  clock = {nowS: beganS},
  columns: readonly string[][] = [slices[0]!],
) {
  const queries: CoqlQuery[] = [];
  const left: string[] = [];
  const client = {
    nowSeconds: async () => clock.nowS,
    async coql(query: CoqlQuery) {
      if (queries.push(query) > 100) throw new Error('asked without end');
      const {rows, more} = answer(query, queries.length);
      const data = rows.map(([id, seconds]) => ({id: String(id), Modified_Time: time(seconds), A: 'a', B: 'b'}));
      const info = more === undefined ? {} : {more_records: more};
      return data.length === 0 ? null : parseCoql(inPieces(Buffer.from(JSON.stringify({data, info}))), query.columns);
    },
  } as unknown as ZohoClient;
  const plan: CoqlPlan = {
    module: 'Leads',
    slices: columns,
    fields: new Map(),
    pageSize: new PageSize({most: coqlRowsLarge}),
    listSize: new PageSize({most: 100}),
  };
  const context: CoqlContext = {
    client,
    signal: new AbortController().signal,
    quarantine: {has: () => false, add: ({id, fault}) => void left.push(`${id} ${fault}`), addUnread() {}},
  };
  return {queries, plan, context, left};
}

const window: Sweep = {fromS: beganS - 100, cursorS: beganS - 50, rowsExpected: 0, isKnown: () => false, lookAhead: false};

/** The ids of a sweep, its patches, and the cursor that it ends with. */
async function swept({plan, context}: ReturnType<typeof zoho>, changes: Partial<Sweep> = {}) {
  const ids: number[] = [];
  const patches: unknown[] = [];
  const end = await consume(sweepRows(plan, {...window, ...changes}, context), ({items, patch}) => {
    ids.push(...idsOf(items));
    if (patch !== undefined) patches.push(patch);
  });
  return {ids, patches, end};
}

function idsOf(rows: RowBlock): number[] {
  const column = rows.columns.indexOf('id');
  return Array.from({length: rows.count}, (_, row) => Number(cellText(rows, row, column)));
}

/** A full page of one second, with ids of its own. */
const pageOf = (query: CoqlQuery, number: number, seconds: number): Answer => ({
  rows: Array.from({length: Math.min(query.limit, 3)}, (_, i): [number, number] => [10 * number + i, seconds]),
  more: true,
});

bounds('a sweep ends at the clock that it began with, however fast records change', async () => {
  const clock = {nowS: beganS};
  const it = zoho((query, number) => {
    clock.nowS += 5;
    return pageOf(query, number, clock.nowS);
  }, clock);
  const {ids, end} = await swept(it);
  assert.deepEqual(ids, [10, 11, 12]);
  assert.equal(it.queries.length, 1);
  assert.deepEqual(end, {cursor: instantOf(beganS - windowLagS), after: null});
});

bounds('a sweep goes on up to that clock, the second included, and moves its cursor only within the window', async () => {
  const seconds = [beganS - 60, beganS - 50, beganS - windowLagS - 1, beganS - windowLagS, beganS, beganS + 1];
  const clock = {nowS: beganS};
  const it = zoho((query, number) => {
    const page = pageOf(query, number, seconds[number - 1]!);
    clock.nowS = beganS + 5;
    return page;
  }, clock);
  const {ids, patches, end} = await swept(it);
  assert.equal(it.queries.length, 6);
  assert.equal(ids.length, 18);
  assert.deepEqual(patches, [
    {inc: {cursor: instantOf(beganS - 50), after: '22'}},
    {inc: {cursor: instantOf(beganS - windowLagS - 1), after: '32'}},
  ]);
  assert.deepEqual(end, {cursor: instantOf(beganS - windowLagS), after: null});
});

bounds('a sweep never moves the cursor back, whatever Zoho says of the time', async () => {
  const it = zoho(() => ({rows: []}), {nowS: beganS - 1_000});
  assert.deepEqual((await swept(it)).end, {cursor: instantOf(beganS - 50), after: null});
});

bounds('a sweep takes the earlier of two readings of the clock', async () => {
  const clock = {nowS: beganS};
  const it = zoho(() => {
    clock.nowS = beganS - 30;
    return {rows: [[1, beganS - 40]], more: false};
  }, clock);
  assert.deepEqual((await swept(it)).end, {cursor: instantOf(beganS - 30 - windowLagS), after: null});
});

bounds('a sweep looks through records of the future as long as one is unknown, or it is to look at all', async () => {
  const future = (known: (id: string) => boolean, changes: Partial<Sweep> = {}) => {
    const it = zoho((query, number) => (number > 4 ? {rows: []} : pageOf(query, number, beganS + 100 * number)));
    return swept(it, {isKnown: known, ...changes}).then(() => it.queries.length);
  };
  assert.equal(await future(() => false), 5);
  assert.equal(await future(() => true), 1);
  assert.equal(await future((id) => id !== '12'), 2);
  assert.equal(await future(() => true, {lookAhead: true}), 5);
});

bounds('a sweep ends among records of the future after a bounded number of them', async () => {
  const it = zoho((query, number) => ({
    rows: Array.from({length: Math.min(query.limit, coqlRowsLarge)}, (_, i): [number, number] => [
      1 + number * coqlRowsLarge + i,
      beganS + 100 + number,
    ]),
    more: true,
  }));
  await swept(it, {lookAhead: true});
  assert.ok(it.queries.length <= 2 + Math.ceil(aheadRowsMax / coqlRowsLarge), `${it.queries.length} pages`);
});

bounds('a sweep asks first for the cheapest page that should do, and then for as much as Zoho gives', async () => {
  for (const [rowsExpected, first] of [
    [0, coqlRowsSmall],
    [coqlRowsSmall, coqlRowsSmall],
    [coqlRowsSmall + 1, coqlRowsLarge],
  ] as const) {
    const it = zoho((query, number) => (number > 1 ? {rows: []} : pageOf(query, number, beganS - 10)));
    await swept(it, {rowsExpected});
    assert.deepEqual(
      it.queries.map(({limit}) => limit),
      [first, coqlRowsLarge],
    );
  }
});

bounds('a record whose slices never agree is read a few times, and left to the next sweep', async () => {
  const it = zoho(
    ({columns, text}) => {
      const inList = text.includes(' in (');
      const torn: [number, number] = [1, beganS - 40 + (columns.includes('B') ? 1 : 0)];
      return {rows: inList ? [torn] : [torn, [2, beganS - 30]], more: false};
    },
    {nowS: beganS},
    slices,
  );
  const {ids} = await swept(it);
  assert.deepEqual(ids, [2]);
  assert.equal(it.queries.length, 2 + 2 * sliceRoundsMax);
  assert.deepEqual(it.left, [], 'its last change lies past this window');
});

bounds('a record whose slices agree when they are read again is whole', async () => {
  const it = zoho(
    ({columns, text}) => {
      const inList = text.includes(' in (');
      return {rows: [[1, beganS - 40 + (columns.includes('B') || inList ? 1 : 0)]], more: false};
    },
    {nowS: beganS},
    slices,
  );
  assert.deepEqual((await swept(it)).ids, [1]);
  assert.equal(it.queries.length, 4);
});

bounds.run();
