/** ORDER BY any columns. It stops early where the records already come in that order. */
import {bindColumn, order} from './columns.ts';
import {idAsText, textOf} from './filter.ts';
import type {Query} from './query.ts';
import {CoqlRefusal} from './refusal.ts';
import type {CoqlSwitches} from './switches.ts';
import type {Comparable, Table, TableRecord} from './table.ts';

export interface SortKeys {
  /** The values to compare rows by, in order. */
  readonly values: (row: TableRecord) => Comparable[];
  readonly descending: readonly boolean[];
  /**
   * How much of it the order `(Modified_Time, id)` satisfies: nothing, the seconds only, or all.
   */
  readonly scan: 'nothing' | 'seconds' | 'all';
}

/**
 * The order of a query: the named columns, or id. Ties are ordered by id, or scattered by `nonce`.
 */
export function sortKeys(query: Query, table: Table, switches: CoqlSwitches, nonce: number): SortKeys {
  const named = query.orderBy.length > 0 ? query.orderBy : [{column: 'id', descending: false}];
  const columns = named.map(({column}) => {
    const selected = query.select.find(({alias}) => alias === column);
    return bindColumn(table, selected?.column ?? column);
  });
  for (const {kind, name} of columns) {
    if (kind === 'opaque') throw new CoqlRefusal('INVALID_QUERY', 'unsupported column', {column_name: name});
  }
  const reads = columns.map((bound) => (idAsText(bound, switches) ? textOf(bound) : bound.comparable));
  const idAt = columns.findIndex(({name}) => name === 'id');
  if (idAt < 0) reads.push(switches.ties === 'id' ? (row) => row.id : (row) => scatter(row.id, nonce));
  return {
    values: (row) => reads.map((read) => read(row)),
    descending: named.map(({descending}) => descending),
    scan: scanServes(named, switches),
  };
}

function scanServes(named: Query['orderBy'], switches: CoqlSwitches): SortKeys['scan'] {
  const [first, second] = named;
  if (first?.column !== 'Modified_Time' || first.descending) return 'nothing';
  if (switches.hiddenMs) return 'seconds';
  if (second === undefined) return switches.ties === 'id' ? 'all' : 'seconds';
  return second.column === 'id' && !second.descending && switches.idOrder === 'numeric' ? 'all' : 'seconds';
}

/**
 * The first `most` of `rows` in order. `sorted` says that they come in the order `(Modified_Time,
 * id)`; as far as that helps, no more are read than returned. Otherwise all are read, and at most
 * twice `most` are held.
 */
export function* sortRows(
  rows: Iterable<TableRecord>,
  keys: SortKeys,
  sorted: boolean,
  most: number,
): Generator<TableRecord, void, void> {
  if (!sorted || keys.scan === 'nothing') yield* firstOf(rows, keys, most);
  else if (keys.scan === 'all') yield* rows;
  else for (const second of bySecond(rows)) yield* firstOf(second, keys, most);
}

function* bySecond(rows: Iterable<TableRecord>): Generator<TableRecord[], void, void> {
  let second: TableRecord[] = [];
  for (const row of rows) {
    if (second[0] !== undefined && second[0].modifiedS !== row.modifiedS) {
      yield second;
      second = [];
    }
    second.push(row);
  }
  if (second.length > 0) yield second;
}

function firstOf(rows: Iterable<TableRecord>, {values, descending}: SortKeys, most: number): TableRecord[] {
  type Keyed = {readonly row: TableRecord; readonly keys: readonly Comparable[]};
  const compare = (a: Keyed, b: Keyed): number => {
    for (let i = 0; i < a.keys.length; i++) {
      const sign = order(a.keys[i] ?? null, b.keys[i] ?? null);
      if (sign !== 0) return descending[i] ? -sign : sign;
    }
    return 0;
  };
  let held: Keyed[] = [];
  for (const row of rows) {
    held.push({row, keys: values(row)});
    if (held.length >= 2 * most + 1_000) held = held.sort(compare).slice(0, most);
  }
  return held
    .sort(compare)
    .slice(0, most)
    .map(({row}) => row);
}

/** A number unrelated to the id's size, and different for every query. */
function scatter(id: bigint, nonce: number): number {
  let mixed = Number(BigInt.asUintN(32, id ^ (id >> 32n))) ^ Math.imul(nonce + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
