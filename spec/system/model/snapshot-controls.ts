/** Broken controls of snapshots: one defect at a time, each of which the model check must catch. */

import {SnapshotBinding} from '../../../lib/capture/snapshots/snapshot-binding.ts';

export interface SnapshotControl {
  readonly name: string;
  /** Breaks the product; call what it returns to mend it. */
  breakIt(): () => void;
}

/** Replaces methods of a class for a while. */
function replaced<T extends object>(prototype: T, change: Partial<T> & ThisType<T>): () => void {
  const before = Object.fromEntries(Object.keys(change).map((name) => [name, prototype[name as keyof T]]));
  Object.assign(prototype, change);
  return () => void Object.assign(prototype, before);
}

const noDocs = {bytes: new Uint8Array(0), ranges: new Int32Array(0), count: 0};

export const snapshotControls: readonly SnapshotControl[] = [
  {
    name: 'tombstones are forgotten when a snapshot shrinks',
    breakIt: () => replaced(SnapshotBinding.prototype, {leftOver: () => noDocs}),
  },
  {
    name: 'the count is not raised while rows are written',
    breakIt: () =>
      replaced(SnapshotBinding.prototype, {
        raised() {
          return {last_count: this.state.lastCount, last_digest: null};
        },
      }),
  },
];
