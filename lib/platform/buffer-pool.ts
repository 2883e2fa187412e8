/** A pool of byte blocks, so that a batch neither allocates nor leaves garbage. */
import {spareBlocksMax, spareBytesMax} from '../limits.ts';

const roundBytes = 64 << 10;

/**
 * Lends blocks. A borrower returns a block when nothing reads it any more; one that is never
 * returned is simply garbage-collected.
 */
export class BufferPool {
  readonly #spare: Uint8Array[] = [];

  /** A block of at least that many bytes, with arbitrary content. */
  acquire(bytes: number): Uint8Array {
    const at = this.#spare.findIndex((block) => block.length >= bytes);
    const [block] = at < 0 ? [] : this.#spare.splice(at, 1);
    return block ?? Buffer.allocUnsafeSlow(roundBytes * Math.ceil(bytes / roundBytes));
  }

  /** A block that begins with a copy of `bytes`. */
  filled(bytes: Uint8Array): Uint8Array {
    const block = this.acquire(bytes.length);
    block.set(bytes);
    return block;
  }

  release(block: Uint8Array): void {
    if (block.length === 0 || block.length > spareBytesMax) return;
    // Batches differ in size, and the largest blocks serve most of them.
    if (this.#spare.push(block) <= spareBlocksMax) return;
    this.#spare.sort((a, b) => b.length - a.length).pop();
  }
}
