/** Fields, rows and documents for the specs of the transforms. */
import type {RowBlock} from '../../lib/records/batch.ts';
import type {Field, FieldType} from '../../lib/records/field.ts';
import {compileCoercer} from '../../lib/transforms/coerce.ts';
import {parseCsv} from '../../lib/transforms/parse-csv.ts';
import {parseCoql} from '../../lib/transforms/parse-json.ts';
import {shapeDocs} from '../../lib/transforms/shape.ts';
import {textsOf} from '../harness/blocks.ts';
import {textField} from '../harness/fields.ts';
import {inPieces} from './archive.ts';

export function field(name: string, type: FieldType, dataType: string = type, values?: readonly string[]): Field {
  return textField(name, {type, dataType, values});
}

export function fieldsOf(...fields: Field[]): ReadonlyMap<string, Field> {
  return new Map(fields.map((it) => [it.name, it]));
}

export interface Captured {
  readonly docs: string[];
  readonly misfits: string[];
}

/** Takes rows to documents, as the pipe does. */
export function documents(rows: RowBlock, fields: ReadonlyMap<string, Field>): Captured {
  const misfits: string[] = [];
  const coerce = compileCoercer(rows.columns, fields, {module: 'Leads', onMisfit: (name) => misfits.push(name)});
  return {docs: textsOf(shapeDocs(coerce(rows))), misfits};
}

/** The rows of a small page of CSV, which make one batch. */
export async function csvRows(page: string, reader?: 'papaparse'): Promise<RowBlock> {
  for await (const rows of parseCsv(inPieces(Buffer.from(page)), {reader})) return rows;
  throw new Error('The page has no rows');
}

/** The rows of a COQL answer. */
export async function coqlRows(body: string, columns: readonly string[], fields: ReadonlyMap<string, Field>): Promise<RowBlock> {
  return (await parseCoql(inPieces(Buffer.from(body)), columns, fields)).rows;
}
