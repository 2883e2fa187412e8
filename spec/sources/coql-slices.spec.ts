import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {coqlPageBytes, coqlPageBytesMax, sliceRoundsMax} from '../../lib/limits.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
import {datedRows} from '../../lib/records/unusable-rows.ts';
import {idsQueryOf, mustBeWhole, type Reading, readSlices} from '../../lib/sources/coql-slices.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {type CoqlRecord, type CoqlReply, columnOf, coqlZoho, idsOf} from '../harness/coql-zoho.ts';
import {zohoTime} from '../harness/times.ts';

/** The slices of some records, joined. */
const slices = suite('readSlices');

const s = Date.parse('2026-10-01T10:00:00Z') / 1_000;
const time = zohoTime(s);
const key = ['id', 'Modified_Time'];
const [A, B, C] = [
  [...key, 'A'],
  [...key, 'B'],
  [...key, 'C'],
];

interface Outcome extends Reading {
  readonly zoho: ReturnType<typeof coqlZoho>;
  /** Columns of each query beside the key, its limit, and how it chose its records. */
  readonly asked: string[];
}

/** Reads three records by id, with all slices; each query is answered as given. */
async function read(
  asks: readonly (readonly string[])[],
  answer: (query: CoqlQuery, number: number) => CoqlReply | Error,
  prepare?: (rows: RowBlock) => RowBlock,
): Promise<Outcome> {
  const zoho = coqlZoho(answer, {slices: asks});
  const query = (columns: readonly string[], rowsMax: number): CoqlQuery => ({
    ...idsQueryOf(zoho.plan, ['1', '2', '3'])(columns, rowsMax),
    limit: Math.min(3, rowsMax),
    text: 'all',
  });
  const reading = await readSlices(zoho.plan, query, zoho.context, prepare);
  const asked = zoho.queries.map(({columns, limit, text}) => `${columns.slice(2)} ${limit} ${/in \(.*\)/.exec(text) ?? text}`);
  return {...reading, zoho, asked};
}

const all: readonly CoqlRecord[] = [
  [1, s],
  [2, s],
  [3, s],
];
const faults = ({unusable}: Reading): string[] => unusable.map(({row, id, fault}) => `${row} ${id} ${fault}`);

slices('are joined by id, with the columns of all', async () => {
  const {rows, first, more, unusable, asked} = await read([A, B], ({columns}) => ({
    rows: columns.includes('B') ? all.toReversed() : all,
    more: true,
  }));
  assert.deepEqual(
    [rows.columns, idsOf(rows), columnOf(rows, 'B')],
    [
      [...key, 'A', 'B'],
      ['1', '2', '3'],
      ['b', 'b', 'b'],
    ],
  );
  assert.deepEqual([first.columns, idsOf(first), more, unusable], [A, ['1', '2', '3'], true, []]);
  assert.deepEqual(asked, ['A 3 all', 'B 3 all']);
});

slices('after the first do not say whether more records follow', async () => {
  const answer = (first: boolean) => read([A, B], (_, number) => ({rows: all, more: number === 1 ? first : !first}));
  assert.deepEqual([(await answer(false)).more, (await answer(true)).more], [false, true]);
});

slices('are not asked for where there are no records', async () => {
  const {rows, more, weight, unusable, asked} = await read([A, B], () => ({rows: []}));
  assert.deepEqual([rows.count, more, weight, unusable, asked.length], [0, false, 0, [], 1]);
});

slices('share the memory of a page, what is left of it in equal parts', async () => {
  const {zoho, first} = await read([A, B, C], () => ({rows: all}));
  const weight = first.bytes.length + first.cells.byteLength;
  assert.deepEqual(
    zoho.options.map(({bytesMax}) => bytesMax),
    [coqlPageBytesMax / 3, (coqlPageBytesMax - weight) / 2, coqlPageBytesMax - 2 * weight],
  );
  assert.ok(zoho.options.every(({fields}) => fields === zoho.plan.fields));
});

slices('end together at the row where one becomes too heavy, and more follow', async () => {
  const cutAt = (number: number, count: number) =>
    read([A, B, C], (query, asked) => ({
      rows: all.slice(0, asked === number ? count : query.limit),
      more: asked === number,
      cut: asked === number,
    }));
  const early = await cutAt(1, 2);
  assert.deepEqual([idsOf(early.rows), early.first.count, early.more], [['1', '2'], 2, true]);
  assert.deepEqual(early.asked, ['A 3 all', 'B 2 all', 'C 2 all']);
  const late = await cutAt(2, 1);
  assert.deepEqual([idsOf(late.rows), late.first.count, late.more], [['1'], 1, true]);
  assert.deepEqual(late.asked, ['A 3 all', 'B 3 all', 'C 1 all']);
});

slices('that were cut weigh a full page, so that the next is asked for with as many rows', async () => {
  const weightOf = async (cut: boolean) => (await read([A], () => ({rows: all, cut}))).weight;
  assert.ok((await weightOf(false)) < 1_000);
  assert.equal(await weightOf(true), coqlPageBytes);
});

slices('without a valid id or time are unusable, each with its place in the page', async () => {
  const reading = await read([A, B], () => ({
    rows: [{id: 'x', Modified_Time: time}, [1, s], {id: '2', Modified_Time: null}, [3, s], {id: '4', Modified_Time: 'soon'}],
  }));
  assert.deepEqual(
    [idsOf(reading.rows), faults(reading)],
    [
      ['1', '3'],
      ['1 undefined id', '3 2 time', '5 4 time'],
    ],
  );
  assert.equal(reading.first.count, 5);
});

slices('are prepared before they are checked', async () => {
  const created = [...key, 'Created_Time'];
  const records: readonly CoqlRecord[] = [{id: '1', Modified_Time: null, Created_Time: time}];
  assert.deepEqual(faults(await read([created], () => ({rows: records}))), ['1 1 time']);
  const {rows, unusable} = await read([created], () => ({rows: records}), datedRows);
  assert.deepEqual([columnOf(rows, 'Modified_Time'), unusable], [[time], []]);
});

/** Record 1 changes between the queries of its slices, this many times. */
const changing = (times: number) => {
  let changes = 0;
  return ({columns, text}: CoqlQuery): CoqlReply => {
    const changed = columns.includes('B') && changes++ < times ? 1 : 0;
    const torn: CoqlRecord = [1, s + changed];
    return {rows: text === 'all' ? [torn, [2, s]] : [torn]};
  };
};

slices('of a record that changed meanwhile are read again, for that record alone', async () => {
  const {rows, unusable, asked} = await read([A, B], changing(2));
  assert.deepEqual([idsOf(rows), unusable], [['2', '1'], []]);
  assert.deepEqual(asked, ['A 3 all', 'B 3 all', "A 1 in ('1')", "B 1 in ('1')", "A 1 in ('1')", "B 1 in ('1')"]);
});

slices('of a record that keeps changing are left to the next sweep, and are no fault', async () => {
  const {rows, unusable, asked} = await read([A, B], changing(Number.POSITIVE_INFINITY));
  assert.deepEqual([idsOf(rows), unusable, asked.length], [['2'], [], 2 + 2 * sliceRoundsMax]);
});

slices('that cannot be joined, because one has no id, are a fault of their record', async () => {
  const lost = await read([A, B, C], ({columns, text}) => {
    const of = (id: string): CoqlRecord => ({id: columns.includes('C') && id !== '2' ? 'x' : id, Modified_Time: time});
    return {rows: ['1', '2', '3'].filter((id) => text === 'all' || text.includes(`'${id}'`)).map(of)};
  });
  assert.deepEqual([idsOf(lost.rows), faults(lost)], [['2'], ['1 1 slices', '3 3 slices']]);
  assert.equal(new Set(lost.unusable.map(({digest}) => digest)).size, 2, 'each is known by itself');
});

slices('of the first kind without an id do not make others that changed a fault', async () => {
  const change = changing(Number.POSITIVE_INFINITY);
  const reading = await read([A, B], (query) => {
    const {rows} = change(query);
    return {rows: query.columns.includes('A') ? [...rows, {id: 'x', Modified_Time: time}] : rows};
  });
  assert.deepEqual([idsOf(reading.rows), faults(reading)], [['2'], ['3 undefined id']]);
});

slices('of a record that is gone when they are read again are left out', async () => {
  const change = changing(1);
  const {rows, unusable} = await read([A, B], (query) => (query.text === 'all' ? change(query) : {rows: []}));
  assert.deepEqual([idsOf(rows), unusable], [['2'], []]);
});

slices('fail if reading them again does, or breaks off', async () => {
  const change = changing(1);
  const failure = new ZohoError('unavailable', 'no answer');
  await assert.rejects(
    read([A, B], (query) => (query.text === 'all' ? change(query) : failure)),
    failure,
  );
  const torn = changing(2);
  const cut = read([A, B], (query) => {
    const {rows} = torn(query);
    return query.text === 'all' ? {rows: [...rows, [4, s + (query.columns.includes('B') ? 1 : 0)]]} : {rows, more: true};
  });
  await assert.rejects(cut, {kind: 'damaged'});
});

slices.run();

const whole = suite('mustBeWhole');

whole('rejects an answer by ids that lacks records while others would follow', () => {
  const {plan} = coqlZoho(() => ({rows: []}));
  for (const [given, more] of [
    [2, true],
    [3, true],
    [1, false],
    [1, undefined],
  ] as const)
    mustBeWhole(plan, 2, given, more);
  assert.throws(() => mustBeWhole(plan, 2, 1, true), {
    kind: 'damaged',
    message: 'Cannot read 2 records of module Leads by id: the answer has 1, and others would follow',
  });
});

whole.run();
