/** Broken controls for the digests of refreshes (design 5.8): one defect for each rule, each of which the model check must catch. */
import {Binding} from '../../../lib/capture/binding.ts';
import {RefreshedValues} from '../../../lib/capture/seen/refreshed-values.ts';
import {idOf} from '../../../lib/records/documents.ts';
import {noOddities} from './oddities.ts';
import type {Control} from './patched.ts';
import type {ModelRun} from './run.ts';

/** One long session, in which digests live. The oddities of Zoho have controls of their own. */
export const steady: Partial<ModelRun> = {lasts: true, isSteady: true, oddities: noOddities};

export const refreshControls: readonly Control[] = [
  {name: 'a digest is kept although a sweep emitted the record', run: steady, breakIt: keptOverChanges},
  {name: 'a digest is kept over a tombstone', run: steady, breakIt: keptOverDeletions},
  {name: 'a digest is taken before the write is done', run: steady, breakIt: takenBefore},
];

/** Changes of a record take no digest away. */
function keptOverChanges(): () => void {
  const {recordEmitted} = Binding.prototype;
  Binding.prototype.recordEmitted = function (id, by) {
    if (by === 'changes') this.filter.record(id, by);
    else recordEmitted.call(this, id, by);
  };
  return () => Object.assign(Binding.prototype, {recordEmitted});
}

/**
 * Neither a tombstone nor the return of its record takes a digest away. A tombstone alone would show in no collection: a record is back with a whole document, which
 * takes the digest away as any change does.
 */
function keptOverDeletions(): () => void {
  const {recordEmitted} = Binding.prototype;
  const deleted = new WeakMap<Binding, Set<bigint>>();
  Binding.prototype.recordEmitted = function (id, by) {
    const ids = deleted.get(this) ?? new Set();
    deleted.set(this, ids);
    const isAboutDeletion = by === 'deletions' || ids.delete(id);
    if (by === 'deletions') ids.add(id);
    if (isAboutDeletion) this.filter.record(id, by);
    else recordEmitted.call(this, id, by);
  };
  return () => Object.assign(Binding.prototype, {recordEmitted});
}

/** Rows of a refresh are noted as they are handed over, and some of them are dropped afterwards. */
function takenBefore(): () => void {
  const {put} = Binding.prototype;
  const {holds} = RefreshedValues.prototype;
  const held = new Map<bigint, boolean>();
  Binding.prototype.put = function (batch, admit) {
    held.clear();
    const {items} = batch;
    for (let i = 0; admit === this.admitBulk && this.refreshing && i < items.count; i++) {
      const id = idOf(items, i);
      const content = items.bytes.subarray(items.ranges[2 * i]!, items.ranges[2 * i + 1]!);
      held.set(id, holds.call(this.refreshed, id, content));
      this.refreshed.note(id, content);
    }
    return put.call(this, batch, admit);
  };
  RefreshedValues.prototype.holds = function (id, content) {
    return held.get(id) ?? holds.call(this, id, content);
  };
  return () => {
    Object.assign(Binding.prototype, {put});
    Object.assign(RefreshedValues.prototype, {holds});
  };
}
