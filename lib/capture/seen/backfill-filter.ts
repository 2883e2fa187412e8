/** The never-backwards filter between bulk rows and everything else (guarantee G2). */
import {type IdBudget, IdTable} from './id-table.ts';

/**
 * The kinds of emissions outside a range. The state keeps which of them occurred (`backfill.seen`).
 */
export type Emission = 'changes' | 'deletions';

/**
 * Remembers the records of one binding that were captured by other means since the running range (a
 * backfill or a refresh) began.
 *
 * A bulk job exports the records at some moment between its submission and its end. A record that a
 * sweep emitted after the range began, or that was deleted, may have been read after that moment.
 * Its bulk row could then be older, so it is dropped. Ids suffice to decide:
 *
 * - A record emitted before the range began was read before the export, so its bulk row is not
 *   older.
 * - Dropping a row loses nothing: the emitted version is at least as new, and has everything that
 *   COQL reads. A refresh after the range adds what only Bulk Read reads.
 * - A record that changes after its bulk row was written is emitted again by a sweep, later in the
 *   output.
 *
 * Check and write happen in one synchronous step of the sink, so no sweep comes in between. After a
 * restart, the ids are requested from Zoho again before the first bulk row passes, if the state
 * says that there were any.
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
   * Begins or continues a range: ids are remembered from now on. `isComplete` says that nothing was
   * emitted since the range began.
   */
  begin({isComplete}: {readonly isComplete: boolean}): void {
    this.#reset();
    this.#open = true;
    this.#isComplete = isComplete;
  }

  /**
   * Records that everything emitted since the range began has been requested from Zoho and
   * recorded.
   */
  rebuilt(): void {
    this.#isComplete = true;
  }

  /** Whether everything emitted since the range began is known. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Ends the range: nothing needs to be remembered. */
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

  /**
   * Remembers a record that a sweep or a tombstone is emitting. Without `emission`, it may have
   * been emitted before.
   */
  record(id: bigint, emission?: Emission): void {
    if (!this.#open) return;
    if (emission !== undefined) this.#emitted.add(emission);
    if (!this.#overflowed && !this.#ids.set(id)) this.#overflowed = true;
  }

  /**
   * The kinds of emissions since the range began or was continued that the state does not have yet.
   */
  unsaved(saved: Readonly<Partial<Record<Emission, boolean | undefined>>>): Partial<Record<Emission, true>> | undefined {
    const first = [...this.#emitted].filter((emission) => saved[emission] !== true);
    return first.length === 0 ? undefined : Object.fromEntries(first.map((emission) => [emission, true]));
  }

  /** Whether a bulk row may be emitted. */
  allows(id: bigint): boolean {
    return !this.#ids.has(id);
  }

  /**
   * True after ids did not fit: no further bulk row may pass, and the range restarts with a new
   * cutoff.
   */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  get size(): number {
    return this.#ids.size;
  }
}
