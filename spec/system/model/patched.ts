/** What a broken control is, and how it changes the connector's checkpoints. */
import {Seen} from '../../../lib/capture/seen/seen.ts';
import type {BindingState} from '../../../lib/flow/state.ts';
import type {ModelRun} from './run.ts';

/** A defect that is planted, which one of the seeds must show. */
export interface Planted {
  readonly name: string;
  /**
   * One of the seeds that show it, tried first. The others follow, for when the model has changed.
   */
  readonly seed: number;
  /** Breaks the product; call its result to undo that. */
  breakIt?(): () => void;
}

export interface Control extends Planted {
  readonly run?: Partial<ModelRun>;
}

export interface Patch {
  backfill?: Record<string, unknown> | null;
  inc?: Record<string, unknown>;
  deleted?: Record<string, unknown>;
  is_connector_initiated?: boolean;
  fields?: Record<string, unknown>;
}

/**
 * Changes every patch of a binding on its way to the sink, and the state that it moves; call its
 * result to undo that.
 */
export function patched(change: (patch: Patch, state: BindingState) => void): () => void {
  const {complete} = Seen.prototype;
  Seen.prototype.complete = function (patch, state) {
    const copy = patch && structuredClone(patch);
    if (copy) change(copy, state);
    return complete.call(this, copy, state);
  };
  return () => Object.assign(Seen.prototype, {complete});
}

/** Replaces members of a class for a while; call its result to undo that. */
export function replaced<T extends object>(prototype: T, change: Partial<T> & ThisType<T>): () => void {
  const before = Object.getOwnPropertyDescriptors(prototype);
  for (const [name, value] of Object.entries(change)) Object.defineProperty(prototype, name, {...before[name], value});
  return () => Object.defineProperties(prototype, before);
}
