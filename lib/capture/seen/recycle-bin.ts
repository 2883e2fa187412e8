/** Records that went into the recycle bin, and when to ask whether they are back: a restore need not move `Modified_Time`. */
import {coqlIdsMax, recycledAskMaxS, recycledIdsMax, recycledLifeS} from '../../limits.ts';

/** The part of a merge patch that changes the saved list: when each was deleted, or null for those that are forgotten. */
export type RecycledPatch = Readonly<Record<string, number | null>>;

interface Watched {
  readonly id: string;
  /** Epoch seconds, as saved. */
  readonly deletedS: number;
  /** When Zoho was last asked; nothing is known of a saved one. */
  readonly askedS: number | undefined;
}

/**
 * The latest ids of a module seen to go into the recycle bin.
 *
 * Each is due again when as much time has passed since it was asked for as an eighth of what had passed since its deletion, an hour at most, so
 * that a restore is seen soon after a short while in the bin. After `recycledLifeS` Zoho has emptied the bin, and it is due no more.
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

  /** Watches records that Zoho has just said to be gone. There is room for so many; the first ones go. */
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

  /** Those to ask for now. The last query of 100 is filled up with the ones that are due next, as it costs no more. */
  due(nowS: number): string[] {
    const inBin = [...this.#watched.values()].filter(({deletedS}) => deletedS > nowS - recycledLifeS);
    const next = inBin.map((watched) => ({id: watched.id, dueS: dueS(watched)})).sort((a, b) => a.dueS - b.dueS);
    const due = next.filter((watched) => watched.dueS <= nowS).length;
    return next.slice(0, Math.ceil(due / coqlIdsMax) * coqlIdsMax).map(({id}) => id);
  }

  /** Takes note of an answer: which of those asked for are back, and watched no longer. */
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
