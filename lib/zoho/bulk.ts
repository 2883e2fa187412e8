/** Bulk Read: what a job is asked for, and when to look after it (zoho-api sheet 4). Pure. */
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
  /** Only records that have no `Modified_Time` at all, in place of a range. */
  readonly untimed?: boolean | undefined;
  /** All records, in place of a range. */
  readonly whole?: boolean | undefined;
}

/** The following page of a job: module, fields and range are those of the job that gave the token. */
export interface BulkPage {
  readonly pageToken: string;
}

/** The body of the request that creates a job. */
export function bulkBody(query: BulkQuery | BulkPage): string {
  if ('pageToken' in query) return JSON.stringify({query: {page_token: query.pageToken}});
  const {module, fields, fromS, toS, untimed = false, whole = false} = query;
  // With none or with too many names, Zoho would export every field instead of failing.
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

/** Stands for no value (zoho-api sheet 4.2). */
const emptyMark = '$' + '{EMPTY}';

function condition(comparator: string, seconds: number): object {
  return {field: {api_name: 'Modified_Time'}, comparator, value: `${isoSeconds(seconds)}+00:00`};
}

/** How long to wait before a job is looked at again, when it has been waited for that long: a sixth of it, so that little time is lost on short and long jobs alike. */
export function pollDelayMs(waitedMs: number): number {
  return Math.min(pollDelayMaxMs, Math.max(pollDelayMinMs, waitedMs / 6));
}
