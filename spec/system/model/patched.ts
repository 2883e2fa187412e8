/** What a broken control is, and how it changes the connector's checkpoints. */
import {Seen} from '../../../lib/capture/seen/seen.ts';
import type {BindingState} from '../../../lib/flow/state.ts';
import type {ModelRun} from './run.ts';

export interface Control {
  readonly name: string;
  /** Breaks the product; call what it returns to mend it. */
  breakIt?(): () => void;
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
export function patched(change: (patch: Patch, state: BindingState) => void): () => void {
  const {complete} = Seen.prototype;
  Seen.prototype.complete = function (patch, state) {
    const copy = patch && structuredClone(patch);
    if (copy) change(copy, state);
    return complete.call(this, copy, state);
  };
  return () => Object.assign(Seen.prototype, {complete});
}
