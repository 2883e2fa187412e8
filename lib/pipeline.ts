/**
 * The path of every row: source, coerce, shape, sink, one batch at a time from the socket to the
 * output.
 */

import {BufferPool} from './platform/buffer-pool.ts';
import type {Batch, DocBlock, RowBlock} from './records/batch.ts';
import type {Field} from './records/field.ts';
import {type CoerceOptions, CoerceStream} from './transforms/coerce.ts';
import {ShapeStream} from './transforms/shape.ts';

export interface PipeOptions<Shaped extends Batch<DocBlock> = Batch<DocBlock>> extends CoerceOptions {
  readonly fields: ReadonlyMap<string, Field>;
  readonly signal: AbortSignal;
  /** Writes a batch; the pipe reads on when it resolves, and uses the batch's bytes again. */
  write(batch: Shaped): Promise<void>;
}

type Source = AsyncIterable<Batch<RowBlock>> | Iterable<Batch<RowBlock>>;

/**
 * Runs a source to its end through the stages. A failure anywhere closes the source and is thrown
 * as it is; nothing that came after it is written.
 */
export function pipe(source: Source, options: PipeOptions): Promise<void> {
  return pipeThrough(source, new ShapeStream(), options);
}

/** As `pipe`, with another way to complete documents: snapshots number their rows. */
export async function pipeThrough<Shaped extends Batch<DocBlock>>(
  source: Source,
  shape: TransformStream<Batch<DocBlock>, Shaped>,
  options: PipeOptions<Shaped>,
): Promise<void> {
  const blocks = new BufferPool();
  const written = new WritableStream<Shaped>({
    async write(batch) {
      await options.write(batch);
      blocks.release(batch.items.bytes);
    },
  });
  await ReadableStream.from(source)
    .pipeThrough(new CoerceStream(options.fields, {...options, blocks}))
    .pipeThrough(shape)
    .pipeTo(written, {signal: options.signal});
}
