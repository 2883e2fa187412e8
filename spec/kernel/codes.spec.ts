/** What the connector and its kernel agree on. The values matter where the layout of the memory or of the rows relies on them. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import * as codes from '../../lib/kernel/codes.ts';

const agreed = suite('codes of the kernel');

const named = (start: string) => Object.entries(codes).flatMap(([name, value]) => (name.startsWith(start) ? [value] : []));

agreed('of one kind differ from each other', () => {
  for (const start of ['cell', 'scan', 'write', 'fault']) {
    const values = named(start);
    assert.ok(values.length > 2, start);
    assert.equal(new Set(values).size, values.length, start);
  }
});

agreed('of cells fit the two bits beside the start of a cell', () => {
  for (const code of named('cell')) assert.ok(code >= 0 && code < 4, String(code));
});

agreed('of columns are places of 32 bits that fill a column without gaps', () => {
  const {columnBytes, columnPlace, columnWriter, columnKey, columnKeyBytes, columnMisfit} = codes;
  const places = [columnPlace, columnWriter, columnKey, columnKeyBytes, columnMisfit, columnBytes];
  assert.deepEqual(
    places,
    places.map((_, i) => 4 * i),
  );
});

agreed('leaves room behind a document for the longest text that completes one', () => {
  assert.ok(`,"_meta":{"op":"c","row_id":${Number.MAX_SAFE_INTEGER}}}`.length <= codes.shapeRoomBytes);
});

agreed.run();
