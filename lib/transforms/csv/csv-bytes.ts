/** The quick reader of CSV pages (RFC 4180 in UTF-8): the kernel finds the cells in the bytes and makes no strings. */

import {scan} from '../../kernel/kernel.ts';
import {batchBytes, batchRowsMax} from '../../limits.ts';
import {BufferPool} from '../../platform/buffer-pool.ts';
import type {Dialect, Reading, RowReader} from './csv-dialect.ts';

/** Whether the byte reader knows the dialect: commas and line feeds. Everything else is papaparse's. */
export function isPlain({delimiter, lineEnd}: Dialect): boolean {
  return delimiter === ',' && lineEnd === '\n';
}

/**
 * A reader of pages in the plain dialect. It declines a row in which something other than a separator follows a closing quote, and leaves
 * it to papaparse to say whether that can be read.
 */
export function byteReader({columns}: Dialect): RowReader {
  // No row is shorter than its separators.
  const rowsMax = Math.min(batchRowsMax, Math.ceil(batchBytes / columns.length));
  const blocks = new BufferPool();
  return (bytes, from) => {
    // A row that is longer than a batch needs a longer look; doubling it keeps the work in proportion to the row.
    for (let size = batchBytes; ; size *= 2) {
      const to = Math.min(bytes.length, from + size);
      const {cells, count, next, stop} = scan(bytes.subarray(from, to), columns.length, rowsMax, blocks);
      if (next === 0 && stops[stop] === undefined && to < bytes.length) continue;
      const release = () => blocks.release(new Uint8Array(cells.buffer));
      return {
        rows: {columns, bytes: bytes.subarray(from, from + next), cells, count, release},
        next: from + next,
        stop: stops[stop],
      };
    }
  };
}

/** By the kernel's codes: `scanIncomplete`, `scanDeclined`, `scanRagged`. */
const stops: readonly Reading['stop'][] = [undefined, 'declined', 'ragged'];
