/** Where documents and checkpoints go: Flow's stdout, local files, and previews. */

import type {StatePatch} from '../flow/state.ts';
import type {DocBlock} from '../records/batch.ts';

/** One captured module, as a sink knows it. */
export interface Target {
  /**
   * Index among the bindings of Flow's open request, or among the captured modules of a local run.
   */
  readonly index: number;
  readonly stateKey: string;
  /** Name of the Flow collection that the documents belong to. */
  readonly collection: string;
}

/**
 * Documents of one binding and the checkpoint they earn, written together and never mixed with
 * another binding's. Without `patch` the checkpoint is empty: it commits the documents and moves no
 * cursor.
 */
export interface Transaction {
  readonly target: Target;
  readonly docs?: DocBlock;
  readonly patch?: StatePatch | LatePatch | undefined;
  /**
   * Decides whether to write document `i`; by default, all are written. Called once for each, in
   * order, in the same synchronous step that hands the transaction to the output, so nothing
   * changes between check and write.
   */
  readonly admit?: (docs: DocBlock, i: number) => boolean;
}

/**
 * Builds the checkpoint of a transaction once `admit` has decided over its documents, in the same
 * synchronous step. It may depend on what was admitted, and nothing is written in between. Called
 * once.
 */
export type LatePatch = () => StatePatch | undefined;

/** The checkpoint of a transaction. Call it once, after `admit` has decided over all documents. */
export function patchOf({patch}: Transaction): StatePatch | undefined {
  return typeof patch === 'function' ? patch() : patch;
}

export interface Sink {
  /**
   * Writes one transaction. Resolves with the number of documents admitted, once the sink can take
   * more. Transactions are written in the order of the calls.
   */
  write(transaction: Transaction): Promise<number>;
  /**
   * Declares what the documents of a binding look like (Flow's sourcedSchema). Other sinks ignore
   * it.
   */
  describe(target: Target, schema: object): Promise<void>;
  /** Resolves when everything has left this process, or is durable where the sink promises that. */
  close(): Promise<void>;
}
