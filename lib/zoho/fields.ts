/** Zoho's field metadata as fields: types, and which APIs are documented to read each. Pure. */
import {type Field, fieldType} from '../records/field.ts';
import {isCoqlName} from './coql.ts';
import type {FieldReply} from './schemas.ts';

/**
 * `data_type`s that an API does not read (zoho-api sheet 4.5, 5.4). Others are tried: a refusal
 * costs one call, an omitted field its values.
 */
const bulkUnread = new Set(['fileupload', 'multiselectlookup', 'subform']);
const coqlUnread = new Set(['fileupload', 'imageupload', 'multiselectlookup', 'subform']);

/**
 * Fields whose column looks like that of the record's id, which files call `Id` (zoho-api sheet
 * 4.4).
 */
const ambiguous = new Set(['Id']);

/** A property that documents reserve. */
const ownProperty = '_meta';

/**
 * Fields whose names documents or files cannot hold, each with a sentence that tells users what
 * happens to it.
 */
export function namesakes(fields: readonly Field[]): {readonly field: string; readonly fate: string}[] {
  return fields.flatMap(({name: field}) => {
    if (field === ownProperty)
      return {field, fate: 'documents reserve this name, so it is not captured; change its API name in Zoho'};
    if (ambiguous.has(field))
      return {
        field,
        fate: "Bulk Read files cannot distinguish it from the record's id, so it is captured with changes only, not with backfills",
      };
    return [];
  });
}

/**
 * Whether records of a module with these fields have a `Modified_Time`; otherwise they are captured
 * as a snapshot (design 5.7).
 */
export function hasModifiedTime(fields: readonly Field[]): boolean {
  return fields.some(({name}) => name === 'Modified_Time');
}

/** Fields of standard modules that Bulk Read refuses. */
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

/** Fields of standard modules that COQL refuses. */
const coqlUnreadNames = new Set([
  'Events.Participants',
  'Price_Books.Pricing_Details',
  'Quotes.Quoted_Items',
  'Deals.Stage_Modified_Time',
]);

/**
 * Composites of several fields, which Bulk Read refuses. Only with the structured type of a
 * composite: a plain field may have such a name.
 */
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

/**
 * The named fields of a module, sorted by name in byte order, each once. Includes `id`, which Zoho
 * usually does not list.
 */
export function fieldsOf(module: string, listed: readonly FieldReply[]): Field[] {
  const fields = new Map(
    listed.flatMap((reply) => (reply.api_name ? [[reply.api_name, fieldOf(module, reply.api_name, reply)]] : [])),
  );
  fields.set('id', idField);
  return [...fields.values()].sort((a, b) => byteOrder(a.name, b.name));
}

function fieldOf(module: string, name: string, reply: FieldReply): Field {
  const jsonType = reply.json_type ?? '';
  // Metadata declare tags as text, but their values are arrays (zoho-api sheet 9, trap 10).
  const dataType = name === 'Tag' && jsonType === 'jsonarray' ? 'tags' : (reply.data_type ?? '');
  const computed = dataType === 'formula' || dataType === 'rollup_summary';
  const returnType = (dataType === 'formula' ? reply.formula : reply.rollup_summary)?.return_type || jsonType;
  const place = `${module}.${name}`;
  // A computed value has its return type, whatever its JSON type, which counts only without one.
  // Equivalent mutants (StringLiteral): any other text is no JSON type, either
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

/** Whether metadata hide the field from everyone, or from the token's user. */
function isHidden({visible, profiles}: FieldReply): boolean {
  const isForNobody =
    profiles != null && profiles.length > 0 && profiles.every(({permission_type}) => permission_type === 'hidden');
  return visible === false || isForNobody;
}

/** The values of a multi-select list, as shown and as stored. */
function pickListValues({pick_list_values}: FieldReply): string[] {
  const texts = pick_list_values?.flatMap(({actual_value, display_value}) => [actual_value || [], display_value || []].flat());
  return [...new Set(texts)];
}

/** Compares by bytes, so that the order is the same everywhere. */
export function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
