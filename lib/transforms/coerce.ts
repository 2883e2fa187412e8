/** Converts received values to their types: rows of CSV or COQL to the documents of design 3. */

import {ZohoError} from '../errors/errors.ts';
import * as codes from '../kernel/codes.ts';
import {type Column, coerce as coerceRows, type Program, program} from '../kernel/kernel.ts';
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
  /**
   * The rows have no key: the record's id is an ordinary property, and there is no `Modified_Time`.
   */
  readonly keyless?: boolean | undefined;
  /**
   * Called for a value that does not fit its field's type, once per field and batch. It becomes a
   * string.
   */
  onMisfit(field: string): void;
  /** Called for a value in which U+FFFD replaced invalid text. */
  onReplaced?(value: Replaced): void;
  /** Where documents are written. Their `release` returns a block to it. */
  readonly blocks?: BufferPool;
}

/** Converts one batch of rows to documents without their closing part (see `DocBlock`). */
export type Coerce = (rows: RowBlock) => DocBlock;

/** Converts received values to their types. Order, batch size and checkpoints pass through. */
export class CoerceStream extends TransformStream<Batch<RowBlock>, Batch<DocBlock>> {
  constructor(fields: ReadonlyMap<string, Field>, options: CoerceOptions) {
    const blocks = new BufferPool();
    let page: {readonly columns: readonly string[]; readonly coerce: Coerce} | undefined;
    super({
      transform(batch, controller) {
        const {columns} = batch.items;
        // Batches of one page share their columns, so this happens once a page.
        if (page?.columns !== columns) page = {columns, coerce: compileCoercer(columns, fields, {blocks, ...options})};
        controller.enqueue({...batch, items: page.coerce(batch.items)});
        batch.items.release?.();
      },
    });
  }
}

/**
 * Rows up to this size never make too large a document, even if each byte becomes `\\u0000` in JSON
 * and a thousand names are added.
 */
const roomyRowBytes = documentBytesMax / 8;

const noDocs: DocBlock = {bytes: new Uint8Array(0), ranges: new Int32Array(0), count: 0};

/**
 * Does the work that a page's columns need only once. Documents begin with id and `Modified_Time`;
 * the other columns follow in order. The id's column may be called `Id`, as in files. Columns
 * without a name are omitted. Documents of `keyless` rows have all columns in order.
 *
 * The returned function throws kind `damaged` for a row with an invalid id or `Modified_Time`, and
 * kind `module` for a document larger than Flow accepts. Both name the module and the row, counted
 * from 1 over all batches. A value that does not fit its type becomes a string.
 */
export function compileCoercer(columns: readonly string[], fields: ReadonlyMap<string, Field>, options: CoerceOptions): Coerce {
  const {module, onMisfit, keyless = false, blocks = new BufferPool()} = options;
  const {names, prepared, hasKeys} = layoutOf(columns, fields, keyless);
  let rowsDone = 0;

  return (rows) => {
    if (rows.count === 0) return noDocs;
    if (names.length === 0) throw damaged('it has none of the requested columns');
    if (!hasKeys) throw damaged('it has no id or no Modified_Time');
    const coerced = coerceRows(prepared, rows, blocks);
    if ('fault' in coerced) throw unusable(rowsDone + coerced.row + 1, coerced.fault);
    rowsDone += rows.count;
    for (const column of coerced.misfits) onMisfit(names[column]!);
    const replaced = rows.replaced?.filter(({field}) => columns.includes(field)) ?? [];
    for (const value of replaced) options.onReplaced?.(value);
    const {bytes, ranges} = coerced;
    return {bytes, ranges, count: rows.count, release: () => blocks.release(bytes)};
  };

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

/** What a page's columns need only once. */
interface Layout {
  /** The columns of a document, in its order. */
  readonly names: readonly string[];
  readonly prepared: Program;
  /** Whether the page has the columns that identify a document. */
  readonly hasKeys: boolean;
}

function layoutOf(columns: readonly string[], fields: ReadonlyMap<string, Field>, keyless: boolean): Layout {
  // A field may be called `Id`; beside `id` it is an ordinary one.
  const id = columns.includes('id') ? 'id' : 'Id';
  const keys = keyless ? [] : [id, 'Modified_Time'];
  const names = [...keys, ...columns.filter((name) => name !== '' && !keys.includes(name))];
  return {names, prepared: program(names.map(columnOf)), hasKeys: keys.every((name) => columns.includes(name))};

  function columnOf(name: string, i: number): Column {
    const place = columns.indexOf(name);
    if (name === keys[0]) return {place, writer: codes.writeId, key: beforeId};
    if (name === keys[1]) return {place, writer: codes.writeInstant, key: beforeModified};
    return {place, key: `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`, ...writingOf(fields.get(name))};
  }
}

/** Keeps no blocks, because the documents are discarded. */
class NoBlocks extends BufferPool {
  // Equivalent mutants (BlockStatement): nobody reads what is discarded
  override filled(): Uint8Array {
    return noDocs.bytes;
  }
}

/**
 * Recognises rows whose documents would be larger than Flow accepts. Most batches are too small to
 * contain one, which costs a comparison. Otherwise the documents of large rows are made and
 * discarded. A page without the columns that identify a document has no such row.
 */
export function sizeCheck(rows: RowBlock, fields: ReadonlyMap<string, Field>, keyless = false): (row: number) => boolean {
  // Equivalent mutants (ConditionalExpression,EqualityOperator): only spares the work on each row
  if (rows.bytes.length <= roomyRowBytes) return () => false;
  const {prepared, hasKeys} = layoutOf(rows.columns, fields, keyless);
  if (!hasKeys) return () => false;
  const blocks = new NoBlocks();
  return (row) => {
    // Equivalent mutants (ConditionalExpression,EqualityOperator): only spares the work on the row
    if (textBytes(rows, row, row + 1) <= roomyRowBytes) return false;
    const coerced = coerceRows(prepared, ownRows(rows, row, row + 1), blocks);
    return 'fault' in coerced && coerced.fault === codes.faultSize;
  };
}
