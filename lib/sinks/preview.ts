/**
 * Standard output as a sink for people and programs: lines of `["collection",document]`, as
 * `flowctl preview` prints them.
 */
import type {Writable} from 'node:stream';
import {mergePatch, type StatePatch} from '../flow/state.ts';
import {OutputQueue} from './output-queue.ts';
import {serialize} from './serialize.ts';
import {patchOf, type Sink, type Transaction} from './sink.ts';

const lineEnd = Buffer.from(']\n');
const nothing = Buffer.alloc(0);

export interface PreviewOptions {
  /** Initial state of the capture. */
  readonly state: unknown;
  /**
   * Whether to print every checkpoint after its documents, as
   * `["connectorState",{"updated":…,"mergePatch":true}]`.
   */
  readonly showState: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Persists nothing: a run begins with the state it is given, and `state` is what the next run can
 * begin with.
 */
export class PreviewSink implements Sink {
  readonly #lines: OutputQueue;
  readonly #showState: boolean;
  readonly #before = new Map<string, Buffer>();
  #state: unknown;

  constructor(output: Writable, {state, showState, signal}: PreviewOptions) {
    this.#lines = new OutputQueue(output, signal);
    this.#state = state;
    this.#showState = showState;
  }

  /** The reduced state, including everything written so far. */
  get state(): unknown {
    return this.#state;
  }

  write(transaction: Transaction): Promise<number> {
    return this.#lines.write(() => {
      const before = this.#prefix(transaction.target.collection);
      const {count, ...lines} = serialize(this.#lines.blocks, transaction, before, lineEnd, () => {
        const patch = patchOf(transaction);
        this.#state = mergePatch(this.#state, patch ?? {});
        return this.#checkpoint(patch);
      });
      return {...lines, result: count};
    });
  }

  async describe(): Promise<void> {}

  close(): Promise<void> {
    return this.#lines.flushed();
  }

  #prefix(collection: string): Buffer {
    return this.#before.getOrInsertComputed(collection, () => Buffer.from(`[${JSON.stringify(collection)},`));
  }

  #checkpoint(patch: StatePatch | undefined): Buffer {
    if (!this.#showState || patch === undefined || Object.keys(patch).length === 0) return nothing;
    return Buffer.from(`${JSON.stringify(['connectorState', {updated: patch, mergePatch: true}])}\n`);
  }
}
