/**
 * Get Records: the plain list of a module's records, which other clients of Zoho use (zoho-api
 * sheet 7).
 */
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';
import type {OrgRecord} from './record.ts';
import {noPermission} from './refusals.ts';
import {type Answer, jsonText, refusal, type SandboxRequest} from './request.ts';

const fieldsMax = 50;
const perPageMax = 200;
const idsMax = 100;
/** Rows that page numbers, and page tokens, can reach. */
const pagesRowsMax = 2_000;
const tokensRowsMax = 100_000;
const tokenLifeS = 86_400;
const sortable = ['id', 'Created_Time', 'Modified_Time'];

interface Place {
  readonly page: number;
  readonly skip: number;
}

/** `GET /crm/v8/{module}`: by `ids`, by `page` as far as pages reach, or from a `page_token`. */
export function listRecords(org: Org, module: OrgModule | undefined, {query, headers}: SandboxRequest): Answer {
  if (!module?.spec.apiSupported) {
    return refusal(400, 'INVALID_MODULE', 'the module name given seems to be invalid', {resource_path_index: 0});
  }
  if (module.spec.coqlRefusal === 'NO_PERMISSION') return noPermission();
  const fields = (query.get('fields') ?? '').split(',').filter((name) => name !== '');
  if (fields.length === 0)
    return refusal(400, 'REQUIRED_PARAM_MISSING', 'One of the expected parameter is missing', {param_name: 'fields'});
  if (fields.length > fieldsMax)
    return refusal(400, 'LIMIT_EXCEEDED', 'The limit has been exceeded', {limit: fieldsMax, param_name: 'fields'});
  const ids = query.get('ids')?.split(',');
  if (ids && ids.length > idsMax)
    return refusal(400, 'LIMIT_EXCEEDED', 'The limit has been exceeded', {limit: idsMax, param_name: 'ids'});
  const sortBy = query.get('sort_by') ?? 'id';
  if (!sortable.includes(sortBy)) return refusal(400, 'INVALID_DATA', 'invalid data', {param_name: 'sort_by'});
  const sort = {by: sortBy, descending: query.get('sort_order') === 'desc'};
  const since = Date.parse(headers['if-modified-since'] ?? '');
  const perPage = Math.min(perPageMax, Number(query.get('per_page') ?? perPageMax));
  const place = placeOf(org, module, query, perPage);
  if ('status' in place) return place;
  const all = Iterator.from(ids ? byIds(org, module, ids) : sorted(module.records(org.now()), sort));
  const wanted = Number.isNaN(since) ? all : all.filter(({modifiedS}) => modifiedS * 1_000 >= since);
  const ahead = [...wanted.drop(place.skip).take(perPage + 1)];
  const rows = ahead.slice(0, perPage);
  if (rows.length === 0) return {status: Number.isNaN(since) ? 204 : 304};
  const known = fields.filter((name) => name !== 'id' && module.field(name)?.visible);
  const texts = rows.map(
    (record) => `{${['id', ...known].map((name) => `${JSON.stringify(name)}:${record.json(name)}`).join(',')}}`,
  );
  const more = ahead.length > perPage;
  const token = more ? tokenText(org, module, {page: place.page + 1, skip: place.skip + perPage}) : null;
  const info = {
    per_page: perPage,
    count: rows.length,
    page: place.page,
    sort_by: sort.by,
    sort_order: sort.descending ? 'desc' : 'asc',
    more_records: more,
    next_page_token: token,
    previous_page_token: place.skip > 0 ? tokenText(org, module, {page: place.page - 1, skip: place.skip - perPage}) : null,
    page_token_expiry: token === null ? null : org.writeTime(Math.floor(org.clock.nowMs() / 1_000) + tokenLifeS),
  };
  return jsonText(200, `{"data":[${texts.join(',')}],"info":${JSON.stringify(info)}}`);
}

/** Where a page begins, or a refusal. */
function placeOf(org: Org, module: OrgModule, query: URLSearchParams, perPage: number): Place | Answer {
  const token = query.get('page_token');
  const page = Number(query.get('page') ?? 1);
  if (!(page >= 1 && perPage >= 1)) return refusal(400, 'INVALID_DATA', 'invalid data', {param_name: 'page'});
  if (token === null) {
    if (page * perPage <= pagesRowsMax) return {page, skip: (page - 1) * perPage};
    return refusal(400, 'DISCRETE_PAGINATION_LIMIT_EXCEEDED', 'You can only get limited records without using page_token', {
      limit: pagesRowsMax,
    });
  }
  if (query.has('page')) return refusal(400, 'AMBIGUITY_DURING_PROCESSING', 'page and page_token exclude each other');
  const [name, skip, issuedS] = Buffer.from(token, 'hex').toString().split(' ');
  const expired = Math.floor(org.clock.nowMs() / 1_000) - Number(issuedS) >= tokenLifeS;
  if (name !== module.name)
    return refusal(400, 'TOKEN_BOUND_DATA_MISMATCH', 'The token is bound to other data', {param_name: 'page_token'});
  if (expired) return refusal(400, 'EXPIRED_VALUE', 'Page token expired', {param_name: 'page_token'});
  if (Number(skip) >= tokensRowsMax)
    return refusal(400, 'PAGINATION_LIMIT_EXCEEDED', 'The limit of pagination has been exceeded', {limit: tokensRowsMax});
  return {page: Math.floor(Number(skip) / perPage) + 1, skip: Number(skip)};
}

function tokenText(org: Org, {name}: OrgModule, {skip}: Place): string {
  return Buffer.from(`${name} ${skip} ${Math.floor(org.clock.nowMs() / 1_000)}`).toString('hex');
}

function byIds(org: Org, module: OrgModule, ids: readonly string[]): OrgRecord[] {
  return ids.flatMap((id) => {
    const index = /^\d{1,19}$/.test(id) ? module.layout.indexOf(BigInt(id)) : undefined;
    const record = index === undefined ? undefined : module.at(index, org.now());
    return record ? [record] : [];
  });
}

/** In the requested order; rows already come in the order of ids. */
function sorted(
  records: Iterable<OrgRecord>,
  {by, descending}: {readonly by: string; readonly descending: boolean},
): Iterable<OrgRecord> {
  if (by === 'id') return descending ? [...records].reverse() : records;
  const keyed = Array.from(records, (record) => ({record, key: Number(record.comparable(by) ?? 0)}));
  return keyed.sort((a, b) => (descending ? b.key - a.key : a.key - b.key)).map(({record}) => record);
}
