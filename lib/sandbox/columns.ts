/** The current fields of a module: which exist, which API reads each, and where lookups lead. */
import {Column} from './column.ts';
import type {DriftingRecord} from './drifts.ts';
import {mixText} from './hash.ts';
import type {Layout} from './layout.ts';
import type {OrgContext, User} from './org-context.ts';
import type {PointInTime} from './point-in-time.ts';
import type {OrgRecord} from './record.ts';
import type {FieldSpec, Value} from './schema/field.ts';

export type Api = 'bulk' | 'coql';

/** What the columns use of their module, and of the modules that its lookups point to. */
export interface ColumnsModule {
  readonly name: string;
  readonly seed: number;
  readonly layout: Layout;
  at(index: number, moment: PointInTime): OrgRecord | undefined;
  driftOf(record: DriftingRecord): number;
}

export class Columns<Module extends ColumnsModule> {
  readonly #module: Module;
  readonly #org: OrgContext<Module>;
  readonly #columns = new Map<string, Column>();
  readonly #removed = new Map<string, Column>();
  readonly #refused = {bulk: new Set<string>(), coql: new Set<string>()};
  readonly #hidden = new Set<string>();
  #inDocuments: readonly Column[] | undefined;

  constructor(module: Module, fields: readonly FieldSpec[], org: OrgContext<Module>) {
    this.#module = module;
    this.#org = org;
    for (const field of fields) this.add(field);
  }

  spec(name: string): FieldSpec | undefined {
    return this.#columns.get(name)?.spec;
  }

  get specs(): FieldSpec[] {
    return [...this.#columns.values()].map(({spec}) => spec);
  }

  /** A field of all records, among them one that was removed while jobs name it. */
  get(name: string): Column {
    const column = this.#columns.get(name) ?? this.#removed.get(name);
    if (!column) throw new Error(`Cannot read ${name} of ${this.#module.name}, there is no such field`);
    return column;
  }

  /** Whether an API gives the values of a field to this user. */
  readable(field: FieldSpec, api: Api): boolean {
    return field[api] && this.visible(field) && !this.#refused[api].has(field.name);
  }

  /** Whether this user may see a field, according to the sandbox and not its metadata. */
  visible(field: FieldSpec): boolean {
    return field.visible && !this.#hidden.has(field.name);
  }

  /**
   * Fields of a document, `Modified_Time` first: those that metadata list and at least one API
   * reads.
   */
  get inDocuments(): readonly Column[] {
    this.#inDocuments ??= this.specs
      .filter((field) => field.listed && (this.readable(field, 'bulk') || this.readable(field, 'coql')))
      .sort((a, b) => Number(b.name === 'Modified_Time') - Number(a.name === 'Modified_Time'))
      .map(({name}) => this.get(name));
    return this.#inDocuments;
  }

  add(spec: FieldSpec): void {
    this.#columns.set(spec.name, this.#made(spec));
    this.#inDocuments = undefined;
  }

  remove(name: string): void {
    this.#removed.set(name, this.get(name));
    this.#columns.delete(name);
    this.#inDocuments = undefined;
  }

  refuse(name: string, api: Api): void {
    this.#refused[api].add(name);
    this.#inDocuments = undefined;
  }

  hide(name: string): void {
    this.#hidden.add(name);
    this.#inDocuments = undefined;
  }

  /** Takes changed switches for formats and time zone. */
  restyle(): void {
    for (const columns of [this.#columns, this.#removed]) {
      for (const [name, {spec}] of columns) columns.set(name, this.#made(spec));
    }
    this.#inDocuments = undefined;
  }

  /** Module that a lookup points to. */
  target(column: string): Module | undefined {
    const name = this.spec(column)?.target;
    return name === undefined ? undefined : this.#org.module(name);
  }

  /** The record that a lookup's value points to, as a moment shows it. */
  related(column: string, value: Value, moment: PointInTime): OrgRecord | undefined {
    const module = this.target(column);
    const index = typeof value === 'string' ? module?.layout.indexOf(BigInt(value)) : undefined;
    return index === undefined ? undefined : module?.at(index, moment);
  }

  user(value: Value): User | undefined {
    return this.#org.users.find(({id}) => id === value);
  }

  /** Id of some record or user that a lookup can point to. */
  linked({kind, target}: FieldSpec, number: number): Value {
    const {users} = this.#org;
    if (kind === 'user') return users[number % users.length]!.id;
    const layout = target === undefined ? undefined : this.#org.module(target)?.layout;
    return layout && layout.count > 0 ? layout.idTextOf(number % layout.count) : null;
  }

  #made(spec: FieldSpec): Column {
    const {switches, writeTime} = this.#org;
    const module = this.#module;
    return new Column(spec, mixText(module.seed, spec.name), {
      switches,
      writeTime,
      count: module.layout.count,
      linked: (field, number) => this.linked(field, number),
      driftOf: (record) => module.driftOf(record),
      // Within two years before it was last changed; inserted records know their own.
      createdS: (index, h) => module.layout.secondOf(index) - (h % 60_000_000),
      nameAt: (field, value) => this.#nameAt(field, value),
    });
  }

  /**
   * Name of the record or user that a lookup points to; for a user only the last name (zoho-api
   * sheet 5.5).
   */
  #nameAt({name, kind}: FieldSpec, value: Value): string {
    if (kind === 'user') return this.user(value)?.lastName ?? '';
    return this.related(name, value, this.#org.now())?.name ?? '';
  }
}
