/** A file descriptor as a stream, written by another thread. */
import {write} from 'node:fs';
import {Writable} from 'node:stream';
import {outputBytesMax} from '../limits.ts';

/**
 * Writes to a descriptor that blocks, such as a pipe's. What node makes of standard output writes as much as the pipe has room for, then waits for
 * this thread's next turn, while the pipe stands empty; here the kernel fills it as fast as the reader empties it, whatever this thread does.
 *
 * A descriptor that turns out not to block is left to `instead`. While the reader is gone for a break, so is one thread of node's pool, and
 * the process cannot end in an orderly manner: `isStuck` tells.
 */
export class DescriptorOutput extends Writable {
  readonly #descriptor: number;
  readonly #instead: () => Writable;
  #stream: Writable | undefined;

  constructor(descriptor: number, instead: () => Writable) {
    super({highWaterMark: outputBytesMax});
    this.#descriptor = descriptor;
    this.#instead = instead;
  }

  /** Whether something is being written at this moment. */
  get isStuck(): boolean {
    return this.writableLength > 0 && !this.destroyed;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#stream !== undefined) this.#stream.write(chunk, done);
    else this.#put(chunk, done);
  }

  #put(bytes: Uint8Array, done: (error?: Error | null) => void): void {
    write(this.#descriptor, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') this.#give(bytes, done);
      else if (error !== null || written === bytes.length) done(error);
      else this.#put(bytes.subarray(written), done);
    });
  }

  #give(bytes: Uint8Array, done: (error?: Error | null) => void): void {
    this.#stream = this.#instead();
    this.#stream.on('error', () => {});
    this.#stream.write(bytes, done);
  }
}
