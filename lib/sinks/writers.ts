/** The writable ends of pipes. */
import type {StatePatch} from '../flow/state.ts';
import type {Batch, DocBlock} from '../records/batch.ts';
import type {Sink, Target, Transaction} from './sink.ts';

export interface SinkWriterOptions<B extends Batch<DocBlock>> {
  /** Decides whether a document is written; see `Transaction`. By default, all are. */
  readonly admit?: Transaction['admit'];
  /** Builds the checkpoint of a batch after `admit`, in the step that writes both. */
  onCommit(batch: B): StatePatch | undefined;
  /**
   * Called when a batch has been dealt with, with the number of its documents admitted. The pipe
   * reads on when it resolves.
   */
  onWritten?(admitted: number, batch: B): Promise<void>;
  /** Called when a batch could not be written. Its documents may have been decided over before. */
  onFailed?(): void;
}

/**
 * Ends a pipe in a sink: every batch becomes one transaction, but for those with neither documents
 * nor a patch. The pipe is held back while the sink is, and a failure of the sink ends it.
 */
export function sinkWriter<B extends Batch<DocBlock>>(
  sink: Sink,
  target: Target,
  {admit, onCommit, onWritten, onFailed}: SinkWriterOptions<B>,
): WritableStream<B> {
  return batchWriter(async (batch) => {
    const {items: docs, patch} = batch;
    const isEmpty = docs.count === 0 && patch === undefined;
    let admitted = 0;
    try {
      if (!isEmpty) admitted = await sink.write({target, docs, admit, patch: () => onCommit(batch)});
    } catch (error) {
      onFailed?.();
      throw error;
    }
    await onWritten?.(admitted, batch);
  });
}

/** Ends a pipe in a function. The bytes of a batch are used again when it resolves. */
export function batchWriter<B extends Batch<DocBlock>>(write: (batch: B) => Promise<void>): WritableStream<B> {
  return new WritableStream({
    async write(batch) {
      await write(batch);
      batch.items.release?.();
    },
  });
}
