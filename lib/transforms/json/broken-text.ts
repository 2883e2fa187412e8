/** Tracks which values of a COQL answer hold text that was replaced. */
import {replacedNotesMax} from '../../limits.ts';
import type {Replaced} from '../../records/batch.ts';

/** Takes notes while an answer is read from beginning to end, value by value. */
export class BrokenText {
  readonly replaced: Replaced[] = [];
  /**
   * Offsets of the inserted U+FFFD in the answer, in order, and the first of them not yet passed.
   */
  readonly #places: readonly number[];
  #next = 0;
  readonly #ofRow = new Set<string>();

  constructor(places: readonly number[]) {
    this.#places = places;
  }

  /**
   * Called for a string of a field, with its range in the answer. Returns the text without half
   * surrogate pairs.
   */
  read(text: string, from: number, to: number, field: string | undefined): string {
    this.passed(from, to, field);
    if (text.isWellFormed()) return text;
    this.#note(field);
    return text.toWellFormed();
  }

  /** Like `read`, for a string whose text is not needed. */
  passed(from: number, to: number, field: string | undefined): void {
    while ((this.#places[this.#next] ?? Number.POSITIVE_INFINITY) < from) this.#next++;
    if ((this.#places[this.#next] ?? Number.POSITIVE_INFINITY) < to) this.#note(field);
  }

  /** Called after the last value of a record. */
  endRow(id: string): void {
    for (const field of this.#ofRow) if (this.replaced.length < replacedNotesMax) this.replaced.push({field, id});
    this.#ofRow.clear();
  }

  #note(field: string | undefined): void {
    if (field !== undefined) this.#ofRow.add(field);
  }
}
