/**
 * The quarantine of `verify`: lists what cannot become a document, as a capture would have left it
 * out.
 */
import {type Quarantine, rowFaults, type UnusableRow} from '../../records/unusable-rows.ts';
import type {Comparison} from './compare.ts';

export class ListedQuarantine implements Quarantine {
  /** Ids of the unusable rows that have one. */
  readonly ids = new Set<string>();
  readonly #comparison: Comparison;
  readonly #known = new Set<string>();

  constructor(comparison: Comparison) {
    this.#comparison = comparison;
  }

  has(digest: string): boolean {
    return this.#known.has(digest);
  }

  add({row, id, fault, digest}: UnusableRow, page: string): void {
    if (this.#known.has(digest)) return;
    this.#known.add(digest);
    // A record counts once, in however many slices of its fields.
    if (id !== undefined) {
      if (this.ids.has(id)) return;
      this.ids.add(id);
    }
    this.#comparison.leaveOut({page, row, id, why: rowFaults[fault]});
  }

  addUnread(rows: number): void {
    this.#comparison.leaveOut(rows);
  }
}
