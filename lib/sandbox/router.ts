/** Which handler answers which path, and which permissions it needs. */
import {Bulk} from './bulk.ts';
import {answerCoql, type CoqlOrg} from './coql/answer.ts';
import {CoqlRefusal} from './coql/refusal.ts';
import {listDeleted} from './deleted.ts';
import {listRecords} from './get-records.ts';
import type {Jobs} from './jobs.ts';
import {fieldMetadata} from './metadata.ts';
import {tableOf} from './module-table.ts';
import type {Org} from './org.ts';
import type {PageFiles} from './page-files.ts';
import {currentUser, organisation} from './people.ts';
import {invalidMethod, invalidToken, invalidUrl, noPermission, scopeMismatch} from './refusals.ts';
import {type Answer, type CallKind, type Handler, json, refusal, type SandboxRequest} from './request.ts';
import {listFields, listModules, oneModule} from './settings.ts';
import type {Switches} from './switches.ts';
import type {Tokens} from './tokens.ts';

/** A parsed path. */
export interface Route {
  readonly kind: CallKind;
  readonly method: string;
  readonly module?: string;
  /** Job of a bulk path, or module of a settings path. */
  readonly id?: string;
  readonly version?: string;
}

const shapes: readonly (readonly [RegExp, Omit<Route, 'module' | 'id' | 'version'>])[] = [
  [/^\/oauth\/v2\/token$/, {kind: 'token', method: 'POST'}],
  [/^\/sandbox\//, {kind: 'admin', method: '*'}],
  [/^\/crm\/(?<version>v[\d.]+)\/settings\/modules(?:\/(?<id>\w+))?$/, {kind: 'modules', method: 'GET'}],
  [/^\/crm\/(?<version>v[\d.]+)\/settings\/fields$/, {kind: 'fields', method: 'GET'}],
  [/^\/crm\/bulk\/(?<version>v[\d.]+)\/read$/, {kind: 'create', method: 'POST'}],
  [/^\/crm\/bulk\/(?<version>v[\d.]+)\/read\/(?<id>\d+)$/, {kind: 'status', method: 'GET'}],
  [/^\/crm\/bulk\/(?<version>v[\d.]+)\/read\/(?<id>\d+)\/result$/, {kind: 'result', method: 'GET'}],
  [/^\/crm\/(?<version>v[\d.]+)\/coql$/, {kind: 'coql', method: 'POST'}],
  [/^\/crm\/(?<version>v[\d.]+)\/(?:users|org)$/, {kind: 'other', method: 'GET'}],
  [/^\/crm\/(?<version>v[\d.]+)\/(?<module>\w+)\/deleted$/, {kind: 'deleted', method: 'GET'}],
  [/^\/crm\/(?<version>v[\d.]+)\/(?<module>\w+)$/, {kind: 'records', method: 'GET'}],
];

/** Unknown paths have kind `other` and no version. */
export function routeOf(path: string): Route {
  for (const [shape, route] of shapes) {
    const found = shape.exec(path);
    if (found) return {...route, ...found.groups};
  }
  return {kind: 'other', method: '*'};
}

export interface Parts {
  readonly org: Org;
  readonly tokens: Tokens;
  readonly jobs: Jobs;
  readonly files: PageFiles;
  readonly admin: Handler;
}

/** Answers every call that no limit or fault intercepted. */
export function routerOf({org, tokens, jobs, files, admin}: Parts): Handler {
  const bulk = new Bulk(org, jobs, files);
  const coqlOrg = coqlOrgOf(org);
  let queries = 0;

  const answer = (request: SandboxRequest, {id = '', module}: Route): Answer => {
    switch (request.kind) {
      case 'modules':
        return id === '' ? listModules(org, request.query) : oneModule(org, id);
      case 'fields':
        return listFields(org, request.query);
      case 'create':
        return bulk.create(request);
      case 'status':
        return bulk.status(id);
      case 'result':
        return bulk.download(id);
      case 'coql':
        queries += 1;
        return answerCoql(request.body, coqlOrg, org.switches.coql, queries);
      case 'deleted':
        return listDeleted(org, org.modules.get(module ?? ''), request);
      case 'records':
        return listRecords(org, org.modules.get(module ?? ''), request);
      default:
        return request.path.endsWith('/users') ? currentUser(org) : organisation(org);
    }
  };

  return async (request) => {
    const route = routeOf(request.path);
    if (route.kind === 'admin') return admin(request);
    if (route.kind === 'token') return request.method === 'POST' ? tokens.answer(request) : invalidMethod();
    if (route.version === undefined) return invalidUrl();
    if (route.version !== 'v8')
      return refusal(400, 'API_NOT_SUPPORTED', 'The API version is not supported', {supported_version: 8});
    if (request.method !== route.method) return invalidMethod();
    const admission = tokens.admit(request.headers.authorization);
    if (!admission.ok) return invalidToken();
    if (!org.switches.apiAccess) return noPermission('Crm_Implied_Api_Access');
    if (!allowed(route, admission.scopes)) return scopeMismatch();
    const given = answer(request, route);
    return given.status === 204 && lists.has(route.kind) ? {...nothing(org.switches), credits: given.credits} : given;
  };
}

/** Kinds of calls that return lists of rows. */
const lists: ReadonlySet<CallKind> = new Set(['coql', 'deleted', 'records']);

/** An answer without rows. */
function nothing({nothing: how}: Switches): Answer {
  const info = {count: 0, more_records: false};
  switch (how) {
    case 'status 204':
      return {status: 204};
    case 'empty object':
      return json(200, {});
    case 'null data':
      return json(200, {data: null, info});
    case 'no data':
      return json(200, {info});
    case 'empty list':
      return json(200, []);
    case 'empty data':
      return json(200, {data: []});
  }
}

/** Families of scopes for each kind of call, which needs one scope of each (zoho-api sheet 1.4). */
const needed: Readonly<Partial<Record<CallKind, readonly string[]>>> = {
  modules: ['settings.modules'],
  fields: ['settings.fields'],
  create: ['bulk', 'modules'],
  status: ['bulk'],
  result: ['bulk'],
  coql: ['coql', 'modules'],
  deleted: ['modules'],
  records: ['modules'],
};

function allowed({kind, module}: Route, scopes: readonly string[]): boolean {
  return (needed[kind] ?? []).every((family) =>
    scopes.some((scope) => {
      const [, name = '', right] = /^ZohoCRM\.(.+)\.(READ|ALL)$/.exec(scope) ?? [];
      if (right === undefined) return false;
      if (name === family || (family.startsWith('settings.') && name === 'settings')) return true;
      return (
        family === 'modules' &&
        name.toLowerCase().startsWith('modules.') &&
        (module === undefined || name.toLowerCase() === `modules.${module.toLowerCase()}`)
      );
    }),
  );
}

function coqlOrgOf(org: Org): CoqlOrg {
  return {
    table(name) {
      const module = org.modules.get(name);
      if (!module?.spec.apiSupported) return undefined;
      switch (module.spec.coqlRefusal) {
        case undefined:
          return tableOf(module, org.now());
        case 'NO_PERMISSION':
          throw new CoqlRefusal('NO_PERMISSION', 'permission denied', {permissions: ['Crm_Implied_View_Module']}, 403);
        case 'OAUTH_SCOPE_MISMATCH':
          throw new CoqlRefusal('OAUTH_SCOPE_MISMATCH', 'invalid oauth scope to access this URL', {}, 401);
        case 'INVALID_QUERY':
          throw new CoqlRefusal('INVALID_QUERY', 'Invalid query formed', {module: name});
        default:
          return undefined;
      }
    },
    field(name, column) {
      const module = org.modules.get(name);
      const field = module?.field(column);
      return module && field && fieldMetadata(org, module, field);
    },
  };
}
