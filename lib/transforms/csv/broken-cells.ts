/** CSV rows with cells that are not valid UTF-8. */
import {isUtf8} from 'node:buffer';
import {replacedNotesMax} from '../../limits.ts';
import type {Replaced, RowBlock} from '../../records/batch.ts';
import {cellText} from '../../records/rows.ts';
import {repairUtf8} from '../utf8.ts';

/**
 * The same rows with valid text. U+FFFD replaces invalid bytes, and `replaced` names the values.
 */
export function withValidText(rows: RowBlock): RowBlock {
  const {columns, bytes, count} = rows;
  const cells = rows.cells.slice();
  const idColumn = columns.includes('Id') ? columns.indexOf('Id') : columns.indexOf('id');
  const added: Uint8Array[] = [];
  const replaced: Replaced[] = [];
  let end = bytes.length;
  for (let row = 0; row < count; row++) {
    for (const [column, field] of columns.entries()) {
      const k = 2 * (row * columns.length + column);
      const cell = bytes.subarray(cells[k]! >> 2, cells[k + 1]!);
      if (isUtf8(cell)) continue;
      const valid = repairUtf8(cell).bytes;
      added.push(valid);
      cells[k] = (end << 2) | (cells[k]! & 3);
      cells[k + 1] = end += valid.length;
      if (replaced.length < replacedNotesMax) replaced.push({field, id: idColumn < 0 ? '' : cellText(rows, row, idColumn)});
    }
  }
  return {...rows, bytes: Buffer.concat([bytes, ...added]), cells, replaced};
}
