/** The state of one binding, which changes only together with the output. */
import {type BindingState, bindingPatch, mergePatch, type StatePatch} from '../flow/state.ts';
import type {Batch, BindingPatch, DocBlock, LateBindingPatch} from '../records/batch.ts';
import type {Sink, Target} from '../sinks/sink.ts';
import {sinkWriter} from '../sinks/writers.ts';
import type {Admit} from './seen/seen.ts';

/**
 * Completes a checkpoint in the step that writes it, after its documents have been admitted or
 * dropped.
 */
export type Complete = (patch: BindingPatch | undefined, state: BindingState) => BindingPatch | undefined;

export interface WriterOptions {
  readonly admit: Admit;
  /** Called after a batch is written, with the number of admitted documents. */
  onWritten(admitted: number): Promise<void>;
  /**
   * Called when a batch could not be written, although its documents had been admitted or dropped.
   */
  onFailed(): void;
}

/**
 * The state changes in the step that writes its checkpoint, so it always matches the output. The
 * next writer finds it as the previous checkpoint left it.
 */
export class Checkpoints {
  readonly #sink: Sink;
  readonly #target: Target;
  readonly #complete: Complete;
  #state: BindingState;

  constructor(sink: Sink, target: Target, state: BindingState, complete: Complete) {
    this.#sink = sink;
    this.#target = target;
    this.#state = state;
    this.#complete = complete;
  }

  get state(): BindingState {
    return this.#state;
  }

  /** The end of a pipe: writes each batch with its checkpoint. */
  writer(options: WriterOptions): WritableStream<Batch<DocBlock>> {
    return sinkWriter(this.#sink, this.#target, {...options, onCommit: ({patch}) => this.#commit(patch)});
  }

  /** Writes a checkpoint without documents. A function is called when its turn comes. */
  async patch(patch: BindingPatch | LateBindingPatch): Promise<void> {
    await this.#sink.write({target: this.#target, patch: () => this.#commit(patch)});
  }

  #commit(made: BindingPatch | LateBindingPatch | undefined): StatePatch | undefined {
    const patch = this.#complete(typeof made === 'function' ? made() : made, this.#state);
    if (patch === undefined) return undefined;
    this.#state = mergePatch(this.#state, patch) as BindingState;
    return bindingPatch(this.#target.stateKey, patch);
  }
}
