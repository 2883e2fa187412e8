/**
 * The position of a reading of a complete module: its job and page, and the digest of the rows
 * passed.
 */
import type {BackfillState} from '../../flow/state.ts';
import {mergePatch} from '../../flow/state.ts';
import type {BindingPatch, LateBindingPatch} from '../../records/batch.ts';
import {RowDigest} from '../../records/row-digest.ts';

/** There is no range, but the state of one requires an end. */
const cutoff = '1970-01-01T00:00:00Z';

/**
 * Moves with the patches of a bulk source and of its recovery. Where rows of a page must be read
 * again, the digest returns to the page's beginning.
 */
export class SnapshotPlace {
  #backfill: BackfillState = {cutoff} as BackfillState;
  #digest = new RowDigest();
  #pageBegan = new RowDigest();

  get backfill(): BackfillState {
    return this.#backfill;
  }

  /** The digest of the rows passed. */
  get digest(): RowDigest {
    return this.#digest;
  }

  /** Takes the patch of a batch that was written, and the digest of all rows up to its end. */
  pass(patch: BindingPatch | LateBindingPatch | undefined, digest: RowDigest): void {
    const before = this.#backfill.next_page;
    this.#merge(typeof patch === 'function' ? patch() : patch);
    this.#digest = digest;
    if (this.#backfill.next_page !== before) this.#pageBegan = digest;
  }

  /** Takes the patch of a recovery, after which some rows may be read again. */
  recover(patch: BindingPatch): void {
    this.#merge(patch);
    if (this.#backfill.next_page === undefined) this.#pageBegan = new RowDigest();
    if ((this.#backfill.rows ?? 0) === 0) this.#digest = this.#pageBegan;
  }

  #merge(patch: BindingPatch | undefined): void {
    this.#backfill = mergePatch(this.#backfill, patch?.backfill ?? {}) as BackfillState;
  }
}
