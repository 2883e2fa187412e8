/** A sink that counts and forgets: what a capture costs without its output. */
import {Blocks} from '../platform/buffer-pool.ts';
import {frame} from './serialize.ts';
import type {Piece, Sink} from './sink.ts';

const lineEnd = Buffer.from('\n');
const nothing = Buffer.alloc(0);

export class DiscardSink implements Sink {
  documents = 0;
  bytes = 0;
  checkpoints = 0;

  readonly #blocks = new Blocks();

  async write(piece: Piece): Promise<number> {
    const framed = frame(this.#blocks, piece, nothing, lineEnd);
    if (framed.block !== undefined) this.#blocks.give(framed.block);
    this.documents += framed.count;
    this.bytes += framed.bytes.length;
    this.checkpoints++;
    return framed.count;
  }

  async describe(): Promise<void> {}

  async close(): Promise<void> {}
}
