/**
 * One query of the feed of deletions, page by page: whether it has ended, and whether it was cut.
 * Pure.
 */
import {deletedEmptyMax, deletedPageRows, deletedRowsCap} from '../limits.ts';
import type {DeletedRow} from '../zoho/api.ts';

/** What follows a page: another page, the end of the list, or a cut by Zoho before the end. */
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
  #lastPage: string | undefined;
  #emptyInRow = 0;
  /** Whether Zoho reported the end of the list, at a length where a cap may have ended it. */
  #saidEnd = false;
  /**
   * The earliest deletion of the previous query, if that was cut or ended at a possible cap. If
   * this query ends there too, with other rows, both were capped.
   */
  readonly #earliestBeforeS: number;

  constructor(fromS: number, before?: FeedQuery) {
    this.fromS = fromS;
    this.#earliestBeforeS = before === undefined ? Number.POSITIVE_INFINITY : before.#earliestS;
  }

  /**
   * Adds a page, with Zoho's `more` if it is present, and the number of unusable rows.
   *
   * - A plain "no" ends the list. If it has exactly as many rows as a paging cap allows, the next
   *   page is requested nevertheless or, if the order allows, the latest deletions, because such a
   *   cap may be invisible.
   * - "Yes" means another page, however few rows this one has. An answer that repeats itself or
   *   stays empty counts as cut.
   * - Without `more`, the list ends only with an empty page or one that repeats the page before.
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
   * Where the next query begins; undefined if rows would be skipped, or none gained. The second of
   * the latest deletion may have more of them, and it is unknown whether a query lists its own
   * second. The next query therefore begins one second earlier, unless this one shows that it lists
   * its own.
   */
  get nextS(): number | undefined {
    const nextS = this.#earliestS === this.fromS ? this.#latestS : this.#latestS - 1;
    return this.#ordered && nextS > this.fromS ? nextS : undefined;
  }

  /** Whether a cap may have ended the list. */
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
