/**
 * The single writer of an output stream: blocks of complete lines, in order, within the stream's
 * buffer limit.
 */
import {once} from 'node:events';
import type {Writable} from 'node:stream';
import {BufferPool} from '../platform/buffer-pool.ts';

/** What to write, and what to return once the stream has taken it. */
export interface Lines<T> {
  readonly bytes: Uint8Array;
  readonly block?: Uint8Array | undefined;
  readonly result: T;
}

/**
 * Hands blocks to a stream one at a time. A block is built only when the stream has room, in the
 * same synchronous step that hands it over. A slow reader therefore holds all writers back, and at
 * most one block waits in the stream.
 */
export class OutputQueue {
  /** Blocks to build lines in. */
  readonly blocks = new BufferPool();
  readonly #output: Writable;
  readonly #signal: AbortSignal | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Aborting `signal` ends waits for room. Blocks already handed over are delivered nevertheless.
   */
  constructor(output: Writable, signal?: AbortSignal) {
    this.#output = output;
    this.#signal = signal;
    // The write that meets a failure reports it; nobody listens for the event.
    output.on('error', () => {});
  }

  /**
   * Builds and writes one block in its turn. Rejects if the output failed or the signal aborts
   * before its turn.
   */
  write<T>(build: () => Lines<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      await this.#room();
      const {bytes, block, result} = build();
      if (bytes.length > 0) this.#output.write(bytes, () => block && this.blocks.release(block));
      return result;
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Resolves when the stream has delivered all blocks. Rejects when it failed before. */
  async flushed(): Promise<void> {
    await this.#last;
    if (this.#output.errored) throw this.#output.errored;
    if (this.#output.writableLength === 0) return;
    await new Promise<void>((resolve, reject) => this.#output.write('', (error) => (error ? reject(error) : resolve())));
  }

  async #room(): Promise<void> {
    this.#signal?.throwIfAborted();
    if (this.#output.errored) throw this.#output.errored;
    if (this.#output.writableNeedDrain) await once(this.#output, 'drain', {signal: this.#signal});
  }
}
