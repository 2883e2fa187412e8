/** Numbers that the connector and its kernel (`assembly/`) both go by. Plain constants only: two compilers read this file. */

/** What a cell's bytes are; see `Rows`. */
export const cellPlain = 0;
export const cellQuoted = 1;
export const cellJson = 2;
export const cellClean = 3;

/** Why a scan stopped at a row: it goes on in the next block, it is papaparse's to judge, or it has too many or too few cells. */
export const scanIncomplete = 0;
export const scanDeclined = 1;
export const scanRagged = 2;

/** How the cells of a column are written (design 3). `writeId` and `writeInstant` are for the two values without which there is no document. */
export const writeText = 0;
export const writeId = 1;
export const writeInstant = 2;
export const writeInteger = 3;
export const writeNumber = 4;
export const writeBoolean = 5;
/** Lists parted at commas; at semicolons, or commas where a cell has none; and by their known values, which the connector does. */
export const writeTags = 6;
export const writeList = 7;
export const writeKnownList = 8;
/** Digits as a string, or JSON text as one; any other text is looked at by the connector. */
export const writeDigits = 9;

/** A column, as five numbers of 32 bits: place in a row, one of the above, where its key's text is and how long, whether a cell did not fit. */
export const columnPlace = 0;
export const columnWriter = 4;
export const columnKey = 8;
export const columnKeyBytes = 12;
export const columnMisfit = 16;
export const columnBytes = 20;

/** Why writing stopped at a row: not at all, for want of room, or for a fault of the row. */
export const faultNone = 0;
export const faultRoom = 1;
export const faultId = 2;
export const faultInstant = 3;
export const faultSize = 4;

/** Bytes behind a text that may be read or written beside it, because most are moved 16 at once. */
export const strideBytes = 16;
/** Room that `shape` finds behind each document: enough for `,"_meta":{"op":"c","row_id":N}}` with 16 digits. */
export const shapeRoomBytes = 48;
