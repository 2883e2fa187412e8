/** GROUP BY and aggregates: one row for each group of records. */
import {type BoundColumn, order} from './columns.ts';
import {sumDecimals} from './decimal.ts';
import type {Aggregate, Query} from './query.ts';
import {CoqlRefusal} from './refusal.ts';
import type {Comparable, Result, TableRecord} from './table.ts';

/** Groups of one query that are kept in memory; no answer holds more than 2,000 rows. */
const groupsMax = 100_000;

export const grouped = (query: Query): boolean => query.groupBy.length > 0 || query.select.some(({aggregate}) => aggregate);

/** Runs a grouped query over its matches. Columns beside the aggregates must be in GROUP BY. */
export function runGroups(query: Query, columns: readonly BoundColumn[], rows: Iterable<TableRecord>): Result {
  const by = columns.filter((_, i) => query.select[i]?.aggregate === undefined);
  for (const {name} of by) {
    if (!query.groupBy.includes(name)) throw new CoqlRefusal('INVALID_QUERY', 'unsupported column', {column_name: name});
  }
  const groups = new Map<string, Folded[]>();
  if (query.groupBy.length === 0) groups.set('', columns.map(folded));
  for (const row of rows) {
    const key = by.map((column) => column.json(row)).join('\n');
    let group = groups.get(key);
    if (!group) {
      if (groups.size === groupsMax) throw new CoqlRefusal('LIMIT_EXCEEDED', 'limit exceeded');
      groups.set(key, (group = columns.map(folded)));
    }
    for (const [i, fold] of group.entries()) fold.add(row, columns[i]!);
  }
  const all = [...groups.values()].sort(groupOrder(query));
  const page = all.slice(query.offset, query.offset + query.limit);
  return {rows: page.map((group) => groupJson(query, group)), more: all.length > query.offset + query.limit};

  function folded(_: BoundColumn, i: number): Folded {
    return new Folded(query.select[i]?.aggregate);
  }
}

/** What a group has of one selected column so far. */
class Folded {
  readonly #aggregate: Aggregate | undefined;
  #count = 0;
  #json = 'null';
  #value: Comparable = null;

  constructor(aggregate: Aggregate | undefined) {
    this.#aggregate = aggregate;
  }

  add(row: TableRecord, column: BoundColumn): void {
    const value = column.comparable(row);
    if (value === null) return;
    this.#count += 1;
    const json = column.json(row);
    if (this.#count === 1) {
      this.#json = json;
      this.#value = value;
    } else if (this.#aggregate === 'SUM' || this.#aggregate === 'AVG') this.#json = sumDecimals(this.#json, json);
    else if (this.#aggregate && this.#aggregate !== 'COUNT' && order(value, this.#value) > 0 === (this.#aggregate === 'MAX')) {
      this.#json = json;
      this.#value = value;
    }
  }

  json(): string {
    if (this.#aggregate === 'COUNT') return String(this.#count);
    if (this.#aggregate === 'AVG' && this.#count > 0) return String(Number(this.#json) / this.#count);
    return this.#json;
  }

  comparable(): Comparable {
    if (this.#aggregate === undefined || this.#aggregate === 'MAX' || this.#aggregate === 'MIN') return this.#value;
    const json = this.json();
    return json === 'null' ? null : Number(json);
  }
}

function groupOrder(query: Query): (a: Folded[], b: Folded[]) => number {
  const orders = query.orderBy.map(({column, descending}) => {
    const at = query.select.findIndex((selected) => selected.alias === column || selected.column === column);
    if (at < 0) throw new CoqlRefusal('INVALID_QUERY', 'unsupported column', {column_name: column});
    return {at, descending};
  });
  return (a, b) => {
    for (const {at, descending} of orders) {
      const sign = order(a[at]?.comparable() ?? null, b[at]?.comparable() ?? null);
      if (sign !== 0) return descending ? -sign : sign;
    }
    return 0;
  };
}

function groupJson(query: Query, group: readonly Folded[]): string {
  const pairs = query.select.map(({column, aggregate, alias}, i) => {
    const key = alias ?? (aggregate ? `${aggregate}(${column})` : column);
    return `${JSON.stringify(key)}:${group[i]?.json() ?? 'null'}`;
  });
  return `{${pairs.join(',')}}`;
}
