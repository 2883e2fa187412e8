/** One module of the organisation: its records at any moment, and every change to them. */
import {anyChanges, type Changes, changedValues} from './changes.ts';
import {type Api, Columns} from './columns.ts';
import {type Deletion, Deletions} from './deletions.ts';
import {type DriftingRecord, Drifts} from './drifts.ts';
import {mix, mixText} from './hash.ts';
import {History, type Version} from './history.ts';
import {Layout, type RowOrder} from './layout.ts';
import type {OrgContext} from './org-context.ts';
import {type Event, type PointInTime, theEnd} from './point-in-time.ts';
import {OrgRecord} from './record.ts';
import type {FieldSpec} from './schema/field.ts';
import type {ModuleSpec} from './schema/module.ts';

export interface ModuleOptions {
  readonly count: number;
  readonly seed: number;
  readonly idBase: bigint;
  readonly fromS: number;
  readonly toS: number;
}

export class OrgModule {
  readonly spec: ModuleSpec;
  readonly layout: Layout;
  /** The sources of the records' values. */
  readonly seed: number;
  readonly columns: Columns<OrgModule>;
  readonly #org: OrgContext<OrgModule>;
  readonly #history = new History();
  readonly #deletions = new Deletions();
  readonly #drifts = new Drifts();
  readonly #timeless = new Set<number>();
  #inserted = 0;
  #gone = 0;
  #lateMs = 0;

  constructor(spec: ModuleSpec, options: ModuleOptions, org: OrgContext<OrgModule>) {
    this.spec = spec;
    this.seed = mixText(options.seed, spec.name);
    this.layout = new Layout({...options, seed: this.seed});
    this.#org = org;
    this.columns = new Columns(this, spec.fields, org);
  }

  get name(): string {
    return this.spec.name;
  }

  // Fields

  field(name: string): FieldSpec | undefined {
    return this.columns.spec(name);
  }

  get fields(): FieldSpec[] {
    return this.columns.specs;
  }

  readable(field: FieldSpec, api: Api): boolean {
    return this.columns.readable(field, api);
  }

  /** Adds a field; `make` decides whether existing records have a value. */
  addField(spec: FieldSpec): void {
    this.columns.add(spec);
  }

  /** Removes a field; files of jobs that name it stay readable. */
  removeField(name: string): void {
    this.columns.remove(name);
  }

  /** Makes both APIs refuse a field without naming it. Metadata still list it. */
  hideField(name: string): void {
    this.columns.hide(name);
  }

  /** Makes an API refuse a field that metadata still list. */
  refuseField(name: string, api: Api): void {
    this.columns.refuse(name, api);
  }

  // Records

  /** How many there are once everything is visible. */
  get count(): number {
    return this.layout.count + this.#inserted - this.#gone;
  }

  /** All records, including deleted ones, have lower numbers. */
  get indexEnd(): number {
    return this.layout.count + this.#inserted;
  }

  /** The latest version of a record, visible or not. */
  get(id: string): OrgRecord | undefined {
    const index = this.layout.indexOf(BigInt(id));
    return index === undefined ? undefined : this.at(index, theEnd);
  }

  /** The record with a number, at a moment; undefined if it is deleted or does not exist yet. */
  at(index: number, moment: PointInTime): OrgRecord | undefined {
    const version = this.#history.at(index, moment);
    if (version === undefined ? index >= this.layout.count : version.gone) return undefined;
    return new OrgRecord(this, index, version, moment);
  }

  /** Ids of all records, lazily. */
  *ids(): Generator<string, void, void> {
    for (const record of this.records(theEnd)) yield record.idText;
  }

  /** All records at a moment, by default ordered by id. */
  *records(moment: PointInTime, order: RowOrder = 'id'): Generator<OrgRecord, void, void> {
    for (let rank = 0; rank < this.rankEnd; rank += 1) {
      const record = this.atRank(rank, order, moment);
      if (record) yield record;
    }
  }

  /** All ranks are lower. */
  get rankEnd(): number {
    return this.layout.ranks + this.#inserted;
  }

  atRank(rank: number, order: RowOrder, moment: PointInTime): OrgRecord | undefined {
    const index = this.layout.indexAt(rank, order);
    return index === undefined ? undefined : this.at(index, moment);
  }

  /**
   * Records with `fromS <= Modified_Time < toS` at a moment, by `(Modified_Time, id)`; at `fromS`
   * itself only those after an id.
   */
  *between(fromS: number, toS: number, after: bigint | undefined, moment: PointInTime): Generator<OrgRecord, void, void> {
    const changed = this.#history.between(fromS, toS, after, moment);
    let next = changed.next();
    for (let index = this.layout.firstAt(fromS); index < this.layout.count; index += 1) {
      const second = this.layout.secondOf(index);
      if (second >= toS) break;
      if (this.#history.has(index) && this.#history.at(index, moment)) continue;
      const id = this.layout.idOf(index);
      if (second === fromS && after !== undefined && id <= after) continue;
      for (; !next.done; next = changed.next()) {
        const {version} = next.value;
        if (version.modifiedS > second || (version.modifiedS === second && next.value.id > id)) break;
        yield new OrgRecord(this, next.value.index, version, moment);
      }
      yield new OrgRecord(this, index, undefined, moment);
    }
    for (; !next.done; next = changed.next()) yield new OrgRecord(this, next.value.index, next.value.version, moment);
  }

  // Values

  nameOf(record: OrgRecord): string {
    return this.spec.nameFields
      .map((field) => record.value(field))
      .filter((value) => typeof value === 'string')
      .join(' ');
  }

  /** Identifies the change and drift behind a record's computed values. */
  driftOf(record: DriftingRecord): number {
    return this.#drifts.saltOf(record);
  }

  // What happens

  /** Delays later changes to Bulk Read and COQL by this long, or no longer for 0. */
  setVisibleLate(ms: number): void {
    this.#lateMs = ms;
  }

  /** Inserts records, all in this second or so far ahead of it; returns their ids. */
  insert(count = 1, changes: Changes = {}, aheadS = 0): string[] {
    const modifiedS = this.#nowS() + aheadS;
    return Array.from({length: count}, () => {
      const index = this.indexEnd;
      this.#inserted += 1;
      this.#change(index, {modifiedS, values: changedValues(this, changes, new Map([['Created_Time', String(modifiedS)]]))});
      return this.layout.idTextOf(index);
    });
  }

  /** Changes the given fields, or some that it chooses; with `{}` only `Modified_Time`. */
  edit(id: string, changes?: Changes): void {
    this.#edit(id, changes, this.#nowS());
  }

  #edit(id: string, changes: Changes | undefined, modifiedS: number): void {
    const record = this.#present(id);
    const seq = this.#org.nextSeq();
    const values = changedValues(this, changes ?? anyChanges(this, record.index, seq), record.version?.values ?? new Map());
    // Without a changed value, no computed value changes either.
    const salt = changes && Object.keys(changes).length === 0 ? record.version?.salt : seq;
    this.#change(record.index, {values, salt, modifiedS});
  }

  /** Edits many records, all in this second. */
  massEdit(ids: Iterable<string>, changes?: Changes): void {
    const modifiedS = this.#nowS();
    for (const id of ids) this.#edit(id, changes, modifiedS);
  }

  /** Sets the `Modified_Time` of records to any second, even a future one, as imports do. */
  date(ids: Iterable<string>, modifiedS: number): void {
    for (const id of ids) this.#edit(id, {}, modifiedS);
  }

  /** Removes the `Modified_Time` of records: no condition matches them, answers show `null`. */
  loseTime(ids: Iterable<string>): void {
    for (const id of ids) this.#timeless.add(this.#present(id).index);
  }

  isTimeless(index: number): boolean {
    return this.#timeless.size > 0 && this.#timeless.has(index);
  }

  /** Milliseconds of a record's `Modified_Time`, if the organisation keeps them. */
  hiddenMsOf({h, version}: OrgRecord): number {
    return this.#org.switches.coql.hiddenMs ? mix(h, version?.seq ?? 0) % 1_000 : 0;
  }

  /** Deletes records into the recycle bin, or permanently, even from the recycle bin. */
  delete(id: string, {permanent = false} = {}): void {
    const record = this.get(id);
    const before = this.#deletions.get(id);
    if (!record && !(before && permanent && !before.permanent))
      throw new Error(`Cannot delete record ${id} of ${this.name}, there is none`);
    const deletedMs = this.#org.clock.nowMs();
    const name = record?.name ?? before?.name ?? '';
    this.#deletions.add({id, name, deletedMs, permanent, seq: this.#org.nextSeq()});
    if (!record) return;
    this.#gone += 1;
    this.#change(record.index, {
      gone: true,
      modifiedS: record.modifiedS,
      values: record.version?.values,
      salt: record.version?.salt,
    });
  }

  /** Restores a record. `touch` says whether its `Modified_Time` changes. */
  restore(id: string, {touch}: {readonly touch: boolean}): void {
    const deletion = this.#deletions.get(id);
    const index = this.layout.indexOf(BigInt(id));
    if (!deletion || deletion.permanent || index === undefined)
      throw new Error(`Cannot restore record ${id} of ${this.name}, it is not in the recycle bin`);
    const last = this.#history.at(index, theEnd);
    this.#deletions.remove(id);
    this.#gone -= 1;
    this.#change(index, {values: last?.values, salt: last?.salt, ...(!touch && last && {modifiedS: last.modifiedS})});
  }

  /** Changes computed values of a share (0 to 1) of the records, but not `Modified_Time`. */
  driftFormulas(share = 1): void {
    this.#drifts.add(this.#eventNow(this.#org.nextSeq()), share, this.seed);
  }

  /** Rows of the feed of deletions, without expired ones, unordered. */
  deletions(): Deletion[] {
    return this.#deletions.kept(this.#org.clock.nowMs(), this.#org.switches);
  }

  #nowS(): number {
    return Math.floor(this.#org.clock.nowMs() / 1_000);
  }

  #present(id: string): OrgRecord {
    const record = this.get(id);
    if (!record) throw new Error(`Cannot edit record ${id} of ${this.name}, there is none`);
    return record;
  }

  #eventNow(seq: number): Event {
    const atMs = this.#org.clock.nowMs();
    const visibleMs = atMs + this.#lateMs;
    this.#org.happens(visibleMs);
    return {seq, atMs, visibleMs};
  }

  #change(index: number, {gone = false, values = new Map(), ...rest}: Partial<Version>): void {
    const event = this.#eventNow(this.#org.nextSeq());
    const modifiedS = rest.modifiedS ?? this.#nowS();
    this.#history.add(index, this.layout.idOf(index), {...event, modifiedS, gone, values, salt: rest.salt ?? 0});
  }
}
