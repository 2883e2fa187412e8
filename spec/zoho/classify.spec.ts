import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type Action, classify, type Refusal} from '../../lib/zoho/classify.ts';
import type {Details} from '../../lib/zoho/schemas.ts';

const table = suite('classify');

type Row = [
  expected: Action,
  code: string | undefined,
  status: number,
  kind: Refusal['kind'],
  more?: Partial<Refusal> & {details?: Details},
];

const rows: Row[] = [
  ['refresh', 'INVALID_TOKEN', 401, 'coql'],
  ['refresh', 'INVALID_TOKEN', 200, 'coql'],
  ['refresh', 'AUTHENTICATION_FAILURE', 401, 'modules'],
  ['refresh', undefined, 401, 'job'],
  ['refresh', undefined, 401, 'coql', {json: false}],
  ['refresh', 'OAUTH_TOKEN_EXPIRED', 401, 'coql'],
  ['refresh', 'UNAUTHORIZED', 401, 'coql'],
  ['refused', 'DUPLICATE_DATA', 401, 'coql'],
  ['field', 'DUPLICATE_DATA', 401, 'coql', {details: {column_name: 'Image'}}],
  ['refused', 'DUPLICATE_DATA', 401, 'fields'],
  ['refused', 'SOMETHING_NEW', 401, 'deleted'],
  ['module', 'INVALID_MODULE', 401, 'coql'],
  ['module', 'MODULE_NOT_SUPPORTED', 429, 'create'],

  ['credentials', 'OAUTH_SCOPE_MISMATCH', 401, 'modules'],
  ['credentials', 'OAUTH_SCOPE_MISMATCH', 401, 'fields', {scopesMissing: ['ZohoCRM.settings.fields.READ']}],
  ['module', 'OAUTH_SCOPE_MISMATCH', 401, 'fields', {scopesMissing: []}],
  ['module', 'OAUTH_SCOPE_MISMATCH', 401, 'fields'],
  ['module', 'OAUTH_SCOPE_MISMATCH', 401, 'coql'],
  ['credentials', 'OAUTH_SCOPE_MISMATCH', 401, 'create', {scopesMissing: ['ZohoCRM.bulk.READ']}],
  ['module', 'OAUTH_SCOPE_MISMATCH', 401, 'create', {scopesMissing: []}],

  ['module', 'NO_PERMISSION', 403, 'coql'],
  ['module', 'NO_PERMISSION', 400, 'fields'],
  ['credentials', 'NO_PERMISSION', 403, 'modules'],
  ['credentials', 'NO_PERMISSION', 403, 'coql', {details: {permissions: ['Crm_Implied_Api_Access']}}],
  ['module', 'NO_PERMISSION', 403, 'create', {details: {permissions: ['Crm_Implied_View_Leads']}}],
  ['module', undefined, 403, 'deleted'],

  ['module', 'INVALID_MODULE', 400, 'coql'],
  ['module', 'INVALID_MODULE', 400, 'deleted'],
  ['module', 'NOT_SUPPORTED', 400, 'fields'],
  ['module', 'MODULE_NOT_SUPPORTED', 400, 'create'],
  ['module', 'MODULE_NOT_AVAILABLE', 400, 'create', {details: {api_name: 'Leads'}}],
  ['module', 'FEATURE_NOT_ENABLED', 400, 'fields'],
  ['module', 'INVALID_DATA', 400, 'fields'],
  ['module', 'INVALID_QUERY', 400, 'coql', {details: {module: 'Email_Analytics'}}],
  ['module', 'INVALID_DATA', 400, 'create', {details: {api_name: 'api_name', json_path: '$.query.module.api_name'}}],

  ['field', 'FIELD_NOT_SUPPORTED', 400, 'create', {details: {api_name: 'Image'}}],
  ['field', 'FIELD_NOT_AVAILABLE', 400, 'create', {details: {api_name: 'Image'}}],
  ['refused', 'FIELD_NOT_AVAILABLE', 400, 'create'],
  ['field', 'INVALID_QUERY', 400, 'coql', {details: {column_name: 'Image'}}],
  ['field', 'INVALID_QUERY', 400, 'coql', {details: {column_name: "'Image'"}}],
  ['refused', 'INVALID_QUERY', 400, 'coql'],

  ['expired', 'EXPIRED_VALUE', 400, 'create', {details: {api_name: 'page_token'}, paged: true}],
  ['expired', 'TOKEN_BOUND_DATA_MISMATCH', 400, 'create', {paged: true}],
  ['expired', 'INVALID_DATA', 400, 'create', {details: {api_name: 'page_token'}, paged: true}],

  ['lost', 'RESOURCE_NOT_FOUND', 404, 'job'],
  ['unready', 'RESOURCE_NOT_FOUND', 400, 'download'],
  ['unready', undefined, 404, 'download'],
  ['module', 'RESOURCE_NOT_FOUND', 404, 'deleted'],
  ['module', 'INVALID_URL_PATTERN', 404, 'deleted'],
  ['module', undefined, 404, 'deleted'],
  ['refused', 'RESOURCE_NOT_FOUND', 404, 'fields'],
  ['refused', undefined, 404, 'coql'],

  ['wait', 'TOO_MANY_REQUESTS', 429, 'coql'],
  ['wait', 'TOO_MANY_REQUESTS', 400, 'create'],
  ['wait', undefined, 429, 'download'],
  ['wait', 'LIMIT_EXCEEDED', 429, 'fields'],
  ['refused', 'LIMIT_EXCEEDED', 400, 'coql'],

  ['retry', 'INTERNAL_ERROR', 500, 'job'],
  ['retry', 'SOMETHING_NEW', 503, 'job'],
  ['retry', undefined, 502, 'coql', {json: false}],
  ['retry', undefined, 400, 'coql', {json: false}],
  ['retry', undefined, 408, 'modules'],

  ['refused', 'INVALID_URL_PATTERN', 404, 'modules'],
  ['refused', 'INVALID_REQUEST_METHOD', 400, 'coql'],
  ['refused', 'SYNTAX_ERROR', 400, 'coql'],
  ['refused', 'PATTERN_NOT_MATCHED', 400, 'deleted'],
  ['refused', undefined, 405, 'deleted', {json: false}],
  ['refused', 'DISCRETE_PAGINATION_LIMIT_EXCEEDED', 400, 'deleted'],
  ['refused', 'SOMETHING_NEW', 400, 'create'],
  ['refused', undefined, 302, 'download', {json: false}],
];

function refusal(code: string | undefined, status: number, kind: Refusal['kind'], more: Row[4] = {}): Refusal {
  const {details = {}, ...rest} = more;
  return {
    kind,
    what: 'do something',
    host: 'www.zohoapis.com',
    status,
    json: true,
    ...rest,
    ...(code !== undefined && {apiError: {code, message: 'words', details}}),
  };
}

for (const [expected, code, status, kind, more] of rows) {
  const when = more ? ` with ${JSON.stringify(more)}` : '';
  table(`takes ${code ?? 'no code'} and status ${status} of ${kind}${when} for ${expected}`, () => {
    const {action, error} = classify(refusal(code, status, kind, more));
    assert.equal(action, expected);
    assert.equal(error.code, code);
    assert.equal(error.status, status);
    assert.equal(error.field, expected === 'field' ? 'Image' : undefined);
    assert.match(error.message, /^Cannot do something: .*[^.]$/);
  });
}

table('names what to do about what the user can mend', () => {
  const message = (...args: Parameters<typeof refusal>): string => classify(refusal(...args)).error.message;
  assert.equal(
    message('OAUTH_SCOPE_MISMATCH', 401, 'coql', {scopesMissing: ['ZohoCRM.coql.READ', 'ZohoCRM.modules.READ']}),
    'Cannot do something: the refresh token lacks the scope ZohoCRM.coql.READ or ZohoCRM.modules.READ; authorize again with all scopes that the connector needs (OAUTH_SCOPE_MISMATCH: words)',
  );
  assert.match(
    message('OAUTH_SCOPE_MISMATCH', 401, 'coql', {scopesMissing: ['ZohoCRM.modules.READ']}),
    /lacks the scope ZohoCRM\.modules\.READ;/,
  );
  assert.match(
    message('NO_PERMISSION', 403, 'coql', {details: {permissions: ['Crm_Implied_Api_Access']}}),
    /give the user's profile the permission Zoho CRM API Access/,
  );
  assert.match(message('INVALID_TOKEN', 401, 'coql'), /another data centre or environment than api_domain/);
  assert.match(message('INVALID_URL_PATTERN', 404, 'coql'), /check api_domain/);
});

table('ends passing troubles as unavailable, and tokens that stay refused as credentials', () => {
  assert.equal(classify(refusal('INTERNAL_ERROR', 500, 'job')).error.kind, 'unavailable');
  assert.equal(classify(refusal('TOO_MANY_REQUESTS', 429, 'job')).error.kind, 'unavailable');
  assert.equal(classify(refusal('INVALID_TOKEN', 401, 'job')).error.kind, 'credentials');
});

table('repeats no more of the words of Zoho than a line holds', () => {
  const apiError = {code: 'NEW', message: `<b>${'long '.repeat(100)}\n`, details: {}};
  const {error} = classify({...refusal('NEW', 400, 'coql'), apiError});
  assert.ok(error.message.length < 200);
  assert.ok(!/[<>\n]/.test(error.message));
});

table.run();
