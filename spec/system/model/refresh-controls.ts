/**
 * Broken controls for the digests of refreshes (design 5.8): one defect for each rule, each of
 * which the model check must catch.
 */
import {Binding} from '../../../lib/capture/binding.ts';
import {RefreshedValues} from '../../../lib/capture/seen/refreshed-values.ts';
import {type Admit, Seen} from '../../../lib/capture/seen/seen.ts';
import {contentOf, idOf} from '../../../lib/records/documents.ts';
import {noOddities} from './oddities.ts';
import {type Control, replaced} from './patched.ts';
import type {ModelRun} from './run.ts';

/** One long session, in which digests live. The oddities of Zoho have controls of their own. */
export const steady: Partial<ModelRun> = {lasts: true, isSteady: true, oddities: noOddities};

export const refreshControls: readonly Control[] = [
  {name: 'a digest is kept although a sweep emitted the record', seed: 4, run: steady, breakIt: keptOverChanges},
  {name: 'a digest is kept over a tombstone', seed: 4, run: steady, breakIt: keptOverDeletions},
  {name: 'a digest is taken before the write is done', seed: 3, run: steady, breakIt: takenBefore},
];

/** Changes of a record take no digest away. */
function keptOverChanges(): () => void {
  const {recordEmitted} = Seen.prototype;
  return replaced(Seen.prototype, {
    recordEmitted(id, by) {
      if (by === 'changes') this.filter.record(id, by);
      else recordEmitted.call(this, id, by);
    },
  });
}

/**
 * Neither a tombstone nor the return of its record takes a digest away. A tombstone alone would
 * show in no collection: a record is back with a whole document, which takes the digest away as any
 * change does.
 */
function keptOverDeletions(): () => void {
  const {recordEmitted} = Seen.prototype;
  const deleted = new WeakMap<Seen, Set<bigint>>();
  return replaced(Seen.prototype, {
    recordEmitted(id, by) {
      const ids = deleted.get(this) ?? new Set();
      deleted.set(this, ids);
      const isAboutDeletion = by === 'deletions' || ids.delete(id);
      if (by === 'deletions') ids.add(id);
      if (isAboutDeletion) this.filter.record(id, by);
      else recordEmitted.call(this, id, by);
    },
  });
}

/** Rows of a refresh are noted as they are handed over, and some of them are dropped afterwards. */
function takenBefore(): () => void {
  const {emit} = Binding.prototype;
  const {holds} = RefreshedValues.prototype;
  const held = new Map<bigint, boolean>();
  const undos = [
    replaced(Binding.prototype, {
      emit(rows, admit, signal, then) {
        const {seen} = this;
        if (admit !== seen.admitRefreshed) return emit.call(this, rows, admit, signal, then) as never;
        const noting: Admit = (docs, i) => {
          const [id, content] = [idOf(docs, i), contentOf(docs, i)];
          held.set(id, holds.call(seen.refreshed, id, content));
          seen.refreshed.note(id, content);
          return admit(docs, i);
        };
        return emit.call(this, rows, noting, signal, then) as never;
      },
    }),
    replaced(RefreshedValues.prototype, {
      holds(id, content) {
        return held.get(id) ?? holds.call(this, id, content);
      },
    }),
  ];
  return () => {
    for (const undo of undos) undo();
  };
}
