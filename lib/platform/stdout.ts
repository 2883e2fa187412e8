/** A file descriptor as a stream, written on another thread. */
import {write} from 'node:fs';
import {Writable} from 'node:stream';
import {outputBytesMax} from '../limits.ts';

/**
 * Writes to a blocking descriptor, such as a pipe's. Node's own standard output fills the pipe once
 * and then waits for this thread's next turn, while the pipe runs empty. Here the operating system
 * fills it as fast as the reader empties it, whatever this thread does.
 *
 * A descriptor that turns out not to block is handed to `instead`. While the reader pauses, one
 * thread of node's pool is blocked, and the process cannot exit normally; `isStuck` tells.
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

  /** Whether a write is in progress. */
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
