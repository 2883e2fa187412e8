/** How many rows, or ids, one request may ask for. Pure. */
import {pageGoodMax, pageGoodMin} from '../limits.ts';

export interface PageSizeOptions {
  /** What the organisation takes at most, as far as is known. */
  readonly most: number;
  /** A failure divides the size by this. */
  readonly shrinkBy?: number;
  /** Bytes that a page should not exceed; without it, weight does not matter. */
  readonly bytesWanted?: number;
}

/**
 * The size of the next request, learnt from those before.
 *
 * - A request that fails by its size, or whose answer is too large, makes the next one smaller, down to one row.
 * - Answers that arrive make it larger again: twice as large after some in a row, and later with each failure, so that a size
 *   that fails is tried ever more rarely.
 * - The weight of the rows that arrived bounds it at once, in both directions.
 */
export class PageSize {
  readonly #shrinkBy: number;
  readonly #bytesWanted: number;
  #most: number;
  /** What failures leave of `most`. */
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

  /** Rows to ask for; at least one. */
  get rows(): number {
    const byWeight = this.#rowBytes === 0 ? this.#ceiling : Math.floor(this.#bytesWanted / this.#rowBytes);
    return Math.max(1, Math.min(this.#ceiling, byWeight));
  }

  /** What the organisation takes at most. */
  get most(): number {
    return this.#most;
  }

  /** Lowers for good what the organisation takes. False when that changes nothing. */
  allow(most: number): boolean {
    if (most >= this.#most) return false;
    this.#most = most;
    this.#ceiling = Math.min(this.#ceiling, most);
    return true;
  }

  /** A request for so many rows failed by its size. False when there is nothing smaller to ask for. */
  failed(asked: number): boolean {
    if (asked <= 1) return false;
    this.#ceiling = Math.max(1, Math.min(this.#ceiling, Math.floor(asked / this.#shrinkBy)));
    if (!this.#failing) this.#goodNeeded = Math.min(pageGoodMax, 2 * this.#goodNeeded);
    this.#failing = true;
    this.#good = 0;
    return true;
  }

  /** A request for so many rows was answered with so many, which weigh so much. Only full use of the present size counts towards a larger one. */
  succeeded(asked: number, rows: number, bytes: number): void {
    this.#failing = false;
    this.#weigh(rows, bytes);
    if (this.#ceiling >= this.#most || asked < this.#ceiling) return;
    if (++this.#good < this.#goodNeeded) return;
    this.#good = 0;
    this.#ceiling = Math.min(this.#most, 2 * this.#ceiling);
    if (this.#ceiling === this.#most) this.#goodNeeded = pageGoodMin;
  }

  /** Heavier rows count at once, lighter ones little by little. */
  #weigh(rows: number, bytes: number): void {
    if (rows === 0) return;
    const rowBytes = bytes / rows;
    this.#rowBytes = Math.max(rowBytes, (this.#rowBytes + rowBytes) / 2);
  }
}
