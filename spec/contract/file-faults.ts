/**
 * Where Zoho's OpenAPI files are at fault, against Zoho's own documentation and against each other. Each is mended before an exchange is held against the
 * file; whatever is not listed here counts.
 */
import type {FileFault, Json, JsonObject} from './openapi.ts';

const schemas = (name: string, ...rest: readonly string[]) => ['components', 'schemas', name, ...rest];
const jsonOf = (path: string, method: string, status: string) => [
  'paths',
  path,
  method,
  'responses',
  status,
  'content',
  'application/json',
  'schema',
];

/** Takes names off what is required; all of them without a list. */
const optional = (names?: readonly string[]) => (node: JsonObject) => {
  node.required = names ? (node.required as string[]).filter((name) => !names.includes(name)) : [];
};
const nullable = (names: readonly string[]) => (node: JsonObject) => {
  const properties = node.properties as JsonObject;
  for (const name of names) properties[name] = {anyOf: [properties[name] ?? {}, {type: 'null'}]};
};
const without = (name: string) => (node: JsonObject) => void delete node[name];
const also =
  (name: string, ...values: readonly string[]) =>
  (node: JsonObject) => {
    const property = (node.properties as JsonObject)[name] as JsonObject;
    property.enum = [...(property.enum as string[]), ...values];
  };
const answers =
  (status: string, more: JsonObject = {}) =>
  (node: JsonObject) => {
    node[status] = {description: '', ...more};
  };
/** Alternatives that overlap are no alternatives of which exactly one holds. */
const overlapping = (node: JsonObject) => {
  node.anyOf = node.oneOf as Json;
  delete node.oneOf;
};
const all =
  (...mends: readonly ((node: JsonObject) => void)[]) =>
  (node: JsonObject): void => {
    for (const mend of mends) mend(node);
  };

const comparators = ['greater_equal', 'less_than'];
const condition31 = (path: string[]) => [...path, 'properties', 'criteria', 'properties', 'group', 'items'];
const bulkQuery = ['paths', '/read', 'post', 'requestBody', 'content', 'application/json', 'schema', 'properties', 'query'];
const jobItem = [...jsonOf('/read/{jobId}', 'get', '200'), 'properties', 'data', 'items'];

/** Faults of the newer files (OpenAPI 3.1). */
export const faults31: readonly FileFault[] = [
  {
    what: 'lists comparators of text only, for a request',
    file: 'bulk-read.json',
    at: condition31(bulkQuery),
    mend: also('comparator', ...comparators),
  },
  {
    what: 'knows no page token in a request, and wants a module beside it',
    file: 'bulk-read.json',
    at: bulkQuery,
    mend: all(optional(), (node) => {
      (node.properties as JsonObject).page_token = {type: 'string'};
    }),
  },
  {
    what: 'lists comparators of text only, for the echo of a request, and wants an id of each condition',
    file: 'bulk-read.json',
    at: condition31([...jobItem, 'properties', 'query']),
    mend: all(also('comparator', ...comparators), optional(['id'])),
  },
  {
    what: 'wants keys of an attachment in every job',
    file: 'bulk-read.json',
    at: jobItem,
    mend: optional(['Attachment_Source__s', 'File_Id__s']),
  },
  {
    what: 'says that exactly one of overlapping refusals holds',
    file: 'bulk-read.json',
    at: jsonOf('/read', 'post', '400'),
    mend: overlapping,
  },
  {
    what: 'requires the parameter include, which the page of the same operation calls optional',
    file: 'fields.json',
    at: ['components', 'parameters', 'Includes'],
    mend: optionalParameter,
  },
  {
    what: 'takes a module for one with at most 100 fields',
    file: 'fields.json',
    at: [...jsonOf('/settings/fields', 'get', '200'), 'properties', 'fields'],
    mend: without('maxItems'),
  },
  {
    what: 'knows no subform of a field',
    file: 'fields.json',
    at: schemas('FieldSchema', 'properties'),
    mend: (node) => {
      node.subform = {type: 'object'};
    },
  },
  {
    what: 'knows no refusal of a scope',
    file: 'fields.json',
    at: ['paths', '/settings/fields', 'get', 'responses'],
    mend: answers('401', {content: {'application/json': {schema: {type: 'object', required: ['code', 'message', 'status']}}}}),
  },
  {
    what: 'knows no 304, which the header If-Modified-Since asks for',
    file: 'record.json',
    at: ['paths', '/{module}/deleted', 'get', 'responses'],
    mend: answers('304'),
  },
];

function optionalParameter(node: JsonObject): void {
  node.required = false;
}

/** Names in `required` that belong to requests, to Zoho's own pages, or to no field at all. */
const foreignToFields = [
  '_update_existing_records',
  'allowed_modules',
  'autonumber',
  'available_in_user_layout',
  'category',
  'common.picklist',
  'file_upolad_optionlist',
  'layout_associations',
  'multiuserlookup',
  'number_separator',
  'quick_sequence_number',
  'refer_from_field',
  'sharing_properties',
  'show_type',
  'static_field',
  'sub_module',
  'subform',
  'textarea',
];
const foreignToModules = [
  '$field_states',
  '$on_demand_properties',
  '$properties',
  'activity_badge',
  'business_card_fields',
  'chart_view',
  'chart_view_supported',
  'common.search_supported',
  'custom_view',
  'default_mapping_fields',
  'display_field',
  'fields',
  'filter_status',
  'kanban_view',
  'kanban_view_supported',
  'layout_associations',
  'layouts',
  'lookup_field_properties',
  'per_page',
  'related_list_properties',
  'related_lists',
  'search_layout_fields',
  'visible',
  'zia_view',
];
/** Parts of a field that are null where they do not apply, as the newer file says. */
const absentParts = [
  'associated_module',
  'association_details',
  'crypt',
  'customizable_properties',
  'external',
  'hipaa_compliance',
  'history_tracking',
  'private',
  'tooltip',
];
const refusal: JsonObject = {content: {'application/json': {schema: {type: 'object', required: ['code', 'message', 'status']}}}};

/** Faults of the older files (OpenAPI 3.0). */
export const faults30: readonly FileFault[] = [
  {
    what: 'requires cvid, page, type, file_type and all else of every query, also beside a page token',
    file: 'bulk_read.json',
    at: schemas('Query'),
    mend: optional(),
  },
  {what: 'requires a type of groups and of requests', file: 'bulk_read.json', at: schemas('Criteria'), mend: optional()},
  {
    what: "takes a condition's value for an object",
    file: 'bulk_read.json',
    at: schemas('Criteria', 'properties', 'value'),
    mend: without('type'),
  },
  {
    what: 'requires a result before there is one, and knows no job that is queued',
    file: 'bulk_read.json',
    at: schemas('Job_Detail'),
    mend: all(optional(['result']), also('state', 'QUEUED')),
  },
  {
    what: 'requires a token for the page after the last',
    file: 'bulk_read.json',
    at: schemas('Result'),
    mend: optional(['next_page_token']),
  },
  {
    what: 'has files as application/x-download only, where the newer one has application/zip',
    file: 'bulk_read.json',
    at: ['paths', '/crm/bulk/v8/read/{job_id}/result', 'get', 'responses', '200', 'content'],
    mend: (node) => {
      node['application/zip'] = {schema: {}};
    },
  },
  {
    what: 'requires the id of a module that a request names',
    file: 'modules.json',
    at: schemas('Minified_Module'),
    mend: optional(['id']),
  },
  {
    what: 'requires the id of a field that a request names',
    file: 'fields.json',
    at: schemas('Minified_Field'),
    mend: optional(['id']),
  },
  {
    what: 'knows no 204 for a query without rows',
    file: 'coql.json',
    at: ['paths', '/crm/v8/coql', 'post', 'responses'],
    mend: answers('204'),
  },
  {
    what: 'says that exactly one of overlapping refusals holds',
    file: 'coql.json',
    at: jsonOf('/crm/v8/coql', 'post', '400'),
    mend: overlapping,
  },
  {what: 'knows no record without tags', file: 'record.json', at: schemas('Record'), mend: nullable(['Tag'])},
  {
    what: 'requires names that no answer has',
    file: 'fields.json',
    at: schemas('fields'),
    mend: all(optional(foreignToFields), nullable(absentParts)),
  },
  {
    what: 'has refusals of a module for those of a request that names none',
    file: 'fields.json',
    at: ['paths', '/crm/v8/settings/fields', 'get', 'responses'],
    mend: all(answers('400', refusal), answers('401', refusal)),
  },
  {
    what: 'requires names that no answer has, and knows few generated types',
    file: 'modules.json',
    at: schemas('modules'),
    mend: all(
      optional(foreignToModules),
      also('generated_type', 'subform', 'field_tracker', 'static_subform', 'picklisttracker'),
    ),
  },
  {
    what: 'knows no 304 and no 204 for the feed of deletions',
    file: 'record.json',
    at: ['paths', '/crm/v8/{module_api_name}/deleted', 'get', 'responses'],
    mend: all(answers('304'), answers('204')),
  },
];
