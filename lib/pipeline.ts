/**
 * The path of every row: source, coerce, shape, sink, one batch at a time from the socket to the
 * output.
 */

import type {Batch, DocBlock, RowBlock} from './records/batch.ts';
import type {Field} from './records/field.ts';
import {type CoerceOptions, CoerceStream} from './transforms/coerce.ts';
import {ShapeStream} from './transforms/shape.ts';

/** What a pipe reads from. */
export type Source<Items> = AsyncIterable<Batch<Items>> | Iterable<Batch<Items>>;

/** Where a pipe ends: in a sink (`sinkWriter`), or with a function (`batchWriter`). */
export interface PipeEnd<Shaped extends Batch<DocBlock> = Batch<DocBlock>> {
  readonly into: WritableStream<Shaped>;
  readonly signal: AbortSignal;
}

export interface PipeOptions<Shaped extends Batch<DocBlock> = Batch<DocBlock>> extends PipeEnd<Shaped>, CoerceOptions {
  readonly fields: ReadonlyMap<string, Field>;
}

/**
 * Runs a source of rows to its end through the stages into the sink. A failure anywhere closes the
 * source and is thrown as it is; nothing that came after it is written.
 */
export function pipe(rows: Source<RowBlock>, options: PipeOptions): Promise<void> {
  return pipeThrough(rows, new ShapeStream(), options);
}

/** As `pipe`, with another way to complete documents: snapshots number their rows. */
export function pipeThrough<Shaped extends Batch<DocBlock>>(
  rows: Source<RowBlock>,
  shape: TransformStream<Batch<DocBlock>, Shaped>,
  {fields, into, signal, ...options}: PipeOptions<Shaped>,
): Promise<void> {
  return ReadableStream.from(rows).pipeThrough(new CoerceStream(fields, options)).pipeThrough(shape).pipeTo(into, {signal});
}

/** Takes documents that are complete as they come, such as tombstones, into the sink. */
export function pipeDocuments<B extends Batch<DocBlock>>(
  documents: AsyncIterable<B> | Iterable<B>,
  {into, signal}: PipeEnd<B>,
): Promise<void> {
  return ReadableStream.from(documents).pipeTo(into, {signal});
}
