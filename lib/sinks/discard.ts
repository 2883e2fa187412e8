/** A sink that counts and discards documents: what a capture costs without its output. */
import {BufferPool} from '../platform/buffer-pool.ts';
import {serialize} from './serialize.ts';
import {patchOf, type Sink, type Transaction} from './sink.ts';

const lineEnd = Buffer.from('\n');
const nothing = Buffer.alloc(0);

export class DiscardSink implements Sink {
  documents = 0;
  bytes = 0;
  checkpoints = 0;

  readonly #blocks = new BufferPool();

  async write(transaction: Transaction): Promise<number> {
    const framed = serialize(this.#blocks, transaction, nothing, lineEnd);
    patchOf(transaction);
    if (framed.block !== undefined) this.#blocks.release(framed.block);
    this.documents += framed.count;
    this.bytes += framed.bytes.length;
    this.checkpoints++;
    return framed.count;
  }

  async describe(): Promise<void> {}

  async close(): Promise<void> {}
}
