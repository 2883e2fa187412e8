/**
 * What one binding requests from Zoho: the fields that each API reads, and the sizes of requests.
 */
import type {BindingState} from '../flow/state.ts';
import {coqlPageBytes, coqlPageShrinkBy, coqlRowsLarge} from '../limits.ts';
import type {Field} from '../records/field.ts';
import type {CoqlPlan} from '../sources/coql.ts';
import {PageSize} from '../sources/page-size.ts';
import type {Api, FieldPlan} from './field-plan.ts';

export class Queries {
  readonly fields: FieldPlan;
  /** Rows of a COQL page, as this organisation allows and delivers them. */
  readonly pageSize = new PageSize({most: coqlRowsLarge, shrinkBy: coqlPageShrinkBy, bytesWanted: coqlPageBytes});
  readonly #module: string;
  readonly #listSize: PageSize;
  #areFieldsStale = false;
  #rowsExpected = 0;
  #untimedOutages = 0;

  /** `listSize` is the number of ids that this organisation accepts in a COQL list. */
  constructor(module: string, fields: FieldPlan, listSize: PageSize) {
    this.#module = module;
    this.fields = fields;
    this.#listSize = listSize;
  }

  /** What sweeps request of each record. */
  get plan(): CoqlPlan {
    const {coqlSlices: slices, all: fields, quoting} = this.fields;
    return {module: this.#module, slices, fields, quoting, pageSize: this.pageSize, listSize: this.#listSize};
  }

  /** The slices of the range in a state, for a backfill or a refresh. */
  slices(state: BindingState): string[][] {
    const {fields} = this;
    return state.is_connector_initiated === true ? fields.refreshSlices(this.refreshedBy(state)) : fields.bulkSlices;
  }

  /** The fields of the refresh in a state, in their original order. */
  refreshedBy({backfill}: BindingState): readonly string[] {
    return backfill?.fields ?? this.fields.toRefresh();
  }

  /** Omits a field from requests to one API. Returns false if that changes nothing. */
  refuse(api: Api, field: string): boolean {
    if (!this.fields.refuse(api, field)) return false;
    this.#areFieldsStale = true;
    return true;
  }

  /** Whether the field metadata should be read again soon. */
  get areFieldsStale(): boolean {
    return this.#areFieldsStale;
  }

  /** Takes new metadata. Returns whether anything changed. */
  takeFields(fields: readonly Field[]): boolean {
    this.#areFieldsStale = false;
    return this.fields.replace(fields);
  }

  /** Keeps the known metadata, after an answer without any. */
  keepFields(): void {
    this.#areFieldsStale = false;
  }

  /** Rows of the last sweep, which determine the size of the next one's first page. */
  get rowsExpected(): number {
    return this.#rowsExpected;
  }

  expectRows(rows: number): void {
    this.#rowsExpected = rows;
  }

  /**
   * Counts an outage that kept Zoho from listing records without `Modified_Time`. Returns the
   * number of earlier ones.
   */
  countUntimedOutage(): number {
    return this.#untimedOutages++;
  }
}
