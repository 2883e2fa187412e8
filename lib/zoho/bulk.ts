/** Bulk Read: the request for a job, and how often to check it (zoho-api sheet 4). Pure. */
import {bulkFieldsMax} from '../limits.ts';
import {isoSeconds} from '../records/instant.ts';
import {pollDelayMaxMs, pollDelayMinMs} from './limits.ts';

export interface BulkQuery {
  readonly module: string;
  /** API names, 1 to 200. */
  readonly fields: readonly string[];
  /** `Modified_Time` in `[fromS, toS)`, epoch seconds. */
  readonly fromS: number;
  readonly toS: number;
  /** Only records without `Modified_Time`, instead of a range. */
  readonly untimed?: boolean | undefined;
  /** All records, instead of a range. */
  readonly whole?: boolean | undefined;
}

/**
 * The following page of a job. Module, fields and range are those of the job that returned the
 * token.
 */
export interface BulkPage {
  readonly pageToken: string;
}

/** The body of the request that creates a job. */
export function bulkBody(query: BulkQuery | BulkPage): string {
  if ('pageToken' in query) return JSON.stringify({query: {page_token: query.pageToken}});
  const {module, fields, fromS, toS, untimed = false, whole = false} = query;
  // Given no names or too many, Zoho would export every field instead of failing.
  if (fields.length === 0 || fields.length > bulkFieldsMax)
    throw new RangeError(`Cannot export ${fields.length} fields of module ${module} in one job: it takes 1 to ${bulkFieldsMax}`);
  return JSON.stringify({
    query: {
      module: {api_name: module},
      fields,
      ...(!whole && {
        criteria: untimed
          ? {field: {api_name: 'Modified_Time'}, comparator: 'equal', value: emptyMark}
          : {group_operator: 'and', group: [condition('greater_equal', fromS), condition('less_than', toS)]},
      }),
    },
    file_type: 'csv',
  });
}

/** Means no value (zoho-api sheet 4.2). */
const emptyMark = '$' + '{EMPTY}';

function condition(comparator: string, seconds: number): object {
  return {field: {api_name: 'Modified_Time'}, comparator, value: `${isoSeconds(seconds)}+00:00`};
}

/**
 * Delay before the next check of a job that has been waited for so long: a sixth of that, so that
 * short and long jobs alike lose little time.
 */
export function pollDelayMs(waitedMs: number): number {
  return Math.min(pollDelayMaxMs, Math.max(pollDelayMinMs, waitedMs / 6));
}
