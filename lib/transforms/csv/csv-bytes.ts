/**
 * The fast reader of CSV pages (RFC 4180 in UTF-8): the kernel finds the cells without making
 * strings.
 */

import {scan} from '../../kernel/kernel.ts';
import {batchBytes, batchRowsMax} from '../../limits.ts';
import {BufferPool} from '../../platform/buffer-pool.ts';
import type {Dialect, Reading, RowReader} from './csv-dialect.ts';

/**
 * Whether the byte reader supports the dialect: commas and line feeds. papaparse reads everything
 * else.
 */
export function isPlain({delimiter, lineEnd}: Dialect): boolean {
  return delimiter === ',' && lineEnd === '\n';
}

/**
 * A reader of pages in the plain dialect. It declines a row where something other than a separator
 * follows a closing quote, which papaparse may still be able to read.
 */
export function byteReader({columns}: Dialect): RowReader {
  // A row is at least as long as its separators.
  const rowsMax = Math.min(batchRowsMax, Math.ceil(batchBytes / columns.length));
  const blocks = new BufferPool();
  return (bytes, from) => {
    // A row longer than a batch needs more bytes. Doubling keeps the work proportional to the row.
    for (let size = batchBytes; ; size *= 2) {
      const to = Math.min(bytes.length, from + size);
      const {cells, count, next, stop} = scan(bytes.subarray(from, to), columns.length, rowsMax, blocks);
      // Equivalent mutants (ConditionalExpression): an unreadable row stays so, and only costs time
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

/** Indexed by the kernel's codes `scanIncomplete`, `scanDeclined` and `scanRagged`. */
const stops: readonly Reading['stop'][] = [undefined, 'declined', 'ragged'];
