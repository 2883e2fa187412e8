/** Reading again what cannot be used, in case the transfer was at fault (design 3, "Quarantine"). */
import {ZohoError} from '../errors/errors.ts';
import {oddReadingsMax, oddRowsMax} from '../limits.ts';
import type {OddRow, Quarantine} from '../records/odd-rows.ts';

/**
 * Reads a page, and again as long as it has odd rows that the reading before did not have just so; a bounded number of times. What is odd in the
 * last reading goes into quarantine. Rows that are there already cost no further reading.
 */
export async function readAgain<Page extends {readonly odd: readonly OddRow[]}>(
  read: () => Promise<Page>,
  quarantine: Quarantine,
  place: string,
): Promise<Page> {
  const seen = new Set<string>();
  for (let reading = 1; ; reading++) {
    const page = await read();
    const fresh = page.odd.filter(({digest}) => !quarantine.has(digest) && !seen.has(digest));
    if (fresh.length === 0 || reading >= oddReadingsMax) {
      for (const row of page.odd) quarantine.add(row, place);
      return page;
    }
    for (const {digest} of fresh) seen.add(digest);
  }
}

/** The readings of a file that comes row by row: what is odd in it is known only when all of it was read. */
export class FileReadings {
  readonly #quarantine: Quarantine;
  readonly #place: string;
  /** Digests of odd rows, by their number: of the reading before, and of this one. */
  #before = new Map<number, string>();
  #now = new Map<number, string>();
  #readings = 1;
  /** Whether this reading has a row that is to be read again, so that nothing from there on may be passed. */
  isTrial = false;

  constructor(quarantine: Quarantine, place: string) {
    this.#quarantine = quarantine;
    this.#place = place;
  }

  /** Takes in the odd rows of a batch. Where the reading does not become a trial by them, they are left out for good. Throws kind `damaged` when there are too many. */
  note(odd: readonly OddRow[]): void {
    for (const {row, digest} of odd) {
      this.#now.set(row, digest);
      const isKnown = this.#before.get(row) === digest || this.#quarantine.has(digest);
      if (!isKnown && this.#readings < oddReadingsMax) this.isTrial = true;
    }
    if (this.#now.size > oddRowsMax)
      throw new ZohoError('damaged', `Cannot use ${this.#place}: more than ${oddRowsMax} of its rows cannot become documents`);
    if (!this.isTrial) for (const row of odd) this.#quarantine.add(row, this.#place);
  }

  /** Begins another reading. */
  next(): void {
    this.#readings++;
    this.#before = this.#now;
    this.#now = new Map();
    this.isTrial = false;
  }
}
