/** Readings by COQL that would never end if Zoho alone decided: what bounds them. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {instantOf} from '../../lib/flow/state.ts';
import {aheadRowsMax, coqlRowsLarge, coqlRowsSmall, sliceRoundsMax, windowLagS} from '../../lib/limits.ts';
import {consume} from '../../lib/platform/generators.ts';
import {type Sweep, sweepRows} from '../../lib/sources/coql.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {type CoqlReply, type CoqlZoho, type CoqlZohoOptions, coqlZoho, idsOf} from '../harness/coql-zoho.ts';

const bounds = suite('bounds of reading by COQL');

const beganS = Date.parse('2026-10-01T10:00:00Z') / 1_000;
const slices = [
  ['id', 'Modified_Time', 'A'],
  ['id', 'Modified_Time', 'B'],
];

const zoho = (answer: (query: CoqlQuery, number: number) => CoqlReply, options: CoqlZohoOptions = {}): CoqlZoho =>
  coqlZoho(answer, {clock: {nowS: beganS}, ...options});

const window: Sweep = {fromS: beganS - 100, cursorS: beganS - 50, rowsExpected: 0, isKnown: () => false, lookAhead: false};

/** The ids of a sweep, its patches, and the cursor that it ends with. */
async function swept({plan, context}: CoqlZoho, changes: Partial<Sweep> = {}) {
  const ids: number[] = [];
  const patches: unknown[] = [];
  const end = await consume(sweepRows(plan, {...window, ...changes}, context), ({items, patch}) => {
    ids.push(...idsOf(items).map(Number));
    if (patch !== undefined) patches.push(patch);
  });
  return {ids, patches, end};
}

/** A full page of one second, with ids of its own. */
const pageOf = (query: CoqlQuery, number: number, seconds: number): CoqlReply => ({
  rows: Array.from({length: Math.min(query.limit, 3)}, (_, i): [number, number] => [10 * number + i, seconds]),
  more: true,
});

bounds('a sweep ends at the clock that it began with, however fast records change', async () => {
  const clock = {nowS: beganS};
  const it = zoho(
    (query, number) => {
      clock.nowS += 5;
      return pageOf(query, number, clock.nowS);
    },
    {clock},
  );
  const {ids, end} = await swept(it);
  assert.deepEqual(ids, [10, 11, 12]);
  assert.equal(it.queries.length, 1);
  assert.deepEqual(end, {cursor: instantOf(beganS - windowLagS), after: null});
});

bounds('a sweep goes on up to that clock, the second included, and moves its cursor only within the window', async () => {
  const seconds = [beganS - 60, beganS - 50, beganS - windowLagS - 1, beganS - windowLagS, beganS, beganS + 1];
  const clock = {nowS: beganS};
  const it = zoho(
    (query, number) => {
      const page = pageOf(query, number, seconds[number - 1]!);
      clock.nowS = beganS + 5;
      return page;
    },
    {clock},
  );
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
  const it = zoho(() => ({rows: []}), {clock: {nowS: beganS - 1_000}});
  assert.deepEqual((await swept(it)).end, {cursor: instantOf(beganS - 50), after: null});
});

bounds('a sweep takes the earlier of two readings of the clock', async () => {
  const clock = {nowS: beganS};
  const it = zoho(
    () => {
      clock.nowS = beganS - 30;
      return {rows: [[1, beganS - 40]], more: false};
    },
    {clock},
  );
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
    {slices},
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
    {slices},
  );
  assert.deepEqual((await swept(it)).ids, [1]);
  assert.equal(it.queries.length, 4);
});

bounds.run();
