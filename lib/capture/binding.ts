/** One captured module while the connector runs: its state, its fields, and what it has emitted of late. */

import {sourcedSchema} from '../flow/sourced.ts';
import {type BindingState, bindingPatch, mergePatch, type StatePatch, secondsOf} from '../flow/state.ts';
import {coqlPageBytes, coqlPageShrinkBy, coqlRowsLarge, windowOverlapS} from '../limits.ts';
import {pipe} from '../pipeline.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import {Semaphore} from '../platform/semaphore.ts';
import type {Batch, BindingPatch, DocBlock, LateBindingPatch, RowBlock} from '../records/batch.ts';
import {idOf, modifiedOf} from '../records/documents.ts';
import {modifiedSeconds} from '../records/instant.ts';
import type {Target} from '../sinks/sink.ts';
import type {BulkRange} from '../sources/bulk.ts';
import type {CoqlPlan} from '../sources/coql.ts';
import {PageSize} from '../sources/page-size.ts';
import type {ZohoClient} from '../zoho/api.ts';
import type {CreditReserve} from './credit-reserve.ts';
import {DeletionSchedule} from './deletion-schedule.ts';
import type {Api, FieldPlan} from './field-plan.ts';
import type {OutageLine} from './outage-line.ts';
import {OwedRefreshes, rangeEnd, refusing} from './owed-fields.ts';
import type {BindingProgress} from './progress.ts';
import {NamedQuarantine} from './quarantine.ts';
import type {Schedule} from './schedule.ts';
import {Ahead} from './seen/ahead.ts';
import {BackfillFilter, type Emission} from './seen/backfill-filter.ts';
import {contentDigest, EmittedVersions} from './seen/emitted-versions.ts';
import type {IdBudget} from './seen/id-table.ts';
import {RecycleBin} from './seen/recycle-bin.ts';
import {RefreshedValues} from './seen/refreshed-values.ts';
import {ValueWarnings} from './value-warnings.ts';
import type {WatchedSink} from './watched-sink.ts';

/** An outage as one binding sees it. It is over as soon as the binding has got something else. */
export interface Outage {
  readonly sinceMs: number;
  readonly got: number;
}

/** What all bindings of a process share. */
export interface Shared {
  readonly client: ZohoClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly sink: WatchedSink;
  readonly jobSlots: Semaphore;
  readonly pageSlots: Semaphore;
  readonly sweepSlots: Semaphore;
  /** All that are captured, and those of them that cannot reach Zoho at present. */
  readonly bindings: readonly {readonly progress: BindingProgress}[];
  readonly cutOff: Map<BindingProgress, Outage>;
  /** Where they wait to try again. */
  readonly outages: OutageLine;
  /** Positions of those whose scope Zoho refuses. */
  readonly unscoped: Set<number>;
  readonly gateIds: IdBudget;
  readonly overlapIds: IdBudget;
  readonly refreshedIds: IdBudget;
  /** What waits while Zoho's credits run short. */
  readonly credits: CreditReserve;
  /** Ids that this organisation takes in a list of COQL. */
  readonly listSize: PageSize;
}

export interface BindingOptions {
  readonly target: Target;
  /** API name of the module. */
  readonly module: string;
  readonly intervalMs: number;
  readonly schedule: Schedule | undefined;
  readonly progress: BindingProgress;
  readonly shared: Shared;
}

/** Decides over a document at the moment of its write. */
export type Admit = (docs: DocBlock, i: number) => boolean;

export class Binding {
  readonly target: Target;
  readonly module: string;
  readonly intervalMs: number;
  readonly schedule: Schedule | undefined;
  readonly progress: BindingProgress;
  readonly shared: Shared;
  readonly filter: BackfillFilter;
  readonly emitted: EmittedVersions;
  readonly refreshed: RefreshedValues;
  /** Held while something is read by COQL and written: an older answer must not be written after a newer one. */
  readonly coqlLock = new Semaphore(1);
  /** Rows that cannot become documents. */
  readonly quarantine: NamedQuarantine;
  /** Records seen to go into the recycle bin. */
  readonly recycleBin: RecycleBin;
  /** Whether the gate knows everything emitted since the running range began. */
  filterKnown = false;
  /** The latest `Modified_Time` captured by COQL, apart from those still to come, which no refresh reaches. */
  sweptToS = Number.NEGATIVE_INFINITY;
  /** Records that a refresh found alive although their last document was a deletion: to be captured whole. */
  readonly returned = new Set<string>();
  readonly owedRefreshes = new OwedRefreshes();
  readonly deletionSchedule = new DeletionSchedule();
  /** False once Zoho has said that the module has no feed of deletions, until its fields are read again. */
  hasDeletions = true;
  /** Whether that was said to people. */
  deletionsNoted = false;
  /** Set when the field metadata should be read again soon. */
  fieldsStale = false;
  /** Records that COQL shows although their deletion was emitted; the feed of deletions is to say whether they were restored. */
  readonly doubted = new Set<bigint>();
  /** At Zoho, it is this late at least. */
  zohoS: number;
  /** When all records beyond Zoho's clock were looked through, on the monotonic clock. */
  lookedAheadMs: number | undefined;
  /** Rows of the last sweep, by which the next one chooses its first page's size. */
  rowsExpected = 0;
  /** How often an outage kept Zoho from saying which records have no `Modified_Time`. */
  untimedOutages = 0;
  /** Rows of a COQL page, as this organisation allows and serves them. */
  readonly pageSize = new PageSize({most: coqlRowsLarge, shrinkBy: coqlPageShrinkBy, bytesWanted: coqlPageBytes});
  /** Captured records whose `Modified_Time` is still to come. */
  readonly ahead: Ahead;
  fields: FieldPlan;
  state: BindingState;
  readonly #warnings: ValueWarnings;

  constructor(options: BindingOptions, state: BindingState, fields: FieldPlan) {
    this.target = options.target;
    this.module = options.module;
    this.intervalMs = options.intervalMs;
    this.schedule = options.schedule;
    this.progress = options.progress;
    this.shared = options.shared;
    this.filter = new BackfillFilter(options.shared.gateIds);
    this.emitted = new EmittedVersions(options.shared.overlapIds);
    this.refreshed = new RefreshedValues(options.shared.refreshedIds);
    this.quarantine = new NamedQuarantine(options.module, options.progress, options.shared.log);
    this.#warnings = new ValueWarnings(options.module, options.shared.log);
    this.fields = fields;
    this.state = state;
    this.recycleBin = new RecycleBin(state.deleted.recycled);
    this.zohoS = secondsOf(state.inc.cursor);
    this.ahead = new Ahead(state.ahead);
    for (const {id, seconds, digest} of this.ahead.versions()) this.emitted.document(BigInt(id), seconds, digest);
    const readAgainS = secondsOf(state.deleted.cursor) - windowOverlapS;
    for (const [id, deletedS] of Object.entries(state.deleted.recycled ?? {}))
      if (deletedS >= readAgainS) this.emitted.knowDeletion(BigInt(id), deletedS);
  }

  /**
   * Writes documents and the checkpoint they earn in one piece. The state moves in the same step, so that it never differs from what the
   * output holds: whoever is written next finds it as this piece left it.
   */
  async put({items, patch}: Batch<DocBlock>, admit?: Admit): Promise<void> {
    if (items.count === 0 && patch === undefined) return;
    if (items.count > 0) this.shared.outages.reached(this.progress);
    try {
      this.progress.documents += await this.shared.sink.write({
        target: this.target,
        docs: items,
        admit,
        patch: () => this.#commit(patch),
      });
    } catch (error) {
      // Of what was noted as written, some may not be there.
      this.refreshed.clear();
      throw error;
    }
  }

  /** Writes a checkpoint without documents; a function makes it when its turn has come. */
  async patch(patch: BindingPatch | LateBindingPatch): Promise<void> {
    await this.shared.sink.write({target: this.target, patch: () => this.#commit(patch)});
  }

  /** Takes rows through the stages to the sink; `then` is called after each batch was written. */
  async emit(
    rows: AsyncIterable<Batch<RowBlock>> | Iterable<Batch<RowBlock>>,
    admit: Admit,
    signal: AbortSignal,
    then?: () => Promise<void>,
  ): Promise<void> {
    await this.lookAtClock(signal);
    await pipe(this.#confirming(rows), {
      module: this.module,
      fields: this.fields.all,
      signal,
      onMisfit: (field) => this.#warnings.misfit(field, this.fields.all),
      onReplaced: (value) => this.#warnings.replaced(value),
      write: async (batch) => {
        await this.put(batch, admit);
        await then?.();
      },
    });
  }

  /** Takes note of how late it is at Zoho. Its clock may fall back while dates are in doubt; this does not. */
  async lookAtClock(signal: AbortSignal): Promise<void> {
    this.zohoS = Math.max(this.zohoS, await this.shared.client.nowSeconds(signal));
  }

  /** Tells Flow what documents look like, as far as an API is known to read their fields. */
  async describe(): Promise<void> {
    await this.shared.sink.describe(this.target, sourcedSchema(this.fields.confirmed));
  }

  /** Takes note that an API reads these fields, and tells Flow of those that are news, before any document has them. */
  async confirm(fields: Iterable<string>): Promise<void> {
    if (this.fields.confirm(fields)) await this.describe();
  }

  /**
   * Leaves a field out of what is asked of one API, after Zoho refused it. False when nothing would change by that, so that the
   * refusal is the module's own fault.
   */
  async refuse(api: Api, field: string): Promise<boolean> {
    if (!this.fields.refuse(api, field)) return false;
    const {bulkOnly, coqlOnly} = this.fields.coverage;
    const rest = bulkOnly.includes(field)
      ? 'comes with backfills and refreshes only'
      : coqlOnly.includes(field)
        ? 'comes with changes only'
        : 'is not captured';
    const by = api === 'bulk' ? 'Bulk Read' : 'COQL';
    this.shared.log('warn', `Module ${this.module}, field ${field}: ${by} refuses it; it ${rest}`, {
      module: this.module,
      field,
      api,
    });
    this.fieldsStale = true;
    await this.patch(() => refusing(this.state, this.fields));
    await this.describe();
    return true;
  }

  /**
   * The latest time that counts as the present, by Zoho's clock or this machine's. While Zoho's is
   * in doubt it may be far behind.
   */
  get presentS(): number {
    return Math.max(this.zohoS, this.shared.clock.nowMs() / 1000);
  }

  /** Whether the range that the state holds is a refresh of formula fields, and not a backfill. */
  get refreshing(): boolean {
    return this.state.is_connector_initiated === true;
  }

  /** What the range asks for: formula fields for a refresh, all that bulk reads for a backfill. */
  get range(): BulkRange {
    const {start, backfill} = this.state;
    return {
      module: this.module,
      slices: this.refreshing ? this.fields.refreshSlices(backfill?.fields ?? this.fields.toRefresh()) : this.fields.bulkSlices,
      fields: this.fields.all,
      fromS: secondsOf(start),
      done: () => rangeEnd(this.state, this.fields),
    };
  }

  /** What sweeps ask of each record. */
  get plan(): CoqlPlan {
    const {coqlSlices: slices, all: fields, quoting} = this.fields;
    const {pageSize, shared} = this;
    return {module: this.module, slices, fields, quoting, pageSize, listSize: shared.listSize};
  }

  /**
   * Admits what was read by COQL: not what was emitted just so before or is older than that, and not what is older than the capture reaches. A record whose
   * deletion was emitted since it was modified is doubted: the feed of deletions decides. Everything admitted closes the gate for that record's bulk rows.
   */
  readonly admitSwept: Admit = (docs, i) => {
    const id = idOf(docs, i);
    const modifiedS = modifiedSeconds(modifiedOf(docs, i));
    if (this.emitted.isDoubtful(id, modifiedS)) {
      this.doubted.add(id);
      return false;
    }
    return this.admitRestored(docs, i);
  };

  /** Admits what was read by COQL of a record that is known to be there: as `admitSwept`, whatever was deleted before. */
  readonly admitRestored: Admit = (docs, i) => {
    const id = idOf(docs, i);
    const modifiedS = modifiedSeconds(modifiedOf(docs, i));
    if (modifiedS < secondsOf(this.state.start)) return false;
    if (this.emitted.isPassed(id, modifiedS, this.zohoS)) return false;
    const digest = contentDigest(contentOf(docs, i));
    if (!this.emitted.document(id, modifiedS, digest)) return false;
    this.recordEmitted(id, 'changes');
    if (modifiedS > this.presentS) this.ahead.note(String(id), modifiedS, digest);
    else this.sweptToS = Math.max(this.sweptToS, modifiedS);
    return true;
  };

  /** Takes note that something is emitted otherwise than by bulk, in the step that writes it. */
  recordEmitted(id: bigint, emission: Emission): void {
    this.filter.record(id, emission);
    this.refreshed.forget(id);
    this.ahead.drop(String(id));
  }

  /**
   * Admits a bulk row unless something else was emitted of its record since the range began (guarantee G2). A row of a refresh is no
   * document for a record whose last one was a deletion: fragments would make it live again. Such a record is `returned`.
   * Nor is one whose values are those that the last refresh wrote.
   */
  readonly admitBulk: Admit = (docs, i) => {
    if (this.filter.overflowed) throw new FilterOverflow(this.module);
    const watches = this.refreshing && this.recycleBin.size > 0;
    if (!this.refreshing && this.filter.size === 0 && this.refreshed.size === 0) return true;
    const id = idOf(docs, i);
    const admits = this.filter.allows(id);
    const isReturned = admits && watches && this.recycleBin.has(id);
    if (isReturned) this.returned.add(String(id));
    if (!admits || isReturned) {
      this.progress.dropped++;
      return false;
    }
    return this.refreshing ? this.#admitValues(id, docs, i) : this.#admitWhole(id);
  };

  /** Admits a row of a refresh whose values differ from those that are there. */
  #admitValues(id: bigint, docs: DocBlock, i: number): boolean {
    const content = contentOf(docs, i);
    if (this.refreshed.holds(id, content)) {
      this.progress.unchanged++;
      return false;
    }
    this.refreshed.note(id, content);
    this.progress.refreshed++;
    return true;
  }

  #admitWhole(id: bigint): boolean {
    this.refreshed.forget(id);
    return true;
  }

  /** The same batches, each after the fields in it are confirmed. */
  async *#confirming(
    rows: AsyncIterable<Batch<RowBlock>> | Iterable<Batch<RowBlock>>,
  ): AsyncGenerator<Batch<RowBlock>, void, void> {
    let columns: readonly string[] | undefined;
    for await (const batch of rows) {
      if (batch.items.columns !== columns) await this.confirm((columns = batch.items.columns));
      yield batch;
    }
  }

  /** Has the next sweep capture records of the future anew, although it knows their versions: fields may be new. */
  recaptureAhead(): void {
    for (const {id, seconds} of this.ahead.versions()) this.emitted.forgetDocument(BigInt(id), seconds);
    this.lookedAheadMs = undefined;
  }

  /** Completes a checkpoint in the step that writes it, and moves the state with it. */
  #commit(made: BindingPatch | LateBindingPatch | undefined): StatePatch | undefined {
    const patch = this.#withAhead(this.#withSeen(typeof made === 'function' ? made() : made));
    if (patch === undefined) return undefined;
    this.state = mergePatch(this.state, patch) as BindingState;
    return bindingPatch(this.target.stateKey, patch);
  }

  /** Adds to a patch what its piece has emitted of records of the future. */
  #withAhead(patch: BindingPatch | undefined): BindingPatch | undefined {
    const ahead = this.ahead.takePatch();
    return ahead === undefined ? patch : {...patch, ahead};
  }

  /** Adds to a patch what its piece is the first to have emitted since the running range began. */
  #withSeen(patch: BindingPatch | undefined): BindingPatch | undefined {
    const {backfill} = this.state;
    if (backfill == null || patch?.backfill === null) return patch;
    const first = [...this.filter.emitted].filter((emission) => backfill.seen[emission] !== true);
    if (first.length === 0) return patch;
    const seen = Object.fromEntries(first.map((emission) => [emission, true]));
    return mergePatch(patch ?? {}, {backfill: {seen}}) as BindingPatch;
  }
}

/** The bytes of a document. */
function contentOf({bytes, ranges}: DocBlock, i: number): Uint8Array {
  return bytes.subarray(ranges[2 * i]!, ranges[2 * i + 1]!);
}

/** More records changed during a range than the gate can remember; the range has to start again. */
export class FilterOverflow extends Error {
  override readonly name = 'GateOverflow';

  constructor(module: string) {
    super(`More records of module ${module} changed during its backfill than can be remembered`);
  }
}
