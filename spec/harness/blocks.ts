/** Blocks of documents and rows made of texts, and the texts of such blocks. */
import {cellPlain, type DocBlock, type RowBlock} from '../../lib/records/batch.ts';
import {cellText} from '../../lib/records/rows.ts';

/** Documents with that many bytes of something else around each. */
export function docsOf(texts: readonly string[], room = 0): DocBlock {
  const gap = '#'.repeat(room);
  const ranges = new Int32Array(2 * texts.length);
  let at = room;
  for (const [i, text] of texts.entries()) {
    ranges[2 * i] = at;
    ranges[2 * i + 1] = at += Buffer.byteLength(text);
    at += room;
  }
  return {bytes: Buffer.from(`${gap}${texts.join(gap)}${gap}`), ranges, count: texts.length};
}

export function textsOf({bytes, ranges, count}: DocBlock): string[] {
  return Array.from({length: count}, (_, i) => Buffer.from(bytes.subarray(ranges[2 * i], ranges[2 * i + 1])).toString());
}

/** Rows as received. Their bytes begin with others, so that a forgotten offset shows. */
export function rowsOf(columns: readonly string[], table: readonly (readonly string[])[]): RowBlock {
  const padding = '~~~';
  const cells: number[] = [];
  let at = padding.length;
  for (const text of table.flat()) {
    cells.push((at << 2) | cellPlain);
    at += Buffer.byteLength(text);
    cells.push(at);
  }
  return {columns, bytes: Buffer.from(padding + table.flat().join('')), cells: Int32Array.from(cells), count: table.length};
}

/** The texts of the cells, row by row. */
export function tableOf(rows: RowBlock): string[][] {
  return Array.from({length: rows.count}, (_, row) => rows.columns.map((_, column) => cellText(rows, row, column)));
}
