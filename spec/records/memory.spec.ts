import assert from 'node:assert/strict';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {suite} from 'uvu';
import {coqlPageBytes, coqlPageBytesMax, pieceBytesMax} from '../../lib/limits.ts';
import type {Batch, RowBlock} from '../../lib/records/batch.ts';
import {RowBuilder} from '../../lib/records/row-builder.ts';
import {type CoqlPlan, sweepRows} from '../../lib/sources/coql.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {type CoqlAnswer, parseCoql} from '../../lib/transforms/parse-json.ts';
import type {CoqlOptions, ZohoClient} from '../../lib/zoho/api.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';

/** What pages of long texts keep alive, counted after a collection: no timing, and no luck with the collector. */
const held = suite('memory of pages');

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes that lie outside of the heap of JavaScript and are in use. */
async function outsideBytes(): Promise<number> {
  // Turns of the event loop, for what a stream or a generator is about to let go of.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collect();
  }
  return process.memoryUsage().arrayBuffers;
}

const nowS = Date.parse('2026-10-01T10:00:00Z') / 1_000;

/** A Zoho that has so many rows, each with a text of 50 KB in every slice, whatever is asked. */
function zohoWith(rows: number): ZohoClient {
  const text = JSON.stringify('She said: "höher"\n'.repeat(2_500));
  return {
    nowSeconds: async () => nowS,
    async coql({text: query, columns}: CoqlQuery, _signal: AbortSignal, options?: CoqlOptions): Promise<CoqlAnswer | null> {
      const after = Number(/id > '(\d+)'/.exec(query)?.[1] ?? 0);
      const limit = Number(/limit 0, (\d+)$/.exec(query)?.[1]);
      const last = Math.min(rows, after + limit);
      const name = /T\d/.exec(query)?.[0];
      if (after >= last) return null;
      return parseCoql(
        (async function* () {
          yield Buffer.from('{"data":[');
          for (let id = after + 1; id <= last; id++) {
            const comma = id > after + 1 ? ',' : '';
            yield Buffer.from(`${comma}{"id":"${id}","Modified_Time":"2026-10-01T09:00:00Z","${name}":${text}}`);
          }
          yield Buffer.from(`],"info":{"more_records":${last < rows}}}`);
        })(),
        columns,
        options?.fields,
        options?.bytesMax,
      );
    },
  } as unknown as ZohoClient;
}

function sweepOf(rows: number, slices: number): AsyncIterable<Batch<RowBlock>> {
  const columns = Array.from({length: slices}, (_, i) => ['id', 'Modified_Time', `T${i}`]);
  const sizes = {pageSize: new PageSize({most: 2_000, bytesWanted: coqlPageBytes}), listSize: new PageSize({most: 100})};
  const plan: CoqlPlan = {module: 'Notes', slices: columns, fields: new Map(), ...sizes};
  const sweep = {fromS: nowS - 5_000, cursorS: nowS - 5_000, rowsExpected: rows, isKnown: () => true, lookAhead: false};
  return sweepRows(plan, sweep, {client: zohoWith(rows), signal: new AbortController().signal});
}

/** What a piece of a page keeps alive when nothing else of the page is in use any more. */
async function heldByOnePiece(slices: number): Promise<number> {
  const before = await outsideBytes();
  let kept: RowBlock | undefined;
  for await (const {items} of sweepOf(100, slices)) kept ??= items;
  const bytes = (await outsideBytes()) - before;
  assert.ok((kept?.count ?? 0) > 0);
  return bytes;
}

/** The most that a sweep keeps alive while a reader looks at one piece after another. */
async function heldAtMost(slices: number): Promise<number> {
  const before = await outsideBytes();
  let most = 0;
  let pieces = 0;
  for await (const {items} of sweepOf(400, slices)) {
    assert.ok(items.count > 0);
    if (pieces++ % 4 === 0) most = Math.max(most, (await outsideBytes()) - before);
  }
  return most;
}

/** The room that a page is made in, which may be twice its size, the piece that is looked at, and the one behind it. */
const atMost = 2 * coqlPageBytesMax + 4 * pieceBytesMax;

for (const slices of [1, 3]) {
  held(`a piece of a page keeps nothing else of it, of ${slices} ${slices === 1 ? 'slice' : 'slices'}`, async () => {
    const bytes = await heldByOnePiece(slices);
    assert.ok(bytes < 2 * pieceBytesMax, `${bytes} bytes are kept`);
  });

  held(`a sweep of long texts keeps no more than a page, of ${slices} ${slices === 1 ? 'slice' : 'slices'}`, async () => {
    const bytes = await heldAtMost(slices);
    assert.ok(bytes < atMost, `${bytes} bytes are kept`);
  });
}

held('a planted defect is found: pieces that are views of their page', async () => {
  const {setCell, end} = RowBuilder.prototype;
  let page: RowBlock | undefined;
  RowBuilder.prototype.setCell = function (column, from, row, fromColumn) {
    page = from;
    setCell.call(this, column, from, row, fromColumn);
  };
  RowBuilder.prototype.end = function () {
    const rows = end.call(this);
    const views = page && {...rows, bytes: page.bytes.subarray(0, rows.bytes.length)};
    page = undefined;
    return views ?? rows;
  };
  try {
    const bytes = await heldByOnePiece(1);
    assert.ok(bytes > 2 * pieceBytesMax, `${bytes} bytes are kept`);
  } finally {
    Object.assign(RowBuilder.prototype, {setCell, end});
  }
});

held.run();
