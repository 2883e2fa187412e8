/** Broken controls of snapshots: one defect at a time, each of which the model check must catch. */

import {SnapshotBinding} from '../../../lib/capture/snapshots/snapshot-binding.ts';
import {type Planted, replaced} from './patched.ts';

const noDocs = {bytes: new Uint8Array(0), ranges: new Int32Array(0), count: 0};

export const snapshotControls: readonly Planted[] = [
  {
    name: 'tombstones are forgotten when a snapshot shrinks',
    seed: 3,
    breakIt: () => replaced(SnapshotBinding.prototype, {leftOver: () => noDocs}),
  },
  {
    name: 'the count is not raised while rows are written',
    seed: 2,
    breakIt: () =>
      replaced(SnapshotBinding.prototype, {
        raised() {
          return {last_count: this.state.lastCount, last_digest: null};
        },
      }),
  },
];
