/**
 * What Flow learns about a module's documents: the `sourcedSchema` of its fields (flow-protocol
 * sheet 3.6, 4.7).
 */
import type {Field, FieldType} from '../records/field.ts';

/**
 * Bounds of a single character or number. Flow widens a declared bound by what it sees and never
 * narrows it, so lengths and ranges are declared as small as possible.
 */
const shortest = {minLength: 1, maxLength: 1};
const smallest = {minimum: 1, maximum: 1};

/**
 * The largest 64-bit integer. Ids have up to 19 digits; from their digits alone Flow infers a bound
 * of 1e19, which no BIGINT column holds. Kept as text, because no JavaScript number has this value.
 */
const largestId = JSON.rawJSON('9223372036854775807');

const types: Readonly<Record<FieldType, object>> = {
  id: {type: 'integer', minimum: 1, maximum: largestId},
  integer: {type: ['integer', 'null'], ...smallest},
  number: {type: ['number', 'null'], ...smallest},
  boolean: {type: ['boolean', 'null']},
  text: {type: ['string', 'null'], ...shortest},
  date: {type: ['string', 'null'], format: 'date', ...shortest},
  datetime: {type: ['string', 'null'], format: 'date-time', ...shortest},
  list: {type: ['array', 'null'], items: {type: 'string', ...shortest}},
  // A destination keeps a numeric column for ids only while every declared schema says that the
  // text is an integer.
  lookup: {type: ['string', 'null'], format: 'integer', ...shortest},
};

const meta = {
  type: 'object',
  additionalProperties: false,
  required: ['op'],
  properties: {
    op: {type: 'string', enum: ['u', 'd']},
    // Flow writes this property, not the connector.
    uuid: {type: 'string', minLength: 36, maxLength: 36},
  },
};

/**
 * A closed schema of documents with these fields, in their order. Only what every document has is
 * required, because tombstones and partial documents have nothing else. Its numbers are exact only
 * in the text that `JSON.stringify` writes.
 */
export function sourcedSchema(fields: readonly Field[]): object {
  const named = fields.map(({name, type}): [string, object] => [name, types[type]]);
  return {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'Modified_Time', '_meta'],
    properties: {
      ...Object.fromEntries(named),
      id: types.id,
      Modified_Time: {type: 'string', format: 'date-time', ...shortest},
      _meta: meta,
    },
  };
}
