/**
 * Broken controls for the digests of refreshes (design 5.8), each of which the model check must catch. One kept over a tombstone shows in no collection, as whatever
 * makes a record live again is a whole document and takes the digest away; a spec of its own holds that rule.
 */
import {Binding} from '../../../lib/capture/binding.ts';
import type {Emission} from '../../../lib/capture/seen/backfill-filter.ts';
import {RefreshedValues} from '../../../lib/capture/seen/refreshed-values.ts';
import {idOf} from '../../../lib/records/documents.ts';
import {noOddities} from './oddities.ts';
import type {Control} from './patched.ts';
import type {ModelRun} from './run.ts';

/** One long session; what is odd about Zoho has controls of its own. */
export const steady: Partial<ModelRun> = {lasts: true, oddities: noOddities};

export const refreshControls: readonly Control[] = [
  {name: 'a digest is kept although a sweep emitted the record', run: steady, breakIt: () => keptOver('changes')},
  {name: 'a digest is taken before the write is done', run: steady, breakIt: takenBefore},
];

/** What is emitted in this way takes no digest away. */
function keptOver(emission: Emission): () => void {
  const {recordEmitted} = Binding.prototype;
  Binding.prototype.recordEmitted = function (id, by) {
    if (by === emission) this.filter.record(id, by);
    else recordEmitted.call(this, id, by);
  };
  return () => Object.assign(Binding.prototype, {recordEmitted});
}

/** Rows of a refresh are noted as they are handed over, whatever becomes of them then. */
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
