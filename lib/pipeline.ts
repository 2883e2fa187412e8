/**
 * The path of every row: source, coerce, shape, sink, one batch at a time from the socket to the
 * output.
 */

import {BufferPool} from './platform/buffer-pool.ts';
import type {Batch, DocBlock, RowBlock} from './records/batch.ts';
import type {Field} from './records/field.ts';
import {type CoerceOptions, CoerceStream} from './transforms/coerce.ts';
import {ShapeStream} from './transforms/shape.ts';

export interface PipeOptions extends CoerceOptions {
  readonly fields: ReadonlyMap<string, Field>;
  readonly signal: AbortSignal;
  /** Writes a batch; the pipe reads on when it resolves, and uses the batch's bytes again. */
  write(batch: Batch<DocBlock>): Promise<void>;
}

/**
 * Runs a source to its end through the stages. A failure anywhere closes the source and is thrown
 * as it is; nothing that came after it is written.
 */
export async function pipe(
  source: AsyncIterable<Batch<RowBlock>> | Iterable<Batch<RowBlock>>,
  options: PipeOptions,
): Promise<void> {
  const blocks = new BufferPool();
  const written = new WritableStream<Batch<DocBlock>>({
    async write(batch) {
      await options.write(batch);
      blocks.release(batch.items.bytes);
    },
  });
  await ReadableStream.from(source)
    .pipeThrough(new CoerceStream(options.fields, {...options, blocks}))
    .pipeThrough(new ShapeStream())
    .pipeTo(written, {signal: options.signal});
}
