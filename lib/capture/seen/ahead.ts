/** Captured records whose `Modified_Time` lies beyond Zoho's clock, kept so that neither sweeps nor restarts repeat them. */
import {aheadIdsMax} from '../../limits.ts';

/** The part of a merge patch that changes the saved list: `Modified_Time` in epoch seconds by id, or null for those whose time has come. */
export type AheadPatch = Readonly<Record<string, number | null>>;

/**
 * The latest of a module's records that were captured before their time. There is room for so many; further ones are captured all the same, and may be repeated
 * by a restart.
 */
export class Ahead {
  readonly #captured: Map<string, number>;

  constructor(saved: Readonly<Record<string, number>> = {}) {
    this.#captured = new Map(Object.entries(saved));
  }

  /** `Modified_Time` in epoch seconds by id. */
  get captured(): ReadonlyMap<string, number> {
    return this.#captured;
  }

  /** Takes note of records that are being captured; undefined when there is nothing new to save. */
  add(records: readonly {readonly id: string; readonly seconds: number}[]): AheadPatch | undefined {
    const patch: Record<string, number | null> = {};
    for (const {id, seconds} of records) {
      if (this.#captured.get(id) === seconds) continue;
      if (!this.#captured.has(id) && this.#captured.size >= aheadIdsMax) break;
      this.#captured.set(id, seconds);
      patch[id] = seconds;
    }
    return Object.keys(patch).length === 0 ? undefined : patch;
  }

  /** Forgets those that no sweep reads again: whose time lies before `fromS`. */
  forget(fromS: number): AheadPatch | undefined {
    const patch: Record<string, number | null> = {};
    for (const [id, seconds] of this.#captured) {
      if (seconds >= fromS) continue;
      this.#captured.delete(id);
      patch[id] = null;
    }
    return Object.keys(patch).length === 0 ? undefined : patch;
  }
}
