/** Tracks which values of a COQL answer hold text that was replaced. */
import {replacedNotesMax} from '../../limits.ts';
import type {Replaced} from '../../records/batch.ts';

/** Takes notes while an answer is read from beginning to end, value by value. */
export class BrokenText {
  readonly replaced: Replaced[] = [];
  readonly #ofRow = new Set<string>();

  /** Called when a value of the current row holds U+FFFD in place of invalid text. */
  note(field: string | undefined): void {
    if (field !== undefined) this.#ofRow.add(field);
  }

  /** Called after the last value of a record. */
  endRow(id: string): void {
    for (const field of this.#ofRow) if (this.replaced.length < replacedNotesMax) this.replaced.push({field, id});
    this.#ofRow.clear();
  }
}
