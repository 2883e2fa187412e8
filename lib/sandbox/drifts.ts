/** Changes of computed values that leave no trace in `Modified_Time` (zoho-api sheet 9, trap 1). */
import {mix} from './hash.ts';
import {rememberedMs, type Version} from './history.ts';
import {type Event, type PointInTime, shows} from './point-in-time.ts';

interface Drift extends Event {
  /** How many of 256 records it changes. */
  readonly share: number;
  readonly salt: number;
}

/** Decides which drift a record's computed values follow. */
export interface DriftingRecord {
  readonly index: number;
  readonly version: Version | undefined;
  readonly moment: PointInTime;
}

export class Drifts {
  readonly #drifts: Drift[] = [];

  /** Changes the computed values of a share (0 to 1) of the records. */
  add(event: Event, share: number, seed: number): void {
    const settled = this.#drifts.findLastIndex((drift) => drift.share >= 256 && drift.visibleMs < event.atMs - rememberedMs);
    if (settled > 0) this.#drifts.splice(0, settled);
    this.#drifts.push({...event, share: share * 256, salt: mix(seed, event.seq)});
  }

  /**
   * Identifies the last change of a record's computed values, by an edit or a drift, that its
   * moment shows.
   */
  saltOf({index, version, moment}: DriftingRecord): number {
    const own = version?.salt ?? 0;
    for (let i = this.#drifts.length - 1; i >= 0; i -= 1) {
      const drift = this.#drifts[i]!;
      if (drift.share > mix(index, drift.salt) % 256 && shows(moment, drift)) return mix(own, drift.salt);
    }
    return own;
  }
}
