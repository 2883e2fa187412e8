/** Sweeps of records that hold long texts: pages end where they weigh too much. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {coqlPageBytes, coqlPageBytesMax, pieceBytesMax} from '../../lib/limits.ts';
import {consume} from '../../lib/platform/generators.ts';
import {silent} from '../../lib/platform/log.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
import {cellText} from '../../lib/records/rows.ts';
import {type CoqlPlan, rowsByIds, sweepRows} from '../../lib/sources/coql.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {parseCoql} from '../../lib/transforms/parse-json.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {incOf} from './window-zoho.ts';

const nowS = Date.parse('2026-10-01T10:00:00Z') / 1000;

/** A module whose records hold long texts, of its own size in each field. */
class HeavyModule {
  readonly queries: {readonly limit: number; readonly ids: readonly string[]; readonly given: number}[] = [];
  readonly #records: number;
  readonly #textBytes: Readonly<Record<string, number>>;

  constructor(records: number, textBytes: Readonly<Record<string, number>>) {
    this.#records = records;
    this.#textBytes = textBytes;
  }

  get client(): ZohoClient {
    return {
      nowSeconds: async () => nowS,
      coql: async ({text: query, columns}, _signal, {bytesMax} = {}) => {
        const ids: readonly string[] = /id in \((.*)\)/.exec(query)?.[1]?.match(/\d+/g) ?? [];
        const after = Number(/id > '(\d+)'/.exec(query)?.[1] ?? 0);
        const limit = Number(/limit 0, (\d+)$/.exec(query)?.[1]);
        const rows = Array.from({length: this.#records}, (_, i) => i + 1).filter((id) =>
          ids.length > 0 ? ids.includes(`${id}`) : id > after,
        );
        if (rows.length === 0) return null;
        const answer = this.#answer(query, rows.slice(0, limit), {limit, ids, more: rows.length > limit});
        return parseCoql(answer, columns, undefined, bytesMax);
      },
    } satisfies Partial<ZohoClient> as unknown as ZohoClient;
  }

  async *#answer(query: string, rows: readonly number[], asked: {limit: number; ids: readonly string[]; more: boolean}) {
    const names = Object.keys(this.#textBytes).filter((name) => query.includes(name));
    const values = names
      .map((name) => `,"${name}":"${`${name}\\n`.repeat(this.#textBytes[name]! / (name.length + 1))}"`)
      .join('');
    let given = 0;
    try {
      yield Buffer.from('{"data":[');
      for (const id of rows) {
        yield Buffer.from(`${given++ > 0 ? ',' : ''}{"id":"${id}","Modified_Time":"2026-10-01T09:43:20+00:00"${values}}`);
      }
      yield Buffer.from(`],"info":{"more_records":${asked.more}}}`);
    } finally {
      this.queries.push({...asked, given});
    }
  }

  plan(...slices: readonly string[][]): CoqlPlan {
    const columns = slices.map((names) => ['id', 'Modified_Time', ...names]);
    const sizes = {pageSize: new PageSize({most: 2_000, bytesWanted: coqlPageBytes}), listSize: new PageSize({most: 100})};
    return {module: 'Notes', slices: columns, fields: new Map(), ...sizes};
  }
}

const allRows = (records: number): string[] => Array.from({length: records}, (_, i) => `${i + 1}`);

function rowsOf(items: RowBlock): {id: string; text: string}[] {
  return Array.from({length: items.count}, (_, row) => ({
    id: cellText(items, row, 0),
    text: items.columns.map((_, column) => cellText(items, row, column)).join(''),
  }));
}

/** What rows keep in memory. */
const held = ({bytes, cells}: RowBlock): number => bytes.buffer.byteLength + cells.buffer.byteLength;

const heavy = suite('heavy rows');
const sweepOfAll = {isKnown: () => false, lookAhead: true, fromS: nowS - 5_000, cursorS: nowS - 5_000, rowsExpected: 2_000};
const contextOf = ({client}: HeavyModule) => ({
  client,
  signal: new AbortController().signal,
  log: silent,
  bulkIds: () => assert.fail('no bulk read job is needed'),
});

heavy('a page ends where it becomes too heavy, and the next continues from there with fewer rows', async () => {
  const module = new HeavyModule(700, {Text: 50_000});
  const ids: string[] = [];
  const cursors: unknown[] = [];
  const end = await consume(sweepRows(module.plan(['Text']), sweepOfAll, contextOf(module)), (batch) => {
    const {items, patch} = batch;
    ids.push(...rowsOf(items).map(({id}) => id));
    if (patch !== undefined) cursors.push(incOf(batch));
    assert.ok(held(items) < pieceBytesMax + 60_000, `a piece holds ${held(items)} bytes`);
  });
  cursors.push(end);
  assert.deepEqual(ids, allRows(700));
  const [first, ...others] = module.queries;
  assert.equal(first?.limit, 2_000);
  for (const {given} of module.queries) assert.ok(given * 50_000 < coqlPageBytesMax + 200_000, `${given} rows were read`);
  assert.ok(others.length > 0 && others.every(({limit, given}) => limit <= 200 && given <= limit), 'later pages are read whole');
  // What arrived together with the piece that was too much is not looked at.
  assert.deepEqual(cursors[0], {cursor: '2026-10-01T09:43:20Z', after: `${first!.given - 1}`});
  assert.deepEqual(cursors.at(-1), {cursor: '2026-10-01T09:59:58Z', after: null});
});

heavy('slices of heavy rows share the bound of a page, and form complete rows piece by piece', async () => {
  const module = new HeavyModule(900, {A: 1_000, B: 60_000, C: 10_000});
  const ids: string[] = [];
  for await (const {items} of sweepRows(module.plan(['A'], ['B'], ['C']), sweepOfAll, contextOf(module))) {
    for (const {id, text} of rowsOf(items)) {
      ids.push(id);
      assert.ok(text.length > 70_000, `row ${id} is whole`);
    }
    assert.ok(held(items) < pieceBytesMax + 80_000, `a piece holds ${held(items)} bytes`);
  }
  assert.deepEqual(ids, allRows(900));
  for (const {given} of module.queries.slice(1))
    assert.ok(given * 60_000 < coqlPageBytesMax / 2 + 200_000, `${given} rows were read`);
  const cut = module.queries.filter(({given, limit}, i) => given < limit && i < module.queries.length - 3);
  assert.ok(cut.length <= 3, 'what fits is learnt from the first two pages');
});

heavy('requests ids again that did not fit into an answer', async () => {
  const module = new HeavyModule(60, {A: 100, B: 600_000});
  const asked: string[] = [];
  const ids: string[] = [];
  const wanted = [...allRows(60), '77'];
  for await (const page of rowsByIds(module.plan(['A'], ['B']), wanted, contextOf(module))) {
    asked.push(...page.asked);
    assert.deepEqual(new Set(rowsOf(page.rows).map(({id}) => id)), page.live);
    for (const {id, text} of rowsOf(page.rows)) {
      ids.push(id);
      assert.ok(text.length > 500_000, `row ${id} is whole`);
    }
    assert.ok(page.rows.bytes.length < coqlPageBytesMax, `a page holds ${page.rows.bytes.length} bytes`);
  }
  assert.deepEqual(ids, allRows(60));
  assert.deepEqual(asked.toSorted(), wanted.toSorted());
});

heavy.run();
