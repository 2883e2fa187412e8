/**
 * The Bulk Read endpoints: create a job, ask for its state, download its file (zoho-api sheet 4).
 */
import {CriteriaRefusal, testOf} from './criteria.ts';
import type {Job, JobQuery, Jobs} from './jobs.ts';
import {idOf, moduleId} from './metadata.ts';
import type {OrgModule} from './module.ts';
import type {Org} from './org.ts';
import type {PageFiles} from './page-files.ts';
import {noPermission, notFound, scopeMismatch} from './refusals.ts';
import {type Answer, json, refusal, type SandboxRequest} from './request.ts';

const pagesMax = 500;
const namesMax = 1_000;

export class Bulk {
  readonly #org: Org;
  readonly #jobs: Jobs;
  readonly #files: PageFiles;
  #downloadsMs: number[] = [];
  #blockedUntilMs = 0;

  constructor(org: Org, jobs: Jobs, files: PageFiles) {
    this.#org = org;
    this.#jobs = jobs;
    this.#files = files;
  }

  /** `POST /crm/bulk/v8/read`. */
  create(request: SandboxRequest): Answer {
    if (!request.headers['content-type']?.includes('application/json')) {
      return refusal(415, 'MEDIA_TYPE_NOT_SUPPORTED', 'Media type is not supported');
    }
    if (request.body.length === 0) return refusal(400, 'REQUEST_BODY_IS_EMPTY', 'Request body is empty');
    const body = parsed(request.body);
    if (body === undefined) return refusal(400, 'REQUEST_BODY_NOT_READABLE', 'Request body is not readable');
    const query = isObject(body) ? body.query : undefined;
    if (!isObject(query)) return refusal(400, 'INVALID_DATA', 'invalid data', {api_name: 'query', json_path: '$.query'});
    return 'page_token' in query ? this.#next(query) : this.#first(query);
  }

  /** `GET /crm/bulk/v8/read/{id}`. */
  status(id: string): Answer {
    const job = this.#jobs.get(id);
    if (!job) return notFound(this.#org.switches.goneStatus, id);
    const state = this.#jobs.stateOf(job);
    const answer = {
      id: job.id,
      operation: 'read',
      state,
      query: this.#echo(job),
      created_by: this.#user(),
      created_time: this.#created(job),
    };
    if (state === 'COMPLETED') return json(200, {data: [{...answer, result: this.#result(job), file_type: 'csv'}]});
    if (state === 'FAILURE') {
      const error = {status: 'error', code: 'INTERNAL_SERVER_ERROR', message: this.#jobs.failureOf(job), details: {}};
      return json(200, {data: [{...answer, result: {error_message: error}, file_type: 'csv'}]});
    }
    const early = {
      page: job.place.page,
      per_page: this.#org.switches.rowsPerJob,
      count: 0,
      download_url: pathOf(job),
      more_records: false,
    };
    return json(200, {data: [{...answer, ...(this.#org.switches.resultEarly && {result: early}), file_type: 'csv'}]});
  }

  /** `GET /crm/bulk/v8/read/{id}/result`. */
  download(id: string): Answer {
    const job = this.#jobs.get(id);
    if (!job || this.#jobs.stateOf(job) !== 'COMPLETED') return notFound(this.#org.switches.goneStatus, id);
    const {emptyFile, goneStatus} = this.#org.switches;
    if (emptyFile !== 'header' && this.#jobs.resultOf(job).count === 0)
      return emptyFile === 'none 204' ? {status: 204} : notFound(goneStatus, id);
    const nowMs = this.#org.clock.nowMs();
    if (!this.#mayDownload(nowMs))
      return refusal(429, 'TOO_MANY_REQUESTS', 'You have made too many downloads. Please try again after some time.');
    this.#downloadsMs.push(nowMs);
    const headers = {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${job.id}.zip"; filename*=UTF-8''${job.id}.zip`,
    };
    return this.#file(job, headers);
  }

  /**
   * A download over the limit blocks all of them for a minute; those refused meanwhile do not
   * count.
   */
  #mayDownload(nowMs: number): boolean {
    if (nowMs < this.#blockedUntilMs) return false;
    this.#downloadsMs = this.#downloadsMs.filter((ms) => ms > nowMs - 60_000);
    if (this.#downloadsMs.length < this.#org.switches.downloadsPerMinute) return true;
    this.#blockedUntilMs = nowMs + 60_000;
    return false;
  }

  #file(job: Job, headers: Readonly<Record<string, string>>): Answer {
    const file = this.#files.open(job);
    if (!Array.isArray(file)) return {status: 200, headers, body: asStream(file)};
    const length = file.reduce((total: number, {length}) => total + length, 0);
    return {
      status: 200,
      headers: {...headers, ...(this.#org.switches.contentLength && {'content-length': String(length)})},
      body: asStream(file),
    };
  }

  #next(query: Readonly<Record<string, unknown>>): Answer {
    const {page_token: token, ...others} = query;
    const place = {api_name: 'page_token', json_path: '$.query.page_token'};
    if (typeof token !== 'string') return refusal(400, 'INVALID_DATA', 'invalid data', place);
    if (Object.keys(others).length > 0) return refusal(400, 'INVALID_REQUEST', 'page_token stands alone in a query', place);
    const job = this.#jobs.next(token);
    if (job === 'unknown') return refusal(400, 'INVALID_DATA', 'invalid data', place);
    if (job === 'expired') return refusal(400, 'EXPIRED_VALUE', 'Page token expired', place);
    return this.#added(job);
  }

  #first(query: Readonly<Record<string, unknown>>): Answer {
    const named = query.module;
    const name = isObject(named) ? named.api_name : undefined;
    if (typeof name !== 'string')
      return refusal(400, 'INVALID_DATA', 'invalid data', {api_name: 'module', json_path: '$.query.module'});
    const module = this.#org.modules.get(name);
    if (!module?.spec.apiSupported) return refusal(400, 'MODULE_NOT_AVAILABLE', 'The module is not available', {api_name: name});
    const refused = moduleRefusal(module);
    if (refused) return refused;
    const {page = 1, fields = [], criteria} = query;
    if (typeof page !== 'number' || !Number.isInteger(page) || page < 1)
      return refusal(400, 'INVALID_DATA', 'invalid data', {api_name: 'page'});
    if (page > pagesMax) return refusal(400, 'PAGE_RANGE_EXCEEDED', 'The page range has been exceeded', {max_limit: pagesMax});
    if (!isNames(fields) || fields.length > namesMax)
      return refusal(400, 'INVALID_DATA', 'invalid data', {api_name: 'fields', json_path: '$.query.fields'});
    const unreadable = this.#unreadable(module, fields);
    if (unreadable) return unreadable;
    try {
      return this.#added(this.#jobs.create(this.#queryOf(module, fields, criteria), page));
    } catch (error) {
      if (error instanceof CriteriaRefusal)
        return refusal(400, error.code, 'The criteria given seem to be invalid', error.details);
      throw error;
    }
  }

  #queryOf(module: OrgModule, fields: readonly string[], criteria: unknown): JobQuery {
    const {fieldsMax} = this.#org.switches;
    const columns = fields.length === 0 || fields.length > fieldsMax ? exported(module) : fields;
    const test = criteria === undefined || criteria === null ? () => true : testOf(criteria, module);
    const echo = {
      module: {api_name: module.name, id: moduleId(this.#org, module)},
      fields: columns,
      ...(criteria ? {criteria: echoed(criteria, (name) => this.#idOf(module, name))} : {}),
    };
    return {module, columns, test, key: JSON.stringify([module.name, columns, criteria]), echo};
  }

  #idOf(module: OrgModule, name: string): string | null {
    return name.startsWith('$') ? null : idOf(this.#org, module.name, name);
  }

  /** Refuses the first field that the job cannot have; an answer names one (zoho-api sheet 4.5). */
  #unreadable(module: OrgModule, names: readonly string[]): Answer | undefined {
    for (const name of names) {
      const [base = '', column] = name.split('.');
      if (base === 'id' && column === undefined) continue;
      const field = module.field(base);
      if (!field || !module.columns.visible(field)) return this.#notAvailable(name);
      if (!module.readable(field, 'bulk'))
        return refusal(400, 'FIELD_NOT_SUPPORTED', 'The field is not supported', {api_name: name});
      if (column !== undefined && !hasColumn(module, base, column)) return this.#notAvailable(name);
    }
    return undefined;
  }

  #notAvailable(name: string): Answer {
    return refusal(
      400,
      'FIELD_NOT_AVAILABLE',
      'The field is not available',
      this.#org.switches.refusedFieldNamed ? {api_name: name} : {},
    );
  }

  #added(job: Job): Answer {
    const details = {id: job.id, operation: 'read', state: 'ADDED', created_by: this.#user(), created_time: this.#created(job)};
    return json(201, {
      data: [{status: 'success', code: 'ADDED_SUCCESSFULLY', message: 'Added successfully.', details}],
      info: {},
    });
  }

  #result(job: Job): Readonly<Record<string, unknown>> {
    const {count, nextToken} = this.#jobs.resultOf(job);
    return {
      page: job.place.page,
      per_page: this.#org.switches.rowsPerJob,
      count,
      ...((count > 0 || this.#org.switches.emptyFile === 'header') && {download_url: pathOf(job)}),
      more_records: nextToken !== undefined,
      ...(nextToken !== undefined && {next_page_token: nextToken}),
    };
  }

  #echo(job: Job): Readonly<Record<string, unknown>> {
    return {...job.query.echo, page: job.place.page};
  }

  #user(): Readonly<Record<string, unknown>> {
    const [user] = this.#org.users;
    return {id: user?.id, name: `${user?.firstName} ${user?.lastName}`};
  }

  #created(job: Job): string {
    return this.#org.writeTime(Math.floor(job.createdMs / 1_000));
  }
}

/** Criteria as status answers repeat them: conditions with their type, fields with their id. */
function echoed(criteria: unknown, idOf: (name: string) => string | null): unknown {
  if (!isObject(criteria)) return criteria;
  const {group, field} = criteria;
  if (Array.isArray(group)) return {...criteria, group: group.map((entry) => echoed(entry, idOf))};
  const {api_name: name} = isObject(field) ? field : {};
  return typeof name === 'string' ? {type: 'value', ...criteria, field: {api_name: name, id: idOf(name)}} : criteria;
}

const pathOf = (job: Job): string => `/crm/bulk/v8/read/${job.id}/result`;

/** What a job without named fields exports: every listed field that Bulk Read reads. */
function exported(module: OrgModule): string[] {
  return module.fields.filter((field) => field.listed && module.readable(field, 'bulk')).map(({name}) => name);
}

function hasColumn(module: OrgModule, lookup: string, column: string): boolean {
  const kind = module.field(lookup)?.kind;
  if (column === 'id') return kind === 'lookup' || kind === 'user';
  if (kind === 'user') return column === 'first_name' || column === 'last_name';
  const parent = kind === 'lookup' ? module.columns.target(lookup) : undefined;
  const field = parent?.field(column);
  return parent !== undefined && field !== undefined && parent.readable(field, 'bulk');
}

function moduleRefusal({name, spec}: OrgModule): Answer | undefined {
  switch (spec.bulkRefusal) {
    case undefined:
      return undefined;
    case 'NO_PERMISSION':
      return noPermission();
    case 'OAUTH_SCOPE_MISMATCH':
      return scopeMismatch();
    case 'MODULE_NOT_AVAILABLE':
      return refusal(400, 'MODULE_NOT_AVAILABLE', 'The module is not available', {api_name: name});
    default:
      return refusal(400, 'MODULE_NOT_SUPPORTED', 'The module is not supported');
  }
}

async function* asStream(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  yield* pieces;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
