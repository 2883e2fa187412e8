/** Fields and their types: the one vocabulary that Zoho's side and Flow's side share. */

/**
 * How a value of a field looks in a document:
 *
 * - `id`: JSON integer, only the record's own id · `integer`: JSON integer · `number`: JSON number
 * - `boolean` · `text`, `date`, `datetime`: string as received
 * - `list`: array of strings · `lookup`: the id of another record, as a string
 */
export type FieldType = 'id' | 'integer' | 'number' | 'boolean' | 'text' | 'date' | 'datetime' | 'list' | 'lookup';

export interface Field {
  /** API name, as in documents. */
  readonly name: string;
  readonly type: FieldType;
  /** Zoho's `data_type`, `json_type` as metadata gave them. */
  readonly dataType: string;
  readonly jsonType: string;
  /** A formula or roll-up summary: its value may change without moving `Modified_Time`. */
  readonly computed: boolean;
  /** A formula that depends on the time of asking; COQL takes five of them a query. */
  readonly dynamic: boolean;
  /** Whether Bulk Read and COQL document that they can read the field; Zoho may still refuse it. */
  readonly bulk: boolean;
  readonly coql: boolean;
  /** Values of a multi-select list, to tell its separators from its content. */
  readonly values?: readonly string[];
}

const textTypes = new Set([
  'text',
  'textarea',
  'rich_text',
  'email',
  'phone',
  'website',
  'picklist',
  'autonumber',
  'profileimage',
  'event_reminder',
  'bigint',
  'RRULE',
  'ALARM',
]);

/**
 * The document type of a field, by Zoho's `data_type` and `json_type` (zoho-api sheet 3.1). For a formula or roll-up
 * pass its `return_type` as `dataType`. An unknown pair is `text`: metadata is an open list and sometimes wrong.
 */
export function fieldType(dataType: string, jsonType: string): FieldType {
  if (dataType === 'date' || dataType === 'datetime') return dataType;
  if (dataType === 'lookup' || dataType === 'ownerlookup' || dataType === 'userlookup') return 'lookup';
  if (dataType === 'multiselectpicklist' || dataType === 'tags') return 'list';
  if (textTypes.has(dataType) && jsonType !== 'boolean') return 'text';
  if (jsonType === 'boolean' || dataType === 'boolean') return jsonType === 'string' ? 'text' : 'boolean';
  if (jsonType === 'string' || jsonType === 'jsonobject' || jsonType === 'jsonarray') return 'text';
  if (dataType === 'integer') return 'integer';
  if (dataType === 'double' || dataType === 'currency' || dataType === 'percent') return 'number';
  return 'text';
}
