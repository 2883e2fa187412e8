/** Binds the names in a query to the columns of a module, through lookups where they are dotted. */
import {kindOf, type ValueKind} from './kinds.ts';
import {CoqlRefusal} from './refusal.ts';
import type {Column, Comparable, Table, TableRecord} from './table.ts';

/** Lookups in one name. */
const depthMax = 2;

export interface BoundColumn {
  readonly name: string;
  readonly kind: ValueKind;
  readonly column: Column;
  /** The name's lookups, dotted; empty for the module's own columns. */
  readonly join: string;
  json(row: TableRecord): string;
  comparable(row: TableRecord): Comparable;
}

/**
 * Binds `name`, such as `Phone`, `Account_Name.Phone` or `What_Id->Accounts.Phone`. Throws Zoho's
 * refusal of an unknown column.
 */
export function bindColumn(table: Table, name: string): BoundColumn {
  const {lookups, last} = splitName(name);
  let target: Table | undefined = table;
  for (const {lookup, module} of lookups) {
    const next: Table | undefined = target?.columns.get(lookup)?.selectable ? target.related(lookup) : undefined;
    target = module === undefined || next?.name === module ? next : undefined;
  }
  const column = target?.columns.get(last);
  if (!column?.selectable || lookups.length > depthMax) throw unknownColumn(name);
  const kind = kindOf(last, column);
  const rowOf = (row: TableRecord) => lookups.reduce<TableRecord | undefined>((from, {lookup}) => from?.related(lookup), row);
  return {
    name,
    kind,
    column,
    join: lookups.map(({lookup}) => lookup).join('.'),
    json: lookups.length === 0 ? (row) => row.json(last) : (row) => rowOf(row)?.json(last) ?? 'null',
    comparable: (row) => normal(kind, rowOf(row)?.comparable(last) ?? null),
  };
}

/**
 * The refusal of a column that does not exist, is hidden from the user, or cannot be read by COQL.
 * Zoho does not distinguish them.
 */
export function unknownColumn(name: string): CoqlRefusal {
  return new CoqlRefusal('INVALID_QUERY', 'column given seems to be invalid', {column_name: name});
}

function splitName(name: string): {lookups: {lookup: string; module?: string}[]; last: string} {
  const parts = name.split('.');
  const last = parts.pop() ?? '';
  const lookups = parts.map((part) => {
    const [lookup = '', module] = part.split('->');
    return module === undefined ? {lookup} : {lookup, module};
  });
  return {lookups, last};
}

/** Ids compare as bigint, however the record holds them. */
function normal(kind: ValueKind, value: Comparable): Comparable {
  const wide = kind === 'id' || kind === 'lookup' || kind === 'integer';
  if (!wide || typeof value === 'bigint' || typeof value === 'boolean' || value === null) return value;
  return /^-?\d+$/.test(String(value)) ? BigInt(value) : value;
}

/** Compares nulls first, then by value. Values of one column have one type. */
export function order(a: Comparable, b: Comparable): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'string' || typeof b === 'string') return order(String(a), String(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
