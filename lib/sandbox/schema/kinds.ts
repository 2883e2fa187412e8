/**
 * Fields by type: one function for each `data_type` in table 3.1 of the zoho-api sheet, with
 * realistic values.
 */
import {dateText} from '../zone.ts';
import {code, company, email, notes, phone, phrase, website} from './content.ts';
import {type FieldChoices, type FieldSpec, field, type Make, more, pick} from './field.ts';

/** 2020-01-01, day 0 of the dates in records. */
const firstDay = 18_262;
const daySeconds = 86_400;

const chance = (h: number, of256: number): boolean => h >>> 24 < of256;
const some: Make = (h) => dateText(firstDay + (h % 3_000));
const moment: Make = (h) => String((firstDay + (h % 2_400)) * daySeconds + ((h >>> 9) % daySeconds));

/**
 * Decimal text with up to `decimals` digits after the point, of various magnitudes and both signs.
 */
const decimal =
  (decimals: number): Make =>
  (h) => {
    const integer = h % 10 ** (1 + ((h >>> 5) % 8));
    const sign = chance(more(h, 1), 30) ? '-' : '';
    const digits = more(h, 2) % (decimals + 1);
    const fraction = digits === 0 ? '' : `.${String(more(h, 3) % 10 ** Math.min(digits, 9)).padStart(digits, '0')}`;
    return `${integer === 0 && fraction === '' ? '' : sign}${integer}${fraction}`;
  };

const many =
  (values: readonly string[]): Make =>
  (h) => {
    const first = h % values.length;
    const count = 1 + ((h >>> 10) % Math.min(4, values.length));
    return Array.from({length: count}, (_, i) => values[(first + i) % values.length]!);
  };

export const text = (name: string, make: Make = phrase, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'text', 'string', 'text', make, choices);

export const textarea = (name: string, make: Make = notes, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'textarea', 'string', 'text', make, {
    filterable: false,
    length: 32_000,
    extra: {textarea: {type: 'large'}},
    ...choices,
  });

export const emailField = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'email', 'string', 'text', email, choices);
export const phoneField = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'phone', 'string', 'text', phone, choices);
export const websiteField = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'website', 'string', 'text', website, choices);

export const picklist = (name: string, picks: readonly string[], choices: FieldChoices = {}): FieldSpec =>
  field(name, 'picklist', 'string', 'text', (h) => pick(picks, h), {picks, ...choices});

export const multiPicklist = (name: string, picks: readonly string[], choices: FieldChoices = {}): FieldSpec =>
  field(name, 'multiselectpicklist', 'jsonarray', 'list', many(picks), {picks, blanks: 60, ...choices});

export const integer = (name: string, below = 5_000, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'integer', 'integer', 'integer', (h) => String((h % below) - (chance(more(h, 1), 10) ? below : 0)), {
    length: 9,
    ...choices,
  });

/** 18 or 19 digits: more than a double holds. */
export const bigint = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(
    name,
    'bigint',
    'string',
    'text',
    (h) => `${9_007_199 + (h % 80_000_000)}${String(more(h, 1)).padStart(11, '0').slice(0, 11)}`,
    {
      length: 19,
      ...choices,
    },
  );

export const double = (name: string, decimals = 9, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'double', 'double', 'number', decimal(decimals), {decimals, length: 16, ...choices});
export const currency = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'currency', 'double', 'number', decimal(2), {
    decimals: 2,
    length: 16,
    extra: {currency: {rounding_option: 'normal', precision: 2}},
    ...choices,
  });
export const percent = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'percent', 'double', 'number', (h) => String(h % 101), {length: 5, ...choices});
export const boolean = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'boolean', 'boolean', 'boolean', (h) => (chance(h, 100) ? 'true' : 'false'), {blanks: 0, ...choices});
export const date = (name: string, choices: FieldChoices = {}): FieldSpec => field(name, 'date', 'string', 'date', some, choices);
export const datetime = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'datetime', 'string', 'datetime', moment, choices);

export const autonumber = (name: string, prefix: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'autonumber', 'string', 'text', (_, index) => `${prefix}${String(index + 1).padStart(6, '0')}`, {
    blanks: 0,
    readOnly: true,
    extra: {auto_number: {prefix, suffix: '', start_number: 1, starting_number_length: 6}},
    ...choices,
  });

/** The value is the number of a record of `target`, which the organisation turns into its id. */
export const lookup = (name: string, target: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'lookup', 'jsonobject', 'lookup', (h) => String(h), {target, blanks: 50, ...choices});
/** The value is the number of a user. */
export const owner = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'ownerlookup', 'jsonobject', 'user', (h) => String(h), {blanks: 0, ...choices});
export const userLookup = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, 'userlookup', 'jsonobject', 'user', (h) => String(h), {blanks: 60, ...choices});

/** Declared as text in metadata, but a list of tags (zoho-api sheet 9, trap 10). */
export const tags = (name = 'Tag', choices: FieldChoices = {}): FieldSpec =>
  field(name, 'text', 'jsonarray', 'tags', many(['hot', 'VIP', 'trade fair', 'näher ansehen', '再連絡', 'churn risk']), {
    blanks: 150,
    filterable: false,
    ...choices,
  });

const returned: Readonly<Record<string, {jsonType: string; of: (name: string) => FieldSpec}>> = {
  string: {jsonType: 'string', of: (name) => text(name)},
  double: {jsonType: 'double', of: (name) => double(name, 6)},
  currency: {jsonType: 'double', of: (name) => currency(name)},
  date: {jsonType: 'string', of: (name) => date(name)},
  datetime: {jsonType: 'string', of: (name) => datetime(name)},
  boolean: {jsonType: 'boolean', of: (name) => boolean(name)},
};

export type ReturnType = 'string' | 'double' | 'currency' | 'date' | 'datetime' | 'boolean';

/** A computed value. Its changes do not move `Modified_Time`. */
export function formula(name: string, returnType: ReturnType, dynamic = false, choices: FieldChoices = {}): FieldSpec {
  const {jsonType, of} = returned[returnType]!;
  const {kind, make} = of(name);
  return field(name, 'formula', jsonType, kind, make, {
    custom: true,
    computed: 'formula',
    returnType,
    dynamic,
    readOnly: true,
    ...choices,
  });
}

const rolledUp = {
  double: {jsonType: 'double', kind: 'number', make: decimal(2)},
  integer: {jsonType: 'integer', kind: 'integer', make: (h: number) => String(h % 90)},
  datetime: {jsonType: 'string', kind: 'datetime', make: moment},
} as const;

export function rollup(name: string, returnType: keyof typeof rolledUp = 'double', choices: FieldChoices = {}): FieldSpec {
  const {jsonType, kind, make} = rolledUp[returnType];
  return field(name, 'rollup_summary', jsonType, kind, make, {
    custom: true,
    computed: 'rollup_summary',
    returnType,
    readOnly: true,
    blanks: 10,
    ...choices,
  });
}

/** Structured values under any declared type; CSV and documents hold their JSON text. */
export const structured = (name: string, dataType: string, jsonType: string, make: Make, choices: FieldChoices = {}): FieldSpec =>
  field(name, dataType, jsonType, 'json', make, {filterable: false, ...choices});

export const lineItems = (name: string, choices: FieldChoices = {}): FieldSpec =>
  structured(
    name,
    'text',
    'jsonarray',
    (h) => `[{"product":{"name":${JSON.stringify(company(h, 0))},"id":"${code(h, 0)}"},"quantity":${h % 9}}]`,
    {
      bulk: false,
      coql: false,
      ...choices,
    },
  );

export const rule = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(
    name,
    'RRULE',
    'jsonobject',
    'rule',
    (h) => `FREQ=${pick(['DAILY', 'WEEKLY', 'MONTHLY'], h)};INTERVAL=${1 + (h % 4)};COUNT=${2 + (h % 30)}`,
    {
      blanks: 180,
      filterable: false,
      ...choices,
    },
  );
export const alarm = (name: string, choices: FieldChoices = {}): FieldSpec =>
  field(
    name,
    'ALARM',
    'jsonobject',
    'alarm',
    (h) => `FREQ=NONE;ACTION=${pick(['EMAIL', 'POPUP', 'EMAILANDPOPUP'], h)};TRIGGER=-P${h % 60}M`,
    {
      blanks: 180,
      filterable: false,
      ...choices,
    },
  );

export const profileImage = (name: string): FieldSpec =>
  field(name, 'profileimage', 'string', 'text', (h) => `photo-${h.toString(16)}`, {blanks: 200, filterable: false});

/** Fields that no API exports, because the data are in another module or in files. */
export const unexported = (name: string, dataType: string, jsonType: string, choices: FieldChoices = {}): FieldSpec =>
  field(name, dataType, jsonType, 'json', () => null, {bulk: false, coql: false, filterable: false, ...choices});

/** Wrong metadata: one value in twenty does not have the declared type. */
export function lying(honest: FieldSpec, stray: string): FieldSpec {
  return {...honest, make: (h, index) => (more(h, 99) % 20 === 0 ? stray : honest.make(h, index))};
}
