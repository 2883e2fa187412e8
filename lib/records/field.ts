/** Fields and their types: the vocabulary that the Zoho side and the Flow side share. */

/**
 * How a value of a field looks in a document:
 *
 * - `id`: JSON integer, only the record's own id
 * - `integer`: JSON integer
 * - `number`: JSON number
 * - `boolean`: JSON boolean
 * - `text`, `date`, `datetime`: string as received
 * - `list`: array of strings
 * - `lookup`: the id of another record, as a string
 */
export type FieldType = 'id' | 'integer' | 'number' | 'boolean' | 'text' | 'date' | 'datetime' | 'list' | 'lookup';

export interface Field {
  /** API name, as in documents. */
  readonly name: string;
  readonly type: FieldType;
  /** `data_type` and `json_type` as Zoho's metadata give them. */
  readonly dataType: string;
  readonly jsonType: string;
  /** A formula or roll-up summary: its value may change while `Modified_Time` stays. */
  readonly computed: boolean;
  /** A formula that depends on the time of the query. COQL takes five of them in one query. */
  readonly dynamic: boolean;
  /** Whether Bulk Read and COQL are documented to read the field. Zoho may still refuse it. */
  readonly bulk: boolean;
  readonly coql: boolean;
  /**
   * Set when metadata hide the field from the token's user. An API may then refuse it without
   * naming it.
   */
  readonly hidden?: true;
  /** Values of a multi-select list, which tell separators from content. */
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

/** Text, whatever JSON holds it in: rules, reminders, and structures that are kept as JSON text. */
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

/** References whose type's name does not end in `lookup`. */
const referenceTypes = new Set(['layout', 'multi_module_lookup']);
const knownLookups = new Set(['lookup', 'ownerlookup', 'userlookup', 'consent_lookup', 'profilelookup', 'rolelookup']);
const referenceListTypes = new Set(['territories', 'multiselectlookup', 'multiuserlookup']);

/**
 * The document type of a field, by Zoho's `data_type` and `json_type` (zoho-api sheet 3.1, 12). For
 * a formula or roll-up, pass its `return_type` as `dataType`. Zoho adds types, and metadata are
 * sometimes wrong: an unknown pair is `text`, or `list` where JSON is said to hold an array.
 */
export function fieldType(dataType: string, jsonType: string): FieldType {
  if (dataType === 'date' || dataType === 'datetime') return dataType;
  if (textWhateverJson.has(dataType) || structuredTypes.has(dataType)) return 'text';
  if (dataType === 'multiselectpicklist' || dataType === 'tags' || referenceListTypes.has(dataType)) return 'list';
  // An unknown type of lookup: its JSON type tells one reference from several.
  if (referenceTypes.has(dataType) || knownLookups.has(dataType)) return 'lookup';
  if (dataType.endsWith('lookup')) return jsonType === 'jsonarray' ? 'list' : 'lookup';
  if (jsonType === 'boolean' || dataType === 'boolean') return jsonType === 'string' ? 'text' : 'boolean';
  if (jsonType === 'jsonarray') return 'list';
  if (jsonType === 'string' || jsonType === 'jsonobject') return 'text';
  if (dataType === 'integer') return 'integer';
  if (dataType === 'double' || dataType === 'currency' || dataType === 'percent') return 'number';
  return 'text';
}

/** Whether the values of a field refer to other records: a single one, or a list. */
export function isReference({type, dataType}: Field): boolean {
  return type === 'lookup' || (type === 'list' && (referenceListTypes.has(dataType) || dataType.endsWith('lookup')));
}

/** Whether a field is declared as text without structure. */
export function isPlainText({dataType, jsonType, computed}: Field): boolean {
  return (
    jsonType === 'string' || ((computed || textTypes.has(dataType)) && jsonType !== 'jsonobject' && jsonType !== 'jsonarray')
  );
}

/** Whether a field's structures stand for themselves: an `id` inside them is just a member. */
export function isStructured({dataType}: Field): boolean {
  return structuredTypes.has(dataType);
}
