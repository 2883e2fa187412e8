/**
 * The rows of a refresh: values that change without `Modified_Time`, such as formulas and roll-ups,
 * for all records captured so far (design 5.6).
 */
import type {RangePlace} from '../flow/state.ts';
import {bulkFieldsMax} from '../limits.ts';
import type {Batch, RowBlock} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {type BulkContext, type BulkRange, bulkRows} from './bulk.ts';
import {cutSlices, keyFields} from './slices.ts';

/** Whether an API reads a field, as far as is known. */
export type Reads = (api: 'bulk' | 'coql', name: string) => boolean;

/**
 * Whether a refresh that begins now reads a field. It reads fields whose changes no sweep sees,
 * because they are computed or read by Bulk Read alone, and owed fields.
 */
export function isRefreshed({name, computed}: Field, reads: Reads, owed: readonly string[]): boolean {
  return reads('bulk', name) && (computed || !reads('coql', name) || owed.includes(name));
}

/**
 * The slices of a refresh that began with these fields; none if none of them can be read any more.
 * They are cut before fields are omitted, so a slice keeps its number.
 */
export function formulaSlices(names: readonly string[], reads: Reads): string[][] {
  const isReadable = (name: string): boolean => reads('bulk', name);
  if (!names.some(isReadable)) return [];
  return cutSlices(names, bulkFieldsMax).map((slice) => slice.filter((name) => keyFields.includes(name) || isReadable(name)));
}

export interface FormulaRange extends Omit<BulkRange, 'slices'> {
  /** The fields with which the refresh began, in order. */
  readonly names: readonly string[];
  readonly reads: Reads;
}

/** Yields the rows of a refresh from where `saved` stands, as `bulkRows` does. */
export function formulaRows(
  {names, reads, ...range}: FormulaRange,
  saved: RangePlace,
  context: BulkContext,
): AsyncGenerator<Batch<RowBlock>, void, void> {
  return bulkRows({...range, slices: formulaSlices(names, reads)}, saved, context);
}
