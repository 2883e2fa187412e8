/** Answers a parsed query from a module's records. */
import {type BoundColumn, bindColumn} from './columns.ts';
import {compileWhere} from './filter.ts';
import {grouped, runGroups} from './group.ts';
import {comparisons, type Query} from './query.ts';
import {reachable} from './reach.ts';
import {CoqlRefusal} from './refusal.ts';
import {sortKeys, sortRows} from './sort.ts';
import type {CoqlSwitches} from './switches.ts';
import type {Result, Table, TableRecord} from './table.ts';

/**
 * How many lookups SELECT may follow, and how many WHERE, GROUP BY and ORDER BY may (zoho-api sheet
 * 5.3).
 */
const selectJoinsMax = 15;
const baseJoinsMax = 5;

/**
 * Runs a query, or throws the `CoqlRefusal` that Zoho would answer.
 *
 * Windows of `Modified_Time` in the order `(Modified_Time, id)` read only their rows, and those
 * that the rest of WHERE rejects. Any other order reads all matches. `nonce` differs between
 * queries: it scatters rows whose order is undefined.
 */
export function runQuery(query: Query, table: Table, switches: CoqlSwitches, nonce = 0): Result {
  const columns = bindSelect(query, table, switches);
  const test = compileWhere(query.where, table, switches);
  checkJoins(query, table, columns);
  const {rows, sorted} = reachable(query.where, table, switches);
  if (grouped(query)) return runGroups(query, columns, matching(rows, test));
  const keys = sortKeys(query, table, switches, nonce);
  const limit = Math.min(query.limit, switches.servedMax);
  const page = take(sortRows(matching(rows, test), keys, sorted, query.offset + limit + 1), query.offset, limit);
  return {rows: page.rows.map(writer(query, columns, switches)), more: page.more};
}

function* matching(rows: Iterable<TableRecord>, test: (row: TableRecord) => boolean): Generator<TableRecord, void, void> {
  for (const row of rows) if (test(row)) yield row;
}

function take(rows: Iterable<TableRecord>, offset: number, limit: number): {rows: TableRecord[]; more: boolean} {
  const taken: TableRecord[] = [];
  let at = 0;
  for (const row of rows) {
    if (at++ < offset) continue;
    if (taken.length === limit) return {rows: taken, more: true};
    taken.push(row);
  }
  return {rows: taken, more: false};
}

function bindSelect(query: Query, table: Table, switches: CoqlSwitches): BoundColumn[] {
  if (query.select.length > switches.columnsMax) throw tooMany(switches);
  const columns = query.select.map(({column}) => bindColumn(table, column));
  if (columns.filter(({column}) => column.dynamic).length > switches.dynamicMax) throw tooMany(switches);
  return columns;
}

function tooMany({columnsCode}: CoqlSwitches): CoqlRefusal {
  return new CoqlRefusal(columnsCode, columnsCode === 'LIMIT_EXCEEDED' ? 'limit exceeded' : 'Invalid query formed');
}

function checkJoins(query: Query, table: Table, columns: readonly BoundColumn[]): void {
  const aliases = new Set(query.select.map(({alias}) => alias));
  const named = [...query.groupBy, ...query.orderBy.map(({column}) => column)].filter((name) => !aliases.has(name));
  const base = [...Array.from(comparisons(query.where), ({column}) => column), ...named].map((name) => bindColumn(table, name));
  const joins = (list: readonly BoundColumn[]) => new Set(list.map(({join}) => join).filter((join) => join !== '')).size;
  if (joins(columns) > selectJoinsMax || joins(base) > baseJoinsMax) throw new CoqlRefusal('LIMIT_EXCEEDED', 'limit exceeded');
}

/** Writes one row as JSON text, each value as the record renders it. */
function writer(query: Query, columns: readonly BoundColumn[], {idAlways}: CoqlSwitches): (row: TableRecord) => string {
  const heads = query.select.map(({column, alias}) => `${JSON.stringify(alias ?? column)}:`);
  const idSelected = query.select.some(({column, alias}) => (alias ?? column) === 'id');
  return (row) => {
    const values = columns.map((column, i) => heads[i] + column.json(row));
    if (idAlways && !idSelected) values.push(`"id":"${row.id}"`);
    return `{${values.join(',')}}`;
  };
}
