import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {ZohoError} from '../../lib/errors/errors.ts';
import {latestS} from '../../lib/records/instant.ts';
import {readWindow} from '../../lib/sources/coql-window.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import type {PageStart} from '../../lib/sources/window-pages.ts';
import {type CoqlRecord, coqlZoho, idsOf} from '../harness/coql-zoho.ts';
import {zohoTime} from '../harness/times.ts';

/** A page of a window, and where the next one begins. */
const pages = suite('readWindow');

const s = Date.parse('2026-10-01T10:00:00Z') / 1_000;

/** A record without a valid id, and one without a valid time. */
const noId = (seconds: number): CoqlRecord => ({id: 'x', Modified_Time: zohoTime(seconds)});
const noTime = (id: number): CoqlRecord => ({id: String(id), Modified_Time: null});
const after = (id: number | string, seconds = s): PageStart => ({fromS: s - 100, after: {seconds, id: String(id)}});

/** Ids before and after every record of a second. */
const [first, last] = ['0', '9223372036854775807'];

interface Options {
  readonly limit?: number;
  readonly more?: boolean;
  readonly most?: number;
}

async function read(place: PageStart, rows: readonly CoqlRecord[], {limit = 10, more = true, most = limit}: Options = {}) {
  const zoho = coqlZoho((query) => ({rows: rows.slice(0, query.limit), more}), {planned: {pageSize: new PageSize({most})}});
  const page = await readWindow(zoho.plan, place, limit, zoho.context);
  return {
    ...page,
    queries: zoho.queries.map((query) => query.text),
    limits: zoho.queries.map((query) => query.limit),
    left: zoho.left,
  };
}

/** Where the page after these rows begins, and whether they repeat the record before. */
async function endOf(place: PageStart, rows: readonly CoqlRecord[]): Promise<string> {
  try {
    const {last, repeats} = await read(place, rows);
    return `${last === undefined ? 'nowhere' : `${last.seconds - s} ${last.id}`}${repeats === false ? '' : ', repeats'}`;
  } catch (error) {
    const {kind, message} = error as ZohoError;
    assert.equal(message, "Cannot page through module Leads: Zoho's answer does not follow the page before it");
    return kind;
  }
}

pages('has the rows of a time on, and says how many and whether more follow', async () => {
  const page = await read({fromS: s}, [
    [1, s],
    [2, s + 1],
  ]);
  assert.deepEqual([idsOf(page.rows), page.rowCount, page.more, page.last], [['1', '2'], 2, true, {seconds: s + 1, id: '2'}]);
  assert.ok(page.weight > 0);
  assert.match(page.queries[0] ?? '', /where Modified_Time >= '2026-10-01T10:00:00\+00:00' order by .* limit 0, 10$/);
  assert.equal((await read({fromS: s}, [[1, s]], {more: false})).more, false);
});

pages('asks for what follows a record, or for the records of one second after an id', async () => {
  const [window] = (await read(after(7), [[8, s]])).queries;
  assert.match(window ?? '', /where \(Modified_Time > '[^']+' or \(Modified_Time = '[^']+' and id > '7'\)\)/);
  const [second] = (await read({second: s, afterId: '7'}, [[8, s]])).queries;
  assert.match(second ?? '', /where \(\(Modified_Time >= '[^']+' and Modified_Time < '[^']+'\) and id > '7'\) order by id asc/);
});

for (const [what, place, rows, expected] of [
  [
    'its last record',
    {fromS: s},
    [
      [1, s],
      [2, s + 1],
    ],
    '1 2',
  ],
  ['nowhere if it is empty', {fromS: s}, [], 'nowhere'],
  ['its last record with a valid id', {fromS: s}, [[1, s], noId(s + 1)], '0 1'],
  ['its last record with a valid time', {fromS: s}, [[1, s], noTime(2)], '0 1'],
  ['its last second, without a record of a valid id', {fromS: s}, [noId(s), noId(s + 3)], `3 ${first}`],
  ['its last second with a valid time', {fromS: s}, [noId(s + 3), noTime(1)], `3 ${first}`],
  ['its last second, if that is beyond the one where it began', after(5), [noId(s + 3)], `3 ${first}`],
  ['past the second where it began, if it does not get beyond that', after(5), [noId(s)], `0 ${last}`],
  ['the next second, if the one where it began is passed', after(last), [noId(s + 1)], `1 ${first}`],
  ['nowhere if its times are later than any query can ask for', {fromS: s}, [[1, latestS + 1]], 'nowhere'],
  ['the latest time that a query can ask for', {fromS: s}, [[1, latestS]], `${latestS - s} 1`],
  [
    'its last record, although it repeats the one where it began',
    after(5),
    [
      [5, s],
      [6, s],
    ],
    '0 6, repeats',
  ],
  ['the record where it began, if it has nothing else', after(5), [[5, s]], '0 5, repeats'],
  ['its last record; the same id at another time is no repetition', after(5), [[5, s + 1]], '1 5'],
  ['its last record; another id at the same time is no repetition', after(5), [[6, s]], '0 6'],
  ['nowhere: it does not follow, being of an earlier time', after(5), [[6, s - 1]], 'damaged'],
  [
    'nowhere: it does not follow, being of an earlier time, even if it repeats',
    after(5),
    [
      [5, s],
      [6, s - 1],
    ],
    'damaged',
  ],
  ['nowhere: it does not follow, having records of a passed second alone', after(last), [noId(s)], 'damaged'],
  [
    'its last record within a second',
    {second: s, afterId: undefined},
    [
      [1, s],
      [2, s],
    ],
    '0 2',
  ],
  ['its last record with a valid id within a second', {second: s, afterId: '1'}, [[2, s], noId(s)], '0 2'],
  ['nowhere if the second is read', {second: s, afterId: '2'}, [], 'nowhere'],
  ['past the second without a valid id', {second: s, afterId: undefined}, [noId(s), noId(s)], `0 ${last}`],
  ['past the second without a valid id after one', {second: s, afterId: '2'}, [noId(s)], `0 ${last}`],
  ['nowhere: it does not follow, being of another second', {second: s, afterId: undefined}, [[1, s + 1]], 'damaged'],
  [
    'nowhere: it does not follow, having the id where it began',
    {second: s, afterId: '2'},
    [
      [2, s],
      [3, s],
    ],
    'damaged',
  ],
  ['nowhere: it does not follow, having records of a read second', {second: s, afterId: last}, [noId(s)], 'damaged'],
] as const satisfies readonly (readonly [string, PageStart, readonly CoqlRecord[], string])[]) {
  pages(`is followed from ${what}`, async () => {
    assert.equal(await endOf(place, rows), expected);
  });
}

pages('is read again with more rows as long as it is full of unusable ones', async () => {
  const rows = [noId(s), noId(s), noId(s), [4, s] as const];
  const page = await read({fromS: s}, rows, {limit: 1, most: 8});
  assert.deepEqual([idsOf(page.rows), page.last, page.rowCount], [['4'], {seconds: s, id: '4'}, 4]);
  assert.deepEqual([...new Set(page.limits)], [1, 2, 4]);
  assert.deepEqual([...new Set((await read({fromS: s}, rows, {limit: 2, most: 3})).limits)], [2, 3], 'no more than Zoho accepts');
  assert.deepEqual([...new Set((await read({fromS: s}, rows, {limit: 4, most: 8})).limits)], [4], 'one usable row will do');
  assert.deepEqual(
    [...new Set((await read({fromS: s}, [noId(s)], {limit: 2, most: 8})).limits)],
    [2],
    'nor has Zoho more than that',
  );
});

pages('of the largest size without a valid time is damaged, because nothing can follow it', async () => {
  await assert.rejects(read({fromS: s}, [noTime(1), noTime(2)], {limit: 1, most: 2}), {
    kind: 'damaged',
    message: 'Cannot page through module Leads: no row of a full page has a valid Modified_Time',
  });
  assert.equal((await read({fromS: s}, [noTime(1), noTime(2)], {limit: 3})).last, undefined, 'a short one is the last');
  assert.deepEqual((await read({fromS: s}, [noId(s)], {limit: 1})).last, {seconds: s, id: first}, 'a time will do');
});

pages('names the rows that it leaves out', async () => {
  const {left} = await read({fromS: s}, [[1, s], noId(s), noTime(3)]);
  assert.deepEqual(left, ['row 2 id undefined id of a page of its changes', 'row 3 id 3 time of a page of its changes']);
});

pages('leaves rows out without anyone to tell', async () => {
  const zoho = coqlZoho(() => ({rows: [[1, s], noId(s)]}), {changes: {quarantine: undefined}});
  const page = await readWindow(zoho.plan, {fromS: s}, 10, zoho.context);
  assert.deepEqual([idsOf(page.rows), zoho.queries.length], [['1'], 1]);
});

pages.run();
