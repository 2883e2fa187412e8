/** Gives received values their types: rows of CSV or COQL to the documents of design 3. */

import {ZohoError} from '../errors/errors.ts';
import * as codes from '../kernel/codes.ts';
import {type Column, coerce as coerceRows, program} from '../kernel/kernel.ts';
import {documentBytesMax} from '../limits.ts';
import {BufferPool} from '../platform/buffer-pool.ts';
import type {Batch, DocBlock, Replaced, RowBlock} from '../records/batch.ts';
import {beforeId, beforeModified} from '../records/documents.ts';
import type {Field} from '../records/field.ts';
import {ownRows, textBytes} from '../records/rows.ts';
import {writingOf} from './values/writing.ts';

export interface CoerceOptions {
  /** For messages. */
  readonly module: string;
  /** The rows have no key of their own: the record's id is a property like any other, and there is no `Modified_Time`. */
  readonly keyless?: boolean | undefined;
  /** Told of a value that does not fit its field's type, once for each such field and batch. The value passes as a string. */
  onMisfit(field: string): void;
  /** Told of a value in which U+FFFD took the place of what was no text. */
  onReplaced?(value: Replaced): void;
  /** Where documents are written. Their `release` returns a block to it. */
  readonly blocks?: BufferPool;
}

/** Turns one batch of rows into documents that lack their end (see `DocBlock`). */
export type Coerce = (rows: RowBlock) => DocBlock;

/** Gives received values their types. Order, batch size and checkpoints pass through. */
export class CoerceStream extends TransformStream<Batch<RowBlock>, Batch<DocBlock>> {
  constructor(fields: ReadonlyMap<string, Field>, options: CoerceOptions) {
    const blocks = new BufferPool();
    let columns: readonly string[] | undefined;
    let coerce: Coerce | undefined;
    super({
      transform(batch, controller) {
        // Batches of one page share their columns, so this happens once a page.
        if (coerce === undefined || batch.items.columns !== columns) {
          columns = batch.items.columns;
          coerce = compileCoercer(columns, fields, {blocks, ...options});
        }
        controller.enqueue({...batch, items: coerce(batch.items)});
        batch.items.release?.();
      },
    });
  }
}

/** Bytes of a row that make no document too large, even if JSON writes each of them as `\\u0000` and the names of a thousand fields beside them. */
const roomyRowBytes = documentBytesMax / 8;

const noDocs: DocBlock = {bytes: new Uint8Array(0), ranges: new Int32Array(0), count: 0};

/**
 * Prepares everything about a page's columns that need not be done for each row. Documents begin with id and `Modified_Time`, the other columns
 * follow in their order; the id's column may be called `Id`, as in files. Columns without a name are left out. Documents of `keyless` rows have
 * all columns in their order.
 *
 * The function returned throws kind `damaged` for a row whose id or `Modified_Time` is none, and kind `module` for one whose document would be larger than
 * Flow takes; both name the module and the row, counted from 1 over all batches. A value that does not fit its type becomes a string.
 */
export function compileCoercer(columns: readonly string[], fields: ReadonlyMap<string, Field>, options: CoerceOptions): Coerce {
  const {module, onMisfit, keyless = false, blocks = new BufferPool()} = options;
  // A field may be called `Id`, too; beside `id` it is one like any other.
  const id = columns.includes('id') ? 'id' : 'Id';
  const keys = keyless ? [] : [id, 'Modified_Time'];
  const names = [...keys, ...columns.filter((name) => name !== '' && !keys.includes(name))];
  const prepared = program(names.map((name, i) => columnOf(name, i)));
  let rowsDone = 0;

  return (rows) => {
    if (rows.count === 0) return noDocs;
    if (names.length === 0) throw damaged('it has none of the columns that were asked for');
    if (!keys.every((name) => columns.includes(name))) throw damaged('it has no id or no Modified_Time');
    const coerced = coerceRows(prepared, rows, blocks);
    if ('fault' in coerced) throw unusable(rowsDone + coerced.row + 1, coerced.fault);
    rowsDone += rows.count;
    for (const column of coerced.misfits) onMisfit(names[column]!);
    for (const value of rows.replaced ?? []) if (columns.includes(value.field)) options.onReplaced?.(value);
    const {bytes, ranges} = coerced;
    return {bytes, ranges, count: rows.count, release: () => blocks.release(bytes)};
  };

  function columnOf(name: string, i: number): Column {
    const place = columns.indexOf(name);
    if (!keyless && name === id) return {place, writer: codes.writeId, key: beforeId};
    if (!keyless && name === 'Modified_Time') return {place, writer: codes.writeInstant, key: beforeModified};
    return {place, key: `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`, ...writingOf(fields.get(name))};
  }

  function unusable(row: number, fault: number): ZohoError {
    if (fault === codes.faultSize) {
      return new ZohoError(
        'module',
        `Cannot capture row ${row} of a page of module ${module}: its document would have more than ${documentBytesMax} bytes; leave out large fields`,
      );
    }
    return damaged(`row ${row} has no valid ${fault === codes.faultId ? 'id' : 'Modified_Time'}`);
  }

  function damaged(why: string): ZohoError {
    return new ZohoError('damaged', `Cannot use a page of module ${module}: ${why}`);
  }
}

/** Keeps nothing of documents that are made to be thrown away. */
class NoBlocks extends BufferPool {
  override filled(): Uint8Array {
    return noDocs.bytes;
  }
}

/**
 * Tells rows whose documents would have more than Flow takes. Most batches are too small to have one, which costs a comparison; otherwise the documents of
 * large rows are made and thrown away.
 */
export function sizeCheck(rows: RowBlock, fields: ReadonlyMap<string, Field>, keyless = false): (row: number) => boolean {
  if (rows.bytes.length <= roomyRowBytes) return () => false;
  const {columns} = rows;
  const coerceOne = compileCoercer(columns, fields, {module: '', keyless, onMisfit() {}, blocks: new NoBlocks()});
  return (row) => {
    if (textBytes(rows, row, row + 1) <= roomyRowBytes) return false;
    try {
      coerceOne(ownRows(rows, row, row + 1));
      return false;
    } catch (error) {
      if (error instanceof ZohoError) return error.kind === 'module';
      throw error;
    }
  };
}
