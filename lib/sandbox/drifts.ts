/** Changes of computed values that leave no trace in `Modified_Time` (zoho-api sheet 9, trap 1). */
import {mix} from './hash.ts';
import {rememberedMs} from './history.ts';
import {type Event, shows} from './moment.ts';
import type {OrgRecord} from './record.ts';

interface Drift extends Event {
  /** Of 256 records, how many are concerned. */
  readonly share: number;
  readonly salt: number;
}

export class Drifts {
  readonly #drifts: Drift[] = [];

  /** Computed values of a share (0 to 1) of the records become others. */
  add(happening: Event, share: number, seed: number): void {
    const settled = this.#drifts.findLastIndex((drift) => drift.share >= 256 && drift.visibleMs < happening.atMs - rememberedMs);
    if (settled > 0) this.#drifts.splice(0, settled);
    this.#drifts.push({...happening, share: share * 256, salt: mix(seed, happening.seq)});
  }

  /** A number for the last change of a record's computed values, by itself or by drifting, that its moment shows. */
  saltOf({index, version, moment}: OrgRecord): number {
    const own = version?.salt ?? 0;
    for (let i = this.#drifts.length - 1; i >= 0; i -= 1) {
      const drift = this.#drifts[i]!;
      if (drift.share > mix(index, drift.salt) % 256 && shows(moment, drift)) return mix(own, drift.salt);
    }
    return own;
  }
}
