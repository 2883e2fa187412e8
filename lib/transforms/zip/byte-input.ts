/** Bytes that arrive in pieces, read in the amounts that a file format needs. */

/**
 * Reads from an iterator of pieces, and takes back what was read too far. It pulls nothing before
 * it is needed.
 */
export class ByteInput {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #next: Uint8Array = nothing;

  constructor(pieces: AsyncIterator<Uint8Array>) {
    this.#pieces = pieces;
  }

  /** The next bytes, at most `bytesMax`; empty only at the end. */
  async some(bytesMax: number): Promise<Uint8Array> {
    while (this.#next.length === 0) {
      const {done, value} = await this.#pieces.next();
      if (done) return nothing;
      this.#next = value;
    }
    const taken = this.#next.subarray(0, bytesMax);
    this.#next = this.#next.subarray(taken.length);
    return taken;
  }

  /** The next `count` bytes in one block, or fewer at the end of the input. */
  async take(count: number): Promise<Uint8Array> {
    let taken: Uint8Array = nothing;
    while (taken.length < count) {
      const piece = await this.some(count - taken.length);
      if (piece.length === 0) break;
      taken = Buffer.concat([taken, piece]);
    }
    return taken;
  }

  /** Puts bytes back before the rest. */
  putBack(bytes: Uint8Array): void {
    this.#next = Buffer.concat([bytes, this.#next]);
  }
}

const nothing = new Uint8Array(0);
