/** One module of the organisation: its records at any moment, and everything that can happen to them. */
import {type Api, Columns} from './columns.ts';
import {Drifts} from './drifts.ts';
import {mix, mixText} from './hash.ts';
import {History, type Version} from './history.ts';
import {Layout, type RowOrder} from './layout.ts';
import {type Event, type PointInTime, theEnd} from './moment.ts';
import {OrgRecord} from './record.ts';
import type {FieldSpec, Value} from './schema/field.ts';
import type {ModuleSpec} from './schema/module.ts';
import type {OrgContext} from './surroundings.ts';

/** A row of the feed of deleted records. */
export interface Deletion {
  readonly id: string;
  readonly name: string;
  readonly deletedMs: number;
  readonly permanent: boolean;
  readonly seq: number;
}

/** Values by field name, as `Value` describes them; datetimes may also be ISO texts. */
export type Changes = Readonly<Record<string, Value>>;

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
  /** What the records' values come from. */
  readonly seed: number;
  readonly columns: Columns;
  readonly #around: OrgContext;
  readonly #history = new History();
  readonly #deletions = new Map<string, Deletion>();
  readonly #drifts = new Drifts();
  readonly #timeless = new Set<number>();
  #inserted = 0;
  #gone = 0;
  #lateMs = 0;

  constructor(spec: ModuleSpec, options: ModuleOptions, around: OrgContext) {
    this.spec = spec;
    this.seed = mixText(options.seed, spec.name);
    this.layout = new Layout({...options, seed: this.seed});
    this.#around = around;
    this.columns = new Columns(this, spec.fields, around);
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

  /** A new field, empty or not on the records there are, as its `make` says. */
  addField(spec: FieldSpec): void {
    this.columns.add(spec);
  }

  /** The field goes; files of jobs that name it can still be read. */
  removeField(name: string): void {
    this.columns.remove(name);
  }

  /** From now on both APIs refuse a field without naming it, as one that is hidden from this user; metadata go on listing it. */
  hideField(name: string): void {
    this.columns.hide(name);
  }

  /** From now on an API refuses a field that metadata go on naming. */
  refuseField(name: string, api: Api): void {
    this.columns.refuse(name, api);
  }

  // Records

  /** How many there are when everything has become visible. */
  get count(): number {
    return this.layout.count + this.#inserted - this.#gone;
  }

  /** Numbers of records, deleted ones among them, are below this. */
  get indexEnd(): number {
    return this.layout.count + this.#inserted;
  }

  /** The record of this id as it is now, whether or not that is visible yet. */
  get(id: string): OrgRecord | undefined {
    const index = this.layout.indexOf(BigInt(id));
    return index === undefined ? undefined : this.at(index, theEnd);
  }

  /** The record of a number at a moment; undefined if it is deleted or not there yet. */
  at(index: number, moment: PointInTime): OrgRecord | undefined {
    const version = this.#history.at(index, moment);
    if (version === undefined ? index >= this.layout.count : version.gone) return undefined;
    return new OrgRecord(this, index, version, moment);
  }

  /** Ids of all records, lazily. */
  *ids(): Generator<string, void, void> {
    for (const record of this.records(theEnd)) yield record.idText;
  }

  /** All records of a moment, ordered by id unless told otherwise. */
  *records(moment: PointInTime, order: RowOrder = 'id'): Generator<OrgRecord, void, void> {
    for (let rank = 0; rank < this.rankEnd; rank += 1) {
      const record = this.atRank(rank, order, moment);
      if (record) yield record;
    }
  }

  /** Ranks are below this. */
  get rankEnd(): number {
    return this.layout.ranks + this.#inserted;
  }

  atRank(rank: number, order: RowOrder, moment: PointInTime): OrgRecord | undefined {
    const index = this.layout.indexAt(rank, order);
    return index === undefined ? undefined : this.at(index, moment);
  }

  /** Records with `fromS <= Modified_Time < toS` at a moment, by `(Modified_Time, id)`; of those at `fromS` only the ones after an id. */
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

  /** Of which change and drift a record's computed values are. */
  driftOf(record: OrgRecord): number {
    return this.#drifts.saltOf(record);
  }

  // What happens

  /** Later changes become visible to Bulk Read and COQL only after so long; until then they show what was before. 0 ends it. */
  setVisibleLate(ms: number): void {
    this.#lateMs = ms;
  }

  /** New records, all in this second or so far ahead of it; their ids. */
  insert(count = 1, changes: Changes = {}, aheadS = 0): string[] {
    const modifiedS = this.#nowS() + aheadS;
    return Array.from({length: count}, () => {
      const index = this.indexEnd;
      this.#inserted += 1;
      this.#change(index, {modifiedS, values: this.#valuesFrom(changes, new Map([['Created_Time', String(modifiedS)]]))});
      return this.layout.idTextOf(index);
    });
  }

  /** Changes the given fields, or some of its own choice; of `{}` only `Modified_Time`. */
  edit(id: string, changes?: Changes): void {
    this.#edit(id, changes, this.#nowS());
  }

  #edit(id: string, changes: Changes | undefined, modifiedS: number): void {
    const record = this.#present(id);
    const seq = this.#around.nextSeq();
    const values = this.#valuesFrom(changes ?? this.#anyChanges(record.index, seq), record.version?.values ?? new Map());
    // Where no value changes, none that follows from others does.
    const salt = changes && Object.keys(changes).length === 0 ? record.version?.salt : seq;
    this.#change(record.index, {values, salt, modifiedS});
  }

  /** Edits many records, all in this second. */
  massEdit(ids: Iterable<string>, changes?: Changes): void {
    const modifiedS = this.#nowS();
    for (const id of ids) this.#edit(id, changes, modifiedS);
  }

  /** Moves `Modified_Time` of records to any second, as imports from other systems do, also one to come. */
  date(ids: Iterable<string>, modifiedS: number): void {
    for (const id of ids) this.#edit(id, {}, modifiedS);
  }

  /** Takes `Modified_Time` off records: no condition on it finds them, and answers hold `null`. */
  loseTime(ids: Iterable<string>): void {
    for (const id of ids) this.#timeless.add(this.#present(id).index);
  }

  isTimeless(index: number): boolean {
    return this.#timeless.size > 0 && this.#timeless.has(index);
  }

  /** Milliseconds behind the second of a record's `Modified_Time`, where the organisation keeps some. */
  hiddenMsOf({h, version}: OrgRecord): number {
    return this.#around.switches.coql.hiddenMs ? mix(h, version?.seq ?? 0) % 1_000 : 0;
  }

  /** To the recycle bin, or for good; a record in the recycle bin can still be deleted for good. */
  delete(id: string, {permanent = false} = {}): void {
    const record = this.get(id);
    const before = this.#deletions.get(id);
    if (!record && !(before && permanent && !before.permanent))
      throw new Error(`Cannot delete record ${id} of ${this.name}, there is none`);
    const deletedMs = this.#around.clock.nowMs();
    this.#deletions.set(id, {
      id,
      name: record?.name ?? before?.name ?? '',
      deletedMs,
      permanent,
      seq: this.#around.nextSeq(),
    });
    if (!record) return;
    this.#gone += 1;
    this.#change(record.index, {
      gone: true,
      modifiedS: record.modifiedS,
      values: record.version?.values,
      salt: record.version?.salt,
    });
  }

  /** Out of the recycle bin. `touch`: whether that moves its `Modified_Time`. */
  restore(id: string, {touch}: {readonly touch: boolean}): void {
    const deletion = this.#deletions.get(id);
    const index = this.layout.indexOf(BigInt(id));
    if (!deletion || deletion.permanent || index === undefined)
      throw new Error(`Cannot restore record ${id} of ${this.name}, it is not in the recycle bin`);
    const last = this.#history.at(index, theEnd);
    this.#deletions.delete(id);
    this.#gone -= 1;
    this.#change(index, {values: last?.values, salt: last?.salt, ...(!touch && last && {modifiedS: last.modifiedS})});
  }

  /** Computed values of a share (0 to 1) of the records become others; `Modified_Time` stays. */
  driftFormulas(share = 1): void {
    this.#drifts.add(this.#happening(this.#around.nextSeq()), share, this.seed);
  }

  /** Rows of the deleted feed, without those that are no longer kept, unordered. */
  deletions(): Deletion[] {
    const {recycledLifeDays, permanentLifeDays} = this.#around.switches;
    const nowMs = this.#around.clock.nowMs();
    return [...this.#deletions.values()].filter(
      ({deletedMs, permanent}) => nowMs - deletedMs < (permanent ? permanentLifeDays : recycledLifeDays) * 86_400_000,
    );
  }

  #nowS(): number {
    return Math.floor(this.#around.clock.nowMs() / 1_000);
  }

  #present(id: string): OrgRecord {
    const record = this.get(id);
    if (!record) throw new Error(`Cannot edit record ${id} of ${this.name}, there is none`);
    return record;
  }

  #happening(seq: number): Event {
    const atMs = this.#around.clock.nowMs();
    const visibleMs = atMs + this.#lateMs;
    this.#around.happens(visibleMs);
    return {seq, atMs, visibleMs};
  }

  #change(index: number, {gone = false, values = new Map(), ...rest}: Partial<Version>): void {
    const happening = this.#happening(this.#around.nextSeq());
    const modifiedS = rest.modifiedS ?? this.#nowS();
    this.#history.add(index, this.layout.idOf(index), {...happening, modifiedS, gone, values, salt: rest.salt ?? 0});
  }

  #valuesFrom(changes: Changes, before: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
    const values = new Map(before);
    for (const [name, value] of Object.entries(changes)) {
      const spec = this.field(name);
      if (!spec || name === 'Modified_Time')
        throw new Error(`Cannot change ${name} of ${this.name}, there is no such field, or it follows from others`);
      values.set(name, spec.kind === 'datetime' ? epochOf(value) : value);
    }
    return values;
  }

  /** One to three fields that people edit, one of them cleared now and then. */
  #anyChanges(index: number, seq: number): Changes {
    const editable = this.fields.filter(({readOnly, computed, listed, visible}) => !readOnly && !computed && listed && visible);
    const changes: Record<string, Value> = {};
    for (let i = 0; i <= seq % 3 && editable.length > 0; i += 1) {
      const h = mix(mix(this.seed, index), mix(seq, i));
      const spec = editable[h % editable.length]!;
      changes[spec.name] = h % 7 === 0 && spec.blanks > 0 ? null : this.#anyValue(spec, mix(h, 2), index);
    }
    return changes;
  }

  #anyValue(spec: FieldSpec, h: number, index: number): Value {
    return spec.kind === 'lookup' || spec.kind === 'user' ? this.columns.linked(spec, h) : spec.make(h, index);
  }
}

function epochOf(value: Value): Value {
  if (typeof value !== 'string' || /^-?\d+$/.test(value)) return value;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? value : String(Math.floor(ms / 1_000));
}
