/** One record at one moment, as the APIs and the truth see it. */
import type {Column} from './column.ts';
import type {Comparable, TableRecord} from './coql/table.ts';
import {mix} from './hash.ts';
import type {Version} from './history.ts';
import type {Layout} from './layout.ts';
import type {PointInTime} from './point-in-time.ts';
import type {FieldSpec, Value} from './schema/field.ts';

/** What a record uses of its module. */
export interface RecordModule {
  readonly seed: number;
  readonly layout: Layout;
  readonly columns: {
    get(name: string): Column;
    readonly inDocuments: readonly Column[];
    related(column: string, value: Value, moment: PointInTime): TableRecord | undefined;
  };
  field(name: string): FieldSpec | undefined;
  isTimeless(index: number): boolean;
  hiddenMsOf(record: OrgRecord): number;
  nameOf(record: OrgRecord): string;
}

export class OrgRecord implements TableRecord {
  readonly module: RecordModule;
  readonly index: number;
  readonly version: Version | undefined;
  readonly moment: PointInTime;
  /** The number from which its values are made. */
  readonly h: number;

  constructor(module: RecordModule, index: number, version: Version | undefined, moment: PointInTime) {
    this.module = module;
    this.index = index;
    this.version = version;
    this.moment = moment;
    this.h = mix(module.seed, index);
  }

  get id(): bigint {
    return this.module.layout.idOf(this.index);
  }

  get idText(): string {
    return this.module.layout.idTextOf(this.index);
  }

  get modifiedS(): number {
    return this.version?.modifiedS ?? this.module.layout.secondOf(this.index);
  }

  /** Whether Zoho has lost its `Modified_Time`. */
  get timeless(): boolean {
    return this.module.isTimeless(this.index);
  }

  /** The value as kept; lookups as the id of the record they point to. */
  value(column: string): Value {
    return this.module.field(column) ? this.module.columns.get(column).value(this) : null;
  }

  json(column: string): string {
    if (column === 'id') return `"${this.idText}"`;
    return this.module.columns.get(column).coql(this);
  }

  comparable(column: string): Comparable {
    if (column === 'id') return this.id;
    if (column === 'Modified_Time') return this.timeless ? null : this.modifiedS + this.module.hiddenMsOf(this) / 1_000;
    const value = this.value(column);
    if (value === null) return null;
    if (typeof value !== 'string') return value.join(';');
    switch (this.module.field(column)?.kind) {
      case 'lookup':
      case 'user':
        return BigInt(value);
      case 'integer':
      case 'number':
      case 'datetime':
        return Number.isNaN(Number(value)) ? value : Number(value);
      case 'boolean':
        return value === 'true' ? true : value === 'false' ? false : value;
      default:
        return value;
    }
  }

  related(column: string): TableRecord | undefined {
    return this.module.columns.related(column, this.value(column), this.moment);
  }

  /** What people call it. */
  get name(): string {
    return this.module.nameOf(this);
  }

  /** The document that a capture must come to: every field that at least one API reads. */
  document(): string {
    let text = `{"id":${this.idText}`;
    for (const column of this.module.columns.inDocuments) text += `,"${column.spec.name}":${column.document(this)}`;
    return `${text}}`;
  }
}
