/** Records that have no `Modified_Time` although their module has the field: no range and no window ever holds them. */
import {ZohoError} from '../errors/errors.ts';
import {instantOf} from '../flow/state.ts';
import {coqlRowsSmall, untimedIdsMax} from '../limits.ts';
import type {RowBlock} from '../records/batch.ts';
import {cellText} from '../records/rows.ts';
import {rowsWithoutId, withoutRows} from '../records/unusable-rows.ts';
import {type Quoting, untimedQuery} from '../zoho/coql.ts';
import {type BulkContext, bulkRows} from './bulk.ts';

export interface Untimed {
  readonly ids: readonly string[];
  /** Why nobody knows whether there are more. */
  readonly unknown?: string;
}

/**
 * Asks for the ids of these records: by COQL, which costs one credit when there are none, and where COQL does not take the question by a job of Bulk
 * Read. It is an extra question: that both refuse it is an answer. Failures that are not about the question are thrown: outages, limits, a module or a scope refused.
 */
export async function untimedIds(module: string, context: BulkContext, quoting?: Quoting): Promise<Untimed> {
  try {
    const ids = (await byCoql(module, context, quoting)) ?? (await byBulk(module, context));
    return ids.length < untimedIdsMax ? {ids} : {ids, unknown: `there are more than ${untimedIdsMax} of them`};
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isAboutQuestion(error)) throw error;
    return {ids: [], unknown: error.message};
  }
}

/** Failures that another question need not meet. A redirect is nobody's answer. */
function isAboutQuestion(error: unknown): error is ZohoError {
  if (!(error instanceof ZohoError) || !ownKinds.has(error.kind)) return false;
  const {status = 400} = error;
  return status < 300 || status >= 400;
}

const ownKinds: ReadonlySet<string> = new Set(['refused', 'field', 'failed', 'damaged', 'lost', 'unready', 'expired']);

const columns = ['Modified_Time', 'id'];

/** Undefined when Zoho does not take the question, or does not mind the condition. */
async function byCoql(module: string, {client, signal}: BulkContext, quoting?: Quoting): Promise<string[] | undefined> {
  const ids: string[] = [];
  while (ids.length < untimedIdsMax) {
    const query = untimedQuery(module, ids.at(-1), coqlRowsSmall, quoting);
    let rows: RowBlock | undefined;
    try {
      rows = (await client.coql(query, signal))?.rows;
    } catch (error) {
      if (isAboutQuestion(error)) return undefined;
      throw error;
    }
    if (rows === undefined || rows.count === 0) break;
    const found = idsWithoutTime(rows);
    if (found.length === 0) return undefined;
    // Without this, an answer that ignores where to go on would be read for ever.
    if (found[0] === ids[0]) break;
    ids.push(...found);
    if (rows.count < coqlRowsSmall) break;
  }
  return ids;
}

/** A job names fields, and what it takes to know these records; their values are read by COQL. */
async function byBulk(module: string, context: BulkContext): Promise<string[]> {
  const cutoff = instantOf(await context.client.nowSeconds(context.signal));
  const range = {module, slices: [[...columns, 'Created_Time']], fields: new Map(), fromS: 0, untimed: true, done: {}};
  const ids: string[] = [];
  for await (const {items} of bulkRows(range, {cutoff}, context)) {
    ids.push(...idsWithoutTime(items));
    if (ids.length >= untimedIdsMax) break;
  }
  return ids;
}

function idsWithoutTime(rows: RowBlock): string[] {
  const sound = withoutRows(rows, new Set(rowsWithoutId(rows).map(({row}) => row - 1)));
  const idColumn = Math.max(rows.columns.indexOf('Id'), rows.columns.indexOf('id'));
  const timeColumn = rows.columns.indexOf('Modified_Time');
  const ids: string[] = [];
  for (let row = 0; row < sound.count; row++) {
    if (idColumn >= 0 && timeColumn >= 0 && cellText(sound, row, timeColumn) === '') ids.push(cellText(sound, row, idColumn));
  }
  return ids;
}
