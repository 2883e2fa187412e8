/** One module that is captured as a snapshot, while the connector runs: its state, its fields, and what it writes. */
import {beginSnapshots, movedSnapshot, type SnapshotPatch, type SnapshotState} from '../../flow/snapshot-state.ts';
import {sourcedSnapshot} from '../../flow/sourced.ts';
import {bindingPatch} from '../../flow/state.ts';
import {fieldsNotedMaxS, rowTombstonesAtOnce, snapshotSpacingMs} from '../../limits.ts';
import type {DocBlock} from '../../records/batch.ts';
import {rowTombstones} from '../../records/documents.ts';
import type {Field} from '../../records/field.ts';
import type {RowDigest} from '../../records/row-digest.ts';
import type {Target} from '../../sinks/sink.ts';
import type {BindingOptions, Shared} from '../binding.ts';
import {FieldPlan, keyFields} from '../field-plan.ts';
import type {BindingProgress} from '../progress.ts';
import {NamedQuarantine} from '../quarantine.ts';
import {fired, type Schedule} from '../schedule.ts';
import {ValueWarnings} from '../value-warnings.ts';

const noDocs: DocBlock = {bytes: new Uint8Array(0), ranges: new Int32Array(0), count: 0};

export class SnapshotBinding {
  readonly target: Target;
  readonly module: string;
  readonly progress: BindingProgress;
  readonly shared: Shared;
  readonly quarantine: NamedQuarantine;
  readonly warnings: ValueWarnings;
  fields = new FieldPlan([]);
  /** When a field was first refused to the present plan. */
  #refusedMs: number | undefined;
  readonly #intervalMs: number;
  readonly #schedule: Schedule | undefined;
  #state: SnapshotState;

  private constructor({target, module, intervalMs, schedule, progress, shared}: BindingOptions, state: SnapshotState) {
    this.target = target;
    this.module = module;
    this.progress = progress;
    this.shared = shared;
    this.quarantine = new NamedQuarantine(module, progress, shared.log);
    this.warnings = new ValueWarnings(module, shared.log);
    this.#intervalMs = intervalMs;
    this.#schedule = schedule;
    this.#state = state;
  }

  /** A binding that goes on from the task's saved state. */
  static async resume(options: BindingOptions, saved: unknown): Promise<SnapshotBinding> {
    const {target, shared} = options;
    const {begun, patch} = beginSnapshots(saved, target.stateKey);
    if (patch !== undefined) await shared.sink.write({target, patch});
    return new SnapshotBinding(options, begun);
  }

  get state(): SnapshotState {
    return this.#state;
  }

  /** Whether it is time for a snapshot: none is whole, its schedule has fired since the last one, or without a schedule its interval is over. */
  isDue(nowS: number): boolean {
    const {updatedAt, lastDigest} = this.#state;
    if (updatedAt === undefined || lastDigest === undefined) return true;
    const updatedS = Math.floor(Date.parse(updatedAt) / 1000);
    // A time that is still to come is that of a machine whose clock is wrong.
    if (updatedS > nowS) return true;
    if (this.#schedule !== undefined) return fired(this.#schedule, updatedS, nowS);
    return (nowS - updatedS) * 1000 >= Math.max(this.#intervalMs, snapshotSpacingMs);
  }

  /** Tells Flow what rows look like, as far as Bulk Read is known to read their fields. */
  async describe(): Promise<void> {
    await this.shared.sink.describe(this.target, sourcedSnapshot(this.fields.confirmed));
  }

  /** Takes newly read metadata. */
  takeFields(fields: readonly Field[]): void {
    const {module, shared} = this;
    const isOld = this.#refusedMs !== undefined && shared.clock.elapsedMs() - this.#refusedMs > 1000 * fieldsNotedMaxS;
    if (!this.fields.replace(fields) && !isOld) return;
    // What was refused is asked for again when metadata change, and daily.
    this.fields = new FieldPlan(fields);
    this.#refusedMs = undefined;
    const leftOut = this.fields.bulkSlices.slice(1).flatMap((slice) => slice.filter((name) => !keyFields.includes(name)));
    if (leftOut.length > 0)
      shared.log('warn', `Module ${module} has more fields than one job reads; ${leftOut.join(', ')} are not captured`, {module});
  }

  /** The fields of a snapshot: no more than one job reads, because the rows of two cannot be put together. */
  get columns(): string[] {
    return (this.fields.bulkSlices[0] ?? []).filter((name) => name !== 'Modified_Time');
  }

  /** Takes note that Bulk Read reads these fields, and tells Flow of those that are news, before any row has them. */
  async confirm(fields: readonly string[]): Promise<void> {
    if (this.fields.confirm(fields)) await this.describe();
  }

  /** Leaves a field out that Bulk Read refuses. False when nothing would change by that. */
  async refuse(field: string): Promise<boolean> {
    if (!this.fields.refuse('bulk', field)) return false;
    this.#refusedMs ??= this.shared.clock.elapsedMs();
    const {module} = this;
    this.shared.log('warn', `Module ${module}, field ${field}: Bulk Read refuses it; it is not captured`, {module, field});
    return true;
  }

  /** Writes numbered rows, those before them included in `digest`. From now on the collection holds parts of two snapshots. */
  async writeRows(rows: DocBlock, digest: RowDigest): Promise<void> {
    if (rows.count === 0) return;
    await this.#put(rows, this.raised(digest.count));
  }

  /** The change of the state that goes with rows written up to a number: a kill after it leaves no row behind. */
  raised(count: number): SnapshotPatch {
    return {last_count: Math.max(this.#state.lastCount, count), last_digest: null};
  }

  /** Deletes the numbers left over from an earlier snapshot, the highest first, and notes that the one just written is whole. */
  async finish(digest: RowDigest, updatedAt: string): Promise<void> {
    const whole: SnapshotPatch = {updated_at: updatedAt, last_count: digest.count, last_digest: digest.text};
    for (let to = this.#state.lastCount; to > digest.count; ) {
      const from = Math.max(digest.count, to - rowTombstonesAtOnce);
      await this.#put(this.leftOver(from, to), {last_count: from, last_digest: null});
      this.progress.deletions += to - from;
      to = from;
    }
    await this.#put(noDocs, whole);
  }

  /** The documents that delete numbers left over. */
  leftOver(from: number, to: number): DocBlock {
    return rowTombstones(from, to);
  }

  /** Notes that what the collection holds was looked at. */
  async unchanged(updatedAt: string): Promise<void> {
    await this.#put(noDocs, {updated_at: updatedAt});
  }

  async #put(docs: DocBlock, snapshot: SnapshotPatch): Promise<void> {
    const {target, shared, progress} = this;
    progress.documents += await shared.sink.write({target, docs, patch: bindingPatch(target.stateKey, {snapshot})});
    this.#state = movedSnapshot(this.#state, snapshot);
  }
}
