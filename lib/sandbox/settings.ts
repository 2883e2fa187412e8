/** The settings endpoints: modules and their fields (zoho-api sheet 2, 3). */
import {fieldMetadata, idMetadata, moduleMetadata} from './metadata.ts';
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';
import {scopeMismatch} from './refusals.ts';
import {type Answer, json, refusal} from './request.ts';

const statuses = ['visible', 'user_hidden', 'system_hidden', 'scheduled_for_deletion'];

/** `GET /settings/modules`: all of them in any status, unless some are asked for. */
export function listModules(org: Org, query: URLSearchParams): Answer {
  const asked = query.get('status')?.split(',');
  const wrong = asked?.findIndex((status) => !statuses.includes(status)) ?? -1;
  if (wrong >= 0)
    return refusal(400, 'INVALID_DATA', 'invalid data', {param_name: 'status', index: wrong, supported_values: statuses});
  const modules = [...org.modules.values()].filter(({spec}) => asked?.includes(spec.status) ?? true);
  return modules.length === 0 ? {status: 204} : json(200, {modules: modules.map((module, i) => moduleMetadata(org, module, i))});
}

/** `GET /settings/modules/{api_name}`. */
export function oneModule(org: Org, name: string): Answer {
  const module = org.modules.get(name);
  if (!module) return refusal(400, 'INVALID_MODULE', 'the module name given seems to be invalid', {resource_path_index: 0});
  if (module.spec.generatedType === 'web') return refusal(400, 'NOT_SUPPORTED', 'the module is not supported');
  return json(200, {modules: [moduleMetadata(org, module, 0)]});
}

/** `GET /settings/fields?module=`. */
export function listFields(org: Org, query: URLSearchParams): Answer {
  const name = query.get('module');
  if (!name) return refusal(400, 'REQUIRED_PARAM_MISSING', 'One of the expected parameter is missing', {param_name: 'module'});
  const module = org.modules.get(name);
  if (!module) return refusal(400, 'INVALID_MODULE', 'the module name given seems to be invalid', {param_name: 'module'});
  switch (module.spec.metadata) {
    case 'none':
      return {status: 204};
    case 'NO_PERMISSION':
      return refusal(400, 'NO_PERMISSION', 'permission denied', {permissions: ['Crm_Implied_View_Module']});
    case 'INVALID_MODULE':
      return refusal(400, 'INVALID_MODULE', 'the module is not supported in api', {param_name: 'module'});
    case 'OAUTH_SCOPE_MISMATCH':
      return scopeMismatch();
    default:
      return json(200, {fields: fieldsOf(org, module)});
  }
}

function fieldsOf(org: Org, module: OrgModule): Readonly<Record<string, unknown>>[] {
  const fields = module.fields.filter(({listed}) => listed).map((field) => fieldMetadata(org, module, field));
  return org.switches.idListed ? [...fields, idMetadata(org, module)] : fields;
}
