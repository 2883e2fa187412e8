/**
 * The Flow runtime as a sink: `captured` lines and the `checkpoint` that closes them (flow-protocol
 * sheet 2.6, 3.1).
 */
import type {Writable} from 'node:stream';
import type {StatePatch} from '../flow/state.ts';
import {OutputQueue} from './output-queue.ts';
import {serialize} from './serialize.ts';
import {patchOf, type Sink, type Target, type Transaction} from './sink.ts';

/**
 * Writes protocol lines to `output`. A transaction is one sequence in one block, so a checkpoint of
 * one binding never covers documents of another, and no sequence is larger than its batch.
 */
export class FlowSink implements Sink {
  readonly #lines: OutputQueue;
  readonly #before = new Map<number, Buffer>();

  constructor(output: Writable, signal?: AbortSignal) {
    this.#lines = new OutputQueue(output, signal);
  }

  write(transaction: Transaction): Promise<number> {
    return this.#lines.write(() => {
      const before = this.#prefix(transaction.target.index);
      const {count, ...lines} = serialize(this.#lines.blocks, transaction, before, capturedEnd, () =>
        checkpointLine(patchOf(transaction)),
      );
      return {...lines, result: count};
    });
  }

  async describe(target: Target, schema: object): Promise<void> {
    const line = Buffer.from(`${JSON.stringify({sourcedSchema: {binding: target.index, documentSchema: schema}})}\n`);
    await this.#lines.write(() => ({bytes: Buffer.concat([line, checkpointLine(undefined)]), result: undefined}));
  }

  close(): Promise<void> {
    return this.#lines.flushed();
  }

  #prefix(index: number): Buffer {
    return this.#before.getOrInsertComputed(index, () => Buffer.from(`{"captured":{"binding":${index},"doc":`));
  }
}

const capturedEnd = Buffer.from('}}\n');

function checkpointLine(patch: StatePatch | undefined): Buffer {
  return Buffer.from(`${JSON.stringify({checkpoint: {state: {updated: patch ?? {}, mergePatch: true}}})}\n`);
}
