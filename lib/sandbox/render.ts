/**
 * Values in their three forms: CSV of Bulk Read, JSON of COQL, and the document that a capture
 * produces.
 */
import type {FieldSpec, Kind, Value} from './schema/field.ts';
import type {Switches} from './switches.ts';
import type {WriteTime} from './zone.ts';

/** Writes the values of one field. A lookup is passed as the id of its record. */
export interface Renderer {
  /** A CSV cell with its quotes (zoho-api sheet 4.4). */
  csv(value: Value): string;
  /**
   * JSON text as COQL gives it (zoho-api sheet 5.5). `nameOf` names the record or user of a lookup.
   */
  coql(value: Value, nameOf: () => string): string;
  /** JSON text as documents hold it (design 3). */
  document(value: Value): string;
}

const integerGrammar = /^-?(?:0|[1-9]\d*)$/;
const numberGrammar = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const needsQuotes = /[",\r\n]/;

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const jsonOf = (value: unknown): string => JSON.stringify(value);

/** JSON of a number, boolean or text, by the text itself and not by the field's declared type. */
function scalar(kind: Kind, text: string): string {
  if (kind === 'integer' && integerGrammar.test(text)) return text;
  if (kind === 'number' && numberGrammar.test(text)) return text;
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text;
  return jsonOf(text);
}

const booleanText: Readonly<Record<Switches['booleans'], (text: string) => string>> = {
  lower: (text) => text,
  title: (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`,
  upper: (text) => text.toUpperCase(),
};

/** A number as CSV writes it. */
function numberText(text: string, dataType: string, how: Switches['numbers']): string {
  if (how === 'percent sign' && dataType === 'percent') return `${text}%`;
  const number = Number(text);
  if (how !== 'scientific' || !Number.isFinite(number)) return text;
  const size = Math.abs(number);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [digits = '', exponent = ''] = number.toExponential().split('e');
    return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`;
  }
  return Number.isInteger(number) ? `${number}.0` : String(number);
}

export function rendererOf(
  {kind, dataType, returnType, jsonType, object = (id) => ({id})}: FieldSpec,
  switches: Switches,
  writeTime: WriteTime,
): Renderer {
  /** A value other than a list, with datetimes formatted. */
  const plain = (value: string): string => (kind === 'datetime' && integerGrammar.test(value) ? writeTime(Number(value)) : value);

  const cellText = (value: string | readonly string[]): string => {
    if (typeof value !== 'string') return value.join(kind === 'tags' ? ',' : switches.listSeparator);
    if (kind === 'boolean' && (value === 'true' || value === 'false')) return booleanText[switches.booleans](value);
    if (kind === 'number' && numberGrammar.test(value)) return numberText(value, dataType, switches.numbers);
    return plain(value);
  };

  const coql = (value: string | readonly string[], nameOf: () => string): string => {
    if (typeof value !== 'string') {
      if (kind === 'tags')
        return jsonOf(
          value.map((name, i) => ({name, id: String(5_725_767_000_000_900_000n + BigInt(i)), color_code: '#57B1FD'})),
        );
      if (kind === 'references') return jsonOf(value.map(object));
      return jsonOf(switches.coqlLists === 'array' ? value : value.join(';'));
    }
    if (kind === 'reference') return jsonOf(object(value));
    if (kind === 'lookup' || kind === 'user') return jsonOf({name: nameOf(), id: value});
    if (kind === 'json') return value;
    if (kind === 'rule') return jsonOf({RRULE: value});
    if (kind === 'alarm') return value.length % 2 === 0 ? jsonOf({ALARM: value}) : jsonOf(value);
    if (dataType === 'formula' && returnType !== 'string' && switches.coqlFormulas === 'text') return jsonOf(plain(value));
    return scalar(kind, plain(value));
  };

  const document = (value: string | readonly string[]): string => {
    if (value.length === 0) return 'null';
    if (typeof value !== 'string') return jsonOf(value.map((entry) => entry.toWellFormed()));
    if (kind === 'json') return value === '[]' ? 'null' : jsonOf(value);
    // A number too large for a double can only be text.
    const isText = dataType === 'bigint' || jsonType === 'string' || (kind === 'number' && !Number.isFinite(Number(value)));
    return isText ? jsonOf(plain(value).toWellFormed()) : scalar(kind, plain(value).toWellFormed());
  };

  return {
    csv(value) {
      if (value === null) return switches.quoteAll ? '""' : '';
      const text = cellText(value);
      return switches.quoteAll || needsQuotes.test(text) ? quoted(text) : text;
    },
    coql: (value, nameOf) => (value === null ? 'null' : coql(value, nameOf)),
    document: (value) => (value === null ? 'null' : document(value)),
  };
}
