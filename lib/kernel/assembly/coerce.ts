/**
 * Writes rows as documents (design 3): cells become JSON by the types of their columns, digit for
 * digit.
 */
import {
  cellClean,
  cellJson,
  columnBytes,
  columnKey,
  columnKeyBytes,
  columnPlace,
  columnWriter,
  faultId,
  faultInstant,
  faultNone,
  faultRoom,
  faultSize,
  shapeRoomBytes,
  strideBytes,
  writeBoolean,
  writeDigits,
  writeId,
  writeInstant,
  writeInteger,
  writeKnownList,
  writeNumber,
  writeText,
} from '../codes';
import {instantSeconds} from './instant';
import {list, stringArray} from './list';
import {boolean, digits, integer, isId, misfit, number} from './scalar';
import {copy, string} from './text';

/**
 * Lets the connector write a cell whose spelling is unusual, and note whether it fits. Returns the
 * address after it.
 */
declare function other(column: i32, at: usize, from: usize, to: usize, kind: i32): usize;

/** Set by `coerce`: the next row to write, and where to write it. */
export let written: i32 = 0;
export let writtenTo: usize = 0;

const openBrace: u8 = 0x7b;
const openBracket: u8 = 0x5b;
const nullWord: u32 = 0x6c6c_756e;
/** The most output bytes that one byte of a cell may become: `\u0000`. */
const bytesPerByte: usize = 6;
/** Space around a cell: a word, quotes or brackets, and a stride for copies that overshoot. */
const roomAround: usize = 16 + 2 * strideBytes;

/**
 * Writes the rows from `row` to `rows` at `at` as consecutive documents, each followed by room for
 * `shape`. Their positions, relative to `out`, go to `ranges`. Documents lack their closing brace.
 * Returns `faultNone` when all are written; otherwise the row `written` was not, and the caller
 * continues at `writtenTo` with more room, or gives up.
 *
 * The first two columns are the id and `Modified_Time`. The cells' bytes begin at `source`; 16 more
 * bytes may be read after them.
 */
export function coerce(
  columns: usize,
  columnCount: i32,
  source: usize,
  cells: usize,
  width: i32,
  row: i32,
  rows: i32,
  ranges: usize,
  out: usize,
  at: usize,
  limit: usize,
  documentBytesMax: usize,
): i32 {
  for (; row < rows; row++) {
    written = row;
    writtenTo = at;
    const first = cells + 8 * <usize>(row * width);
    const start = at;
    for (let c: i32 = 0; c < columnCount; c++) {
      const column = columns + c * columnBytes;
      const cell = first + 8 * load<u32>(column, columnPlace);
      const place = load<u32>(cell);
      const from = source + (place >> 2);
      const to = source + load<u32>(cell, 4);
      const keyBytes: usize = load<u32>(column, columnKeyBytes);
      if (at + keyBytes + bytesPerByte * (to - from) + roomAround > limit) return faultRoom;
      at = copy(at, load<u32>(column, columnKey), keyBytes);
      const writer = load<u32>(column, columnWriter);
      const kind = place & 3;
      if (writer === writeText && from !== to) at = string(at, from, to, kind);
      else if (writer === writeId) {
        if (!isId(from, to)) return faultId;
        at = copy(at, from, to - from);
      } else if (writer === writeInstant) {
        // biome-ignore lint/suspicious/noGlobalIsNan: the only one in AssemblyScript, for numbers only
        if (isNaN(instantSeconds(from, to))) return faultInstant;
        at = string(at, from, to, cellClean);
      } else if (from === to) {
        store<u32>(at, nullWord);
        at += 4;
      } else {
        const end = typed(writer, at, from, to, kind);
        at = end === misfit ? other(c, at, from, to, kind) : end;
      }
    }
    if (at - start > documentBytesMax) return faultSize;
    store<u32>(ranges + 8 * row, <u32>(start - out));
    store<u32>(ranges + 8 * row, <u32>(at - out), 4);
    at += shapeRoomBytes;
  }
  written = row;
  writtenTo = at;
  return faultNone;
}

/**
 * Writes a cell by the type of its column. Returns `misfit` for one that the connector has to
 * handle.
 */
function typed(writer: i32, at: usize, from: usize, to: usize, kind: i32): usize {
  switch (writer) {
    case writeInteger:
      return integer(at, from, to);
    case writeNumber:
      return number(at, from, to);
    case writeBoolean:
      return boolean(at, from, to);
    case writeDigits:
      return kind === cellJson ? string(at, from, to, kind) : digits(at, from, to);
    default:
  }
  if (kind === cellJson) return stringArray(at, from, to);
  return writer === writeKnownList || isStructure(from) ? misfit : list(writer, at, from, to, kind);
}

/** Whether a cell may be the JSON text of a structure. */
function isStructure(from: usize): bool {
  const first = load<u8>(from);
  return first === openBrace || first === openBracket;
}
