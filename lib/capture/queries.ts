/** What one binding asks Zoho for: the fields that each API reads, and how much at once. */
import type {BindingState} from '../flow/state.ts';
import {coqlPageBytes, coqlPageShrinkBy, coqlRowsLarge} from '../limits.ts';
import type {Field} from '../records/field.ts';
import type {CoqlPlan} from '../sources/coql.ts';
import {PageSize} from '../sources/page-size.ts';
import type {Api, FieldPlan} from './field-plan.ts';

export class Queries {
  readonly fields: FieldPlan;
  /** Rows of a COQL page, as this organisation allows and serves them. */
  readonly pageSize = new PageSize({most: coqlRowsLarge, shrinkBy: coqlPageShrinkBy, bytesWanted: coqlPageBytes});
  readonly #module: string;
  readonly #listSize: PageSize;
  #areFieldsStale = false;
  #rowsExpected = 0;
  #untimedOutages = 0;

  /** `listSize` is the number of ids that this organisation takes in a list of COQL. */
  constructor(module: string, fields: FieldPlan, listSize: PageSize) {
    this.#module = module;
    this.fields = fields;
    this.#listSize = listSize;
  }

  /** What sweeps ask of each record. */
  get plan(): CoqlPlan {
    const {coqlSlices: slices, all: fields, quoting} = this.fields;
    return {module: this.#module, slices, fields, quoting, pageSize: this.pageSize, listSize: this.#listSize};
  }

  /** The slices of the range that a state holds: those of a backfill, or of a refresh. */
  slices(state: BindingState): string[][] {
    const {fields} = this;
    return state.is_connector_initiated === true ? fields.refreshSlices(this.refreshedBy(state)) : fields.bulkSlices;
  }

  /** The fields that the refresh of a state reads, in the order in which it began with them. */
  refreshedBy({backfill}: BindingState): readonly string[] {
    return backfill?.fields ?? this.fields.toRefresh();
  }

  /** Leaves a field out of what one API is asked for. False when nothing would change by that. */
  refuse(api: Api, field: string): boolean {
    if (!this.fields.refuse(api, field)) return false;
    this.#areFieldsStale = true;
    return true;
  }

  /** Whether the field metadata should be read again soon. */
  get areFieldsStale(): boolean {
    return this.#areFieldsStale;
  }

  /** Takes newly read metadata. Returns whether anything differs from before. */
  takeFields(fields: readonly Field[]): boolean {
    this.#areFieldsStale = false;
    return this.fields.replace(fields);
  }

  /** Metadata were asked for, and the answer was of no use: those known before stay. */
  keepFields(): void {
    this.#areFieldsStale = false;
  }

  /** Rows of the last sweep, by which the next one chooses its first page's size. */
  get rowsExpected(): number {
    return this.#rowsExpected;
  }

  expectRows(rows: number): void {
    this.#rowsExpected = rows;
  }

  /** Counts outages that kept Zoho from naming records without `Modified_Time`; returns how many there were before. */
  countUntimedOutage(): number {
    return this.#untimedOutages++;
  }
}
