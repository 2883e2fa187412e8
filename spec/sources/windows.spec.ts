import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {consume} from '../../lib/platform/generators.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
import {cellText} from '../../lib/records/rows.ts';
import {idsSince, rowsByIds, sweepRows} from '../../lib/sources/coql.ts';
import {unavailable, type WindowOptions, type WindowRecord, type WindowZoho, windowZoho} from './window-zoho.ts';

/** Windows and lists of COQL, under all conditions, flags and sizes of Zoho. */
const windows = suite('windows of COQL');
const nowS = Date.parse('2026-10-01T10:00:00Z') / 1000;

const idsOf = (rows: RowBlock): string[] =>
  Array.from({length: rows.count}, (_, row) => cellText(rows, row, rows.columns.indexOf('id')));

interface Swept {
  readonly ids: string[];
  readonly cursor: unknown;
  readonly zoho: WindowZoho;
}

/** One sweep. `known` holds the records captured before, and receives those captured now. */
async function swept(
  options: Omit<WindowOptions, 'nowS'>,
  {known = new Set<string>(), lookAhead = false, zoho = windowZoho({...options, nowS})} = {},
): Promise<Swept> {
  const ids: string[] = [];
  const sweep = {
    fromS: nowS - 70,
    cursorS: nowS - 10,
    rowsExpected: 0,
    isKnown: (id: string) => known.has(id),
    lookAhead,
  };
  const {cursor} = await consume(sweepRows(zoho.plan, sweep, zoho.context), ({items}) => {
    ids.push(...idsOf(items));
    for (const id of idsOf(items)) known.add(id);
  });
  return {ids, cursor, zoho};
}

/** One record for each time, with ids from 1,000 on. */
const recordsAt = (times: readonly number[]): WindowRecord[] =>
  times.map((modifiedMs, i) => ({id: String(1_000 + i), modifiedMs}));
const spreadOver = (count: number, fromMs: number, ms: number): WindowRecord[] =>
  recordsAt(Array.from({length: count}, (_, i) => fromMs + Math.floor((i * ms) / count)));
const unique = (ids: readonly string[]): number => new Set(ids).size;
const drainedAt = '2026-10-01T09:59:58Z';

for (const bySecond of [true, false]) {
  windows(
    `all records of a second with hidden milliseconds arrive, ${bySecond ? 'by id' : 'by a bulk read job if Zoho rejects such a query'}`,
    async () => {
      const records = [
        ...spreadOver(2_500, (nowS - 30) * 1000, 1000),
        ...[5, 4].map((ago, i) => ({id: `${9_000 + i}`, modifiedMs: (nowS - ago) * 1000})),
      ];
      const {ids, cursor, zoho} = await swept({records, hiddenMs: true, bySecond});
      assert.deepEqual([unique(ids), cursor], [2_502, drainedAt]);
      assert.deepEqual(zoho.bulk, bySecond ? [] : [[nowS - 30, nowS - 29]]);
      assert.ok(zoho.queries.length <= (bySecond ? 7 : 32), `${zoho.queries.length} queries`);
    },
  );
}

windows('a crowded second does not end the window if Zoho does not say whether more follow', async () => {
  const records = [...spreadOver(250, (nowS - 30) * 1000, 1000), {id: '9000', modifiedMs: (nowS - 4) * 1000}];
  const {ids, cursor} = await swept({records, hiddenMs: true, flags: 'missing', rowsMax: 200});
  assert.deepEqual([unique(ids), ids.at(-1), cursor], [251, '9000', drainedAt]);
});

windows('a few records with hidden milliseconds cost no more queries than others', async () => {
  const records = spreadOver(150, (nowS - 30) * 1000, 3_000);
  for (const flags of ['plain', 'text'] as const) {
    const {ids, zoho} = await swept({records, hiddenMs: true, flags});
    assert.deepEqual([unique(ids), zoho.queries.length], [150, 1]);
  }
  const {ids, cursor, zoho} = await swept({records, hiddenMs: true, flags: 'missing'});
  assert.deepEqual([unique(ids), cursor], [150, drainedAt]);
  assert.ok(zoho.queries.length <= 3, `${zoho.queries.length} queries`);
});

windows('law: every record arrives, for any hidden milliseconds, page sizes and flags', async () => {
  const second = fc.record({ago: fc.integer({min: 1, max: 60}), count: fc.integer({min: 0, max: 40}), hidden: fc.boolean()});
  await fc.assert(
    fc.asyncProperty(
      fc.array(second, {maxLength: 6}),
      fc.constantFrom('plain' as const, 'text' as const, 'missing' as const),
      fc.constantFrom(7, 30, 2_000),
      fc.boolean(),
      fc.boolean(),
      async (seconds, flags, rowsMax, hiddenMs, bySecond) => {
        // Without flags, an answer cut within a crowded second looks like one that has ended.
        if (hiddenMs && flags === 'missing' && rowsMax < 2_000) return;
        const records = recordsAt(
          seconds.flatMap(({ago, count, hidden}) =>
            Array.from({length: count}, (_, i) => (nowS - ago) * 1000 + (hidden ? (i * 37) % 1000 : 0)),
          ),
        );
        const {ids, cursor} = await swept({records, flags, rowsMax, hiddenMs, bySecond});
        assert.deepEqual([unique(ids), cursor], [records.length, drainedAt]);
        assert.ok(hiddenMs || ids.length === records.length, 'once each');
      },
    ),
    {numRuns: 150},
  );
});

windows('450 records of the future arrive once, and cost nothing in later sweeps', async () => {
  const records = [...spreadOver(20, (nowS - 30) * 1000, 9_000), ...spreadOver(450, (nowS + 86_400) * 1000, 1e9)].map(
    ({modifiedMs}, i) => ({id: String(1_000 + i), modifiedMs}),
  );
  const known = new Set<string>();
  const first = await swept({records}, {known, lookAhead: true});
  assert.deepEqual([unique(first.ids), first.ids.length, first.cursor], [470, 470, drainedAt]);
  const second = await swept({records}, {known});
  assert.deepEqual([second.zoho.queries.length, second.cursor], [1, drainedAt]);
  assert.match(second.zoho.queries[0]!, / limit 0, 200$/);
  const more = [...records, {id: '9000', modifiedMs: (nowS + 3_600) * 1000}];
  const third = await swept({records: more}, {known});
  assert.ok(third.ids.includes('9000'));
  const last = {id: '9001', modifiedMs: (nowS + 1e9) * 1000};
  const fourth = await swept({records: [...more, last]}, {known, lookAhead: true});
  assert.ok(fourth.ids.includes('9001'), 'looked through now and then');
});

windows('pages that fail because of their size shrink until they succeed, and grow back', async () => {
  for (const failure of [unavailable, new ZohoError('damaged', 'Cannot read it: it has more than so many bytes')]) {
    const records = spreadOver(1_000, (nowS - 60) * 1000, 50_000);
    const zoho = windowZoho({records, nowS, servedMax: 40, failure});
    const {ids, cursor} = await swept({records}, {zoho});
    assert.deepEqual([unique(ids), ids.length, cursor], [1_000, 1_000, drainedAt]);
    assert.deepEqual(zoho.unserved, []);
    assert.ok(zoho.queries.length < 120, `${zoho.queries.length} queries`);
  }
});

windows('a record that can never be delivered is reported, and all others arrive', async () => {
  const records = spreadOver(500, (nowS - 60) * 1000, 50_000);
  const zoho = windowZoho({records, nowS, poison: '1123'});
  const {ids, cursor} = await swept({records}, {zoho});
  assert.deepEqual([unique(ids), ids.length, cursor], [499, 499, drainedAt]);
  assert.deepEqual(zoho.unserved, ['1123 unserved']);
});

windows('an outage is not a failing page: nothing shrinks, and no record is omitted', async () => {
  const records = spreadOver(500, (nowS - 60) * 1000, 50_000);
  let calls = 0;
  const zoho = windowZoho({records, nowS, isDown: () => ++calls >= 2});
  await assert.rejects(swept({records}, {zoho}), unavailable);
  assert.deepEqual([zoho.unserved, zoho.plan.pageSize.rows, zoho.queries.length], [[], 2_000, 3]);
});

windows('a rejection by limits is not a failing page', async () => {
  const failure = new ZohoError('unavailable', 'Zoho allows no more calls for now', {status: 429, code: 'TOO_MANY_REQUESTS'});
  const records = spreadOver(50, (nowS - 60) * 1000, 50_000);
  const zoho = windowZoho({records, nowS, servedMax: 10, failure});
  await assert.rejects(swept({records}, {zoho}), failure);
  assert.equal(zoho.plan.pageSize.rows, 2_000);
});

/** Reads records by id. */
async function byIds(zoho: WindowZoho, ids: readonly string[]): Promise<{live: string[]; rows: string[]; lists: number[]}> {
  const live: string[] = [];
  const rows: string[] = [];
  const lists: number[] = [];
  for await (const answer of rowsByIds(zoho.plan, ids, zoho.context)) {
    live.push(...answer.live);
    rows.push(...idsOf(answer.rows));
    lists.push(answer.asked.length);
  }
  return {live, rows, lists};
}

const asked = Array.from({length: 180}, (_, i) => String(1_000 + i));

for (const [listMax, code] of [
  [50, 'LIMIT_EXCEEDED'],
  [60, 'INVALID_QUERY'],
  [7, 'INVALID_DATA'],
  [1, 'SYNTAX_ERROR'],
] as const) {
  windows(`lists of ids are halved until ${listMax} are accepted after ${code}, and stay so`, async () => {
    const records = spreadOver(180, (nowS - 60) * 1000, 50_000);
    const zoho = windowZoho({records, nowS, listMax, listCode: code});
    const {live, rows, lists} = await byIds(zoho, asked);
    assert.deepEqual([live, rows], [asked, asked]);
    const size = {50: 50, 60: 50, 7: 6, 1: 1}[listMax];
    assert.ok(
      lists.slice(0, -1).every((list) => list === size),
      `${lists}`,
    );
    const refused = zoho.queries.length - lists.length;
    await byIds(zoho, asked);
    assert.equal(zoho.queries.length, refused + 2 * lists.length, 'remembered');
  });
}

windows('a list rejected with a single id is not rejected for its length', async () => {
  const zoho = windowZoho({records: [], nowS, listMax: 0});
  await assert.rejects(byIds(zoho, asked), {kind: 'refused', code: 'LIMIT_EXCEEDED'});
  assert.equal(zoho.plan.listSize.rows, 100);
});

windows('lists of ids shrink if their records are too many to deliver, and an undeliverable record counts as live', async () => {
  const records = spreadOver(180, (nowS - 60) * 1000, 50_000);
  const zoho = windowZoho({records, nowS, servedMax: 9, poison: '1050'});
  const {live, rows} = await byIds(zoho, asked);
  assert.deepEqual(live, asked);
  assert.deepEqual(
    rows,
    asked.filter((id) => id !== '1050'),
  );
  assert.deepEqual(zoho.unserved, ['1050 unserved']);
  assert.equal(zoho.plan.listSize.rows, 100, 'the list itself was never refused');
});

windows('ids alone are read completely, too', async () => {
  const records = [...spreadOver(2_500, (nowS - 30) * 1000, 1000), {id: '9000', modifiedMs: (nowS - 4) * 1000}];
  for (const bySecond of [true, false]) {
    const zoho = windowZoho({records, nowS, hiddenMs: true, bySecond});
    const ids: string[] = [];
    for await (const rows of idsSince(zoho.plan, nowS - 60, zoho.context)) ids.push(...idsOf(rows));
    assert.equal(unique(ids), 2_501);
  }
});

windows.run();
