/** One query of the feed of deletions, page after page: when it has ended, and whether it was cut. Pure. */
import {deletedEmptyMax, deletedPageRows, deletedRowsCap} from '../limits.ts';
import type {DeletedRow} from '../zoho/api.ts';

/** What a page says of the query: another page is to be asked for, all of it was listed, or Zoho stopped before its end. */
export type Following = 'goes on' | 'ended' | 'cut';

/** What one query of the feed has listed so far. */
export class FeedQuery {
  readonly fromS: number;
  rows = 0;
  #pageRows = 0;
  #fullPages = true;
  #ordered = true;
  #earliestS = Number.POSITIVE_INFINITY;
  #latestS = Number.NEGATIVE_INFINITY;
  #lastPage = '';
  #emptyInRow = 0;
  /** Whether Zoho said that the list ends, where a cap may have ended it. */
  #saidEnd = false;
  /** Of the query before, which was cut or ended where a cap would: if this one ends there, too, with other rows, that is no coincidence. */
  readonly #earliestBeforeS: number;

  constructor(fromS: number, before?: FeedQuery) {
    this.fromS = fromS;
    this.#earliestBeforeS = before === undefined ? Number.POSITIVE_INFINITY : before.#earliestS;
  }

  /**
   * Takes a page, `more` as Zoho says it or leaves it unsaid, and how many of the page's rows are none that can be used.
   *
   * - A plain "no" ends the list. Only where it has exactly as many rows as a paging cap allows is the next page asked for all the same, or, where
   *   the order allows it, what was deleted last: such a cap need not show itself.
   * - "Yes" means another page, however few rows this one has; an answer that repeats itself or stays empty is taken for cut.
   * - Where nothing is said, only an empty page or one that repeats the page before ends the list.
   */
  note(page: readonly DeletedRow[], more: boolean | undefined, unusable = 0): Following {
    const repeats = this.#repeats(page);
    const received = page.length + unusable;
    if (!repeats) this.#count(page, received);
    this.#emptyInRow = page.length === 0 ? this.#emptyInRow + 1 : 0;
    if (more !== false && (more === true || received > 0) && this.#emptyInRow >= deletedEmptyMax) return 'cut';
    if (more === true) return repeats ? 'cut' : 'goes on';
    if (more === false && received > 0) {
      if (!this.#atCap) return 'ended';
      if (this.#earliestBeforeS < this.#earliestS || this.nextS !== undefined) return 'cut';
      this.#saidEnd = true;
      return 'goes on';
    }
    if (repeats) return page.length < deletedPageRows ? 'ended' : 'cut';
    if (received > 0) return 'goes on';
    return this.#atCap && !this.#saidEnd ? 'cut' : 'ended';
  }

  /**
   * Where the next query goes on; undefined when rows would be skipped, or none gained. The second of the latest deletion may have more of them, and
   * nobody says whether a query lists its own second: it begins one earlier, unless this one shows that it does.
   */
  get nextS(): number | undefined {
    const nextS = this.#earliestS === this.fromS ? this.#latestS : this.#latestS - 1;
    return this.#ordered && nextS > this.fromS ? nextS : undefined;
  }

  /** Whether the end of the list may be a cap's doing. */
  get #atCap(): boolean {
    return this.rows === deletedRowsCap && this.#fullPages;
  }

  #repeats(page: readonly DeletedRow[]): boolean {
    const now = page.map(({id, deletedTime}) => `${id} ${deletedTime}`).join();
    const repeats = page.length > 0 && now === this.#lastPage;
    this.#lastPage = now;
    return repeats;
  }

  #count(page: readonly DeletedRow[], received: number): void {
    if (this.rows === 0) this.#pageRows = received;
    this.#fullPages &&= received === 0 || received === this.#pageRows;
    this.rows += received;
    for (const {deletedS} of page) {
      this.#ordered &&= deletedS >= this.#latestS;
      this.#latestS = Math.max(this.#latestS, deletedS);
      this.#earliestS = Math.min(this.#earliestS, deletedS);
    }
  }
}
