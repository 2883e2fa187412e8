/** Zoho behind the client's interface, as `verify` asks it: each case defines the answers. */
import type {Field} from '../../../lib/records/field.ts';
import {parseCoql} from '../../../lib/transforms/parse-json.ts';
import type {DeletedRow, ZohoClient} from '../../../lib/zoho/api.ts';
import type {BulkQuery} from '../../../lib/zoho/bulk.ts';
import type {CoqlQuery} from '../../../lib/zoho/coql.ts';
import {bulkZoho, type JobAnswer} from '../../harness/bulk-zoho.ts';
import {textField} from '../../harness/fields.ts';
import {inPieces} from '../../transforms/archive.ts';

export interface Answers {
  readonly job?: ((query: Partial<BulkQuery>, number: number) => JobAnswer | Promise<JobAnswer>) | undefined;
  readonly coql?: ((query: CoqlQuery) => readonly object[]) | undefined;
  readonly deleted?: ((sinceS: number) => readonly DeletedRow[]) | undefined;
  readonly fields?: ((module: string) => readonly Field[] | null) | undefined;
}

/** `id`, `Modified_Time`, and a text. */
export const usualFields: readonly Field[] = [
  textField('id', {type: 'id'}),
  textField('Modified_Time', {type: 'datetime', dataType: 'datetime'}),
  textField('A'),
];

/** RFC 3339 of epoch seconds, as Zoho writes it. */
export const zohoTime = (second: number): string => `${new Date(second * 1_000).toISOString().slice(0, 19)}+00:00`;

/** A file of the usual fields, and the job that answers with it. */
export const rowsOf = (...rows: readonly (readonly [id: number, second: number, A: string])[]): JobAnswer => ({
  count: rows.length,
  csv: ['Id,Modified_Time,A', ...rows.map(([id, second, A]) => `${id},${zohoTime(second)},${A}`), ''].join('\n'),
});

/** The client, and what it was asked: queries, jobs, and the times from which deletions were read. */
export function askedZoho({job, coql = () => [], deleted = () => [], fields = () => usualFields}: Answers) {
  const queries: CoqlQuery[] = [];
  const jobs: Partial<BulkQuery>[] = [];
  const feeds: number[] = [];
  const zoho = bulkZoho((query, number) => {
    jobs.push(query);
    return job?.(query, number) ?? {count: 0};
  });
  const client = {
    ...zoho.client,
    origin: 'https://zoho',
    modules: async () =>
      ['Deals', 'Leads', 'Tasks'].map((name) => ({name, label: name, apiSupported: true, generatedType: '', status: ''})),
    scopes: async () => undefined,
    spent: () => ({callsTotal: 0}),
    fields: async (module: string) => fields(module),
    async coql(query: CoqlQuery) {
      queries.push(query);
      const data = coql(query);
      if (data.length === 0) return null;
      return parseCoql(inPieces(Buffer.from(JSON.stringify({data, info: {more_records: false}}))), query.columns);
    },
    async deleted(_module: string, sinceS: number) {
      feeds.push(sinceS);
      const rows = deleted(sinceS);
      return rows.length === 0 ? null : {rows, more: false};
    },
  } as unknown as ZohoClient;
  return {client, queries, jobs, feeds};
}
