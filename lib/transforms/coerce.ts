/** Gives received values their types: rows of CSV or COQL to the documents of design 3. */
import {type Batch, cellClean, type Docs, type Rows, shapeRoomBytes} from '../batch.ts';
import {ZohoError} from '../errors.ts';
import type {Field} from '../field.ts';
import {documentBytesMax} from '../limits.ts';
import {type CellWriter, cellWriter, misfit} from './cell.ts';
import {beforeId, beforeModified, isId} from './docs.ts';
import {instantSeconds} from './instant.ts';
import {Pen, type Prepared, prepare} from './pen.ts';

export interface CoerceOptions {
  /** For messages. */
  readonly module: string;
  /** Told of a value that does not fit its field's type, once for each such field and batch. The value passes as a string. */
  onMisfit(field: string): void;
}

/** Turns one batch of rows into documents that lack their end (see `Docs`). */
export type Coerce = (rows: Rows) => Docs;

/** Gives received values their types. Order, batch size and checkpoints pass through. */
export class CoerceStream extends TransformStream<Batch<Rows>, Batch<Docs>> {
  constructor(fields: ReadonlyMap<string, Field>, options: CoerceOptions) {
    let columns: readonly string[] | undefined;
    let coerce: Coerce | undefined;
    super({
      transform(batch, controller) {
        // Batches of one page share their columns, so this happens once a page.
        if (coerce === undefined || batch.items.columns !== columns) {
          columns = batch.items.columns;
          coerce = compileCoercer(columns, fields, options);
        }
        controller.enqueue({...batch, items: coerce(batch.items)});
      },
    });
  }
}

/** A column that goes into documents: its place in a row, how its cells are written, and its key with what may follow. */
interface Column {
  readonly name: string;
  readonly place: number;
  /** Absent for text. */
  readonly write: CellWriter | undefined;
  readonly key: Prepared;
  readonly keyAndQuote: Prepared;
  readonly keyAndNull: Prepared;
}

/**
 * Prepares everything about a page's columns that need not be done for each row. Documents begin with id and `Modified_Time`, the other columns
 * follow in their order; the id's column may be called `Id`, as in files.
 *
 * The function returned throws kind `damaged` for a row whose id or `Modified_Time` is none, and kind `module` for one whose document would be larger than
 * Flow takes; both name the module and the row, counted from 1 over all batches. A value that does not fit its type becomes a string.
 */
export function compileCoercer(columns: readonly string[], fields: ReadonlyMap<string, Field>, options: CoerceOptions): Coerce {
  const {module, onMisfit} = options;
  const idAt = columns.includes('Id') ? columns.indexOf('Id') : columns.indexOf('id');
  const modifiedAt = columns.indexOf('Modified_Time');
  const others: Column[] = [];
  for (const [place, name] of columns.entries()) {
    if (name === 'id' || name === 'Id' || place === modifiedAt) continue;
    const key = `,${JSON.stringify(name)}:`;
    others.push({
      name,
      place,
      write: cellWriter(fields.get(name)),
      key: prepare(key),
      keyAndQuote: prepare(`${key}"`),
      keyAndNull: prepare(`${key}null`),
    });
  }
  const idKey = prepare(beforeId.toString());
  const modifiedKey = prepare(beforeModified.toString());
  /** Bytes of a row's keys, with room for what else stands around cells. */
  const keyBytes = others.reduce((sum, {keyAndNull}) => sum + keyAndNull.length, idKey.length + modifiedKey.length);
  const pen = new Pen();
  let bytesPerRow = 0;
  let rowsDone = 0;

  function coerce(rows: Rows): Docs {
    const {bytes, cells, count} = rows;
    const width = 2 * columns.length;
    const ranges = new Int32Array(2 * count);
    const misfits = new Set<string>();
    if (count > 0 && (idAt < 0 || modifiedAt < 0)) throw damaged('it has no id or no Modified_Time');
    pen.begin(bytes, capacityFor(rows));
    let at = 0;
    for (let row = 0; row < count; row++) {
      const start = at;
      pen.reserve(at, keyBytes + shapeRoomBytes, cellBytes(cells, row * width, (row + 1) * width));
      at = head(at, bytes, cells, row * width, row);
      for (let c = 0; c < others.length; c++) {
        const column = others[c]!;
        const k = row * width + 2 * column.place;
        const from = cells[k]! >> 2;
        const to = cells[k + 1]!;
        if (from === to) at = pen.prepared(at, column.keyAndNull);
        else if (column.write === undefined && (cells[k]! & 3) === cellClean) {
          at = pen.byte(pen.copy(pen.prepared(at, column.keyAndQuote), from, to), quote);
        } else at = value(pen.prepared(at, column.key), column, from, to, cells[k]! & 3, misfits);
      }
      if (at - start > documentBytesMax) throw tooLarge(row);
      ranges[2 * row] = start;
      ranges[2 * row + 1] = at;
      at += shapeRoomBytes;
    }
    rowsDone += count;
    if (count > 0) bytesPerRow = at / count;
    for (const field of misfits) onMisfit(field);
    return {bytes: pen.bytes, ranges, count};
  }

  /** What all documents begin with. */
  function head(start: number, bytes: Uint8Array, cells: Int32Array, base: number, row: number): number {
    const idFrom = cells[base + 2 * idAt]! >> 2;
    const idTo = cells[base + 2 * idAt + 1]!;
    const from = cells[base + 2 * modifiedAt]! >> 2;
    const to = cells[base + 2 * modifiedAt + 1]!;
    if (!isId(bytes, idFrom, idTo)) throw damaged(`row ${rowsDone + row + 1} has no valid id`);
    if (Number.isNaN(instantSeconds(bytes, from, to))) throw damaged(`row ${rowsDone + row + 1} has no valid Modified_Time`);
    const at = pen.copy(pen.prepared(start, idKey), idFrom, idTo);
    return pen.byte(pen.copy(pen.prepared(at, modifiedKey), from, to), quote);
  }

  /** Any value, behind its key. */
  function value(at: number, {name, write}: Column, from: number, to: number, kind: number, misfits: Set<string>): number {
    const end = write === undefined ? pen.string(at, from, to, kind) : write(pen, at, from, to, kind);
    if (end !== misfit) return end;
    misfits.add(name);
    return pen.string(at, from, to, kind);
  }

  /** Room for a batch, by the rows before it; a guess that is too small only costs a copy. */
  function capacityFor({cells, count}: Rows): number {
    const received = count === 0 ? 0 : Math.abs((cells[cells.length - 2]! >> 2) - (cells[0]! >> 2));
    const expected = bytesPerRow === 0 ? count * (keyBytes + shapeRoomBytes) + 2 * received : 1.1 * bytesPerRow * count;
    return Math.ceil(expected) + 4_096;
  }

  function damaged(why: string): ZohoError {
    return new ZohoError('damaged', `Cannot use a page of module ${module}: ${why}`);
  }

  function tooLarge(row: number): ZohoError {
    return new ZohoError(
      'module',
      `Cannot capture row ${rowsDone + row + 1} of a page of module ${module}: its document would have more than ${documentBytesMax} bytes; leave out large fields`,
    );
  }

  return coerce;
}

/** Bytes of the cells between two places of `cells`. */
function cellBytes(cells: Int32Array, from: number, to: number): number {
  let bytes = 0;
  for (let k = from; k < to; k += 2) bytes += cells[k + 1]! - (cells[k]! >> 2);
  return bytes;
}

const quote = 0x22;
