/** Which columns COQL refuses when it does not say, and which names it only wants written otherwise. */
import {ZohoError} from '../errors/errors.ts';
import {coqlColumnsFallback} from '../limits.ts';
import {keyFields} from '../sources/slices.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {windowQuery} from '../zoho/coql.ts';
import type {FieldPlan} from './field-plan.ts';

/** Codes with which COQL refuses a column; the answer need not name it (zoho-api sheet 5.6, 12). */
export const columnCodes = new Set(['INVALID_QUERY', 'INVALID_DATA', 'SYNTAX_ERROR', 'DUPLICATE_DATA', 'DUPLICATE_ALIAS']);

export interface ColumnSearch {
  readonly module: string;
  readonly client: ZohoClient;
  readonly fields: FieldPlan;
  /** Records modified since then are asked for, one each time. */
  readonly fromS: number;
  /** Leaves a column out of what COQL is asked for; false when nothing would change by that. */
  refuse(column: string): Promise<boolean>;
}

/**
 * Does what Zoho's refusal says without a search: writes the name the other way at which Zoho stopped reading, or leaves out the column that it names.
 * Returns whether anything changed; the hint may have been wrong.
 */
export async function takeHint(
  {module, fields, refuse}: Omit<ColumnSearch, 'client' | 'fromS'>,
  error: ZohoError,
): Promise<boolean> {
  const {quoting} = fields;
  if (error.code === 'SYNTAX_ERROR' && error.near !== undefined) {
    if (fields.all.get(error.near)?.coql === true) return quoting.switchColumn(error.near, 'hint');
    return error.near === module && quoting.switchModule(module, 'hint');
  }
  if (error.kind !== 'field' || error.field === undefined) return false;
  // In quotes it may be taken for a text; a name without them was understood, and is refused.
  if (quoting.isQuoted(error.field) && quoting.switchColumn(error.field, 'hint')) return true;
  return refuse(error.field);
}

/**
 * Finds the names that make COQL refuse a query. The module's own, or a column, is written the other way if that helps; a column that is refused in both
 * ways, or only beside another one, is left out. Asks for one row each time, of no more columns at once than every version of COQL takes.
 * Returns whether anything changed.
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
      if (!(error instanceof ZohoError)) throw error;
      if (error.kind === 'field' || error.kind === 'refused') return true;
      throw error;
    }
  }

  /** Mends one query. The columns before `sound` were accepted together. */
  async function mend(names: readonly string[]): Promise<boolean> {
    let rest = names;
    let changed = false;
    for (let sound = 0; sound < rest.length && (await refuses(rest)); ) {
      // The shortest beginning that is refused ends with the column at fault.
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

  // What is refused without any column is the module's name, or nothing that could be mended here.
  let found = false;
  if (await refuses([])) {
    if (!quoting.switchModule(module, 'search') || (await refuses([]))) return false;
    found = true;
  }
  const most = coqlColumnsFallback - keyFields.length;
  for (const slice of fields.coqlSlices) {
    const names = slice.filter((name) => !keyFields.includes(name));
    for (let i = 0; i < names.length; i += most) found = (await mend(names.slice(i, i + most))) || found;
  }
  return found;
}
