/** Get Records: the plain list of a module, kept small because captures do not use it (zoho-api sheet 7). */
import {moduleId} from './metadata.ts';
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';
import {noPermission} from './refusals.ts';
import {type Answer, json, jsonText, refusal, type SandboxRequest} from './request.ts';

const fieldsMax = 50;
const perPageMax = 200;
const idsMax = 100;
const rowsMax = 2_000;

/** `GET /crm/v8/{module}`: by `ids`, or by `page` as far as pages reach; ordered by id. */
export function listRecords(org: Org, module: OrgModule | undefined, {query}: SandboxRequest): Answer {
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
  const page = Number(query.get('page') ?? 1);
  const perPage = Math.min(perPageMax, Number(query.get('per_page') ?? perPageMax));
  if (!(page >= 1 && perPage >= 1)) return refusal(400, 'INVALID_DATA', 'invalid data', {param_name: 'page'});
  if (page * perPage > rowsMax) {
    return refusal(400, 'DISCRETE_PAGINATION_LIMIT_EXCEEDED', 'You can only get limited records without using page_token', {
      limit: rowsMax,
    });
  }
  const {rows, more} = ids ? {rows: byIds(org, module, ids), more: false} : pageOf(org, module, page, perPage);
  if (rows.length === 0) return {status: 204};
  const known = fields.filter((name) => name !== 'id' && module.field(name)?.visible);
  const texts = rows.map(
    (record) => `{${['id', ...known].map((name) => `${JSON.stringify(name)}:${record.json(name)}`).join(',')}}`,
  );
  const info = {per_page: perPage, count: rows.length, page, sort_by: 'id', sort_order: 'asc', more_records: more};
  return jsonText(200, `{"data":[${texts.join(',')}],"info":${JSON.stringify(info)}}`);
}

function byIds(org: Org, module: OrgModule, ids: readonly string[]) {
  return ids.flatMap((id) => {
    const index = /^\d{1,19}$/.test(id) ? module.layout.indexOf(BigInt(id)) : undefined;
    const record = index === undefined ? undefined : module.at(index, org.now());
    return record ? [record] : [];
  });
}

function pageOf(org: Org, module: OrgModule, page: number, perPage: number) {
  const rows = [
    ...module
      .records(org.now())
      .drop((page - 1) * perPage)
      .take(perPage + 1),
  ];
  return {rows: rows.slice(0, perPage), more: rows.length > perPage};
}

/** `GET /crm/v8/users?type=CurrentUser`. */
export function currentUser(org: Org): Answer {
  const [user] = org.users;
  return json(200, {
    users: [
      {id: user?.id, first_name: user?.firstName, last_name: user?.lastName, status: 'active', time_zone: org.switches.zone},
    ],
    info: {per_page: 200, count: 1, page: 1, more_records: false},
  });
}

/** `GET /crm/v8/org`. */
export function organisation(org: Org): Answer {
  const [module] = org.modules.values();
  const id = module ? moduleId(org, module) : '0';
  return json(200, {
    org: [{id, company_name: 'Sandbox & Sons', time_zone: org.switches.zone, currency: 'US Dollar - USD', iso_code: 'USD'}],
  });
}
