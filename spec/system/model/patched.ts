/** What a broken control is, and how it changes the connector's checkpoints. */
import {Binding} from '../../../lib/capture/binding.ts';
import type {Batch} from '../../../lib/records/batch.ts';
import type {ModelRun} from './run.ts';

/** A defect that is planted, which one of the seeds must show. */
export interface Planted {
  readonly name: string;
  /** One of the seeds that show it, tried first. The others follow, for when the model has changed. */
  readonly seed: number;
  /** Breaks the product; call what it returns to mend it. */
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

/** Changes every patch of a binding on its way to the sink, and the state that it moves; call what it returns to mend it. */
export function patched(change: (patch: Patch, binding: Binding) => void): () => void {
  const {put, patch} = Binding.prototype;
  const changed = (binding: Binding, given: Batch<unknown>['patch']) => () => {
    const made = typeof given === 'function' ? given() : given;
    const copy = made && structuredClone(made);
    if (copy) change(copy, binding);
    return copy;
  };
  Binding.prototype.put = function (batch, admit) {
    return put.call(this, batch.patch === undefined ? batch : {...batch, patch: changed(this, batch.patch)}, admit);
  };
  Binding.prototype.patch = function (given) {
    return patch.call(this, changed(this, given));
  };
  return () => Object.assign(Binding.prototype, {put, patch});
}

/** Replaces members of a class for a while; call what it returns to mend it. */
export function replaced<T extends object>(prototype: T, change: Partial<T> & ThisType<T>): () => void {
  const before = Object.getOwnPropertyDescriptors(prototype);
  for (const [name, value] of Object.entries(change)) Object.defineProperty(prototype, name, {...before[name], value});
  return () => Object.defineProperties(prototype, before);
}
