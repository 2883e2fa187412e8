/** One field of all records of a module: its value in each of them, and how each API writes it. */
import {TextBlock, writeOddText, writeText} from './cells.ts';
import type {DriftingRecord} from './drifts.ts';
import {mix} from './hash.ts';
import {type Renderer, rendererOf} from './render.ts';
import type {FieldSpec, Value} from './schema/field.ts';
import type {Switches} from './switches.ts';
import type {WriteTime} from './zone.ts';

/** What a column reads of a record. */
export interface CellRecord extends DriftingRecord {
  /** The number from which its values are made. */
  readonly h: number;
  readonly modifiedS: number;
  readonly timeless: boolean;
}

/** What a column needs from its module. */
export interface ColumnSource {
  readonly switches: Switches;
  readonly writeTime: WriteTime;
  /** Records that the module starts with. */
  readonly count: number;
  /** Id of the record or user that a lookup with this number points to. */
  linked(spec: FieldSpec, number: number): Value;
  /** The drift that a record's computed values come from. */
  driftOf(record: DriftingRecord): number;
  /** When the record was created, if it existed at the start. */
  createdS(index: number, h: number): number;
  nameAt(spec: FieldSpec, value: Value): string;
}

/**
 * Distinct values of a field, which records draw from. A cell then costs a hash and a look-up, and
 * a file of 200,000 rows is written faster than it can be read. Lookups, the record's own times and
 * numbered values are computed per record.
 */
const poolSizeOf = (count: number): number => (count > 10_000 ? 4_096 : count > 1_000 ? 1_024 : 128);

type Form = 'csv' | 'coql' | 'document';

export class Column {
  readonly spec: FieldSpec;
  readonly #salt: number;
  readonly #source: ColumnSource;
  readonly #renderer: Renderer;
  readonly #pooled: boolean;
  readonly #poolSize: number;
  readonly #writeText: typeof writeText;
  #pool: readonly Value[] | undefined;
  readonly #written: Partial<Record<Form, readonly string[]>> = {};
  #block: TextBlock | undefined;
  /** Computes a value that no change has set. */
  readonly #made: (record: CellRecord) => Value;

  constructor(spec: FieldSpec, salt: number, source: ColumnSource) {
    this.spec = spec;
    this.#salt = salt;
    this.#source = source;
    this.#renderer = rendererOf(spec, source.switches, source.writeTime);
    this.#pooled = pooled(spec);
    this.#poolSize = poolSizeOf(source.count);
    this.#writeText = source.switches.halves === 'byte' ? writeOddText : writeText;
    this.#made = this.#maker();
  }

  value(record: CellRecord): Value {
    const changed = this.#changed(record);
    return changed === undefined ? this.#made(record) : changed;
  }

  csv(record: CellRecord): string {
    const slot = this.#slot(record);
    return slot < 0 ? this.#renderer.csv(this.value(record)) : this.#texts('csv')[slot]!;
  }

  /** Writes the cell to `out` at `at`; returns where it ends, or `noRoom`. */
  csvInto(record: CellRecord, out: Buffer, at: number): number {
    const slot = this.#slot(record);
    if (slot < 0) return this.#writeText(this.#renderer.csv(this.value(record)), out, at);
    this.#block ??= new TextBlock(this.#texts('csv'));
    return this.#block.copy(slot, out, at);
  }

  coql(record: CellRecord): string {
    const slot = this.#slot(record);
    if (slot >= 0) return this.#texts('coql')[slot]!;
    return this.#write('coql', this.value(record));
  }

  document(record: CellRecord): string {
    const slot = this.#slot(record);
    return slot < 0 ? this.#renderer.document(this.value(record)) : this.#texts('document')[slot]!;
  }

  #changed({version}: CellRecord): Value | undefined {
    return version && !this.spec.computed ? version.values.get(this.spec.name) : undefined;
  }

  /** Index of a record's value in the pool; -1 for a value from elsewhere. */
  #slot(record: CellRecord): number {
    if (!this.#pooled || this.#changed(record) !== undefined) return -1;
    return this.#hash(record) % this.#poolSize;
  }

  #hash(record: CellRecord): number {
    const h = mix(record.h, this.#salt);
    return this.spec.computed ? mix(h, this.#source.driftOf(record)) : h;
  }

  #maker(): (record: CellRecord) => Value {
    const {name, kind, make, blanks} = this.spec;
    if (this.#pooled) return (record) => this.#values()[this.#hash(record) % this.#poolSize]!;
    if (name === 'Modified_Time') return (record) => (record.timeless ? null : String(record.modifiedS));
    if (name === 'Created_Time') return (record) => String(this.#source.createdS(record.index, this.#hash(record)));
    return (record) => {
      const h = this.#hash(record);
      if ((h >>> 3) % 256 < blanks) return null;
      return kind === 'lookup' ? this.#source.linked(this.spec, mix(h, 1)) : make(mix(h, 1), record.index);
    };
  }

  #values(): readonly Value[] {
    return (this.#pool ??= poolOf(this.spec, this.#salt, this.#source, this.#poolSize));
  }

  #texts(form: Form): readonly string[] {
    return (this.#written[form] ??= this.#values().map((value) => this.#write(form, value)));
  }

  #write(form: Form, value: Value): string {
    return form === 'coql'
      ? this.#renderer.coql(value, () => this.#source.nameAt(this.spec, value))
      : this.#renderer[form](value);
  }
}

const pooled = ({name, kind, dataType}: FieldSpec): boolean =>
  kind !== 'lookup' && dataType !== 'autonumber' && name !== 'Modified_Time' && name !== 'Created_Time';

function poolOf(spec: FieldSpec, salt: number, source: ColumnSource, size: number): Value[] {
  return Array.from({length: size}, (_, i) => {
    const h = mix(salt, i);
    if ((h >>> 3) % 256 < spec.blanks) return null;
    return spec.kind === 'user' ? source.linked(spec, mix(h, 1)) : spec.make(mix(h, 1), i);
  });
}
