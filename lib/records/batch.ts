/** The chunks that travel between stages: always a batch of rows, never a single row. */

/**
 * How a cell's bytes are encoded: plain text, CSV text with doubled quotes, JSON text of a
 * structured COQL value, or plain text known to need no JSON escapes (which may also count as
 * plain). And the free bytes after each document of a `DocBlock`, for what `shape` appends.
 */
export {cellClean, cellJson, cellPlain, cellQuoted, shapeRoomBytes} from '../kernel/codes.ts';

/**
 * Rows as received. Every cell is a range of one block of UTF-8 bytes.
 *
 * Row `r`, column `c` is the pair at `k = 2 * (r * columns.length + c)` of `cells`: it starts at
 * `cells[k] >> 2`, `cells[k] & 3` is its encoding (one of the above), and it ends at `cells[k +
 * 1]`. An empty range means no value. All bytes are valid UTF-8, and the block holds little besides
 * the cells. All batches of a page share one `columns` array, so that work per header is done once
 * a page.
 */
export interface RowBlock {
  readonly columns: readonly string[];
  readonly bytes: Uint8Array;
  readonly cells: Int32Array;
  readonly count: number;
  /** Values in which U+FFFD replaced invalid text; capped when there are very many. */
  readonly replaced?: readonly Replaced[] | undefined;
  /** Returns `cells` for reuse. Called once the rows are documents. */
  release?(): void;
}

/** A value whose text was partly invalid: its field, and its record's id as received. */
export interface Replaced {
  readonly field: string;
  readonly id: string;
}

/**
 * JSON texts in one block of bytes: text `i` is `bytes[ranges[2 * i] .. ranges[2 * i + 1])`.
 *
 * Between the stages `coerce` and `shape` a text is a document without its closing brace; after
 * `shape` it is complete. A record's begins `{"id":<digits>,"Modified_Time":"<text>"`, so both
 * values can be read without parsing; a snapshot's row has no such beginning. At least
 * `shapeRoomBytes` bytes after its end are free. The block is reused once the batch is written.
 */
export interface DocBlock {
  readonly bytes: Uint8Array;
  readonly ranges: Int32Array;
  readonly count: number;
}

/**
 * One chunk of a pipe. `patch` is the checkpoint that closes the chunk; it is written together with
 * the items.
 */
export interface Batch<Items> {
  readonly items: Items;
  readonly patch?: BindingPatch | LateBindingPatch | undefined;
}

/** Makes the patch in the step that writes it, when the batch's items have been decided over. */
export type LateBindingPatch = () => BindingPatch | undefined;

/** A merge patch (RFC 7396) of one binding's state. */
export type BindingPatch = Readonly<Record<string, unknown>>;
