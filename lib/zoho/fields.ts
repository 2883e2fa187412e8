/** Zoho's field metadata in the connector's words: types, and which API documents that it can read a field. Pure. */
import {type Field, fieldType} from '../records/field.ts';
import {isCoqlName} from './coql.ts';
import type {FieldReply} from './schemas.ts';

/** `data_type`s that an API does not read (zoho-api sheet 4.5, 5.4). Others are tried: a refusal costs one call, a field left out costs its values. */
const bulkUnread = new Set(['fileupload', 'multiselectlookup', 'subform']);
const coqlUnread = new Set(['fileupload', 'imageupload', 'multiselectlookup', 'subform']);

/** Names of fields whose column in a file cannot be told from that of the record's id, which is called `Id` (zoho-api sheet 4.4). */
const ambiguous = new Set(['Id']);

/** What documents keep for themselves beside the fields. */
const ownProperty = '_meta';

/** What becomes of fields that cannot have their names in documents or files, each in a sentence for people. */
export function namesakes(fields: readonly Field[]): {readonly field: string; readonly fate: string}[] {
  return fields.flatMap(({name: field}) => {
    if (field === ownProperty)
      return {field, fate: 'documents keep this name for themselves, so it is not captured; rename its API name in Zoho'};
    if (ambiguous.has(field))
      return {
        field,
        fate: "a file of Bulk Read does not tell it from the record's id, so it comes with changes only, not with backfills",
      };
    return [];
  });
}

/** Whether records of a module with these fields tell when they changed; otherwise they are captured as a snapshot (design 5.7). */
export function hasModifiedTime(fields: readonly Field[]): boolean {
  return fields.some(({name}) => name === 'Modified_Time');
}

/** Single fields of standard modules that Bulk Read refuses. */
const bulkUnreadNames = new Set([
  'Calls.CTI_Entry',
  'Cases.Comments',
  'Solutions.Comments',
  'Events.Participants',
  'Price_Books.Pricing_Details',
  'Invoices.Invoiced_Items',
  'Purchase_Orders.Purchase_Items',
  'Quotes.Quoted_Items',
  'Sales_Orders.Ordered_Items',
]);

/** Single fields of standard modules that COQL refuses. */
const coqlUnreadNames = new Set([
  'Events.Participants',
  'Price_Books.Pricing_Details',
  'Quotes.Quoted_Items',
  'Deals.Stage_Modified_Time',
]);

/** Composites of several fields, which Bulk Read refuses; only with the structured type of such a composite, since a plain field may have the name. */
const composite = /^(?:(?:Mailing|Other|Billing|Shipping)_)?(?:Address|Coordinates)$|^nearby_distance__s$/;

const idField: Field = {
  name: 'id',
  type: 'id',
  dataType: 'bigint',
  jsonType: 'string',
  computed: false,
  dynamic: false,
  bulk: true,
  coql: true,
};

/** The fields of a module that have a name, sorted by it in byte order, each once. `id` is among them even when Zoho does not list it, which is usual. */
export function fieldsOf(module: string, listed: readonly FieldReply[]): Field[] {
  const fields = new Map(
    listed.flatMap((reply) => (reply.api_name ? [[reply.api_name, fieldOf(module, reply.api_name, reply)]] : [])),
  );
  fields.set('id', idField);
  return [...fields.values()].sort((a, b) => byteOrder(a.name, b.name));
}

function fieldOf(module: string, name: string, reply: FieldReply): Field {
  const jsonType = reply.json_type ?? '';
  // Metadata declare tags as text; their values are arrays (zoho-api sheet 9, trap 10).
  const dataType = name === 'Tag' && jsonType === 'jsonarray' ? 'tags' : (reply.data_type ?? '');
  const computed = dataType === 'formula' || dataType === 'rollup_summary';
  const returnType = (dataType === 'formula' ? reply.formula : reply.rollup_summary)?.return_type || computedType(jsonType);
  const place = `${module}.${name}`;
  // What a formula gives is of its return type, however JSON is said to hold it.
  const type = computed ? fieldType(returnType, '') : fieldType(dataType, jsonType);
  const values = dataType === 'multiselectpicklist' ? pickListValues(reply) : [];
  return {
    name,
    type,
    dataType,
    jsonType,
    computed,
    dynamic: dataType === 'formula' && reply.formula?.dynamic === true,
    bulk:
      !ambiguous.has(name) &&
      name !== ownProperty &&
      !bulkUnread.has(dataType) &&
      !bulkUnreadNames.has(place) &&
      !(composite.test(name) && jsonType !== 'string'),
    coql: name !== ownProperty && !coqlUnread.has(dataType) && !coqlUnreadNames.has(place) && isCoqlName(name),
    ...(isHidden(reply) && {hidden: true as const}),
    ...(values.length > 0 && {values}),
  };
}

/** Whether metadata say that nobody, or not the token's user, sees the field. */
function isHidden({visible, profiles}: FieldReply): boolean {
  const isForNobody =
    profiles != null && profiles.length > 0 && profiles.every(({permission_type}) => permission_type === 'hidden');
  return visible === false || isForNobody;
}

/** The type of a formula or roll-up that does not name one: by how JSON has it. */
function computedType(jsonType: string): string {
  return jsonType === 'double' || jsonType === 'integer' || jsonType === 'boolean' ? jsonType : 'text';
}

/** What values of a multi-select list can look like, as shown and as stored. */
function pickListValues({pick_list_values}: FieldReply): string[] {
  const found = new Set<string>();
  for (const {display_value, actual_value} of pick_list_values ?? []) {
    if (actual_value) found.add(actual_value);
    if (display_value) found.add(display_value);
  }
  return [...found];
}

/** Names sort the same everywhere: by their bytes. */
export function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
