/** Documents as lines: the bytes of a transaction, built in one block. */

import type {BufferPool} from '../platform/buffer-pool.ts';
import type {DocBlock} from '../records/batch.ts';
import type {Transaction} from './sink.ts';

export interface Serialized {
  readonly bytes: Buffer;
  /** Documents admitted. */
  readonly count: number;
  /** The block that holds the bytes, to be released when they are written. */
  readonly block?: Uint8Array;
}

const nothing = Buffer.alloc(0);

/** Room for the closing bytes. Longer ones are copied together with the documents. */
const lastRoomBytes = 4 << 10;

/**
 * Builds `before` + document + `after` for every admitted document of the transaction, then what
 * `lastOf` returns after all decisions, in one of the blocks. Synchronous.
 */
export function serialize(
  blocks: BufferPool,
  transaction: Transaction,
  before: Buffer,
  after: Buffer,
  lastOf: () => Buffer = () => nothing,
): Serialized {
  const {docs, admit} = transaction;
  if (docs === undefined || docs.count === 0) return {bytes: lastOf(), count: 0};
  const source = asBuffer(docs.bytes);
  const between = Buffer.concat([after, before]);
  const block = asBuffer(blocks.acquire(size(docs) + docs.count * between.length + lastRoomBytes));
  let at = 0;
  let count = 0;
  for (let i = 0; i < docs.count; i++) {
    if (admit !== undefined && !admit(docs, i)) continue;
    at += (count++ === 0 ? before : between).copy(block, at);
    at += source.copy(block, at, docs.ranges[2 * i]!, docs.ranges[2 * i + 1]!);
  }
  if (count > 0) at += after.copy(block, at);
  const last = lastOf();
  if (at + last.length > block.length) return {bytes: Buffer.concat([block.subarray(0, at), last]), count};
  at += last.copy(block, at);
  return {bytes: block.subarray(0, at), count, block};
}

function size(docs: DocBlock): number {
  let bytes = 0;
  for (let i = 0; i < docs.count; i++) bytes += docs.ranges[2 * i + 1]! - docs.ranges[2 * i]!;
  return bytes;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
