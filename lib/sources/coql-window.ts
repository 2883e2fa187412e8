/** One page of a window of COQL, and where the next page begins. */
import {ZohoError} from '../errors/errors.ts';
import type {RowBlock} from '../records/batch.ts';
import {latestS, modifiedSeconds} from '../records/instant.ts';
import {cellText} from '../records/rows.ts';
import {faultOfRow, silentQuarantine} from '../records/unusable-rows.ts';
import {type Key, secondQuery, windowQuery} from '../zoho/coql.ts';
import {type CoqlContext, type CoqlPlan, readSlices, type SliceQuery} from './coql-slices.ts';
import {readAgain} from './readings.ts';
import type {PageStart, WindowPage} from './window-pages.ts';

export interface CoqlPage extends WindowPage {
  readonly rows: RowBlock;
  /** Weight of this number of rows in bytes, for the size of the next page. */
  readonly weight: number;
}

/**
 * Reads one page of the window with all its slices. It reads larger pages as long as none has a row
 * from which the next can begin.
 */
export async function readWindow(plan: CoqlPlan, place: PageStart, limit: number, context: CoqlContext): Promise<CoqlPage> {
  const {module, quoting, pageSize} = plan;
  const query: SliceQuery = (columns, rowsMax) => {
    const common = {module, columns, limit: Math.min(limit, rowsMax), quoting};
    return 'second' in place ? secondQuery({...place, ...common}) : windowQuery({...place, ...common});
  };
  const {rows, first, more, weight} = await readAgain(
    () => readSlices(plan, query, context),
    context.quarantine ?? silentQuarantine,
    'a page of its changes',
  );
  const keys = positionsOf(first);
  const isAllUnusable = first.count >= limit && !keys.some(({id}) => id !== undefined);
  if (isAllUnusable && limit < pageSize.rows) return readWindow(plan, place, Math.min(pageSize.rows, 2 * limit), context);
  if (isAllUnusable && keys.length === 0)
    throw new ZohoError('damaged', `Cannot page through module ${module}: no row of a full page has a valid Modified_Time`);
  const end = 'second' in place ? lastOfSecond(keys, place, module) : lastKey(keys, place.after, module);
  return {rows, rowCount: first.count, more, weight, ...end};
}

/** The position of a row in the order of a window, as far as it is valid. */
interface RowKey {
  readonly seconds: number;
  readonly id: string | undefined;
}

/** The time and id of each row, valid or not. */
export function keysOf(rows: RowBlock): Key[] {
  const [idColumn, timeColumn] = [rows.columns.indexOf('id'), rows.columns.indexOf('Modified_Time')];
  return Array.from({length: rows.count}, (_, row) => ({
    seconds: modifiedSeconds(cellText(rows, row, timeColumn)),
    id: cellText(rows, row, idColumn),
  }));
}

/** The positions of the rows with a valid time. */
function positionsOf(rows: RowBlock): RowKey[] {
  return keysOf(rows)
    .map(({seconds, id}, row) => ({seconds, id: faultOfRow(rows, row) === undefined ? id : undefined}))
    .filter(({seconds}) => !Number.isNaN(seconds));
}

/** Ids before and after every record of a second. */
const firstId = '0';
const lastId = '9223372036854775807';

type End = Pick<WindowPage, 'last' | 'repeats'>;

/**
 * The position of a page's last usable row in the order of the window. Without such a row, the next
 * page begins at the last second that this page has, or after that second if this page began there.
 * Also returns whether the record after which the page begins is in it again.
 */
function lastKey(keys: readonly RowKey[], after: Key | undefined, module: string): End {
  const last = keys.findLast(({id}) => id !== undefined) ?? keys.at(-1);
  // Times that no query can express come last.
  if (last === undefined || last.seconds > latestS) return {last: undefined, repeats: false};
  const {seconds, id = after?.seconds === seconds ? lastId : firstId} = last;
  const repeats = after !== undefined && keys.some((key) => key.seconds === after.seconds && key.id === after.id);
  // Otherwise an answer that ignores the conditions would be read for ever.
  const isStuck = seconds === after?.seconds && id === after.id && !repeats;
  if (after !== undefined && (seconds < after.seconds || isStuck)) throw doesNotFollow(module);
  return {last: {seconds, id}, repeats};
}

/** The same within one second, by id. */
function lastOfSecond(keys: readonly RowKey[], {second, afterId}: Extract<PageStart, {second: number}>, module: string): End {
  const last = keys.findLast(({id}) => id !== undefined) ?? keys.at(-1);
  if (last === undefined) return {last: undefined, repeats: false};
  const {seconds, id = lastId} = last;
  if (seconds !== second || keys.some((key) => (key.id ?? lastId) === afterId)) throw doesNotFollow(module);
  return {last: {seconds, id}, repeats: false};
}

function doesNotFollow(module: string): ZohoError {
  return new ZohoError('damaged', `Cannot page through module ${module}: Zoho's answer does not follow the page before it`);
}
