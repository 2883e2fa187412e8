/** Which values of a COQL answer hold text that had to be replaced. */
import {replacedNotesMax} from '../../limits.ts';
import type {Replaced} from '../../records/batch.ts';

/** Takes notes while an answer is read from its beginning to its end, value after value. */
export class BrokenText {
  readonly replaced: Replaced[] = [];
  /** Where U+FFFD was put into the answer, in order, and the first of these places that is not behind what was read. */
  readonly #places: readonly number[];
  #next = 0;
  readonly #ofRow = new Set<string>();

  constructor(places: readonly number[]) {
    this.#places = places;
  }

  /** A string of some field was read; it stands in the answer between two places. Gives the text without half surrogate pairs. */
  read(text: string, from: number, to: number, field: string | undefined): string {
    this.passed(from, to, field);
    if (text.isWellFormed()) return text;
    this.#note(field);
    return text.toWellFormed();
  }

  /** As `read`, for a string whose text is not needed. */
  passed(from: number, to: number, field: string | undefined): void {
    while ((this.#places[this.#next] ?? Number.POSITIVE_INFINITY) < from) this.#next++;
    if ((this.#places[this.#next] ?? Number.POSITIVE_INFINITY) < to) this.#note(field);
  }

  /** All values of a record were read. */
  endRow(id: string): void {
    for (const field of this.#ofRow) if (this.replaced.length < replacedNotesMax) this.replaced.push({field, id});
    this.#ofRow.clear();
  }

  #note(field: string | undefined): void {
    if (field !== undefined) this.#ofRow.add(field);
  }
}
