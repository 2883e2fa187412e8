/** Measures what comes out of an entry. */
import {crc32} from 'node:zlib';
import {inflateRatioFromBytes, inflateRatioMax} from '../../limits.ts';
import {damaged, type Measure} from './zip-format.ts';

/** Counts what came out of the entry, and rejects implausible sizes. */
export class Meter {
  readonly #bytesMax: number;
  #crc = 0;
  #inflated = 0;
  #compressed = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Takes the number of compressed bytes used so far. */
  readonly consumed = (bytes: number): void => {
    this.#compressed = bytes;
  };

  /** Adds a block. Throws kind `damaged` when the entry cannot be what was sent. */
  add(block: Uint8Array): void {
    this.#inflated += block.length;
    const fault = sizeFault(this.#inflated, this.#compressed, this.#bytesMax);
    if (fault !== undefined) throw damaged(fault);
    this.#crc = crc32(block, this.#crc);
  }

  get measure(): Measure {
    return {crc: this.#crc, compressed: this.#compressed, inflated: this.#inflated};
  }
}

/** Why no entry of a page has so many bytes; undefined when one may. */
export function sizeFault(inflated: number, compressed: number, bytesMax: number): string | undefined {
  if (inflated > bytesMax) return `its entry has more than ${bytesMax} bytes`;
  if (inflated <= inflateRatioFromBytes || inflated <= inflateRatioMax * compressed) return undefined;
  return `its entry is more than ${inflateRatioMax} times as large as the archive`;
}
