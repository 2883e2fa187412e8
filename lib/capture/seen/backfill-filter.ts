/** The never-backwards filter between bulk rows and everything else (guarantee G2). */
import {type IdBudget, IdTable} from './id-table.ts';

/** Why something was emitted that a range does not bring; the state keeps which of them there were (`backfill.seen`). */
export type Emission = 'changes' | 'deletions';

/**
 * Knows the records of one binding that were captured otherwise since the running range (a backfill or a refresh) began.
 *
 * A bulk job is a photograph: some time between its submission and its end. A record emitted by a sweep, or as a tombstone, after the range began may
 * have been read after the photograph; its bulk row could then be older, so it is dropped. It is enough to look at ids:
 *
 * - a record emitted before the range began was read before the photograph, so its bulk row is not older;
 * - a record whose row is dropped loses nothing: what was emitted instead is of that moment or later and has all that COQL reads; for what only Bulk
 *   Read reads, the range is followed by a refresh;
 * - a record that changes after its bulk row was written comes again by a sweep, later in the output.
 *
 * Check and write happen in one synchronous step of the sink, so no sweep can come between them. After a restart the ids are asked of
 * Zoho again before the first bulk row is let through, as far as the state says that there were any.
 */
export class BackfillFilter {
  readonly #ids: IdTable;
  readonly #emitted = new Set<Emission>();
  #open = false;
  #isComplete = false;
  #overflowed = false;

  constructor(budget: IdBudget) {
    this.#ids = new IdTable(0, budget);
  }

  /**
   * A range begins or goes on: from now on, ids are remembered. It is complete when nothing was
   * emitted before since the range began.
   */
  begin({isComplete}: {readonly isComplete: boolean}): void {
    this.#reset();
    this.#open = true;
    this.#isComplete = isComplete;
  }

  /** What was emitted before since the range began has been asked of Zoho and recorded. */
  rebuilt(): void {
    this.#isComplete = true;
  }

  /** Whether everything emitted since the range began is known. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The range is done: nothing needs to be remembered. */
  end(): void {
    this.#reset();
    this.#open = false;
    this.#isComplete = false;
  }

  #reset(): void {
    this.#ids.clear();
    this.#emitted.clear();
    this.#overflowed = false;
  }

  /** Remembers a record that is being emitted by a sweep or as a tombstone, or, without `emission`, that may have been. */
  record(id: bigint, emission?: Emission): void {
    if (!this.#open) return;
    if (emission !== undefined) this.#emitted.add(emission);
    if (!this.#overflowed && !this.#ids.set(id)) this.#overflowed = true;
  }

  /** What was emitted since the range began, or since it goes on, that the state does not say yet. */
  news(saved: Readonly<Partial<Record<Emission, boolean | undefined>>>): Partial<Record<Emission, true>> | undefined {
    const first = [...this.#emitted].filter((emission) => saved[emission] !== true);
    return first.length === 0 ? undefined : Object.fromEntries(first.map((emission) => [emission, true]));
  }

  /** Whether a bulk row may be emitted. */
  allows(id: bigint): boolean {
    return !this.#ids.has(id);
  }

  /** True when ids had to be left out: no further bulk row may pass, and the range starts again with a new cutoff. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  get size(): number {
    return this.#ids.size;
  }
}
