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
  /** Set when metadata say that the token's user does not see the field: an API may refuse it without naming it. */
  readonly hidden?: true;
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
  'bigint',
]);

/** Text whatever JSON holds it in: rules and reminders, and the structures that have no short form but their JSON text. */
const textWhateverJson = new Set(['RRULE', 'ALARM', 'event_reminder', 'module']);
const structuredTypes = new Set([
  'linetax',
  'multireminder',
  'time_range',
  'address',
  'coordinates',
  'subform',
  'fileupload',
  'imageupload',
  'attachment',
  'attachments',
]);

/** References to other records of Zoho by types whose name does not end in `lookup`. */
const referenceTypes = new Set(['layout', 'multi_module_lookup']);
const knownLookups = new Set(['lookup', 'ownerlookup', 'userlookup', 'consent_lookup', 'profilelookup', 'rolelookup']);
const referenceListTypes = new Set(['territories', 'multiselectlookup', 'multiuserlookup']);

/**
 * The document type of a field, by Zoho's `data_type` and `json_type` (zoho-api sheet 3.1, 12). For a formula or roll-up
 * pass its `return_type` as `dataType`. Metadata is an open list and sometimes wrong: an unknown pair is `text`, or a `list` where JSON is said to hold an array.
 */
export function fieldType(dataType: string, jsonType: string): FieldType {
  if (dataType === 'date' || dataType === 'datetime') return dataType;
  if (textWhateverJson.has(dataType) || structuredTypes.has(dataType)) return 'text';
  if (dataType === 'multiselectpicklist' || dataType === 'tags' || referenceListTypes.has(dataType)) return 'list';
  // A type of this kind that nobody has met yet: how JSON holds it tells one reference from several.
  if (referenceTypes.has(dataType) || knownLookups.has(dataType)) return 'lookup';
  if (dataType.endsWith('lookup')) return jsonType === 'jsonarray' ? 'list' : 'lookup';
  if (textTypes.has(dataType) && jsonType !== 'boolean' && jsonType !== 'jsonarray') return 'text';
  if (jsonType === 'boolean' || dataType === 'boolean') return jsonType === 'string' ? 'text' : 'boolean';
  if (jsonType === 'jsonarray') return 'list';
  if (jsonType === 'string' || jsonType === 'jsonobject') return 'text';
  if (dataType === 'integer') return 'integer';
  if (dataType === 'double' || dataType === 'currency' || dataType === 'percent') return 'number';
  return 'text';
}

/** Whether the values of a field stand for other records: a single one, or a list of them. */
export function isReference({type, dataType}: Field): boolean {
  return type === 'lookup' || (type === 'list' && (referenceListTypes.has(dataType) || dataType.endsWith('lookup')));
}

/** Whether a text field says of itself that it holds text and no structure. */
export function isPlainText({dataType, jsonType, computed}: Field): boolean {
  return (
    jsonType === 'string' || ((computed || textTypes.has(dataType)) && jsonType !== 'jsonobject' && jsonType !== 'jsonarray')
  );
}

/** Whether a field holds structures that are only themselves: an `id` inside them is a part, and not what they stand for. */
export function isStructured({dataType}: Field): boolean {
  return structuredTypes.has(dataType);
}
