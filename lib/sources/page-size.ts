/** How many rows, or ids, one request may ask for. Pure. */
import {pageGoodMax, pageGoodMin} from '../limits.ts';

export interface PageSizeOptions {
  /** The most that the organisation accepts, as far as is known. */
  readonly most: number;
  /** A failure divides the size by this. */
  readonly shrinkBy?: number;
  /** Bytes that a page should not exceed. Without it, weight is ignored. */
  readonly bytesWanted?: number;
}

/**
 * The size of the next request, learnt from earlier ones.
 *
 * - A request that fails because of its size, or whose answer is too large, makes the next one
 *   smaller, down to one row.
 * - Successful answers double it again after some in a row. Each failure raises that number, so a
 *   failing size is tried less and less often.
 * - The weight of received rows limits it at once, in both directions.
 */
export class PageSize {
  readonly #shrinkBy: number;
  readonly #bytesWanted: number;
  #most: number;
  /** What failures have left of `most`. */
  #ceiling: number;
  #rowBytes = 0;
  #good = 0;
  #goodNeeded = pageGoodMin;
  #failing = false;

  constructor({most, shrinkBy = 2, bytesWanted = Number.POSITIVE_INFINITY}: PageSizeOptions) {
    this.#most = most;
    this.#ceiling = most;
    this.#shrinkBy = shrinkBy;
    this.#bytesWanted = bytesWanted;
  }

  /** Rows to request; at least one. */
  get rows(): number {
    return Math.max(1, Math.min(this.#ceiling, Math.floor(this.#bytesWanted / this.#rowBytes)));
  }

  /** The most that the organisation accepts. */
  get most(): number {
    return this.#most;
  }

  /** Permanently lowers what the organisation accepts. Returns false if that changes nothing. */
  allow(most: number): boolean {
    if (most >= this.#most) return false;
    this.#most = most;
    this.#ceiling = Math.min(this.#ceiling, most);
    return true;
  }

  /**
   * Records that a request for this many rows failed because of its size. Returns false if it
   * cannot be smaller.
   */
  failed(asked: number): boolean {
    if (asked <= 1) return false;
    this.#ceiling = Math.max(1, Math.min(this.#ceiling, Math.floor(asked / this.#shrinkBy)));
    if (!this.#failing) this.#goodNeeded = Math.min(pageGoodMax, 2 * this.#goodNeeded);
    this.#failing = true;
    this.#good = 0;
    return true;
  }

  /**
   * Records that a request for `asked` rows was answered with `rows` rows of `bytes` bytes. Only
   * full use of the current size counts towards a larger one.
   */
  succeeded(asked: number, rows: number, bytes: number): void {
    this.#failing = false;
    this.#weigh(rows, bytes);
    if (asked < this.#ceiling) return;
    if (++this.#good < this.#goodNeeded) return;
    this.#good = 0;
    this.#ceiling = Math.min(this.#most, 2 * this.#ceiling);
    if (this.#ceiling === this.#most) this.#goodNeeded = pageGoodMin;
  }

  /** Heavier rows count at once, lighter ones gradually. */
  #weigh(rows: number, bytes: number): void {
    if (rows === 0) return;
    const rowBytes = bytes / rows;
    this.#rowBytes = Math.max(rowBytes, (this.#rowBytes + rowBytes) / 2);
  }
}
