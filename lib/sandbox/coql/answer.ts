/** The COQL endpoint: a request body in, Zoho's answer out (zoho-api sheet 5). */
import {type Answer, json, jsonText} from '../request.ts';
import {parseQuery} from './parse.ts';
import {CoqlRefusal} from './refusal.ts';
import {runQuery} from './run.ts';
import type {CoqlSwitches} from './switches.ts';
import type {Table} from './table.ts';

/** What the endpoint needs from an organisation. */
export interface CoqlOrg {
  /**
   * The module's records; undefined if the module does not exist or COQL does not read it. May
   * throw its own `CoqlRefusal`.
   */
  table(module: string): Table | undefined;
  /** Field metadata of a column, for `include_meta`. */
  field?(module: string, column: string): object | undefined;
}

/**
 * Answers one COQL call. `nonce` should differ from call to call: it scatters rows whose order the
 * query leaves open.
 */
export function answerCoql(body: Uint8Array, org: CoqlOrg, switches: CoqlSwitches, nonce: number): Answer {
  try {
    const {text, meta} = readBody(body);
    const query = parseQuery(text, switches);
    const table = org.table(query.module);
    if (!table) throw new CoqlRefusal('INVALID_MODULE', 'the given module is not supported in api');
    const {rows, more} = runQuery(query, table, switches, nonce);
    const credits = coqlCredits(query.limit);
    if (rows.length === 0) return switches.none === 'status 204' ? {status: 204, credits} : {...json(200, {data: []}), credits};
    const info = JSON.stringify({count: rows.length, more_records: more});
    const fields = meta ? `,"fields":${JSON.stringify(fieldsOf(query.select, table.name, org))}` : '';
    return {...jsonText(200, `{"data":[${rows.join(',')}]${fields},"info":${info}}`), credits};
  } catch (error) {
    if (error instanceof CoqlRefusal)
      return jsonText(error.status, switches.refusedColumnNamed ? error.body : unnamed(error.body));
    throw error;
  }
}

function unnamed(body: string): string {
  return JSON.stringify(JSON.parse(body, (key, value: unknown) => (key === 'column_name' ? undefined : value)));
}

/** Credits of a query, by its limit (zoho-api sheet 5.3). */
export const coqlCredits = (limit: number): number => (limit <= 200 ? 1 : limit <= 1_000 ? 2 : 3);

function fieldsOf(select: readonly {readonly column: string}[], module: string, org: CoqlOrg): object {
  return Object.fromEntries(select.map(({column}) => [column, org.field?.(module, column) ?? {}]));
}

/** Parses the body whatever its `Content-Type` is, because Zoho's own clients send none. */
function readBody(body: Uint8Array): {text: string; meta: boolean} {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid({expected_data_type: 'jsonobject', json_path: '$'});
  const text = 'select_query' in value ? value.select_query : undefined;
  if (text === undefined || text === null || text === '') {
    throw new CoqlRefusal('MANDATORY_NOT_FOUND', 'mandatory key not found', {api_name: 'select_query'});
  }
  if (typeof text !== 'string')
    throw invalid({expected_data_type: 'text', api_name: 'select_query', json_path: '$.select_query'});
  return {text, meta: readMeta('include_meta' in value ? value.include_meta : undefined)};
}

/** Whether field metadata were requested, the only thing that `include_meta` may hold. */
function readMeta(meta: unknown): boolean {
  if (meta === undefined) return false;
  const place = {api_name: 'include_meta', json_path: '$.include_meta'};
  if (!Array.isArray(meta)) throw invalid({expected_data_type: 'jsonarray', ...place});
  const other = meta.findIndex((name) => name !== 'fields');
  if (other >= 0) throw invalid({...place, json_path: `$.include_meta[${other}]`, supported_values: ['fields']});
  return meta.length > 0;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw invalid({expected_data_type: 'jsonobject', json_path: '$'});
  }
}

const invalid = (details: Readonly<Record<string, unknown>>) => new CoqlRefusal('INVALID_DATA', 'invalid data', details);
