/** Reading again what cannot be used, in case the transfer was at fault (design 3, "Quarantine"). */
import {ZohoError} from '../errors/errors.ts';
import {unusableReadingsMax, unusableRowsMax} from '../limits.ts';
import type {Quarantine, UnusableRow} from '../records/unusable-rows.ts';

/**
 * Reads a page, and again as long as it has unusable rows that the reading before did not have just so; a bounded number of times. What is unusable in the
 * last reading goes into quarantine. Rows that are there already cost no further reading.
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

/** The readings of a file that comes row by row: what is unusable in it is known only when all of it was read. */
export class FileReadings {
  readonly #quarantine: Quarantine;
  readonly #place: string;
  /** Digests of unusable rows, by their number: of the reading before, and of this one. */
  #before = new Map<number, string>();
  #now = new Map<number, string>();
  #readings = 1;
  /** Whether this reading has a row that is to be read again, so that nothing from there on may be passed. */
  isTrial = false;

  constructor(quarantine: Quarantine, place: string) {
    this.#quarantine = quarantine;
    this.#place = place;
  }

  /** Takes in the unusable rows of a batch. Where the reading does not become a trial by them, they are left out for good. Throws kind `damaged` when there are too many. */
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
