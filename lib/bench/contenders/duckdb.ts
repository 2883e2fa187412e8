/**
 * DuckDB's CSV reader and JSON writer on the page as plain CSV. It neither downloads nor inflates,
 * and knows the columns in advance.
 */
import {DuckDBInstance} from '@duckdb/node-api';
import {type Column, shapeOf} from '../fixtures.ts';
import type {Task} from '../task.ts';

export async function duckdb({page}: Task): Promise<number> {
  const columns = shapeOf(page.shape).columns.map((column) => (column.name === 'id' ? {...column, name: 'Id'} : column));
  const types = columns.map((column) => `'${column.name}': '${typeOf(column)}'`).join(', ');
  const values = columns.map((column) => `${selected(column)} as "${column.name === 'Id' ? 'id' : column.name}"`).join(', ');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const result = await connection.run(
    `copy (select ${values}, {'op': 'u'} as _meta from read_csv('${page.csv}', header = true, delim = ',', quote = '"', escape = '"', ` +
      `auto_detect = false, columns = {${types}})) to '/dev/stdout' (format json)`,
  );
  return result.rowsChanged;
}

function typeOf({name, jsonType}: Column): string {
  if (name === 'Id' || jsonType === 'integer') return 'BIGINT';
  if (jsonType === 'double') return 'DOUBLE';
  return jsonType === 'boolean' ? 'BOOLEAN' : 'VARCHAR';
}

function selected({name, jsonType}: Column): string {
  return jsonType === 'jsonarray' ? `string_split("${name}", ';')` : `"${name}"`;
}
