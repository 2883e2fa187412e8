/**
 * Repeated readings of unusable rows, in case the transfer was at fault (design 3, "Quarantine").
 */
import {ZohoError} from '../errors/errors.ts';
import {unusableReadingsMax, unusableRowsMax} from '../limits.ts';
import type {Quarantine, UnusableRow} from '../records/unusable-rows.ts';

/**
 * Reads a page, and reads it again as long as it has unusable rows that the previous reading did
 * not have, a limited number of times. The unusable rows of the last reading go into quarantine.
 * Rows already there cause no further reading.
 */
export async function readAgain<Page extends {readonly unusable: readonly UnusableRow[]}>(
  read: () => Promise<Page>,
  quarantine: Quarantine,
  place: string,
): Promise<Page> {
  const seen = new Set<string>();
  for (let reading = 1; ; reading++) {
    const page = await read();
    const fresh = page.unusable.filter(({digest}) => !quarantine.has(digest) && !seen.has(digest));
    if (fresh.length === 0 || reading >= unusableReadingsMax) {
      for (const row of page.unusable) quarantine.add(row, place);
      return page;
    }
    for (const {digest} of fresh) seen.add(digest);
  }
}

/**
 * The readings of a file that arrives row by row, so its unusable rows are known only at the end.
 */
export class FileReadings {
  readonly #quarantine: Quarantine;
  readonly #place: string;
  /** Digests of unusable rows by row number, of the previous reading and of this one. */
  #before = new Map<number, string>();
  #now = new Map<number, string>();
  #readings = 1;
  /** Whether this reading has a row to be read again, so that no row from there on may pass. */
  isTrial = false;

  constructor(quarantine: Quarantine, place: string) {
    this.#quarantine = quarantine;
    this.#place = place;
  }

  /**
   * Adds the unusable rows of a batch. Unless they make the reading a trial, they are omitted for
   * good. Throws kind `damaged` if there are too many.
   */
  note(unusable: readonly UnusableRow[]): void {
    for (const {row, digest} of unusable) {
      this.#now.set(row, digest);
      const isKnown = this.#before.get(row) === digest || this.#quarantine.has(digest);
      if (!isKnown && this.#readings < unusableReadingsMax) this.isTrial = true;
    }
    if (this.#now.size > unusableRowsMax)
      throw new ZohoError(
        'damaged',
        `Cannot use ${this.#place}: more than ${unusableRowsMax} of its rows cannot become documents`,
      );
    if (!this.isTrial) for (const row of unusable) this.#quarantine.add(row, this.#place);
  }

  /** Begins another reading. */
  next(): void {
    this.#readings++;
    this.#before = this.#now;
    this.#now = new Map();
    this.isTrial = false;
  }
}
