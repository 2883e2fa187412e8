/**
 * Records in the recycle bin, and when to check whether they were restored: a restore may leave
 * `Modified_Time` unchanged.
 */
import {coqlIdsMax, recycledAskMaxS, recycledIdsMax, recycledLifeS} from '../../limits.ts';

/**
 * The part of a merge patch that changes the saved list: the time of each deletion, or null for
 * forgotten ones.
 */
export type RecycledPatch = Readonly<Record<string, number | null>>;

interface Watched {
  readonly id: string;
  /** Epoch seconds, as saved. */
  readonly deletedS: number;
  /** When Zoho was last asked; undefined for a saved one. */
  readonly askedS: number | undefined;
}

/**
 * The latest ids of a module that went into the recycle bin.
 *
 * An id is due again after an eighth of the time between its deletion and its last check, and at
 * most an hour. So an early restore is noticed soon. After `recycledLifeS` Zoho has emptied the
 * bin, and the id is no longer due.
 */
export class RecycleBin {
  readonly #watched = new Map<string, Watched>();

  constructor(saved: Readonly<Record<string, number>> = {}) {
    for (const [id, deletedS] of Object.entries(saved).sort(([, a], [, b]) => a - b))
      this.#watch({id, deletedS, askedS: undefined});
  }

  get ids(): string[] {
    return [...this.#watched.keys()];
  }

  get size(): number {
    return this.#watched.size;
  }

  has(id: bigint): boolean {
    return this.#watched.has(String(id));
  }

  /**
   * Watches records that Zoho has just reported deleted. Beyond a limit, the oldest are dropped.
   */
  add(deleted: readonly {readonly id: string; readonly deletedS: number}[], nowS: number): RecycledPatch {
    const patch: Record<string, number | null> = {};
    for (const {id, deletedS} of deleted) {
      this.#watch({id, deletedS, askedS: nowS});
      patch[id] = deletedS;
    }
    for (const {id, deletedS} of this.#watched.values()) {
      if (this.#watched.size <= recycledIdsMax && deletedS > nowS - recycledLifeS) break;
      this.#watched.delete(id);
      patch[id] = null;
    }
    return patch;
  }

  /**
   * The ids to check now. The last query of 100 is filled with those due next, at no extra cost.
   */
  due(nowS: number): string[] {
    const inBin = [...this.#watched.values()].filter(({deletedS}) => deletedS > nowS - recycledLifeS);
    const next = inBin.map((watched) => ({id: watched.id, dueS: dueS(watched)})).sort((a, b) => a.dueS - b.dueS);
    const due = next.filter((watched) => watched.dueS <= nowS).length;
    return next.slice(0, Math.ceil(due / coqlIdsMax) * coqlIdsMax).map(({id}) => id);
  }

  /** Records an answer: the restored ids are no longer watched. */
  note(asked: readonly string[], live: ReadonlySet<string>, nowS: number): void {
    for (const id of asked) {
      const watched = this.#watched.get(id);
      if (live.has(id)) this.#watched.delete(id);
      else if (watched !== undefined) this.#watched.set(id, {...watched, askedS: nowS});
    }
  }

  #watch(watched: Watched): void {
    this.#watched.delete(watched.id);
    this.#watched.set(watched.id, watched);
  }
}

function dueS({deletedS, askedS}: Watched): number {
  if (askedS === undefined) return Number.NEGATIVE_INFINITY;
  return askedS + Math.min(recycledAskMaxS, (askedS - deletedS) / 8);
}
