/** What an error answer means, by its code, then by its status (zoho-api sheet 8.3). Pure. */
import {ZohoError, type ZohoFailure} from '../errors/errors.ts';
import type {ApiError, Details} from './schemas.ts';
import {scopesNeeded} from './scopes.ts';
import type {CallKind} from './usage.ts';

/**
 * `retry`: soon; `refresh`: with another token; `wait`: when the limits allow. Anything else is the
 * kind of failure that is thrown.
 */
export type Action = 'retry' | 'refresh' | 'wait' | ZohoFailure;

export interface Refusal {
  readonly kind: CallKind;
  /** Completes "Cannot ...". */
  readonly what: string;
  readonly host: string;
  readonly status: number;
  /** Absent when the body has none of Zoho's shapes, such as an HTML page. */
  readonly apiError?: ApiError | undefined;
  /** Removes secrets from Zoho's words before they are shown. Decisions use the original words. */
  readonly redact?: (text: string) => string;
  /** Whether the body is JSON. */
  readonly json: boolean;
  /** Whether the request carried a page token. */
  readonly paged?: boolean;
  /** The fields in the request, in its order. */
  readonly fields?: readonly string[] | undefined;
  /**
   * Scopes that this kind of call needs and the token lacks; undefined when Zoho does not list the
   * token's scopes.
   */
  readonly scopesMissing?: readonly string[] | undefined;
  /** Whether a call of this kind has succeeded before. */
  readonly answeredBefore?: boolean;
}

export interface Verdict {
  readonly action: Action;
  /** The failure to throw when retries do not help. */
  readonly error: ZohoError;
}

export function classify(refusal: Refusal): Verdict {
  const code = refusal.apiError?.code;
  const rule = byCode.get(code) ?? byStatus(refusal);
  const action = typeof rule === 'function' ? rule(refusal) : rule;
  const field = action === 'field' ? fieldOf(refusal) : undefined;
  const error = new ZohoError(failureOf(action), messageOf(refusal, action), {
    code,
    status: refusal.status,
    field,
    near: code === 'SYNTAX_ERROR' ? nearOf(refusal) : undefined,
    isScopeUnproven: code === 'OAUTH_SCOPE_MISMATCH' && refusal.answeredBefore !== true && provesScope.has(refusal.kind),
  });
  return {action, error};
}

/**
 * Calls that show whether a scope is missing. Checks and downloads of a job follow a call that has.
 */
const provesScope: ReadonlySet<CallKind> = new Set(['fields', 'create', 'coql']);

type Rule = Action | ((refusal: Refusal) => Action);

const field = (refusal: Refusal): Action => (fieldOf(refusal) === undefined ? 'refused' : 'field');

/** The module's own fault, unless the list of all modules is refused. */
const module: Rule = ({kind}) => (kind === 'modules' ? 'credentials' : 'module');

/**
 * Some modules need undocumented scopes. The token is at fault only if it is known to lack the
 * scope. One refused module proves nothing; whoever reads all modules sees whether all are refused.
 */
const scope: Rule = ({kind, scopesMissing = []}) => (kind === 'modules' || scopesMissing.length > 0 ? 'credentials' : 'module');

const permission: Rule = (refusal) => (lacksApiAccess(refusal) || refusal.kind === 'modules' ? 'credentials' : 'module');

/** Whether the token's user may not use the API at all. */
function lacksApiAccess(refusal: Refusal): boolean {
  return detailsOf(refusal).permissions?.includes('Crm_Implied_Api_Access') === true;
}

function detailsOf({apiError}: Refusal): Details {
  return apiError?.details ?? {};
}

const badData: Rule = (refusal) => {
  const {json_path, module: named} = detailsOf(refusal);
  if (refusal.paged) return 'expired';
  if (refusal.kind === 'fields' || refusal.kind === 'deleted') return 'module';
  if (refusal.kind !== 'create') return 'refused';
  if (json_path?.includes('.fields')) return field(refusal);
  return named != null || json_path?.includes('.module') ? 'module' : 'refused';
};

const badQuery: Rule = (refusal) => {
  const {column_name, module: named} = detailsOf(refusal);
  if (column_name) return field(refusal);
  return named ? 'module' : 'refused';
};

/** Zoho sees one column twice in a query: it may ignore case in names. */
const duplicate: Rule = (refusal) => (refusal.kind === 'coql' ? field(refusal) : 'refused');

/** An unknown address: of a job, or of a module's deletions, which some modules lack. */
const unknownThing: Rule = ({kind}) =>
  kind === 'job' ? 'lost' : kind === 'download' ? 'unready' : kind === 'deleted' ? 'module' : 'refused';
const unknownPath: Rule = ({kind}) => (kind === 'deleted' ? 'module' : 'refused');

const expired: Rule = ({kind}) => (kind === 'create' ? 'expired' : 'refused');

const byCode: ReadonlyMap<string | undefined, Rule> = new Map<string, Rule>([
  ['INVALID_TOKEN', 'refresh'],
  ['AUTHENTICATION_FAILURE', 'refresh'],
  ['OAUTH_SCOPE_MISMATCH', scope],
  ['NO_PERMISSION', permission],
  ['AUTHORIZATION_FAILED', permission],
  ['INVALID_MODULE', module],
  ['NOT_SUPPORTED', module],
  ['NOT_SUPPORTED_FEATURE', module],
  ['MODULE_NOT_SUPPORTED', module],
  ['MODULE_NOT_AVAILABLE', module],
  ['FEATURE_NOT_ENABLED', module],
  ['FEATURE_NOT_SUPPORTED', module],
  ['FIELD_IN_CRITERIA_NOT_SUPPORTED', module],
  ['FIELD_IN_CRITERIA_NOT_AVAILABLE', module],
  ['FIELD_NOT_SUPPORTED', field],
  ['FIELD_NOT_AVAILABLE', field],
  ['INVALID_QUERY', badQuery],
  ['DUPLICATE_DATA', duplicate],
  ['INVALID_DATA', badData],
  ['EXPIRED_VALUE', expired],
  ['TOKEN_BOUND_DATA_MISMATCH', expired],
  ['RESOURCE_NOT_FOUND', unknownThing],
  ['TOO_MANY_REQUESTS', 'wait'],
  ['INTERNAL_ERROR', 'retry'],
  ['INTERNAL_SERVER_ERROR', 'retry'],
  ['INVALID_URL_PATTERN', unknownPath],
  ['INVALID_REQUEST_METHOD', 'refused'],
]);

/**
 * Undocumented codes about the token. Any other code is about the request, whatever its status:
 * DUPLICATE_DATA arrives with status 401 (zoho-api sheet 12) and must not count as bad credentials.
 */
const tokenCode = /(?:^|_)(?:O?AUTH)?(?:TOKEN|AUTHENTICATION|UNAUTHORI[SZ]ED|UNAUTHENTICATED)(?:_|$)/i;

function byStatus({kind, status, json, apiError}: Refusal): Rule {
  if (status === 429) return 'wait';
  if (status >= 500 || status === 408 || status === 425) return 'retry';
  if (status < 300) return 'damaged';
  if (status < 400) return 'refused';
  if (status === 401) return apiError === undefined || tokenCode.test(apiError.code) ? 'refresh' : 'refused';
  if ((status === 404 || status === 410) && (kind === 'job' || kind === 'download')) return unknownThing;
  if (status === 405) return 'refused';
  if (!json) return 'retry';
  if (status === 404) return unknownThing;
  return status === 403 ? permission : 'refused';
}

/**
 * The field that Zoho refuses, by name or by its place in the request; `api_name` is then the name
 * of the list.
 */
function fieldOf(refusal: Refusal): string | undefined {
  const {fields} = refusal;
  const {column_name, json_path, api_name} = detailsOf(refusal);
  const place = json_path?.match(/\.fields\[(\d+)\]/)?.[1];
  const named = api_name === 'fields' && !fields?.includes('fields') ? undefined : api_name;
  return (column_name && unquoted(column_name)) || fields?.[Number(place)] || named || undefined;
}

/**
 * The word at which Zoho stopped reading a query: the one near the error, or the column it names.
 */
function nearOf(refusal: Refusal): string | undefined {
  const {near, column_name} = detailsOf(refusal);
  return /\$?\w+/.exec(column_name || near || '')?.[0];
}

/** A name without the quotes that it had in the query. */
function unquoted(name: string): string {
  return /^(['"])(.*)\1$/.exec(name)?.[2] ?? name;
}

/** The kind of failure once retries have not helped. */
function failureOf(action: Action): ZohoFailure {
  if (action === 'refresh') return 'credentials';
  return action === 'retry' || action === 'wait' ? 'unavailable' : action;
}

function messageOf(refusal: Refusal, action: Action): string {
  const {apiError, status, redact} = refusal;
  const said = apiError ? saidBy(apiError, redact) : `HTTP status ${status} without a reason`;
  const advice = adviceOn(refusal, action);
  return `Cannot ${refusal.what}: ${advice === undefined ? `Zoho answers ${said}` : `${advice} (${said})`}`;
}

/** The scopes that each kind of call needs. */
export const scopesOf: Readonly<Record<CallKind, readonly string[]>> = {
  modules: [scopesNeeded.modules],
  fields: [scopesNeeded.fields],
  create: [scopesNeeded.bulk, scopesNeeded.records],
  job: [scopesNeeded.bulk],
  download: [scopesNeeded.bulk],
  coql: [scopesNeeded.coql, scopesNeeded.records],
  deleted: [scopesNeeded.records],
};

function adviceOn(refusal: Refusal, action: Action): string | undefined {
  const code = refusal.apiError?.code;
  if (action === 'refresh')
    return `${refusal.host} rejects a token that was just granted; the refresh token may belong to another data centre or environment than api_domain, or its user was deactivated; authorize again`;
  if (code === 'OAUTH_SCOPE_MISMATCH')
    return action === 'credentials'
      ? `the refresh token lacks the scope ${lacking(refusal)}; authorize again with all scopes that the connector needs`
      : `the refresh token's scopes do not cover this module`;
  if (lacksApiAccess(refusal))
    return "the token's user has no API access; give the user's profile the permission Zoho CRM API Access";
  if (code === 'NO_PERMISSION' || code === 'AUTHORIZATION_FAILED') return "the token's user has no permission for this";
  if (code === 'INVALID_URL_PATTERN' && action === 'refused')
    return `${refusal.host} does not know the address; check api_domain`;
  if (action === 'expired') return 'the page token is no longer valid';
  if (action === 'field') return `Zoho refuses the field ${plain(fieldOf(refusal)!, refusal.redact)}`;
  if (action === 'wait') return 'Zoho allows no more calls for now';
  if (refusal.status >= 300 && refusal.status < 400) return `${refusal.host} redirects to another address, which is not followed`;
  return undefined;
}

function lacking({kind, scopesMissing = []}: Refusal): string {
  return (scopesMissing.length > 0 ? scopesMissing : scopesOf[kind]).join(' or ');
}

/** An error in Zoho's words: its code and message. */
export function saidBy(
  {code, message}: {readonly code: string; readonly message: string},
  redact?: (text: string) => string,
): string {
  return [plain(code, redact), plain(message, redact)].filter((text) => text !== '').join(': ');
}

/** Generic text and names on one line, without other characters, cut to a bounded length. */
function plain(words: string, redact = (text: string) => text): string {
  return redact(words)
    .replace(/[^\p{L}\p{N} .,;:'_()/$-]/gu, ' ')
    .trim()
    .slice(0, 120);
}
