import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {type DocBlock, shapeRoomBytes} from '../../lib/records/batch.ts';
import {contentOf, idOf, modifiedOf, rowTombstones, tombstone, tombstones} from '../../lib/records/documents.ts';
import {compileCoercer} from '../../lib/transforms/coerce.ts';
import {shapeDocs} from '../../lib/transforms/shape.ts';
import {docsOf as blockOf, textsOf} from '../harness/blocks.ts';
import {csvRows} from '../transforms/samples.ts';

const test = suite('docs');

const T = '2026-10-01T10:00:00+05:30';

async function docsOf(page: string): Promise<DocBlock> {
  const rows = await csvRows(page);
  return compileCoercer(rows.columns, new Map(), {module: 'Leads', onMisfit() {}})(rows);
}

test('reads id and time back from documents, before and after they are shaped', async () => {
  const docs = await docsOf(`Id,Modified_Time,A\n5725767000000524157,${T},"""id"":1"\n7,2026-10-01T10:00:00Z,\n`);
  for (const some of [docs, shapeDocs(docs)]) {
    assert.deepEqual([idOf(some, 0), idOf(some, 1)], [5725767000000524157n, 7n]);
    assert.deepEqual([modifiedOf(some, 0), modifiedOf(some, 1)], [T, '2026-10-01T10:00:00Z']);
  }
});

test('gives the bytes of each document, and nothing around them', () => {
  const docs = blockOf(['{"id":1}', '{"id":22,"A":"é"}'], 3);
  assert.deepEqual(
    [contentOf(docs, 0), contentOf(docs, 1)].map((bytes) => Buffer.from(bytes).toString()),
    ['{"id":1}', '{"id":22,"A":"é"}'],
  );
});

test('reads every id exactly', async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt({min: 1n, max: 9_999_999_999_999_999_999n}), async (id) => {
      assert.equal(idOf(await docsOf(`Id,Modified_Time\n${id},${T}\n`), 0), id);
    }),
  );
});

test('leaves the room after each document that shape needs, and shape stays inside it', async () => {
  const docs = await docsOf(`Id,Modified_Time,A\n1,${T},a\n2,${T},\n3,${T},c\n`);
  const before = Array.from(docs.ranges);
  for (let i = 0; i < docs.count; i++) {
    assert.ok(before[2 * i + 1]! + shapeRoomBytes <= (before[2 * i + 2] ?? docs.bytes.length));
  }
  const shaped = shapeDocs(docs);
  for (let i = 0; i < docs.count; i++) assert.ok(shaped.ranges[2 * i + 1]! - before[2 * i + 1]! <= shapeRoomBytes);
  assert.deepEqual(
    textsOf(shaped).map((text) => JSON.parse(text)),
    ['a', null, 'c'].map((A, i) => ({id: i + 1, Modified_Time: T, A, _meta: {op: 'u'}})),
  );
});

test('makes tombstones that are whole documents', () => {
  const docs = tombstones([
    {id: '5725767000000524157', deletedTime: T},
    {id: '7', deletedTime: '2026-10-01T10:00:00Z'},
  ]);
  assert.deepEqual(textsOf(docs), [
    `{"id":5725767000000524157,"Modified_Time":"${T}","_meta":{"op":"d"}}`,
    '{"id":7,"Modified_Time":"2026-10-01T10:00:00Z","_meta":{"op":"d"}}',
  ]);
  assert.equal(textsOf(docs)[1], tombstone('7', '2026-10-01T10:00:00Z'));
  assert.deepEqual([idOf(docs, 0), modifiedOf(docs, 1)], [5725767000000524157n, '2026-10-01T10:00:00Z']);
  assert.equal(tombstones([]).count, 0);
});

test('deletes the rows of a snapshot by their numbers', () => {
  assert.deepEqual(
    textsOf(rowTombstones(2, 5)),
    [2, 3, 4].map((row) => `{"_meta":{"op":"d","row_id":${row}}}`),
  );
  assert.equal(rowTombstones(5, 5).count, 0);
});

test('reads an id that ends before any other byte', () => {
  const docs = {bytes: Buffer.from('{"id":12:,"Modified_Time":"t"'), ranges: Int32Array.from([0, 28]), count: 1};
  assert.equal(idOf(docs, 0), 12n);
});

test('makes no tombstone of an id or a time that is none', () => {
  for (const [id, deletedTime] of [
    ['', T],
    ['1x', T],
    ['0', T],
    ['7', ''],
    ['7', '2026-10-01"}'],
  ] as const) {
    assert.throws(
      () => tombstones([{id, deletedTime}]),
      (error) => error instanceof ZohoError && error.kind === 'damaged',
    );
  }
});

test.run();
