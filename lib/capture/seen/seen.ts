/**
 * What one binding has emitted, as far as later rows depend on it. It decides over documents at the
 * moment of their write (guarantees G2 and G3).
 */
import {type BindingState, mergePatch, secondsOf} from '../../flow/state.ts';
import {windowOverlapS} from '../../limits.ts';
import type {Clock} from '../../platform/clock.ts';
import type {BindingPatch, DocBlock} from '../../records/batch.ts';
import {contentOf, idOf, modifiedOf} from '../../records/documents.ts';
import {modifiedSeconds} from '../../records/instant.ts';
import type {ZohoClient} from '../../zoho/api.ts';
import type {BindingProgress} from '../progress.ts';
import {Ahead} from './ahead.ts';
import {BackfillFilter, type Emission} from './backfill-filter.ts';
import {contentDigest, EmittedVersions} from './emitted-versions.ts';
import type {IdBudget} from './id-table.ts';
import {RecycleBin} from './recycle-bin.ts';
import {RefreshedValues} from './refreshed-values.ts';

/** Decides whether a document is written, at the moment of its write. */
export type Admit = (docs: DocBlock, i: number) => boolean;

export interface SeenOptions {
  readonly module: string;
  readonly progress: BindingProgress;
  readonly clock: Clock;
  /** Room for ids, which all bindings of a process share. */
  readonly filterIds: IdBudget;
  readonly emittedIds: IdBudget;
  readonly refreshedIds: IdBudget;
}

export class Seen {
  readonly filter: BackfillFilter;
  readonly emitted: EmittedVersions;
  /** Records that went into the recycle bin. */
  readonly recycleBin: RecycleBin;
  /** Captured records whose `Modified_Time` is still to come. */
  readonly ahead: Ahead;
  readonly #module: string;
  readonly #progress: BindingProgress;
  readonly #clock: Clock;
  readonly #startS: number;
  readonly refreshed: RefreshedValues;
  /** Records that a refresh found alive although their last document was a deletion. */
  readonly #returned = new Set<string>();
  /** Records that COQL returns although their deletion was emitted. */
  readonly #doubted = new Set<bigint>();
  #zohoS: number;
  #sweptToS = Number.NEGATIVE_INFINITY;

  constructor({module, progress, clock, filterIds, emittedIds, refreshedIds}: SeenOptions, state: BindingState) {
    this.#module = module;
    this.#progress = progress;
    this.#clock = clock;
    this.#startS = secondsOf(state.start);
    this.#zohoS = secondsOf(state.inc.cursor);
    this.filter = new BackfillFilter(filterIds);
    this.emitted = new EmittedVersions(emittedIds);
    this.refreshed = new RefreshedValues(refreshedIds);
    this.recycleBin = new RecycleBin(state.deleted.recycled);
    this.ahead = new Ahead(state.ahead);
    for (const {id, seconds, digest} of this.ahead.versions()) this.emitted.document(BigInt(id), seconds, digest);
    const readAgainS = secondsOf(state.deleted.cursor) - windowOverlapS;
    for (const [id, deletedS] of Object.entries(state.deleted.recycled ?? {}))
      if (deletedS >= readAgainS) this.emitted.recallDeletion(BigInt(id), deletedS);
  }

  /** Reads Zoho's clock. It may be set back while dates are in doubt; the time kept here is not. */
  async readClock(client: ZohoClient, signal: AbortSignal): Promise<void> {
    this.#zohoS = Math.max(this.#zohoS, await client.nowSeconds(signal));
  }

  /**
   * The latest time that counts as the present, by Zoho's clock or this machine's. Zoho's may be
   * far behind while it is in doubt.
   */
  get presentS(): number {
    return Math.max(this.#zohoS, this.#clock.nowMs() / 1000);
  }

  /**
   * Whether a sweep of this process captured a record modified at this time or later. Records of
   * the future do not count, because no refresh reaches them.
   */
  hasSweptTo(seconds: number): boolean {
    return this.#sweptToS >= seconds;
  }

  /**
   * Admits rows read by COQL, except exact duplicates, older versions and records before the start
   * date. A record whose deletion was emitted after its modification is doubted, and the feed of
   * deletions decides. An admitted record's bulk rows are dropped.
   */
  readonly admitSwept: Admit = (docs, i) => {
    const id = idOf(docs, i);
    if (this.emitted.isDoubtful(id, modifiedSeconds(modifiedOf(docs, i)))) {
      this.#doubted.add(id);
      return false;
    }
    return this.admitRestored(docs, i);
  };

  /** As `admitSwept`, for a record that is known to exist, regardless of emitted deletions. */
  readonly admitRestored: Admit = (docs, i) => {
    const id = idOf(docs, i);
    const modifiedS = modifiedSeconds(modifiedOf(docs, i));
    if (modifiedS < this.#startS || this.emitted.isPassed(id, modifiedS, this.#zohoS)) return false;
    const digest = contentDigest(contentOf(docs, i));
    if (!this.emitted.document(id, modifiedS, digest)) return false;
    this.recordEmitted(id, 'changes');
    if (modifiedS > this.presentS) this.ahead.note(String(id), modifiedS, digest);
    else this.#sweptToS = Math.max(this.#sweptToS, modifiedS);
    return true;
  };

  /** Admits a tombstone, unless the record's last emission is the same or a later deletion. */
  readonly admitDeleted: Admit = (docs, i) => {
    const id = idOf(docs, i);
    if (!this.emitted.deletion(id, modifiedSeconds(modifiedOf(docs, i)))) return false;
    this.recordEmitted(id, 'deletions');
    this.#progress.deletions++;
    return true;
  };

  /**
   * Admits a row of a backfill, unless its record was emitted otherwise since the backfill began.
   */
  readonly admitBackfilled: Admit = (docs, i) => {
    this.#mustKnowAll();
    // Equivalent mutants (ConditionalExpression): where nothing is known, no row is dropped
    if (this.filter.size === 0 && this.refreshed.size === 0) return true;
    const id = idOf(docs, i);
    if (!this.filter.allows(id)) return this.#drop();
    this.refreshed.forget(id);
    return true;
  };

  /**
   * Admits a row of a refresh as `admitBackfilled` does, unless the last refresh wrote the same
   * values. A row is not written for a deleted record, because a partial document would revive it;
   * such a record is `returned`.
   */
  readonly admitRefreshed: Admit = (docs, i) => {
    this.#mustKnowAll();
    const id = idOf(docs, i);
    if (!this.filter.allows(id)) return this.#drop();
    if (this.recycleBin.has(id)) {
      this.#returned.add(String(id));
      return this.#drop();
    }
    const content = contentOf(docs, i);
    if (this.refreshed.holds(id, content)) {
      this.#progress.unchanged++;
      return false;
    }
    this.refreshed.note(id, content);
    this.#progress.refreshed++;
    return true;
  };

  /**
   * Returns the records that a refresh found alive since the last call. They must be captured
   * completely.
   */
  takeReturned(): string[] {
    const ids = [...this.#returned];
    this.#returned.clear();
    return ids;
  }

  /** Whether any record is doubted. */
  get hasDoubts(): boolean {
    return this.#doubted.size > 0;
  }

  /** Returns the records doubted since the last call. */
  takeDoubted(): bigint[] {
    const ids = [...this.#doubted];
    this.#doubted.clear();
    return ids;
  }

  /**
   * Makes the next sweep capture records of the future again, although their versions are known,
   * for new fields.
   */
  recaptureAhead(): void {
    for (const {id, seconds} of this.ahead.versions()) this.emitted.forgetDocument(BigInt(id), seconds);
    this.ahead.lookSoon();
  }

  /** Forgets versions that no sweep reads again: those before `fromS`. */
  forget(fromS: number): void {
    this.emitted.forget(fromS);
    this.ahead.forget(fromS);
  }

  /** Records a failed write: some documents recorded as written may be missing. */
  doubtRefreshed(): void {
    this.refreshed.clear();
  }

  /** Completes a checkpoint with the effects of its documents, in the step that writes them. */
  complete(patch: BindingPatch | undefined, {backfill}: BindingState): BindingPatch | undefined {
    const ahead = this.ahead.takePatch();
    const seen = backfill == null || patch?.backfill === null ? undefined : this.filter.unsaved(backfill.seen);
    const moved = seen === undefined ? patch : (mergePatch(patch ?? {}, {backfill: {seen}}) as BindingPatch);
    return ahead === undefined ? moved : {...moved, ahead};
  }

  /** Records an emission other than by bulk, in the step that writes it. */
  recordEmitted(id: bigint, emission: Emission): void {
    this.filter.record(id, emission);
    this.refreshed.forget(id);
    this.ahead.drop(String(id));
  }

  #mustKnowAll(): void {
    if (this.filter.overflowed) throw new FilterOverflow(this.#module);
  }

  #drop(): false {
    this.#progress.dropped++;
    return false;
  }
}

/**
 * More records changed during a backfill than the filter can remember, so the backfill must
 * restart.
 */
export class FilterOverflow extends Error {
  override readonly name = 'FilterOverflow';

  constructor(module: string) {
    super(`More records of module ${module} changed during its backfill than can be remembered`);
  }
}
