/** Gives received values their types: rows of CSV or COQL to the documents of design 3. */
import {type Batch, type Docs, type Rows, shapeRoomBytes} from '../batch.ts';
import {ZohoError} from '../errors.ts';
import type {Field} from '../field.ts';
import {documentBytesMax} from '../limits.ts';
import {type CellWriter, cellWriter, text} from './cell.ts';
import {beforeId, beforeModified, isId} from './docs.ts';
import {instantSeconds} from './instant.ts';
import {Pen, prepare} from './pen.ts';

export interface CoerceOptions {
  /** For messages. */
  readonly module: string;
  /** Fields of partial documents, besides id and `Modified_Time`; absent, documents are whole. */
  readonly only?: ReadonlySet<string>;
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

/** A column that goes into documents: its place in a row, its key's place among the prepared texts, and how its cells are written. */
interface Column {
  readonly name: string;
  readonly place: number;
  readonly write: CellWriter;
}

/**
 * Prepares everything about a page's columns that need not be done for each row. Documents begin with id and `Modified_Time`, the other columns
 * follow in their order; the id's column may be called `Id`, as in files.
 *
 * The function returned throws kind `damaged` for a row whose id or `Modified_Time` is none, and kind `module` for one whose document would be larger than
 * Flow takes; both name the module and the row, counted from 1 over all batches. A value that does not fit its type becomes a string.
 */
export function compileCoercer(columns: readonly string[], fields: ReadonlyMap<string, Field>, options: CoerceOptions): Coerce {
  const {module, only, onMisfit} = options;
  const idAt = columns.includes('Id') ? columns.indexOf('Id') : columns.indexOf('id');
  const modifiedAt = columns.indexOf('Modified_Time');
  const others: Column[] = [];
  for (const [place, name] of columns.entries()) {
    if (name === 'id' || name === 'Id' || place === modifiedAt) continue;
    if (only === undefined || only.has(name)) others.push({name, place, write: cellWriter(fields.get(name))});
  }
  const keys = prepare([beforeId.toString(), beforeModified.toString(), ...others.map(({name}) => `,${JSON.stringify(name)}:`)]);
  const pen = new Pen();
  const keyBytes = keys.length.reduce((sum, length) => sum + length, 0);
  let bytesPerRow = 0;
  let rowsDone = 0;

  function coerce(rows: Rows): Docs {
    const {bytes, cells, count} = rows;
    const ranges = new Int32Array(2 * count);
    const misfits = new Set<string>();
    if (count > 0 && (idAt < 0 || modifiedAt < 0)) throw damaged('the page has no id or no Modified_Time');
    pen.begin(bytes, capacityFor(rows));
    for (let row = 0; row < count; row++) {
      const base = 2 * columns.length * row;
      const start = pen.at;
      head(base, cells, bytes, row);
      for (let c = 0; c < others.length; c++) {
        const {place, write, name} = others[c]!;
        const cell = cells[base + 2 * place]!;
        const from = cell >> 2;
        const to = cells[base + 2 * place + 1]!;
        pen.reserve(keys.length[c + 2]!, to - from);
        pen.prepared(keys.words, keys.from[c + 2]!, keys.length[c + 2]!);
        if (from === to) pen.nothing();
        else if (!write(pen, from, to, cell & 3)) {
          text(pen, from, to, cell & 3);
          misfits.add(name);
        }
      }
      ranges[2 * row] = start;
      ranges[2 * row + 1] = pen.at;
      if (pen.at - start > documentBytesMax) throw tooLarge(row);
      pen.reserve(shapeRoomBytes, 0);
      pen.at += shapeRoomBytes;
    }
    rowsDone += count;
    bytesPerRow = count > 0 ? pen.at / count : bytesPerRow;
    for (const field of misfits) onMisfit(field);
    return {bytes: pen.bytes, ranges, count};
  }

  /** What all documents begin with. */
  function head(base: number, cells: Int32Array, bytes: Uint8Array, row: number): void {
    const idFrom = cells[base + 2 * idAt]! >> 2;
    const idTo = cells[base + 2 * idAt + 1]!;
    const from = cells[base + 2 * modifiedAt]! >> 2;
    const to = cells[base + 2 * modifiedAt + 1]!;
    if (!isId(bytes, idFrom, idTo)) throw damaged(`row ${rowsDone + row + 1} has no valid id`);
    if (Number.isNaN(instantSeconds(bytes, from, to))) throw damaged(`row ${rowsDone + row + 1} has no valid Modified_Time`);
    pen.reserve(keys.length[0]! + keys.length[1]!, idTo - idFrom + to - from);
    pen.prepared(keys.words, keys.from[0]!, keys.length[0]!);
    pen.copy(idFrom, idTo);
    pen.prepared(keys.words, keys.from[1]!, keys.length[1]!);
    pen.copy(from, to);
    pen.byte(0x22);
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
