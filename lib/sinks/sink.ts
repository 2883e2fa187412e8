/** Where documents and checkpoints go. Flow's stdout, local files and the benchmark's floor all take the same pieces. */

import type {StatePatch} from '../flow/state.ts';
import type {DocBlock} from '../records/batch.ts';

/** One captured module, as a sink knows it. */
export interface Target {
  /** Position in the bindings of Flow's open request, or among the captured modules of a local run. */
  readonly index: number;
  readonly stateKey: string;
  /** Name of the Flow collection that the documents belong to. */
  readonly collection: string;
}

/**
 * What is written at once: documents of one binding and the checkpoint they earn, never parted and never mixed with another
 * binding's. Without `patch` the checkpoint is empty: it commits the documents and moves nothing.
 */
export interface Transaction {
  readonly target: Target;
  readonly docs?: DocBlock;
  readonly patch?: StatePatch | LatePatch | undefined;
  /**
   * Decides over document `i`; absent, all are written. Called once for each, in order, in the same synchronous step that hands the
   * piece to the output: what it reads and records cannot change between the check and the write.
   */
  readonly admit?: (docs: DocBlock, i: number) => boolean;
}

/**
 * Makes the checkpoint of a piece when its documents have been decided over, in that same synchronous step: what it says
 * depends on what was admitted, and nothing else is written between the two. Called once.
 */
export type LatePatch = () => StatePatch | undefined;

/** The checkpoint of a piece; to be called once, after `admit` was asked about all documents. */
export function patchOf({patch}: Transaction): StatePatch | undefined {
  return typeof patch === 'function' ? patch() : patch;
}

export interface Sink {
  /** Writes one piece; resolves with the number of documents admitted, once the sink can take more. Pieces are written in the order of the calls. */
  write(piece: Transaction): Promise<number>;
  /** Says what the documents of a binding look like (Flow's sourcedSchema). A sink without use for it does nothing. */
  describe(target: Target, schema: object): Promise<void>;
  /** Resolves when everything written has left this process, or is durable where the sink promises that. */
  close(): Promise<void>;
}
