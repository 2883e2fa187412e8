/**
 * Every call that the connector makes: its request, and what its answer means (zoho-api sheet 2 to
 * 6).
 */
import * as v from 'valibot';
import {ZohoError} from '../errors/errors.ts';
import {deletedPageRows} from '../limits.ts';
import {jsonOf} from '../platform/json.ts';
import type {Log} from '../platform/log.ts';
import type {Field} from '../records/field.ts';
import {isoSeconds} from '../records/instant.ts';
import type {CoqlAnswer} from '../transforms/parse-json.ts';
import type {AccessToken} from './access-token.ts';
import type {BulkJob, CoqlOptions, DeletedRows, Module, ZohoClient} from './api.ts';
import {type Call, ErrorReply} from './attempt.ts';
import {type BulkPage, type BulkQuery, bulkBody} from './bulk.ts';
import {bulkJobOf} from './bulk-job.ts';
import type {Caller} from './caller.ts';
import {ConnectionLost} from './connection-lost.ts';
import type {CoqlQuery} from './coql.ts';
import {CoqlEndpoint} from './coql-endpoint.ts';
import {deletionsOf} from './deletions.ts';
import {DownloadAddresses} from './download-addresses.ts';
import {fieldsOf, namesakes} from './fields.ts';
import {type Http, isEmpty} from './http.ts';
import {replyBytesMax, zipBytesMax} from './limits.ts';
import {createdReply, deletedReply, fieldsReply, hiddenApiError, jobReply, modulesReply, saysNothing} from './schemas.ts';
import type {Usage, UsageSummary} from './usage.ts';

/** The waits in a summary. */
export type Waits = Pick<UsageSummary, 'nextDownloadMs' | 'pausedMs'>;

export interface EndpointsOptions {
  readonly origin: string;
  readonly http: Http;
  readonly token: AccessToken;
  readonly caller: Caller;
  readonly usage: Usage;
  /** The waits that limits impose at present. */
  readonly waits: () => Waits;
  readonly log: Log;
}

export class Endpoints implements ZohoClient {
  readonly origin: string;
  readonly #http: Http;
  readonly #token: AccessToken;
  readonly #caller: Caller;
  readonly #usage: Usage;
  readonly #waits: () => Waits;
  readonly #log: Log;
  readonly #coql: CoqlEndpoint;
  readonly #addresses: DownloadAddresses;
  readonly #warned = new Set<string>();

  constructor({origin, http, token, caller, usage, log, waits}: EndpointsOptions) {
    this.origin = origin;
    this.#http = http;
    this.#token = token;
    this.#caller = caller;
    this.#usage = usage;
    this.#waits = waits;
    this.#log = log;
    this.#addresses = new DownloadAddresses(origin);
    this.#coql = new CoqlEndpoint(caller, log);
  }

  async nowSeconds(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    if (this.#caller.seconds === undefined) await this.modules(signal);
    return this.#caller.seconds!;
  }

  async modules(signal: AbortSignal): Promise<readonly Module[]> {
    const reply = await this.#read(
      {kind: 'modules', key: '', method: 'GET', path: '/crm/v8/settings/modules', what: 'list the modules'},
      modulesReply,
      signal,
      'modules',
    );
    if (reply === null) return [];
    return reply.modules.flatMap((module) =>
      module.api_name
        ? [
            {
              name: module.api_name,
              label: module.plural_label || module.api_name,
              apiSupported: module.api_supported ?? true,
              generatedType: module.generated_type ?? '',
              status: module.status ?? '',
            },
          ]
        : [],
    );
  }

  async fields(module: string, signal: AbortSignal): Promise<readonly Field[] | null> {
    const path = `/crm/v8/settings/fields?module=${encoded(module)}&type=all`;
    const reply = await this.#read(
      {kind: 'fields', key: module, method: 'GET', path, what: `read the fields of module ${module}`},
      fieldsReply,
      signal,
      'fields',
    );
    if (reply === null) return null;
    if (reply.fields === null)
      throw new ZohoError('module', `Cannot read the fields of module ${module}: Zoho's answer has no list of them`);
    const fields = fieldsOf(module, reply.fields);
    for (const {field, fate} of namesakes(fields)) this.#warnOnce(`Module ${module}, field ${field}: ${fate}`, {module, field});
    return fields;
  }

  async createJob(query: BulkQuery | BulkPage, signal: AbortSignal): Promise<string> {
    const paged = 'pageToken' in query;
    const what = paged ? 'create the bulk read job of the next page' : `create a bulk read job for module ${query.module}`;
    const reply = await this.#read(
      {
        kind: 'create',
        key: paged ? '' : query.module,
        method: 'POST',
        path: '/crm/bulk/v8/read',
        headers: {'content-type': 'application/json'},
        body: bulkBody(query),
        what,
        paged,
        ...(!paged && {fields: query.fields}),
      },
      createdReply,
      signal,
    );
    if (reply === null) throw new ZohoError('damaged', `Cannot ${what}: Zoho's answer is empty`);
    return reply.data[0]!.details.id;
  }

  async job(id: string, signal: AbortSignal): Promise<BulkJob> {
    const path = jobPath(id);
    const reply = await this.#read(
      {kind: 'job', key: id, method: 'GET', path, what: `check bulk read job ${id}`},
      jobReply,
      signal,
    );
    if (reply === null) throw new ZohoError('damaged', `Cannot check bulk read job ${id}: Zoho's answer is empty`);
    const job = bulkJobOf(reply.data[0]!);
    if (job.state === 'completed') this.#addresses.remember(id, reply.data[0]!.result?.download_url);
    return job;
  }

  async *download(id: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const path = this.#addresses.of(id) ?? `${jobPath(id)}/result`;
    const {answer, permit} = await this.#caller.open(
      {kind: 'download', key: id, method: 'GET', path, what: `download the result of bulk read job ${id}`},
      signal,
    );
    try {
      if (answer.status !== 200) {
        answer.discard();
        throw new ZohoError(
          'unready',
          `Cannot download the result of bulk read job ${id}: Zoho answers HTTP status ${answer.status}`,
          {status: answer.status},
        );
      }
      yield* answer.bytes(zipBytesMax);
      permit.release('good');
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      permit.release('struggling');
      throw new ZohoError('short', `The result of bulk read job ${id} ended early: ${error.message}`, {cause: error});
    } finally {
      permit.release('neither');
    }
  }

  coql(query: CoqlQuery, signal: AbortSignal, options?: CoqlOptions): Promise<CoqlAnswer | null> {
    return this.#coql.rows(query, signal, options);
  }

  count(module: string, fromS: number | undefined, signal: AbortSignal): Promise<number | undefined> {
    return this.#coql.count(module, fromS, signal);
  }

  async deleted(module: string, sinceSeconds: number, page: number, signal: AbortSignal): Promise<DeletedRows | null> {
    const reply = await this.#read(
      {
        kind: 'deleted',
        key: module,
        method: 'GET',
        path: `/crm/v8/${encoded(module)}/deleted?type=all&page=${page}&per_page=${deletedPageRows}`,
        headers: {'if-modified-since': `${isoSeconds(sinceSeconds)}+00:00`},
        what: `read the deletions of module ${module}`,
      },
      deletedReply,
      signal,
      'data',
    );
    if (reply === null) return null;
    const {rows, unusable} = deletionsOf(reply.data);
    return {rows, ...(unusable.length > 0 && {unusable}), more: reply.info?.more_records ?? undefined};
  }

  async scopes(signal: AbortSignal): Promise<readonly string[] | undefined> {
    await this.#token.get(signal);
    return this.#token.scopes;
  }

  spent(): UsageSummary {
    return {...this.#usage.summary(), ...this.#waits()};
  }

  async close(): Promise<void> {
    await this.#http.close();
  }

  /** Reads a JSON answer; null when it is empty, or is a form of an empty `list`. */
  async #read<Schema extends v.GenericSchema>(
    call: Call,
    schema: Schema,
    signal: AbortSignal,
    list?: string,
  ): Promise<v.InferOutput<Schema> | null> {
    return this.#caller.run(call, signal, async (answer) => {
      if (isEmpty(answer)) return null;
      const text = await answer.text(replyBytesMax);
      if (list !== undefined && text.trim() === '') return null;
      const body = jsonOf(text);
      if (list !== undefined && saysNothing(body, list)) return null;
      const apiError = hiddenApiError(body);
      if (apiError !== undefined) throw new ErrorReply(apiError);
      const reply = v.safeParse(schema, body);
      if (reply.success) return reply.output;
      const where =
        body === undefined ? 'it is not JSON' : `at ${v.getDotPath(reply.issues[0]) ?? 'its top'} it is not as expected`;
      throw new ZohoError('damaged', `Cannot ${call.what}: Zoho's answer cannot be read, ${where}`, {status: answer.status});
    });
  }

  /** Metadata are read repeatedly; each problem in them is logged once. */
  #warnOnce(message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#log('warn', message, fields);
  }
}

/**
 * A name as part of an address. Zoho's names may contain half a surrogate pair, which no address
 * can hold.
 */
function encoded(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}

function jobPath(id: string): string {
  return `/crm/bulk/v8/read/${encodeURIComponent(id)}`;
}
