/**
 * Records without a `Modified_Time` in a module that has the field. No range and no window contains
 * them.
 */
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
  /** Why there may be more. */
  readonly unknown?: string;
}

/**
 * Finds the ids of these records: by COQL, which costs one credit if there are none, or by a Bulk
 * Read job if COQL rejects the query. If both reject it, that is the answer, because nothing else
 * depends on it. Other failures are thrown: outages, limits, a rejected module or scope.
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

/** Whether a failure concerns only this query. A redirect does not. */
function isAboutQuestion(error: unknown): error is ZohoError {
  if (!(error instanceof ZohoError) || !ownKinds.has(error.kind)) return false;
  const {status = 400} = error;
  return status < 300 || status >= 400;
}

const ownKinds: ReadonlySet<string> = new Set(['refused', 'field', 'failed', 'damaged', 'lost', 'unready', 'expired']);

const columns = ['Modified_Time', 'id'];

/** Undefined if Zoho rejects the query, or ignores its condition. */
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
    // Otherwise an answer that ignores the position would be read for ever.
    if (found[0] === ids[0]) break;
    ids.push(...found);
    if (rows.count < coqlRowsSmall) break;
  }
  return ids;
}

/** The job requests only the fields that identify these records. Their values are read by COQL. */
async function byBulk(module: string, context: BulkContext): Promise<string[]> {
  const range = {module, slices: [[...columns, 'Created_Time']], fields: new Map(), fromS: 0, untimed: true, done: {}};
  const ids: string[] = [];
  // The records have no time, so no end of a range concerns them.
  for await (const {items} of bulkRows(range, {cutoff: instantOf(0)}, context)) {
    ids.push(...idsWithoutTime(items));
    // Equivalent mutants (EqualityOperator): a batch ends at exactly this number by chance alone
    if (ids.length >= untimedIdsMax) break;
  }
  return ids;
}

/** Ids of the rows without a time; none if the rows lack either column. */
function idsWithoutTime(rows: RowBlock): string[] {
  const [idColumn, timeColumn] = [rows.columns.indexOf('id'), rows.columns.indexOf('Modified_Time')];
  if (idColumn < 0 || timeColumn < 0) return [];
  const valid = withoutRows(rows, new Set(rowsWithoutId(rows).map(({row}) => row - 1)));
  return Array.from({length: valid.count}, (_, row) => row)
    .filter((row) => cellText(valid, row, timeColumn) === '')
    .map((row) => cellText(valid, row, idColumn));
}
