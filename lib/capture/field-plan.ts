/** Which fields of a module each API reads: requested, refused, and cut into slices. */

import {bulkFieldsMax, coqlColumnsFallback, coqlColumnsMax, coqlDynamicMax} from '../limits.ts';
import type {Field} from '../records/field.ts';
import {formulaSlices, isRefreshed} from '../sources/formula.ts';
import {cutSlices, keyFields} from '../sources/slices.ts';
import {LearnedQuoting} from './quoting.ts';

export type Api = 'bulk' | 'coql';

/** Names of the fields that each API rejects. */
export type Refusals = Readonly<Partial<Record<Api, readonly string[] | undefined>>>;

/**
 * The fields of one module in this process. A field that an API rejects is omitted from later
 * requests to it. Slices are cut before refused fields are omitted, so a slice keeps its number.
 */
export class FieldPlan {
  readonly #refused: Readonly<Record<Api, Set<string>>>;
  readonly #confirmed = new Set<string>();
  #fields: ReadonlyMap<string, Field> = new Map();
  /** How names are written in COQL. */
  readonly quoting = new LearnedQuoting();
  #coqlColumns = coqlColumnsMax;

  /** `refused` are fields that an API is known to reject. */
  constructor(fields: readonly Field[], refused: Refusals = {}) {
    this.#refused = {bulk: new Set(refused.bulk), coql: new Set(refused.coql)};
    this.replace(fields);
  }

  /** Takes new metadata. Returns whether anything changed. */
  replace(fields: readonly Field[]): boolean {
    // Equivalent mutants (EqualityOperator): no two fields have one name
    const sorted = [...fields].sort((a, b) => (a.name < b.name ? -1 : 1));
    const before = JSON.stringify([...this.#fields.values()]);
    this.#fields = new Map(sorted.map((field) => [field.name, field]));
    return JSON.stringify(sorted) !== before;
  }

  /** Omits a field for one API. Returns false if it was not requested, or is indispensable. */
  refuse(api: Api, name: string): boolean {
    if (keyFields.includes(name) || !this.reads(api, name)) return false;
    this.#refused[api].add(name);
    return true;
  }

  /** Requests a field again that was omitted for one API. */
  admit(api: Api, name: string): void {
    this.#refused[api].delete(name);
  }

  /** The fields omitted for each API that metadata still have, in order of name. */
  get refused(): {bulk: string[]; coql: string[]} {
    const left = (api: Api) => [...this.#fields.values()].filter((field) => field[api] && this.#refused[api].has(field.name));
    return {bulk: left('bulk').map(({name}) => name), coql: left('coql').map(({name}) => name)};
  }

  /**
   * Falls back to the number of columns that every version of COQL accepts. Returns false if no
   * slice was wider.
   */
  narrowCoql(): boolean {
    const widest = Math.max(...this.coqlSlices.map((slice) => slice.length));
    this.#coqlColumns = coqlColumnsFallback;
    return widest > coqlColumnsFallback;
  }

  get all(): ReadonlyMap<string, Field> {
    return this.#fields;
  }

  /** Fields that documents can have: those that at least one API reads. */
  get captured(): Field[] {
    return [...this.#fields.values()].filter(({name}) => this.reads('bulk', name) || this.reads('coql', name));
  }

  /**
   * Records that an API reads these fields, because it accepted a job or its answer has them.
   * Returns whether that is new for any field.
   */
  confirm(names: Iterable<string>): boolean {
    const before = this.#confirmed.size;
    for (const name of names) if (this.#fields.has(name)) this.#confirmed.add(name);
    return this.#confirmed.size > before;
  }

  /**
   * Captured fields that an API is known to read. Only these are described to Flow, because a
   * described field remains a column for ever.
   */
  get confirmed(): Field[] {
    return this.captured.filter(({name}) => this.#confirmed.has(name));
  }

  /** Fields of a backfill. */
  get bulkSlices(): string[][] {
    return this.#slices('bulk', this.#asked('bulk'), bulkFieldsMax);
  }

  /** The fields of a refresh that begins now, in order of name. */
  // Equivalent mutants (ArrayDeclaration): no field is called what it becomes
  toRefresh(owed: readonly string[] = []): string[] {
    return this.#asked('bulk')
      .filter((field) => isRefreshed(field, this.reads, owed))
      .map(({name}) => name);
  }

  /**
   * The slices of a refresh that began with these fields; none if none of them can be read any
   * more.
   */
  refreshSlices(names: readonly string[]): string[][] {
    return formulaSlices(names, this.reads);
  }

  /** Columns of a sweep's queries. No query has more dynamic formulas than COQL accepts. */
  get coqlSlices(): string[][] {
    const asked = this.#asked('coql');
    const dynamic = asked.filter((field) => field.dynamic);
    const room = dynamic.length === 0 ? 0 : coqlDynamicMax;
    const slices = cutSlices(
      asked.filter((field) => !field.dynamic).map(({name}) => name),
      this.#coqlColumns - room,
    );
    for (let i = 0; i * coqlDynamicMax < dynamic.length; i++) {
      const some = dynamic.slice(i * coqlDynamicMax, (i + 1) * coqlDynamicMax).map(({name}) => name);
      slices[i] = [...(slices[i] ?? keyFields), ...some];
    }
    return this.#without('coql', slices);
  }

  /** Names of the fields that only one API reads, and of those that none reads, for the report. */
  get coverage(): {bulkOnly: string[]; coqlOnly: string[]; neither: string[]} {
    const names = [...this.#fields.keys()].filter((name) => !keyFields.includes(name));
    return {
      bulkOnly: names.filter((name) => this.reads('bulk', name) && !this.reads('coql', name)),
      coqlOnly: names.filter((name) => !this.reads('bulk', name) && this.reads('coql', name)),
      neither: names.filter((name) => !this.reads('bulk', name) && !this.reads('coql', name)),
    };
  }

  /** Whether an API reads a field, as far as is known. */
  readonly reads = (api: Api, name: string): boolean => this.#fields.get(name)?.[api] === true && !this.#refused[api].has(name);

  #asked(api: Api): Field[] {
    return [...this.#fields.values()].filter((field) => field[api] && !keyFields.includes(field.name));
  }

  #slices(api: Api, fields: readonly Field[], columnsMax: number): string[][] {
    const names = fields.map(({name}) => name);
    return this.#without(api, cutSlices(names, columnsMax));
  }

  #without(api: Api, slices: string[][]): string[][] {
    return slices.map((slice) => slice.filter((name) => !this.#refused[api].has(name)));
  }
}
