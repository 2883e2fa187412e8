/** One captured module while the connector runs, and how its rows get to the output. */

import {sourcedSchema} from '../flow/sourced.ts';
import type {BindingState} from '../flow/state.ts';
import {pipe, pipeDocuments, type Source} from '../pipeline.ts';
import {tapped} from '../platform/generators.ts';
import {Semaphore} from '../platform/semaphore.ts';
import type {Batch, BindingPatch, DocBlock, LateBindingPatch, RowBlock} from '../records/batch.ts';
import type {Target} from '../sinks/sink.ts';
import {Checkpoints} from './checkpoints.ts';
import {DeletionSchedule} from './deletion-schedule.ts';
import type {Api, FieldPlan} from './field-plan.ts';
import {OwedRefreshes, refusing} from './owed-fields.ts';
import type {BindingProgress} from './progress.ts';
import {NamedQuarantine} from './quarantine.ts';
import {Queries} from './queries.ts';
import type {Schedule} from './schedule.ts';
import {type Admit, Seen} from './seen/seen.ts';
import type {Shared} from './shared.ts';
import {ValueWarnings} from './value-warnings.ts';

export interface BindingOptions {
  readonly target: Target;
  /** API name of the module. */
  readonly module: string;
  readonly intervalMs: number;
  readonly schedule: Schedule | undefined;
  readonly progress: BindingProgress;
  readonly shared: Shared;
}

/**
 * Its parts say what it asks for (`queries`), what it has emitted (`seen`) and what it commits
 * (`state`, which moves with what is written). A function takes the parts that it uses.
 */
export class Binding {
  readonly target: Target;
  readonly module: string;
  readonly intervalMs: number;
  readonly schedule: Schedule | undefined;
  readonly progress: BindingProgress;
  readonly shared: Shared;
  readonly queries: Queries;
  readonly seen: Seen;
  /** Rows that cannot become documents. */
  readonly quarantine: NamedQuarantine;
  readonly owedRefreshes = new OwedRefreshes();
  readonly deletionSchedule = new DeletionSchedule();
  /** Held while something is read by COQL and written: an older answer must not be written after a newer one. */
  readonly coqlLock = new Semaphore(1);
  readonly #checkpoints: Checkpoints;
  readonly #warnings: ValueWarnings;

  constructor(options: BindingOptions, state: BindingState, fields: FieldPlan) {
    const {target, module, progress, shared} = options;
    this.target = target;
    this.module = module;
    this.intervalMs = options.intervalMs;
    this.schedule = options.schedule;
    this.progress = progress;
    this.shared = shared;
    this.queries = new Queries(module, fields, shared.listSize);
    this.seen = new Seen({...shared, module, progress}, state);
    this.quarantine = new NamedQuarantine(module, progress, shared.log);
    this.#checkpoints = new Checkpoints(shared.sink, target, state, (patch, before) => this.seen.complete(patch, before));
    this.#warnings = new ValueWarnings(module, shared.log);
  }

  get state(): BindingState {
    return this.#checkpoints.state;
  }

  /** Whether the range that the state holds is a refresh of formula fields, and not a backfill. */
  get refreshing(): boolean {
    return this.state.is_connector_initiated === true;
  }

  /**
   * Takes rows through the stages to the sink, and resolves with what their source returns. `then`
   * is called after each batch was written.
   */
  async emit<End>(rows: Rows<End>, admit: Admit, signal: AbortSignal, then?: () => Promise<void>): Promise<End> {
    const {module, shared, seen, queries} = this;
    const fields = queries.fields.all;
    let end!: End;
    const noting = (batches: Rows<End>) => this.#noting(batches);
    async function* toItsEnd(): AsyncGenerator<Batch<RowBlock>, void, void> {
      end = yield* noting(rows);
    }
    await seen.lookAtClock(shared.client, signal);
    await pipe(toItsEnd(), {
      module,
      fields,
      signal,
      onMisfit: (field) => this.#warnings.misfit(field, fields),
      onReplaced: (value) => this.#warnings.replaced(value),
      into: this.#writer(admit, then),
    });
    return end;
  }

  /** Takes documents that are complete, such as tombstones, to the sink. */
  emitDocuments(documents: Source<DocBlock>, admit: Admit, signal: AbortSignal): Promise<void> {
    return pipeDocuments(documents, {into: this.#writer(admit), signal});
  }

  /** Writes a checkpoint without documents. A function makes it when its turn has come. */
  patch(patch: BindingPatch | LateBindingPatch): Promise<void> {
    return this.#checkpoints.patch(patch);
  }

  /** Describes the documents to Flow, as far as an API is known to read their fields. */
  async describe(): Promise<void> {
    await this.shared.sink.describe(this.target, sourcedSchema(this.queries.fields.confirmed));
  }

  /** Takes note that an API reads these fields, and describes those that are news to Flow before any document has them. */
  async confirm(fields: Iterable<string>): Promise<void> {
    if (this.queries.fields.confirm(fields)) await this.describe();
  }

  /**
   * Leaves a field out of what is asked of one API, after Zoho refused it. False when nothing would
   * change by that, so that the refusal is the module's own fault.
   */
  async refuse(api: Api, field: string): Promise<boolean> {
    const {module, shared, queries} = this;
    if (!queries.refuse(api, field)) return false;
    const {bulkOnly, coqlOnly} = queries.fields.coverage;
    const rest = bulkOnly.includes(field)
      ? 'comes with backfills and refreshes only'
      : coqlOnly.includes(field)
        ? 'comes with changes only'
        : 'is not captured';
    const by = api === 'bulk' ? 'Bulk Read' : 'COQL';
    shared.log('warn', `Module ${module}, field ${field}: ${by} refuses it; it ${rest}`, {module, field, api});
    await this.patch(() => refusing(this.state, queries.fields));
    await this.describe();
    return true;
  }

  #writer(admit: Admit, then?: () => Promise<void>): WritableStream<Batch<DocBlock>> {
    const {progress} = this;
    return this.#checkpoints.writer({
      admit,
      onFailed: () => this.seen.doubtRefreshed(),
      async onWritten(admitted) {
        progress.documents += admitted;
        await then?.();
      },
    });
  }

  /** The same batches, each after its fields are confirmed and its arrival is noted. */
  #noting<End>(rows: Rows<End>): Rows<End> {
    let columns: readonly string[] | undefined;
    return tapped(rows, async ({items}) => {
      if (items.columns !== columns) await this.confirm((columns = items.columns));
      if (items.count > 0) this.shared.outages.reached(this.progress);
    });
  }
}

/** Batches of rows, as sources yield them. */
type Rows<End> = AsyncGenerator<Batch<RowBlock>, End, void>;
