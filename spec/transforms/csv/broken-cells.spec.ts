import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {replacedNotesMax} from '../../../lib/limits.ts';
import {cellPlain, cellQuoted, type RowBlock} from '../../../lib/records/batch.ts';
import {withValidText} from '../../../lib/transforms/csv/broken-cells.ts';
import {table} from '../csv-outcome.ts';

const broken = suite('cells that are not UTF-8');

/** Rows of Latin-1 text, with something else between the cells. */
function rowsOf(columns: readonly string[], values: readonly (readonly string[])[], kind: number = cellPlain): RowBlock {
  const texts = values.flat();
  const cells = new Int32Array(2 * texts.length);
  let at = 0;
  for (const [i, text] of texts.entries()) {
    cells[2 * i] = (++at << 2) | kind;
    cells[2 * i + 1] = at += text.length;
  }
  return {columns, bytes: Buffer.from(texts.map((text) => `|${text}`).join(''), 'latin1'), cells, count: values.length};
}

broken('get U+FFFD for what no reader can read; other cells stay', () => {
  const rows = rowsOf(
    ['Id', 'A', 'B'],
    [
      ['1', 'x', '\xc3\xa9'],
      ['2', 'a\xff', '\xed\xa0\xbd\xc3'],
      ['3', '\xc3', '\xa9'],
    ],
  );
  const valid = withValidText(rows);
  assert.deepEqual(table(valid), [
    ['1', 'x', 'é'],
    ['2', 'a\ufffd', '\ufffd\ufffd'],
    ['3', '\ufffd', '\ufffd'],
  ]);
  assert.deepEqual(valid.replaced, [
    {field: 'A', id: '2'},
    {field: 'B', id: '2'},
    {field: 'A', id: '3'},
    {field: 'B', id: '3'},
  ]);
});

broken('keep their encoding', () => {
  assert.deepEqual(table(withValidText(rowsOf(['Id'], [['a""\xff']], cellQuoted))), [['a"\ufffd']]);
});

broken('leave the rows passed in, and how to release them', () => {
  let released = 0;
  const rows = {...rowsOf(['Id'], [['\xff']]), release: () => released++};
  const before = rows.cells.slice();
  withValidText(rows).release?.();
  assert.equal(released, 1);
  assert.deepEqual(rows.cells, before);
});

broken("name the record by its file's own id, if there is one", () => {
  for (const [columns, id] of [
    [['A', 'id'], 'own'],
    [['A', 'Id'], 'own'],
    [['A', 'Id', 'id'], 'own'],
    [['A', 'Name'], ''],
  ] as const)
    assert.deepEqual(withValidText(rowsOf(columns, [['\xff', 'own', 'other'].slice(0, columns.length)])).replaced, [
      {field: 'A', id},
    ]);
});

broken('are noted no more often than anyone reads', () => {
  const values = Array.from({length: replacedNotesMax + 1}, (_, i) => [String(i), '\xff']);
  const {replaced, ...rows} = withValidText(rowsOf(['Id', 'A'], values));
  assert.equal(replaced?.length, replacedNotesMax);
  assert.ok(table(rows).every(([, text]) => text === '\ufffd'));
});

broken.run();
