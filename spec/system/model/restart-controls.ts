/**
 * Broken controls of what a restart must not forget: each takes something from the state, or from
 * what the state is for.
 */
import {BackfillFilter} from '../../../lib/capture/seen/backfill-filter.ts';
import {RecycleBin} from '../../../lib/capture/seen/recycle-bin.ts';
import {type Control, patched, replaced} from './patched.ts';

/** Has the state keep only some of what was emitted since a range began. */
export function seenOnly(kept: ReadonlySet<string>): () => void {
  const {unsaved: news} = BackfillFilter.prototype;
  return replaced(BackfillFilter.prototype, {
    unsaved(saved) {
      const all = Object.entries(news.call(this, saved) ?? {}).filter(([emission]) => kept.has(emission));
      return all.length === 0 ? undefined : Object.fromEntries(all);
    },
  });
}

export const restartControls: readonly Control[] = [
  {name: 'the state does not keep that changes were emitted', seed: 40, breakIt: () => seenOnly(new Set(['deletions']))},
  {name: 'the state does not keep that anything was emitted', seed: 40, breakIt: () => seenOnly(new Set())},
  {name: 'the state does not keep what is owed', seed: 3, breakIt: () => patched(({fields}) => void delete fields?.owed)},
  {name: 'the state does not keep what was refused', seed: 43, breakIt: () => patched(({fields}) => void delete fields?.refused)},
  {
    name: 'a new field is not owed',
    seed: 18,
    breakIt: () =>
      patched(({fields}) => {
        if (fields?.digest !== undefined) delete fields.owed;
      }),
  },
  {
    name: 'a refresh writes fragments of what came back',
    seed: 20,
    breakIt: () => replaced(RecycleBin.prototype, {has: () => false}),
  },
  {name: 'the feed of deletions is further behind than is allowed for', seed: 20, run: {feedLagMs: 40_000}},
];
