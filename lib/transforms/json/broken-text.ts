/** Which values of a COQL answer hold text that had to be replaced. */
import {replacedNotesMax} from '../../limits.ts';
import type {Replaced} from '../../records/batch.ts';

/** Takes notes while an answer is read from its beginning to its end, value after value. */
export class BrokenText {
  readonly replaced: Replaced[] = [];
  readonly #ofRow = new Set<string>();

  /** A value of some field of the row being read holds U+FFFD where there was no text. */
  note(field: string | undefined): void {
    if (field !== undefined) this.#ofRow.add(field);
  }

  /** All values of a record were read. */
  endRow(id: string): void {
    for (const field of this.#ofRow) if (this.replaced.length < replacedNotesMax) this.replaced.push({field, id});
    this.#ofRow.clear();
  }
}
