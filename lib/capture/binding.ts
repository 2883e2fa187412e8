/** One captured module while the connector runs, and the path of its rows to the output. */

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
 * Its parts are what it requests (`queries`), what it has emitted (`seen`) and what it commits
 * (`state`, which changes together with the output). A function takes the parts it uses.
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
  /**
   * Held while rows are read by COQL and written, so that an older answer is never written after a
   * newer one.
   */
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

  /** Whether the range in the state is a refresh of formula fields rather than a backfill. */
  get refreshing(): boolean {
    return this.state.is_connector_initiated === true;
  }

  /**
   * Passes rows through the stages into the sink. Resolves with the return value of their source.
   * `then` is called after each batch is written.
   */
  async emit<End>(rows: Rows<End>, admit: Admit, signal: AbortSignal, then?: () => Promise<void>): Promise<End> {
    const {module, shared, seen, queries} = this;
    const fields = queries.fields.all;
    let end!: End;
    const noting = (batches: Rows<End>) => this.#noting(batches);
    async function* toItsEnd(): AsyncGenerator<Batch<RowBlock>, void, void> {
      end = yield* noting(rows);
    }
    await seen.readClock(shared.client, signal);
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

  /** Passes complete documents, such as tombstones, into the sink. */
  emitDocuments(documents: Source<DocBlock>, admit: Admit, signal: AbortSignal): Promise<void> {
    return pipeDocuments(documents, {into: this.#writer(admit), signal});
  }

  /** Writes a checkpoint without documents. A function is called when its turn comes. */
  patch(patch: BindingPatch | LateBindingPatch): Promise<void> {
    return this.#checkpoints.patch(patch);
  }

  /** Describes the documents to Flow, with the fields that an API is known to read. */
  async describe(): Promise<void> {
    await this.shared.sink.describe(this.target, sourcedSchema(this.queries.fields.confirmed));
  }

  /**
   * Records that an API reads these fields. New ones are described to Flow before any document has
   * them.
   */
  async confirm(fields: Iterable<string>): Promise<void> {
    if (this.queries.fields.confirm(fields)) await this.describe();
  }

  /**
   * Omits a field from requests to one API, after Zoho rejected it. Returns false if that changes
   * nothing, so the rejection is the module's own fault.
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

  /**
   * The same batches. Before each one, its fields are confirmed and its arrival is noted.
   */
  #noting<End>(rows: Rows<End>): Rows<End> {
    return tapped(rows, async ({items}) => {
      await this.confirm(items.columns);
      if (items.count > 0) this.shared.outages.reached(this.progress);
    });
  }
}

/** Batches of rows, as sources yield them. */
type Rows<End> = AsyncGenerator<Batch<RowBlock>, End, void>;
