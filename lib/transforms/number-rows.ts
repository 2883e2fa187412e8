/**
 * Numbers the rows of a snapshot: the counterpart of `shape` for modules without `Modified_Time`
 * (design 5.7).
 */
import type {Batch, DocBlock} from '../records/batch.ts';
import type {RowDigest} from '../records/row-digest.ts';

/** Numbered documents. */
export interface NumberedBatch extends Batch<DocBlock> {
  /** Of all rows up to the last of them. */
  readonly digest: RowDigest;
  /** The patch of their source. It says how far the reading is, which is no part of the state. */
  readonly read: Batch<DocBlock>['patch'];
}

/**
 * Completes documents in their own block, and adds each to `digest` as it was before. Rows are
 * numbered from `digest.count`. `_meta.op` is `u` for numbers below `used`, which an earlier
 * snapshot has, and `c` for the others. The result shares the memory of the documents passed in.
 */
export function numberRows(docs: DocBlock, digest: RowDigest, used: number): DocBlock {
  const bytes = Buffer.from(docs.bytes.buffer, docs.bytes.byteOffset, docs.bytes.byteLength);
  const ranges = docs.ranges.slice();
  for (let i = 0; i < docs.count; i++) {
    const [from, end] = [ranges[2 * i]!, ranges[2 * i + 1]!];
    const number = digest.count;
    digest.add(bytes.subarray(from, end));
    const meta = `,"_meta":{"op":"${number < used ? 'u' : 'c'}","row_id":${number}}}`;
    // Equivalent mutants (StringLiteral): the text is ASCII, and its encoding only saves time
    ranges[2 * i + 1] = end + bytes.write(meta, end, 'latin1');
  }
  return {...docs, ranges};
}

/** Numbers the rows of each batch, after those that `begun` has counted. Order and batch size stay. */
export class NumberStream extends TransformStream<Batch<DocBlock>, NumberedBatch> {
  constructor(begun: RowDigest, used: number) {
    const digest = begun.copy();
    super({
      transform(batch, controller) {
        const items = numberRows(batch.items, digest, used);
        controller.enqueue({items, digest: digest.copy(), read: batch.patch});
      },
    });
  }
}
