import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type Action, classify, type Refusal, saidBy, scopesOf} from '../../lib/zoho/classify.ts';
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
  ['refused', 'DUPLICATE_DATA', 401, 'fields', {details: {column_name: 'Image'}}],
  ['refresh', 'AUTHENTICATION_FAILURE', 400, 'modules'],
  ['refused', 'SOMETHING_NEW', 401, 'deleted'],
  ['module', 'INVALID_MODULE', 401, 'coql'],
  ['module', 'MODULE_NOT_SUPPORTED', 429, 'create'],

  ['credentials', 'OAUTH_SCOPE_MISMATCH', 401, 'modules'],
  ['credentials', 'OAUTH_SCOPE_MISMATCH', 401, 'fields', {scopesMissing: ['ZohoCRM.settings.fields.READ']}],
  ['module', 'OAUTH_SCOPE_MISMATCH', 401, 'fields', {scopesMissing: []}],
  ['module', 'OAUTH_SCOPE_MISMATCH', 401, 'fields'],
  ['credentials', 'OAUTH_SCOPE_MISMATCH', 401, 'create', {scopesMissing: ['ZohoCRM.bulk.READ']}],

  ['module', 'NO_PERMISSION', 403, 'coql'],
  ['module', 'NO_PERMISSION', 400, 'fields'],
  ['credentials', 'NO_PERMISSION', 403, 'modules'],
  ['credentials', 'NO_PERMISSION', 403, 'coql', {details: {permissions: ['Crm_Implied_Api_Access']}}],
  ['module', 'NO_PERMISSION', 403, 'create', {details: {permissions: ['Crm_Implied_View_Leads']}}],
  ['module', undefined, 403, 'deleted'],
  ['module', 'AUTHORIZATION_FAILED', 400, 'coql'],

  ['module', 'INVALID_MODULE', 400, 'coql'],
  ['module', 'NOT_SUPPORTED', 400, 'fields'],
  ['module', 'MODULE_NOT_SUPPORTED', 400, 'create'],
  ['module', 'MODULE_NOT_AVAILABLE', 400, 'create', {details: {api_name: 'Leads'}}],
  ['module', 'FEATURE_NOT_ENABLED', 400, 'fields'],
  ['module', 'NOT_SUPPORTED_FEATURE', 400, 'create'],
  ['module', 'FEATURE_NOT_SUPPORTED', 400, 'create'],
  ['module', 'FIELD_IN_CRITERIA_NOT_SUPPORTED', 400, 'create'],
  ['module', 'FIELD_IN_CRITERIA_NOT_AVAILABLE', 400, 'create'],
  ['credentials', 'INVALID_MODULE', 400, 'modules'],
  ['module', 'INVALID_DATA', 400, 'fields'],
  ['module', 'INVALID_DATA', 400, 'deleted'],
  ['refused', 'INVALID_DATA', 400, 'coql', {details: {module: 'Leads'}}],
  ['module', 'INVALID_DATA', 400, 'create', {details: {module: 'Leads'}}],
  ['refused', 'INVALID_DATA', 400, 'create', {details: {module: null, json_path: null}}],
  ['refused', 'INVALID_DATA', 400, 'create', {details: {json_path: '$.query.criteria'}}],
  ['module', 'INVALID_QUERY', 400, 'coql', {details: {module: 'Email_Analytics'}}],
  ['module', 'INVALID_DATA', 400, 'create', {details: {api_name: 'api_name', json_path: '$.query.module.api_name'}}],

  ['field', 'FIELD_NOT_SUPPORTED', 400, 'create', {details: {api_name: 'Image'}}],
  ['field', 'FIELD_NOT_AVAILABLE', 400, 'create', {details: {api_name: 'Image'}}],
  ['refused', 'FIELD_NOT_AVAILABLE', 400, 'create'],
  ['field', 'FIELD_NOT_AVAILABLE', 400, 'create', {details: {api_name: 'Image', json_path: '$.query.fields[x]'}, fields: ['A']}],
  ['refused', 'FIELD_NOT_AVAILABLE', 400, 'create', {details: {api_name: 'fields'}}],
  ['refused', 'FIELD_NOT_AVAILABLE', 400, 'create', {details: {api_name: 'fields'}, fields: ['Image']}],
  [
    'field',
    'INVALID_DATA',
    400,
    'create',
    {details: {json_path: '$.query.fields[1]', api_name: 'fields'}, fields: ['A', 'Image']},
  ],
  ['field', 'INVALID_DATA', 400, 'create', {details: {json_path: '$.query.fields[10]'}, fields: [...'ABCDEFGHIJ', 'Image']}],
  ['refused', 'INVALID_DATA', 400, 'create', {details: {json_path: '$.query.fields[9]'}, fields: ['Image']}],
  ['refused', 'INVALID_DATA', 400, 'create', {details: {json_path: '$.query.fields[0]'}}],
  ['field', 'INVALID_QUERY', 400, 'coql', {details: {column_name: 'Image', api_name: 'other'}}],
  ['field', 'INVALID_QUERY', 400, 'coql', {details: {column_name: '"Image"'}}],
  ['field', 'INVALID_QUERY', 400, 'coql', {details: {column_name: 'Image'}}],
  ['field', 'INVALID_QUERY', 400, 'coql', {details: {column_name: "'Image'"}}],
  ['refused', 'INVALID_QUERY', 400, 'coql', {details: {column_name: "''"}}],
  ['refused', 'INVALID_QUERY', 400, 'coql'],

  ['expired', 'EXPIRED_VALUE', 400, 'create', {details: {api_name: 'page_token'}, paged: true}],
  ['expired', 'TOKEN_BOUND_DATA_MISMATCH', 400, 'create', {paged: true}],
  ['expired', 'INVALID_DATA', 400, 'create', {details: {api_name: 'page_token'}, paged: true}],

  ['refused', 'EXPIRED_VALUE', 400, 'coql'],

  ['lost', 'RESOURCE_NOT_FOUND', 400, 'job'],
  ['lost', undefined, 404, 'job', {json: false}],
  ['lost', undefined, 410, 'job', {json: false}],
  ['unready', undefined, 410, 'download', {json: false}],
  ['refused', undefined, 410, 'coql'],
  ['retry', undefined, 404, 'coql', {json: false}],
  ['retry', undefined, 403, 'coql', {json: false}],
  ['refused', 'INVALID_URL_PATTERN', 404, 'job'],
  ['module', 'INVALID_URL_PATTERN', 400, 'deleted'],
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
  ['retry', undefined, 502, 'coql', {json: false}],
  ['retry', undefined, 400, 'coql', {json: false}],
  ['retry', undefined, 408, 'modules'],
  ['retry', undefined, 425, 'modules'],
  ['retry', 'SOMETHING_NEW', 500, 'job'],
  ['retry', 'INTERNAL_ERROR', 400, 'job'],
  ['retry', 'INTERNAL_SERVER_ERROR', 400, 'job'],
  ['refused', 'SOMETHING_NEW', 499, 'job'],

  ['refused', 'INVALID_URL_PATTERN', 404, 'modules'],
  ['refused', 'INVALID_REQUEST_METHOD', 500, 'coql'],
  ['refused', 'SYNTAX_ERROR', 400, 'coql'],
  ['refused', 'PATTERN_NOT_MATCHED', 400, 'deleted'],
  ['refused', undefined, 405, 'deleted', {json: false}],
  ['refused', 'DISCRETE_PAGINATION_LIMIT_EXCEEDED', 400, 'deleted'],
  ['refused', undefined, 302, 'download', {json: false}],
  ['refused', undefined, 300, 'coql', {json: false}],
  ['damaged', undefined, 299, 'coql', {json: false}],
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

/** The rest of the message, which begins with what could not be done. */
const message = (...args: Parameters<typeof refusal>): string =>
  classify(refusal(...args)).error.message.replace(/^Cannot do something: /, '');

const advice: [args: Parameters<typeof refusal>, message: string][] = [
  [
    ['OAUTH_SCOPE_MISMATCH', 401, 'coql', {scopesMissing: ['ZohoCRM.coql.READ', 'ZohoCRM.modules.READ']}],
    'the refresh token lacks the scope ZohoCRM.coql.READ or ZohoCRM.modules.READ; authorize again with all scopes that the connector needs (OAUTH_SCOPE_MISMATCH: words)',
  ],
  [
    ['OAUTH_SCOPE_MISMATCH', 401, 'modules'],
    'the refresh token lacks the scope ZohoCRM.settings.modules.READ; authorize again with all scopes that the connector needs (OAUTH_SCOPE_MISMATCH: words)',
  ],
  [
    ['OAUTH_SCOPE_MISMATCH', 401, 'coql', {scopesMissing: ['ZohoCRM.modules.READ']}],
    'the refresh token lacks the scope ZohoCRM.modules.READ; authorize again with all scopes that the connector needs (OAUTH_SCOPE_MISMATCH: words)',
  ],
  [['OAUTH_SCOPE_MISMATCH', 401, 'coql'], "the refresh token's scopes do not cover this module (OAUTH_SCOPE_MISMATCH: words)"],
  [
    ['NO_PERMISSION', 403, 'coql', {details: {permissions: ['Crm_Implied_Api_Access']}}],
    "the token's user has no API access; give the user's profile the permission Zoho CRM API Access (NO_PERMISSION: words)",
  ],
  [['NO_PERMISSION', 403, 'modules'], "the token's user has no permission for this (NO_PERMISSION: words)"],
  [['NO_PERMISSION', 403, 'coql'], "the token's user has no permission for this (NO_PERMISSION: words)"],
  [['AUTHORIZATION_FAILED', 400, 'coql'], "the token's user has no permission for this (AUTHORIZATION_FAILED: words)"],
  [
    ['INVALID_TOKEN', 401, 'coql'],
    'www.zohoapis.com rejects a token that was just granted; the refresh token may belong to another data centre or environment than api_domain, or its user was deactivated; authorize again (INVALID_TOKEN: words)',
  ],
  [
    ['INVALID_URL_PATTERN', 404, 'coql'],
    'www.zohoapis.com does not know the address; check api_domain (INVALID_URL_PATTERN: words)',
  ],
  [['INVALID_URL_PATTERN', 404, 'deleted'], 'Zoho answers INVALID_URL_PATTERN: words'],
  [['EXPIRED_VALUE', 400, 'create'], 'the page token is no longer valid (EXPIRED_VALUE: words)'],
  [
    ['FIELD_NOT_SUPPORTED', 400, 'create', {details: {api_name: 'Im<age>'}}],
    'Zoho refuses the field Im age (FIELD_NOT_SUPPORTED: words)',
  ],
  [['TOO_MANY_REQUESTS', 429, 'coql'], 'Zoho allows no more calls for now (TOO_MANY_REQUESTS: words)'],
  ...[300, 399].map((status): [Parameters<typeof refusal>, string] => [
    [undefined, status, 'download', {json: false}],
    `www.zohoapis.com redirects to another address, which is not followed (HTTP status ${status} without a reason)`,
  ]),
  [[undefined, 400, 'coql'], 'Zoho answers HTTP status 400 without a reason'],
  [[undefined, 299, 'coql'], 'Zoho answers HTTP status 299 without a reason'],
  [['SOMETHING_NEW', 400, 'coql'], 'Zoho answers SOMETHING_NEW: words'],
];

for (const [args, said] of advice) {
  const [code = 'no code', status, kind, more] = args;
  const when = more === undefined ? '' : ` with ${JSON.stringify(more)}`;
  table(`says of ${code} and status ${status} of ${kind}${when} what Zoho said, and what to do where somebody can`, () => {
    assert.equal(message(...args), said);
  });
}

table('names the scopes that each kind of call needs', () => {
  assert.deepEqual(scopesOf, {
    modules: ['ZohoCRM.settings.modules.READ'],
    fields: ['ZohoCRM.settings.fields.READ'],
    create: ['ZohoCRM.bulk.READ', 'ZohoCRM.modules.READ'],
    job: ['ZohoCRM.bulk.READ'],
    download: ['ZohoCRM.bulk.READ'],
    coql: ['ZohoCRM.coql.READ', 'ZohoCRM.modules.READ'],
    deleted: ['ZohoCRM.modules.READ'],
  });
});

table('knows a code about the token by a word of it, whatever stands beside', () => {
  const actionOf = (code: string): Action => classify(refusal(code, 401, 'coql')).action;
  for (const code of [
    'TOKEN',
    'TOKEN_EXPIRED',
    'expired_token',
    'OAUTHTOKEN_INVALID',
    'AUTHTOKEN_INVALID',
    'BAD_AUTHENTICATION',
    'UNAUTHORISED',
    'UNAUTHORIZED_USER',
    'UNAUTHENTICATED',
  ])
    assert.equal(actionOf(code), 'refresh', code);
  for (const code of ['TOKENS', 'MYTOKEN', 'PAGE_TOKENIZED', 'AUTH', 'UNAUTHORIZEDLY', 'XUNAUTHENTICATED'])
    assert.equal(actionOf(code), 'refused', code);
});

table('ends passing troubles as unavailable, and tokens that stay refused as credentials', () => {
  assert.equal(classify(refusal('INTERNAL_ERROR', 500, 'job')).error.kind, 'unavailable');
  assert.equal(classify(refusal('TOO_MANY_REQUESTS', 429, 'job')).error.kind, 'unavailable');
  assert.equal(classify(refusal('INVALID_TOKEN', 401, 'job')).error.kind, 'credentials');
  assert.equal(classify(refusal('INVALID_MODULE', 400, 'job')).error.kind, 'module');
});

table('takes a missing scope for unproven where no such call has ever succeeded, and the call needs it', () => {
  const isUnproven = (code: string, kind: Refusal['kind'], answeredBefore?: boolean): boolean =>
    classify({...refusal(code, 401, kind), ...(answeredBefore !== undefined && {answeredBefore})}).error.isScopeUnproven;
  for (const kind of ['fields', 'create', 'coql'] as const) {
    assert.equal(isUnproven('OAUTH_SCOPE_MISMATCH', kind), true);
    assert.equal(isUnproven('OAUTH_SCOPE_MISMATCH', kind, false), true);
    assert.equal(isUnproven('OAUTH_SCOPE_MISMATCH', kind, true), false);
    assert.equal(isUnproven('NO_PERMISSION', kind), false);
  }
  for (const kind of ['modules', 'job', 'download', 'deleted'] as const)
    assert.equal(isUnproven('OAUTH_SCOPE_MISMATCH', kind), false);
});

table('tells the word at which Zoho stopped reading a query', () => {
  const near = (code: string, details: Details): string | undefined => classify(refusal(code, 400, 'coql', {details})).error.near;
  assert.equal(near('SYNTAX_ERROR', {near: "'External' from"}), 'External');
  assert.equal(near('SYNTAX_ERROR', {near: '$se_module'}), '$se_module');
  assert.equal(near('SYNTAX_ERROR', {near: 'from', column_name: '(Order)'}), 'Order');
  assert.equal(near('SYNTAX_ERROR', {column_name: '', near: null}), undefined);
  assert.equal(near('INVALID_QUERY', {near: 'External'}), undefined);
});

table('takes only a pair of the same quotes off a name', () => {
  const named = (column_name: string) => classify(refusal('INVALID_QUERY', 400, 'coql', {details: {column_name}})).error.field;
  for (const [given, name] of [
    ["'A'", 'A'],
    ['"A"', 'A'],
    [`'A"`, `'A"`],
    [`x'A'`, `x'A'`],
    [`'A'x`, `'A'x`],
  ] as const)
    assert.equal(named(given), name);
  assert.equal(
    classify(refusal('FIELD_NOT_AVAILABLE', 400, 'create', {details: {api_name: 'fields'}, fields: ['fields']})).error.field,
    'fields',
  );
});

table('leaves secrets out of what it repeats, and decides by what was said', () => {
  const redact = (text: string): string => text.replaceAll('S3CRET', '***').replaceAll('INVALID_TOKEN', '***');
  const apiError = {code: 'INVALID_TOKEN', message: 'not S3CRET', details: {}};
  const {action, error} = classify({...refusal('INVALID_TOKEN', 401, 'coql'), apiError, redact});
  assert.equal(action, 'refresh');
  assert.match(error.message, /authorize again \(not\)$/);
  const field = {...refusal('FIELD_NOT_AVAILABLE', 400, 'create', {details: {api_name: 'A S3CRET'}}), redact};
  assert.match(classify(field).error.message, /refuses the field A \(FIELD/);
});

table('repeats words of any language and what stands in names, on one line', () => {
  assert.equal(saidBy({code: 'A', message: ' Größe 7 (a/b), $c: "d"\n\te-f_g;\'h\' '}), "A: Größe 7 (a/b), $c:  d   e-f_g;'h'");
  assert.equal(saidBy({code: 'A', message: ''}), 'A');
  assert.equal(saidBy({code: '', message: 'b'}), 'b');
});

table('repeats no more of the words of Zoho than a line holds', () => {
  const apiError = {code: 'NEW', message: `<b>${'long '.repeat(100)}\n`, details: {}};
  const {error} = classify({...refusal('NEW', 400, 'coql'), apiError});
  assert.ok(error.message.length < 200);
  assert.ok(!/[<>\n]/.test(error.message));
});

table.run();
