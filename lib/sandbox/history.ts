/**
 * What happened to a module's records since the start: the only part of an organisation that takes
 * memory.
 */
import type {Event, PointInTime} from './point-in-time.ts';
import {shows} from './point-in-time.ts';
import type {Value} from './schema/field.ts';

/** A state of a record, from its event until the next one. */
export interface Version extends Event {
  readonly modifiedS: number;
  /** The record is deleted. */
  readonly gone: boolean;
  /** Values that differ from the record's initial ones. */
  readonly values: ReadonlyMap<string, Value>;
  /** Identifies the last change of the computed values. */
  readonly salt: number;
}

interface Placed {
  readonly index: number;
  readonly id: bigint;
  readonly version: Version;
}

/**
 * Versions that no snapshot can show any more are dropped after this time. Results of jobs are kept
 * for a day.
 */
export const rememberedMs = 25 * 3_600_000;

export class History {
  readonly #versions = new Map<number, Version[]>();
  /** All versions, by `(Modified_Time, id)`. */
  #placed: Placed[] = [];
  #forgotten = 0;

  has(index: number): boolean {
    return this.#versions.has(index);
  }

  /**
   * The version that is current at a moment; undefined if the record was still unchanged, or not
   * yet there.
   */
  at(index: number, moment: PointInTime): Version | undefined {
    const versions = this.#versions.get(index);
    if (!versions) return undefined;
    for (let i = versions.length - 1; i >= 0; i -= 1) {
      const version = versions[i]!;
      if (shows(moment, version)) return version;
    }
    return undefined;
  }

  add(index: number, id: bigint, version: Version): void {
    const versions = this.#versions.get(index);
    if (versions) {
      versions.push(version);
      this.#forget(versions, version.atMs);
    } else {
      this.#versions.set(index, [version]);
    }
    const place = this.#placeOf(version.modifiedS, id);
    if (place === this.#placed.length) this.#placed.push({index, id, version});
    else this.#placed.splice(place, 0, {index, id, version});
  }

  /**
   * Current versions of changed records with `fromS <= Modified_Time < toS` at a moment, without
   * deleted ones, by `(Modified_Time, id)`.
   */
  *between(fromS: number, toS: number, after: bigint | undefined, moment: PointInTime): Generator<Placed, void, void> {
    const placed = this.#placed;
    let place = this.#placeOf(fromS, after === undefined ? -1n : after + 1n);
    for (; place < placed.length; place += 1) {
      const entry = placed[place]!;
      if (entry.version.modifiedS >= toS) return;
      if (!entry.version.gone && this.at(entry.index, moment) === entry.version) yield entry;
    }
  }

  /** The index up to which everything is less than `(modifiedS, id)`. */
  #placeOf(modifiedS: number, id: bigint): number {
    let low = 0;
    let high = this.#placed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const {version, id: other} = this.#placed[middle]!;
      if (version.modifiedS < modifiedS || (version.modifiedS === modifiedS && other < id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Drops the versions of a record that were visibly replaced longer ago than anything remembers.
   */
  #forget(versions: Version[], nowMs: number): void {
    const keepFrom = versions.findLastIndex(({visibleMs}) => visibleMs < nowMs - rememberedMs);
    if (keepFrom <= 0) return;
    versions.splice(0, keepFrom);
    this.#forgotten += keepFrom;
    if (this.#forgotten * 2 < this.#placed.length) return;
    this.#placed = this.#placed.filter(({index, version}) => this.#versions.get(index)?.includes(version));
    this.#forgotten = 0;
  }
}
