/** Compares captured records with Zoho's: which are missing or extra, and which values differ. */
import {sameInstant, sameValue} from './properties.ts';

export interface Difference {
  readonly id: string;
  /** `missing`, `extra`, or the property that differs. */
  readonly what: string;
  /** JSON texts, for a property. */
  readonly captured?: string | undefined;
  readonly zoho?: string | undefined;
}

/** A row of Zoho's that cannot become a document and was therefore not captured. */
export interface LeftOut {
  readonly page: string;
  readonly row: number;
  readonly id: string | undefined;
  /** Completes "it ...". */
  readonly why: string;
}

/** Differences kept for display; further ones are only counted. */
const shownMax = 10;
/** The same limit for rows left out. It is higher because each may need to be fixed in Zoho. */
const leftOutMax = 1_000;

export interface ComparisonOptions {
  /**
   * Fields whose values the next refresh brings: they change without the record, or do not come
   * with a change.
   */
  readonly computed?: ReadonlySet<string>;
  /**
   * Fields that hold points in time. Two of Zoho's APIs may write the same one with different
   * offsets.
   */
  readonly instants?: ReadonlySet<string>;
  /** Fields that are not compared. */
  readonly ignored?: ReadonlySet<string>;
}

/** Captured records by id, with their properties as JSON texts. */
export type CapturedRecords = Pick<ReadonlyMap<string, ReadonlyMap<string, string>>, 'has' | 'get'>;

export class Comparison {
  /** Records in Zoho, and how many of them had their values compared. */
  records = 0;
  compared = 0;
  missing = 0;
  extra = 0;
  differing = 0;
  /** Records that differ only in values that the next refresh brings. */
  awaitingRefresh = 0;
  /** Records changed or deleted since the capture, which were not compared. */
  changedSince = 0;
  /** Number of rows that cannot become documents, and those that are shown. */
  quarantined = 0;
  readonly leftOut: LeftOut[] = [];
  readonly shown: Difference[] = [];
  readonly #captured: CapturedRecords;
  readonly #options: ComparisonOptions;

  constructor(captured: CapturedRecords, options: ComparisonOptions = {}) {
    this.#captured = captured;
    this.#options = options;
  }

  get isSame(): boolean {
    return [this.missing, this.extra, this.differing, this.quarantined].every((count) => count === 0);
  }

  /**
   * Records rows that cannot become documents: one to be shown, or several that cannot be told
   * apart.
   */
  leaveOut(row: LeftOut | number): void {
    this.quarantined += typeof row === 'number' ? row : 1;
    if (typeof row !== 'number' && this.leftOut.length < leftOutMax) this.leftOut.push(row);
  }

  /** Records that Zoho has a record; returns whether it was captured. */
  present(id: string): boolean {
    this.records++;
    if (this.#captured.has(id)) return true;
    this.missing++;
    this.#show({id, what: 'missing'});
    return false;
  }

  /** Takes in a row of Zoho's that a captured snapshot holds. */
  sameRow(): void {
    this.records++;
    this.compared++;
  }

  /** Takes in a row of Zoho's that a captured snapshot does not hold, or not with these values. */
  missingRow(id: string): void {
    this.records++;
    this.compared++;
    this.missing++;
    this.#show({id, what: 'missing, or has other values'});
  }

  /** Records that Zoho does not have a captured record. */
  notAtZoho(id: string): void {
    this.extra++;
    this.#show({id, what: 'extra'});
  }

  /**
   * Compares the values of a captured record with `zoho`'s, as JSON texts. Captured properties that
   * `zoho` lacks are ignored.
   */
  values(id: string, zoho: ReadonlyMap<string, string>): void {
    const captured = this.#captured.get(id);
    if (captured === undefined) return;
    const {computed, ignored, instants} = this.#options;
    this.compared++;
    let differs = false;
    let comesLater = false;
    for (const [name, value] of zoho) {
      if (name === '_meta' || ignored?.has(name)) continue;
      const own = captured.get(name);
      // A field without a value may never have been captured.
      if (own === undefined ? value === 'null' : sameValue(own, value)) continue;
      if (own !== undefined && instants?.has(name) && sameInstant(own, value)) continue;
      if (computed?.has(name)) {
        comesLater = true;
        continue;
      }
      differs = true;
      this.#show({id, what: name, captured: own, zoho: value});
    }
    if (differs) this.differing++;
    else if (comesLater) this.awaitingRefresh++;
  }

  #show(difference: Difference): void {
    if (this.shown.length < shownMax) this.shown.push(difference);
  }
}
