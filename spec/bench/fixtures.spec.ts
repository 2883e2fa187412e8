import assert from 'node:assert/strict';
import Papa from 'papaparse';
import {suite} from 'uvu';
import {csvPieces, jsonRows, rowNumberOf, type ShapeName, shapeNames, shapeOf} from '../../lib/bench/fixtures.ts';

const fixtures = suite('bench fixtures');

const csvOf = (shape: ShapeName, range: {seed: number; first: number; count: number}): string =>
  Buffer.concat([...csvPieces(shapeOf(shape), range)]).toString();

fixtures('the same seed gives the same page, another one another', () => {
  const range = {seed: 7, first: 0, count: 50};
  assert.equal(csvOf('usual', range), csvOf('usual', range));
  assert.notEqual(csvOf('usual', range), csvOf('usual', {...range, seed: 8}));
});

fixtures('a row does not depend on where its page begins', () => {
  const rows = [...jsonRows(shapeOf('usual'), {seed: 7, first: 0, count: 20})];
  assert.deepEqual([...jsonRows(shapeOf('usual'), {seed: 7, first: 15, count: 5})], rows.slice(15));
});

for (const shape of shapeNames) {
  fixtures(`CSV and COQL hold the same values: ${shape}`, () => {
    const range = {seed: 7, first: 3, count: 100};
    const {columns} = shapeOf(shape);
    const {data, errors} = Papa.parse<string[]>(csvOf(shape, range), {skipEmptyLines: true});
    assert.deepEqual(errors, []);
    const [header, ...cells] = data;
    assert.deepEqual(header, ['Id', ...columns.slice(1).map(({name}) => name)]);
    const rows = [...jsonRows(shapeOf(shape), range)].map((row) => JSON.parse(row));
    assert.equal(cells.length, 100);
    for (const [i, row] of rows.entries()) {
      const values = columns.map(({name, jsonType}) => {
        const value = row[name];
        if (value === null) return '';
        if (jsonType === 'jsonobject') return value.id;
        return jsonType === 'jsonarray' ? value.join(';') : value;
      });
      const received = cells[i]!.map((text, c) =>
        typeof values[c] === 'number' ? Number(text) : typeof values[c] === 'boolean' ? text === 'true' : text,
      );
      assert.deepEqual(received, values);
      assert.equal(rowNumberOf(row.id), 3 + i);
    }
  });
}

fixtures('pages have empty cells, line feeds and doubled quotes', () => {
  const text = csvOf('usual', {seed: 1, first: 0, count: 200});
  assert.match(text, /,,/);
  assert.match(text, /"[^"]*\n[^"]*""/);
});

fixtures('all-quoted pages have no bare cell', () => {
  const lines = csvOf('quoted', {seed: 1, first: 0, count: 200});
  assert.match(lines, /^"Id","Modified_Time"/);
  assert.doesNotMatch(lines, /,,/);
});

fixtures.run();
