/** Inflates Deflate data with node:zlib, on zlib's own thread. */
import {once} from 'node:events';
import type {TransformOptions} from 'node:stream';
import {constants, createInflateRaw, type InflateRaw, type ZlibOptions} from 'node:zlib';
import {ZohoError} from '../../errors/errors.ts';
import {deflatedPieceBytes, inflateBlockBytes} from '../../limits.ts';
import {BufferPool} from '../../platform/buffer-pool.ts';
import {UnusedPieces} from './unused-pieces.ts';

/** Reads at most `bytesMax` bytes; empty only at the end. */
export type Pull = (bytesMax: number) => Promise<Uint8Array>;

/**
 * Yields the bytes of one Deflate stream; returns what was pulled beyond its end. `consumed`
 * receives the number of compressed bytes used. At most a few pieces of input and two blocks of
 * output are in memory, and blocks are never reused.
 *
 * Input that ends inside the stream gives what could be inflated without an error: sizes and
 * checksum reveal it. Other data are an error of kind `damaged`. A failure of `pull` is thrown
 * after all output that came before it.
 */
export async function* inflate(pull: Pull, consumed: (bytes: number) => void): AsyncGenerator<Uint8Array, Uint8Array, void> {
  const options: ZlibOptions & TransformOptions = {
    chunkSize: inflateBlockBytes,
    finishFlush: constants.Z_SYNC_FLUSH,
    // Input for a block or two is queued, so that zlib keeps working while this thread is busy.
    writableHighWaterMark: 4 * deflatedPieceBytes,
    // At most one block waits. Taking it starts zlib on the next, in parallel with whatever
    // processes it.
    readableHighWaterMark: 1,
  };
  const zlib = createInflateRaw(options);
  const feed = new Feed(pull, zlib);
  const feeding = feed.run();
  try {
    let block: Uint8Array | undefined;
    for await (const part of zlib) {
      consumed(zlib.bytesWritten);
      // zlib fills one buffer after another, and emits each in parts when it runs out of input.
      if (block === undefined) block = part;
      else if (part.buffer === block.buffer) block = new Uint8Array(part.buffer, block.byteOffset, block.length + part.length);
      else {
        yield block;
        block = part;
      }
    }
    consumed(zlib.bytesWritten);
    if (block !== undefined) yield block;
  } catch {
    throw new ZohoError('damaged', 'Cannot inflate the data: it is not a valid Deflate stream');
  } finally {
    feed.stop();
    await feeding;
  }
  return feed.rest();
}

/** Feeds input to zlib while it has room. */
class Feed {
  readonly #pull: Pull;
  readonly #zlib: InflateRaw;
  readonly #blocks = new BufferPool();
  readonly #stopped = new AbortController();
  /** What zlib has not used up. Its stream may end inside any of the pieces. */
  readonly #unused = new UnusedPieces();
  #failure: {readonly error: unknown} | undefined;

  constructor(pull: Pull, zlib: InflateRaw) {
    this.#pull = pull;
    this.#zlib = zlib;
  }

  /** Ends with the input, or when stopped; never rejects. */
  async run(): Promise<void> {
    const {signal} = this.#stopped;
    while (!signal.aborted && this.#failure === undefined) {
      const piece = await this.#piece();
      if (piece.length === 0) break;
      this.#unused.add(piece);
      if (!signal.aborted && !this.#zlib.write(piece)) await this.#room();
      // Equivalent mutants (CallExpression): it only saves memory
      for (const used of this.#unused.usedUp(this.#zlib.bytesWritten)) this.#blocks.release(new Uint8Array(used.buffer));
    }
    this.#zlib.end();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** What follows the end of the stream. Throws the failure that ended the input, if any. */
  rest(): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#unused.beyond(this.#zlib.bytesWritten);
  }

  /** Joins the network's small pieces: each would cost zlib a turn of the event loop. */
  async #piece(): Promise<Uint8Array> {
    const block = this.#blocks.acquire(deflatedPieceBytes);
    let bytes = 0;
    try {
      do {
        const piece = await this.#pull(deflatedPieceBytes - bytes);
        if (piece.length === 0) break;
        block.set(piece, bytes);
        bytes += piece.length;
      } while (bytes < deflatedPieceBytes && !this.#stopped.signal.aborted);
    } catch (error) {
      this.#failure = {error};
    }
    return block.subarray(0, bytes);
  }

  /**
   * Resolves when zlib takes more, or never will. Its own failures are thrown where its output is
   * read.
   */
  async #room(): Promise<void> {
    await once(this.#zlib, 'drain', {signal: this.#stopped.signal}).catch(() => {});
  }
}
