/** One module captured as snapshots: its state, its fields, and its output. */
import {beginSnapshots, movedSnapshot, type SnapshotPatch, type SnapshotState} from '../../flow/snapshot-state.ts';
import {sourcedSnapshot} from '../../flow/sourced.ts';
import {bindingPatch, type StatePatch} from '../../flow/state.ts';
import {fieldsNotedMaxS, rowTombstonesAtOnce, snapshotSpacingMs} from '../../limits.ts';
import {pipeDocuments} from '../../pipeline.ts';
import type {Batch, DocBlock} from '../../records/batch.ts';
import {rowTombstones} from '../../records/documents.ts';
import type {Field} from '../../records/field.ts';
import type {RowDigest} from '../../records/row-digest.ts';
import type {Target} from '../../sinks/sink.ts';
import {sinkWriter} from '../../sinks/writers.ts';
import {keyFields} from '../../sources/slices.ts';
import type {NumberedBatch} from '../../transforms/number-rows.ts';
import type {BindingOptions} from '../binding.ts';
import {FieldPlan} from '../field-plan.ts';
import type {BindingProgress} from '../progress.ts';
import {NamedQuarantine} from '../quarantine.ts';
import {fired, type Schedule} from '../schedule.ts';
import type {Shared} from '../shared.ts';
import {ValueWarnings} from '../value-warnings.ts';

export class SnapshotBinding {
  readonly target: Target;
  readonly module: string;
  readonly progress: BindingProgress;
  readonly shared: Shared;
  readonly quarantine: NamedQuarantine;
  readonly warnings: ValueWarnings;
  fields = new FieldPlan([]);
  /** When the first field of the current plan was refused; infinite before. */
  #refusedMs = Number.POSITIVE_INFINITY;
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

  /** A binding that continues from the task's saved state. */
  static async resume(options: BindingOptions, saved: unknown): Promise<SnapshotBinding> {
    const {target, shared} = options;
    const {begun, patch} = beginSnapshots(saved, target.stateKey);
    if (patch !== undefined) await shared.sink.write({target, patch});
    return new SnapshotBinding(options, begun);
  }

  get state(): SnapshotState {
    return this.#state;
  }

  /**
   * Whether a snapshot is due: none is complete, the schedule has fired since the last one, or,
   * without a schedule, the interval has passed.
   */
  isDue(nowS: number): boolean {
    const {updatedAt, lastDigest} = this.#state;
    if (updatedAt === undefined || lastDigest === undefined) return true;
    const updatedS = Math.floor(Date.parse(updatedAt) / 1000);
    // A time in the future comes from a machine with a wrong clock.
    if (updatedS > nowS) return true;
    if (this.#schedule !== undefined) return fired(this.#schedule, updatedS, nowS);
    return (nowS - updatedS) * 1000 >= Math.max(this.#intervalMs, snapshotSpacingMs);
  }

  /** Describes the rows to Flow, with the fields that Bulk Read is known to read. */
  async describe(): Promise<void> {
    await this.shared.sink.describe(this.target, sourcedSnapshot(this.fields.confirmed));
  }

  /** Takes new metadata. */
  takeFields(fields: readonly Field[]): void {
    const {module, shared} = this;
    const isOld = shared.clock.elapsedMs() - this.#refusedMs > 1000 * fieldsNotedMaxS;
    if (!this.fields.replace(fields) && !isOld) return;
    // Refused fields are tried again when metadata change, and daily.
    this.fields = new FieldPlan(fields);
    this.#refusedMs = Number.POSITIVE_INFINITY;
    const leftOut = this.fields.bulkSlices.slice(1).flatMap((slice) => slice.filter((name) => !keyFields.includes(name)));
    if (leftOut.length > 0)
      shared.log('warn', `Module ${module} has more fields than one job reads; ${leftOut.join(', ')} are not captured`, {module});
  }

  /**
   * The fields of a snapshot: at most as many as one job reads, because rows of two jobs cannot be
   * joined.
   */
  get columns(): string[] {
    return this.fields.bulkSlices[0]!.filter((name) => name !== 'Modified_Time');
  }

  /**
   * Records that Bulk Read reads these fields. New ones are described to Flow before any row has
   * them.
   */
  async confirm(fields: readonly string[]): Promise<void> {
    if (this.fields.confirm(fields)) await this.describe();
  }

  /** Omits a field that Bulk Read rejects. Returns false if that changes nothing. */
  async refuse(field: string): Promise<boolean> {
    if (!this.fields.refuse('bulk', field)) return false;
    this.#refusedMs = Math.min(this.#refusedMs, this.shared.clock.elapsedMs());
    const {module} = this;
    this.shared.log('warn', `Module ${module}, field ${field}: Bulk Read refuses it; it is not captured`, {module, field});
    return true;
  }

  /**
   * The end of a pipe that writes numbered rows. `onRead` is called after each batch. From the
   * first row on, the collection holds parts of two snapshots.
   */
  rowsWriter(onRead: (batch: NumberedBatch) => void): WritableStream<NumberedBatch> {
    const {shared, target, progress} = this;
    return sinkWriter<NumberedBatch>(shared.sink, target, {
      onCommit: ({digest}) => this.#commit(this.raised(digest.count)),
      async onWritten(written, batch) {
        progress.documents += written;
        onRead(batch);
      },
    });
  }

  /** The patch for rows written up to a number, so that a later run knows all of them. */
  raised(count: number): SnapshotPatch {
    return {last_count: Math.max(this.#state.lastCount, count), last_digest: null};
  }

  /**
   * Deletes the numbers left over from an earlier snapshot, highest first, and records that the new
   * one is complete.
   */
  async finish({count, text}: RowDigest, updatedAt: string, signal: AbortSignal): Promise<void> {
    const {shared, target, progress} = this;
    const into = sinkWriter<SnapshotBatch>(shared.sink, target, {
      onCommit: ({patch}) => this.#commit(patch),
      async onWritten(deleted) {
        progress.documents += deleted;
        progress.deletions += deleted;
      },
    });
    await pipeDocuments(this.#leftOver(count), {into, signal});
    await this.#note({updated_at: updatedAt, last_count: count, last_digest: text});
  }

  /** Records that the collection was compared and is current. */
  async unchanged(updatedAt: string): Promise<void> {
    await this.#note({updated_at: updatedAt});
  }

  /** The documents that delete the numbers in `[from, to)`. */
  leftOver(from: number, to: number): DocBlock {
    return rowTombstones(from, to);
  }

  *#leftOver(count: number): Generator<SnapshotBatch, void, void> {
    for (let to = this.#state.lastCount; to > count; ) {
      const from = Math.max(count, to - rowTombstonesAtOnce);
      yield {items: this.leftOver(from, to), patch: {last_count: from, last_digest: null}};
      to = from;
    }
  }

  async #note(patch: SnapshotPatch): Promise<void> {
    await this.shared.sink.write({target: this.target, patch: () => this.#commit(patch)});
  }

  /** Changes the state in the step that writes its checkpoint. */
  #commit(snapshot: SnapshotPatch): StatePatch {
    this.#state = movedSnapshot(this.#state, snapshot);
    return bindingPatch(this.target.stateKey, {snapshot});
  }
}

/** Documents with the patch of the state that belongs to them. */
interface SnapshotBatch extends Batch<DocBlock> {
  readonly patch: SnapshotPatch;
}
