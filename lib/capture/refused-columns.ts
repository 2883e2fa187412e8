/**
 * Finds the columns that COQL rejects without naming them, and the names that need other quoting.
 */
import {ZohoError} from '../errors/errors.ts';
import {coqlColumnsFallback} from '../limits.ts';
import {cutSlices, keyFields} from '../sources/slices.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {windowQuery} from '../zoho/coql.ts';
import type {FieldPlan} from './field-plan.ts';

/** Codes with which COQL rejects a column. The answer may not name it (zoho-api sheet 5.6, 12). */
export const columnCodes: ReadonlySet<string | undefined> = new Set([
  'INVALID_QUERY',
  'INVALID_DATA',
  'SYNTAX_ERROR',
  'DUPLICATE_DATA',
  'DUPLICATE_ALIAS',
]);

export interface ColumnSearch {
  readonly module: string;
  readonly client: ZohoClient;
  readonly fields: FieldPlan;
  /** Each test requests one record modified since then. */
  readonly fromS: number;
  /** Omits a column from COQL queries. Returns false if that changes nothing. */
  refuse(column: string): Promise<boolean>;
}

/**
 * Follows Zoho's hint without a search: changes the quoting of the name at which Zoho stopped
 * reading, or omits the column that it names. Returns whether anything changed. The hint may be
 * wrong.
 */
export async function takeHint(
  {module, fields, refuse}: Omit<ColumnSearch, 'client' | 'fromS'>,
  error: ZohoError,
): Promise<boolean> {
  const {quoting} = fields;
  if (error.near !== undefined) {
    if (fields.all.get(error.near)?.coql === true) return quoting.switchColumn(error.near, 'hint');
    return error.near === module && quoting.switchModule(module, 'hint');
  }
  if (error.field === undefined) return false;
  // A quoted name may be taken for a text. A bare name was understood, and is rejected.
  if (quoting.isQuoted(error.field) && quoting.switchColumn(error.field, 'hint')) return true;
  return refuse(error.field);
}

/**
 * Finds the names that make COQL reject a query. If other quoting of the module's name or of a
 * column helps, it is used. A column that is rejected either way, or only together with another
 * one, is omitted. Each test requests one row, and at most as many columns as every version of COQL
 * accepts. Returns whether anything changed.
 */
export async function bisectColumns(search: ColumnSearch, signal: AbortSignal): Promise<boolean> {
  const {module, fields, client, fromS} = search;
  const {quoting} = fields;

  async function refuses(names: readonly string[]): Promise<boolean> {
    const columns = [...keyFields, ...names];
    const query = windowQuery({module, columns, fromS, limit: 1, quoting});
    try {
      await client.coql(query, signal);
      return false;
    } catch (error) {
      if (error instanceof ZohoError && (error.kind === 'field' || error.kind === 'refused')) return true;
      throw error;
    }
  }

  /** Fixes one query. The columns before `sound` were accepted together. */
  async function fixQuery(names: readonly string[]): Promise<boolean> {
    let rest = names;
    let changed = false;
    for (let sound = 0; sound < rest.length && (await refuses(rest)); ) {
      // The shortest rejected prefix ends with the column at fault.
      let refused = rest.length;
      while (refused - sound > 1) {
        const middle = (sound + refused) >> 1;
        if (await refuses(rest.slice(0, middle))) refused = middle;
        else sound = middle;
      }
      const name = rest[refused - 1]!;
      if (quoting.switchColumn(name, 'search') && !(await refuses(rest.slice(0, refused)))) sound = refused;
      else {
        if (!(await search.refuse(name))) return changed;
        rest = rest.toSpliced(refused - 1, 1);
      }
      changed = true;
    }
    return changed;
  }

  // A query rejected without any column is rejected for the module's name, or for a reason that
  // cannot be fixed here.
  let found = false;
  if (await refuses([])) {
    if (!quoting.switchModule(module, 'search') || (await refuses([]))) return false;
    found = true;
  }
  for (const slice of fields.coqlSlices) {
    const names = slice.filter((name) => !keyFields.includes(name));
    for (const columns of cutSlices(names, coqlColumnsFallback))
      found = (await fixQuery(columns.slice(keyFields.length))) || found;
  }
  return found;
}
