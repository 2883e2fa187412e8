/**
 * A small Zoho over a table of modules. Each value is given both as Bulk Read writes it and as COQL
 * does, so a spec may use any pair.
 */

import {archive} from '../transforms/archive.ts';
import type {Received, Reply} from './fake-zoho.ts';
import {complaint} from './fake-zoho.ts';

export interface TableModule {
  /** As in metadata. */
  readonly fields: readonly {readonly api_name: string; readonly [key: string]: unknown}[];
  readonly records: readonly TableRecord[];
  readonly bulkRefuses?: readonly string[];
  readonly coqlRefuses?: readonly string[];
}

export interface TableRecord {
  readonly id: string;
  /** Epoch seconds. */
  modifiedS: number;
  /** Cells of a file. A column without a field appears in every file. */
  readonly bulk: Readonly<Record<string, string | null>>;
  readonly coql: Readonly<Record<string, unknown>>;
}

/** Answers the connector's calls from the current content of the table. */
export function tableZoho(modules: Readonly<Record<string, TableModule>>): (request: Received) => Reply {
  const files: Buffer[] = [];
  const jobs: {module: TableModule; fields: string[]; fromS: number; toS: number}[] = [];

  return ({method, path, body}) => {
    const url = new URL(path, 'http://zoho');
    const [, jobId, result] = /^\/crm\/bulk\/v8\/read\/(\d+)(\/result)?$/.exec(url.pathname) ?? [];
    if (url.pathname === '/crm/v8/settings/modules') return [200, {modules: Object.keys(modules).map(listed)}];
    if (url.pathname === '/crm/v8/settings/fields') {
      const module = modules[url.searchParams.get('module') ?? ''];
      return module === undefined ? [400, complaint('INVALID_MODULE')] : [200, {fields: module.fields}];
    }
    if (url.pathname === '/crm/bulk/v8/read' && method === 'POST') return create(JSON.parse(body).query);
    if (jobId !== undefined && result !== undefined) return (response) => response.end(files[Number(jobId)]);
    if (jobId !== undefined)
      return [200, {data: [{id: jobId, state: 'COMPLETED', result: {...counted(Number(jobId)), more_records: false}}]}];
    if (url.pathname === '/crm/v8/coql') return coql(String(JSON.parse(body).select_query));
    return url.pathname.endsWith('/deleted') ? [204] : [404, complaint('INVALID_URL_PATTERN')];
  };

  function create(query: {module: {api_name: string}; fields: string[]; criteria: {group: {value: string}[]}}): Reply {
    const module = modules[query.module.api_name];
    if (module === undefined) return [400, complaint('INVALID_MODULE')];
    const refused = query.fields.find((name) => module.bulkRefuses?.includes(name));
    if (refused !== undefined) return [400, complaint('FIELD_NOT_SUPPORTED', {api_name: refused})];
    const [fromS = 0, toS = 0] = query.criteria.group.map(({value}) => Date.parse(value) / 1_000);
    const id = jobs.push({module, fields: query.fields, fromS, toS}) - 1;
    files[id] = archive(encoded(csvOf(id)));
    return [201, {data: [{status: 'success', code: 'ADDED_SUCCESSFULLY', details: {id: String(id), state: 'ADDED'}}]}];
  }

  function rowsOf(id: number): TableRecord[] {
    const {module, fromS, toS} = jobs[id]!;
    return module.records.filter(({modifiedS}) => modifiedS >= fromS && modifiedS < toS);
  }

  function counted(id: number): object {
    return {count: csvOf(id).split('\r\n').length - 2, per_page: 200_000, download_url: `/crm/bulk/v8/read/${id}/result`};
  }

  function csvOf(id: number): string {
    const {module, fields} = jobs[id]!;
    const known = new Set(module.fields.map(({api_name}) => api_name));
    const extra = new Set(module.records.flatMap(({bulk}) => Object.keys(bulk)).filter((name) => !known.has(name)));
    const columns = ['Id', ...fields.filter((name) => name !== 'id'), ...extra];
    const lines = rowsOf(id).map((record) => columns.map((name) => quoted(cellOf(record, name))).join(','));
    return [columns.join(','), ...lines, ''].join('\r\n');
  }

  function coql(query: string): Reply {
    const [, selected = '', name = '', where = ''] =
      /^select (.+?) from '?(\w+)'? where (.+?)(?: order by .+)? limit \d+, \d+$/.exec(query) ?? [];
    const module = modules[name];
    if (module === undefined) return [400, complaint('INVALID_MODULE')];
    const columns = selected.split(', ').map((column) => column.replaceAll("'", ''));
    const refused = columns.find((column) => module.coqlRefuses?.includes(column));
    if (refused !== undefined) return [400, complaint('INVALID_QUERY', {column_name: refused})];
    const records = module.records.filter((record) => isMeant(record, where));
    if (records.length === 0) return [204];
    const data = records
      .sort((a, b) => a.modifiedS - b.modifiedS)
      .map((record) => Object.fromEntries(columns.map((column) => [column, jsonValueOf(record, column)])));
    return [200, {data, info: {count: data.length, more_records: false}}];
  }
}

function isMeant({id, modifiedS}: TableRecord, where: string): boolean {
  const ids = /^id in \((.+)\)$/.exec(where)?.[1];
  if (ids !== undefined) return ids.replaceAll("'", '').split(', ').includes(id);
  const [, sign, time = ''] = /Modified_Time (>=|>) '(.+?)'/.exec(where) ?? [];
  const fromS = Date.parse(time) / 1_000;
  return sign === '>=' ? modifiedS >= fromS : modifiedS > fromS;
}

function listed(api_name: string, index: number): object {
  return {
    api_name,
    plural_label: api_name,
    api_supported: true,
    generated_type: 'default',
    status: 'visible',
    id: String(index + 1),
  };
}

const timeOf = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}+00:00`;

function cellOf(record: TableRecord, name: string): string {
  if (name === 'Id') return record.id;
  return name === 'Modified_Time' ? timeOf(record.modifiedS) : (record.bulk[name] ?? '');
}

function jsonValueOf(record: TableRecord, name: string): unknown {
  if (name === 'id') return record.id;
  return name === 'Modified_Time' ? timeOf(record.modifiedS) : (record.coql[name] ?? null);
}

/** UTF-8, except that half a surrogate pair becomes three bytes, as in some systems. */
function encoded(text: string): Buffer {
  const parts = Array.from(text, (character) => {
    if (character.isWellFormed()) return Buffer.from(character);
    const code = character.charCodeAt(0);
    return Buffer.from([0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]);
  });
  return Buffer.concat(parts);
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
