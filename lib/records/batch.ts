/** The chunks that travel between stages: always a batch of rows, never a row. */

/**
 * What a cell's bytes are: plain text, CSV text with doubled quotes, JSON text of a structured COQL value, or plain text that a reader knows to
 * need no escapes in JSON (it may call such text plain all the same). And the room after each document of `Docs` for what `shape` appends.
 */
export {cellClean, cellJson, cellPlain, cellQuoted, shapeRoomBytes} from '../kernel/codes.ts';

/**
 * Rows as received: every cell is a range of one block of UTF-8 bytes.
 *
 * Row `r`, column `c` is the pair `k = 2 * (r * columns.length + c)` of `cells`: `cells[k] >> 2` is where it starts,
 * `cells[k] & 3` what its bytes are (one of the above), `cells[k + 1]` where it ends. An empty range
 * is no value. All bytes are valid UTF-8, and little else is among them than the cells. `columns` is the same array for all batches of a page, so
 * that work per header is done once a page.
 */
export interface RowBlock {
  readonly columns: readonly string[];
  readonly bytes: Uint8Array;
  readonly cells: Int32Array;
  readonly count: number;
  /** Values in which U+FFFD took the place of what was no text; not all of very many. */
  readonly replaced?: readonly Replaced[] | undefined;
  /** Gives `cells` back to be used again: called once the rows are documents. */
  release?(): void;
}

/** A value with text that could not be read: its field, and the id of its record as received. */
export interface Replaced {
  readonly field: string;
  readonly id: string;
}

/**
 * JSON texts in one block of bytes: text `i` is `bytes[ranges[2 * i] .. ranges[2 * i + 1])`.
 *
 * Between the stages `coerce` and `shape` a text is a document without its closing brace; after `shape` it is whole. A record's
 * begins `{"id":<digits>,"Modified_Time":"<text>"`, so that both can be read without parsing; a snapshot's row has no such beginning. At least
 * `shapeRoomBytes` bytes after its end are free. The block is used again once the batch is written.
 */
export interface DocBlock {
  readonly bytes: Uint8Array;
  readonly ranges: Int32Array;
  readonly count: number;
}

/** One chunk of a pipe. A `patch` is the checkpoint that the chunk closes: it is written in one piece with the items. */
export interface Batch<Items> {
  readonly items: Items;
  readonly patch?: BindingPatch | LateBindingPatch | undefined;
}

/** Makes the patch in the step that writes it, when the batch's items have been decided over. */
export type LateBindingPatch = () => BindingPatch | undefined;

/** A merge patch (RFC 7396) of one binding's state. */
export type BindingPatch = Readonly<Record<string, unknown>>;
