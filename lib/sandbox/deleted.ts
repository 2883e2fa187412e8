/** The feed of deleted records (zoho-api sheet 6). */

import type {Deletion} from './deletions.ts';
import {mixText} from './hash.ts';
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';
import {type Answer, json, refusal, type SandboxRequest} from './request.ts';

const perPageMax = 200;
const types = ['all', 'recycle', 'permanent'];

/** `GET /crm/v8/{module}/deleted`. */
export function listDeleted(org: Org, module: OrgModule | undefined, {query, headers}: SandboxRequest): Answer {
  const refuse = (code: string, message: string, details: Readonly<Record<string, unknown>>) =>
    org.switches.deletedRefusalsWrapped
      ? json(400, {data: [{code, details, message, status: 'error'}]})
      : refusal(400, code, message, details);
  if (!module?.spec.deletions || !module.spec.apiSupported) {
    return refuse('INVALID_MODULE', 'the module name given seems to be invalid', {resource_path_index: 0});
  }
  const type = query.get('type') ?? 'all';
  if (!types.includes(type))
    return refuse('PATTERN_NOT_MATCHED', 'Please check whether the input values are correct', {param_name: 'type'});
  const page = countOf(query.get('page'), 1);
  const asked = countOf(query.get('per_page'), perPageMax);
  if (page === undefined) return refuse('INVALID_DATA', 'invalid data', {param_name: 'page'});
  if (asked === undefined || asked > perPageMax) return refuse('INVALID_DATA', 'invalid data', {param_name: 'per_page'});
  const perPage = Math.min(asked, org.switches.deletedServedMax);
  const since = headers['if-modified-since'];
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
  if (Number.isNaN(sinceMs)) return refuse('INVALID_DATA', 'invalid data', {header_name: 'If-Modified-Since'});
  const {deletedRowsMax, unchangedStatus} = org.switches;
  if (page * perPage > deletedRowsMax) {
    return refuse('DISCRETE_PAGINATION_LIMIT_EXCEEDED', 'You can only get limited records without using page_token', {
      limit: deletedRowsMax,
    });
  }
  const rows = feedOf(org, module, type, sinceMs);
  if (rows.length === 0) return {status: since === undefined ? 204 : unchangedStatus};
  const shown = rows.slice((page - 1) * perPage, page * perPage);
  if (shown.length === 0) return {status: 204};
  const info = {per_page: asked, count: shown.length, page, more_records: rows.length > page * perPage};
  return json(200, {data: shown.map((row) => rowOf(org, row)), info});
}

/**
 * Whole seconds count: a record deleted in the very second of `If-Modified-Since` is in the feed.
 */
function feedOf(org: Org, module: OrgModule, type: string, sinceMs: number): Deletion[] {
  const fromS = Math.floor(sinceMs / 1_000);
  const toMs = org.clock.nowMs() - org.switches.deletedLateMs;
  const rows = module
    .deletions()
    .filter(
      ({permanent, deletedMs}) =>
        (type === 'all' || permanent === (type === 'permanent')) && Math.floor(deletedMs / 1_000) >= fromS && deletedMs <= toMs,
    );
  const byTime = (a: Deletion, b: Deletion) => a.deletedMs - b.deletedMs || a.seq - b.seq;
  switch (org.switches.deletedOrder) {
    case 'ascending':
      return rows.sort(byTime);
    case 'descending':
      return rows.sort((a, b) => byTime(b, a));
    default:
      return rows.sort((a, b) => mixText(org.seed, a.id) - mixText(org.seed, b.id));
  }
}

/** Permanent deletions name no user. */
function rowOf(org: Org, {id, name, deletedMs, permanent, seq}: Deletion): Readonly<Record<string, unknown>> {
  const user = org.users[seq % org.users.length];
  const by = permanent || !user ? null : {name: `${user.firstName} ${user.lastName}`, id: user.id};
  return {
    deleted_by: by,
    id,
    display_name: permanent ? null : name,
    type: permanent ? 'permanent' : 'recycle',
    created_by: by,
    deleted_time: org.writeTime(Math.floor(deletedMs / 1_000)),
  };
}

function countOf(text: string | null, fallback: number): number | undefined {
  if (text === null) return fallback;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
