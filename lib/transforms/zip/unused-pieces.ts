/** Pieces of input that were handed over, and how much of them was used. */

/** Keeps pieces until all of their bytes are used. Bytes are counted from the first piece on. */
export class UnusedPieces {
  readonly #pieces: Uint8Array[] = [];
  /** Bytes of the pieces that are gone. */
  #from = 0;

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  /** Gives up the pieces that end within the first `bytes` bytes. */
  *usedUp(bytes: number): Generator<Uint8Array, void, void> {
    for (let [first] = this.#pieces; first !== undefined && this.#from + first.length <= bytes; [first] = this.#pieces) {
      this.#from += first.length;
      this.#pieces.shift();
      yield first;
    }
  }

  /** What was added beyond the first `bytes` bytes. */
  beyond(bytes: number): Uint8Array {
    return Buffer.concat(this.#pieces).subarray(bytes - this.#from);
  }
}
