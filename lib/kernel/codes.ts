/**
 * Constants shared by the connector and its kernel (`assembly/`). Two compilers read this file, so
 * it holds nothing else.
 */

/** How a cell's bytes are encoded; see `RowBlock`. */
export const cellPlain = 0;
export const cellQuoted = 1;
export const cellJson = 2;
export const cellClean = 3;

/**
 * Why a scan stopped at a row: the row continues in the next block, only papaparse can read it, or
 * it has the wrong number of cells.
 */
export const scanIncomplete = 0;
export const scanDeclined = 1;
export const scanRagged = 2;

/**
 * How the cells of a column are written (design 3). `writeId` and `writeInstant` are for the two
 * values that every document needs.
 */
export const writeText = 0;
export const writeId = 1;
export const writeInstant = 2;
export const writeInteger = 3;
export const writeNumber = 4;
export const writeBoolean = 5;
/**
 * Lists split at commas; at semicolons, or at commas where a cell has none; and by their known
 * values, which the connector does.
 */
export const writeTags = 6;
export const writeList = 7;
export const writeKnownList = 8;
/** Digits as a string, and JSON text as a string. The connector handles any other text. */
export const writeDigits = 9;

/**
 * A column as five 32-bit numbers: its place in a row, its writer, offset and length of its key's
 * text, and whether a cell did not fit.
 */
export const columnPlace = 0;
export const columnWriter = 4;
export const columnKey = 8;
export const columnKeyBytes = 12;
export const columnMisfit = 16;
export const columnBytes = 20;

/** Why writing stopped at a row: not at all, out of room, or a fault of the row. */
export const faultNone = 0;
export const faultRoom = 1;
export const faultId = 2;
export const faultInstant = 3;
export const faultSize = 4;

/**
 * Bytes after a text that may be read or written along with it, because most copies move 16 bytes
 * at once.
 */
export const strideBytes = 16;
/**
 * Room that `shape` finds behind each document: enough for `,"_meta":{"op":"c","row_id":N}}` with
 * 16 digits.
 */
export const shapeRoomBytes = 48;
