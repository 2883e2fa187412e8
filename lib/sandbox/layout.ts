/**
 * The layout of the initial records: number, id and `Modified_Time` of each, computed and never
 * stored.
 *
 * Records are numbered so that `(Modified_Time, id)` grows with the number. Blocks of records have
 * their ids in reverse order, so that the newest records do not have the highest ids; no two blocks
 * share a second. Within a block, runs of records share one second, as mass edits leave them.
 */
import {mix} from './hash.ts';

/** The distance between ids of one module, so that the neighbours of an id are not ids. */
const idStep = 17;
const half = 1_000_000_000;

export interface LayoutOptions {
  readonly count: number;
  readonly seed: number;
  readonly idBase: bigint;
  readonly fromS: number;
  readonly toS: number;
}

/** The order of records in a bulk export. Zoho documents none (zoho-api sheet 4.2). */
export type RowOrder = 'id' | 'created' | 'scattered';

export class Layout {
  readonly count: number;
  /** Ranks of the initial records are below this; inserted ones follow. */
  readonly ranks: number;
  readonly #seed: number;
  readonly #fromS: number;
  readonly #spanS: number;
  readonly #block: number;
  readonly #blocks: number;
  readonly #idBase: bigint;
  readonly #idHigh: number;
  readonly #idLow: number;

  constructor({count, seed, idBase, fromS, toS}: LayoutOptions) {
    this.count = count;
    this.#block = count > 50_000 ? 4_096 : 128;
    this.#blocks = Math.max(1, Math.ceil(count / this.#block));
    if (toS - fromS < this.#blocks)
      throw new RangeError(`Cannot spread ${count} records over ${toS - fromS} seconds, ${this.#blocks} are needed`);
    this.ranks = this.#blocks * this.#block;
    this.#seed = seed;
    this.#fromS = fromS;
    this.#spanS = toS - fromS;
    this.#idBase = idBase;
    this.#idHigh = Number(idBase / BigInt(half));
    this.#idLow = Number(idBase % BigInt(half));
  }

  /**
   * `Modified_Time` of the record numbered `index` in epoch seconds; never less than that of the
   * previous one.
   */
  secondOf(index: number): number {
    const block = Math.floor(index / this.#block);
    const startS = this.#blockStartS(block);
    const lengthS = this.#blockStartS(block + 1) - startS;
    const run = mix(this.#seed, block);
    const runStart = run % this.#block;
    const runLength = (run >>> 16) % (this.#block / 2);
    const at = index - block * this.#block;
    const shown = at >= runStart && at < runStart + runLength ? runStart : at;
    return startS + Math.floor((shown * lengthS) / this.#block);
  }

  /** Number of the first record whose `Modified_Time` is not before `second`. */
  firstAt(second: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.secondOf(middle) < second) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  idTextOf(index: number): string {
    const low = this.#idLow + this.#offsetOf(index) * idStep;
    const carried = Math.floor(low / half);
    return `${this.#idHigh + carried}${String(low - carried * half).padStart(9, '0')}`;
  }

  idOf(index: number): bigint {
    return this.#idBase + BigInt(this.#offsetOf(index) * idStep);
  }

  /**
   * Number of the record with this id, inserted yet or not; undefined for a number that is not an
   * id of this module.
   */
  indexOf(id: bigint): number | undefined {
    const distance = id - this.#idBase;
    if (distance < 0n || distance % BigInt(idStep) !== 0n) return undefined;
    const offset = Number(distance / BigInt(idStep));
    if (offset >= this.ranks) return this.count + offset - this.ranks;
    const index = this.#turned(offset);
    return index < this.count ? index : undefined;
  }

  /** Number of the record at a rank of an order; undefined for ranks that no record ever takes. */
  indexAt(rank: number, order: RowOrder): number | undefined {
    if (rank >= this.ranks) return this.count + rank - this.ranks;
    const index = order === 'created' ? rank : this.#turned(order === 'id' ? rank : this.#scattered(rank));
    return index < this.count ? index : undefined;
  }

  #blockStartS(block: number): number {
    return this.#fromS + Math.floor((block * this.#spanS) / this.#blocks);
  }

  #offsetOf(index: number): number {
    return index < this.count ? this.#turned(index) : this.ranks + index - this.count;
  }

  /** Reverses the order of blocks and keeps the order within them. It is its own inverse. */
  #turned(place: number): number {
    const block = Math.floor(place / this.#block);
    return (this.#blocks - 1 - 2 * block) * this.#block + place;
  }

  /** Another rank in the same block: an odd factor modulo a power of two visits each rank once. */
  #scattered(rank: number): number {
    const within = rank % this.#block;
    return rank - within + ((within * 1_031 + 77) % this.#block);
  }
}
