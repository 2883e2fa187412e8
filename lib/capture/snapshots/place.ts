/** How far a reading of a whole module has come: the pages of its jobs, and the digest of the rows passed. */
import type {BackfillState} from '../../flow/state.ts';
import {mergePatch} from '../../flow/state.ts';
import type {BindingPatch, LateBindingPatch} from '../../records/batch.ts';
import {RowDigest} from '../../records/row-digest.ts';

/** No range has an end here; the state of one asks for it. */
const cutoff = '1970-01-01T00:00:00Z';

/**
 * Moves with the patches of a bulk source, and with those of its recovery: where rows of a page are to be read anew, the digest goes back to the
 * page's beginning.
 */
export class SnapshotPlace {
  #backfill: BackfillState = {cutoff} as BackfillState;
  #digest = new RowDigest();
  #pageBegan = new RowDigest();

  get backfill(): BackfillState {
    return this.#backfill;
  }

  /** The rows passed. */
  get digest(): RowDigest {
    return this.#digest;
  }

  /** Takes the patch of a batch that has been dealt with, and the digest of all rows up to its last. */
  pass(patch: BindingPatch | LateBindingPatch | undefined, digest: RowDigest): void {
    const before = this.#backfill.next_page;
    this.#merge(typeof patch === 'function' ? patch() : patch);
    this.#digest = digest;
    if (this.#backfill.next_page !== before) this.#pageBegan = digest;
  }

  /** Takes the patch of a recovery, after which rows passed may have to be passed again. */
  recover(patch: BindingPatch): void {
    this.#merge(patch);
    if (this.#backfill.next_page === undefined) this.#pageBegan = new RowDigest();
    if ((this.#backfill.rows ?? 0) === 0) this.#digest = this.#pageBegan;
  }

  #merge(patch: BindingPatch | undefined): void {
    this.#backfill = mergePatch(this.#backfill, patch?.backfill ?? {}) as BackfillState;
  }
}
