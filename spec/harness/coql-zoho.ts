/** COQL behind the client's interface: each query is answered as a case defines, without server or clock. */
import {coqlIdsMax, coqlRowsLarge} from '../../lib/limits.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
import {cellText} from '../../lib/records/rows.ts';
import type {CoqlContext, CoqlPlan} from '../../lib/sources/coql.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {type CoqlAnswer, parseCoql} from '../../lib/transforms/parse-json.ts';
import type {CoqlOptions, ZohoClient} from '../../lib/zoho/api.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {inPieces} from '../transforms/archive.ts';
import {zohoTime} from './times.ts';

/** A record by its id and time, or with any values. Columns that it lacks are filled. */
export type CoqlRecord = readonly [id: number, seconds: number] | Readonly<Record<string, unknown>>;

export interface CoqlReply {
  readonly rows: readonly CoqlRecord[];
  /** Zoho's flag; absent by default. */
  readonly more?: boolean;
  /** Whether reading ended here because the rows became too heavy. */
  readonly cut?: boolean;
}

export interface CoqlZohoOptions {
  readonly slices?: readonly (readonly string[])[];
  readonly clock?: {nowS: number};
  readonly changes?: Partial<CoqlContext>;
  readonly planned?: Partial<CoqlPlan>;
}

export interface CoqlZoho {
  readonly queries: CoqlQuery[];
  /** The options of each query. */
  readonly options: CoqlOptions[];
  readonly plan: CoqlPlan;
  readonly context: CoqlContext;
  /** Omitted rows: their number, id, fault, and page. */
  readonly left: string[];
  /** Log lines with the values of their fields. */
  readonly logged: string[];
}

/** `answer` is given the number of the query, from 1 on. More than a hundred queries are an error. */
export function coqlZoho(
  answer: (query: CoqlQuery, number: number) => CoqlReply | Error,
  {slices = [['id', 'Modified_Time', 'A']], clock = {nowS: 0}, changes, planned}: CoqlZohoOptions = {},
): CoqlZoho {
  const queries: CoqlQuery[] = [];
  const options: CoqlOptions[] = [];
  const left: string[] = [];
  const digests = new Set<string>();
  const logged: string[] = [];
  const client = {
    nowSeconds: async () => clock.nowS,
    async coql(query: CoqlQuery, _signal: AbortSignal, given: CoqlOptions = {}) {
      if (queries.push(query) > 100) throw new Error('asked without end');
      options.push(given);
      const reply = answer(query, queries.length);
      if (reply instanceof Error) throw reply;
      return answerOf(reply, query, given);
    },
  } as unknown as ZohoClient;
  const plan: CoqlPlan = {
    module: 'Leads',
    slices,
    fields: new Map(),
    pageSize: new PageSize({most: coqlRowsLarge}),
    listSize: new PageSize({most: coqlIdsMax}),
    ...planned,
  };
  const context: CoqlContext = {
    client,
    signal: new AbortController().signal,
    quarantine: {
      has: (digest) => digests.has(digest),
      add({row, id, fault, digest}, page) {
        digests.add(digest);
        left.push(`row ${row} id ${id} ${fault} of ${page}`);
      },
      addUnread() {},
    },
    log: (level, message, fields) => void logged.push(`${level} ${Object.values(fields ?? {}).join(' ')}: ${message}`),
    ...changes,
  };
  return {queries, options, plan, context, left, logged};
}

/** The answer to a query, as the client reads it. */
export async function answerOf(
  {rows, more, cut}: CoqlReply,
  {columns}: CoqlQuery,
  {fields, bytesMax}: CoqlOptions = {},
): Promise<CoqlAnswer | null> {
  if (rows.length === 0) return null;
  const body = JSON.stringify({data: rows.map(recordOf), info: {more_records: more}});
  const answer = await parseCoql(inPieces(Buffer.from(body)), columns, fields, bytesMax);
  return {...answer, cut: cut ?? answer.cut};
}

function recordOf(record: CoqlRecord): Readonly<Record<string, unknown>> {
  const filled = {A: 'a', B: 'b'};
  return isKey(record) ? {...filled, id: String(record[0]), Modified_Time: zohoTime(record[1])} : {...filled, ...record};
}

function isKey(record: CoqlRecord): record is readonly [number, number] {
  return Array.isArray(record);
}

/** The ids of some rows. */
export function idsOf(rows: RowBlock): string[] {
  return columnOf(rows, 'id');
}

/** The texts of a column. */
export function columnOf(rows: RowBlock, name: string): string[] {
  const column = rows.columns.indexOf(name);
  return Array.from({length: rows.count}, (_, row) => cellText(rows, row, column));
}
