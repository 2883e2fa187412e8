/** Values of every type in all the forms that Bulk Read and COQL may give them (zoho-api sheet 3.1, 4.4, 5.5, 12), for the law that both come to one. */
import fc from 'fast-check';

/** One value: what a CSV cell may hold for it, and what may stand in a COQL answer, as JSON text. */
export interface Forms {
  readonly what: string;
  readonly csv: readonly string[];
  readonly coql: readonly string[];
  /** What documents hold, as JSON text, where design 3 says it to the letter. */
  readonly document?: string;
}

const json = JSON.stringify;
const digits = fc.bigInt({min: 1n, max: 9_223_372_036_854_775_807n}).map(String);
/** Names without the separators of a file, which no file could tell from those between names. */
const name = fc
  .string({unit: fc.constantFrom('a', 'B', 'é', '東', '😀', '"', '\\', ' ', '.', '7', '\n'), minLength: 1, maxLength: 8})
  .map((text) => text.trim())
  .filter((text) => text !== '');
const word = fc.stringMatching(/^[A-Z][a-z]{1,6}(_[A-Z][a-z]{1,5})?$/);

const reference = fc.tuple(digits, name, digits, word).map(([id, label, moduleId, module]): Forms => {
  const objects = [
    `{"name":${json(label)},"id":"${id}"}`,
    `{"id":"${id}"}`,
    `{"id":${id},"name":null}`,
    `{"module":{"api_name":"${module}","id":"${moduleId}"},"id":"${id}"}`,
  ];
  const lists = objects.map((object) => `[${object}]`);
  return {
    what: 'reference',
    csv: [id, ...objects, ...lists],
    coql: [...objects, ...lists, `"${id}"`, id, json(objects[0])],
    document: `"${id}"`,
  };
});

const references = fc.array(fc.tuple(digits, name), {minLength: 1, maxLength: 4}).map((them): Forms => {
  const ids = them.map(([id]) => id);
  const list = (write: (id: string, label: string) => string): string =>
    `[${them.map(([id, label]) => write(id, label)).join(',')}]`;
  const lists = [
    list((id, label) => `{"Name":${json(label)},"id":"${id}"}`),
    list((id, label) => `{"id":${id},"name":${json(label)}}`),
    list((id) => `{"id":"${id}"}`),
  ];
  return {
    what: 'references',
    csv: [ids.join(';'), ids.join(','), ids.join(', '), ...lists],
    coql: [...lists, list((id) => `"${id}"`), list((id) => id), json(ids.join(';'))],
    document: json(ids),
  };
});

const module = fc.tuple(word, digits).map(([api, id]): Forms => {
  const objects = [`{"api_name":"${api}","id":"${id}"}`, `{"id":"${id}","api_name":"${api}"}`, `{"api_name":"${api}"}`];
  return {what: 'module', csv: [api, ...objects], coql: [...objects, json(api)], document: json(api)};
});

const named = (separators: readonly string[]) =>
  fc.array(name, {minLength: 1, maxLength: 4}).map((names): Forms => {
    // A file of one separator has no other in its names.
    const joined = separators.map((separator) => names.join(separator));
    const objects = json(names.map((each, i) => ({name: each, id: String(i + 1), color_code: null})));
    return {
      what: 'names',
      csv: [...joined, json(names)],
      coql: [json(names), objects, ...joined.map((text) => json(text))],
      document: json(names),
    };
  });

const namesWithoutIds = fc.array(name, {minLength: 1, maxLength: 4}).map(
  (names): Forms => ({
    what: 'names without ids',
    csv: [names.join(';')],
    coql: [json(names), json(names.map((each) => ({name: each}))), json(names.join(';'))],
    document: json(names),
  }),
);

const rule = (key: string) =>
  name.map((text): Forms => {
    const object = json({[key]: text});
    return {what: key, csv: [text, object], coql: [object, json(text), json(object)], document: json(text)};
  });

const structure = (isArray: boolean) =>
  fc
    .array(
      fc.dictionary(fc.constantFrom('unit', 'period', 'value', '2', '1'), fc.oneof(name, fc.integer(), fc.constant(null)), {
        minKeys: 1,
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((parts): Forms => {
      const value = isArray ? parts : parts[0];
      const spaced = json(value, null, 2);
      return {
        what: 'structure',
        csv: [json(value), spaced],
        coql: [json(value), spaced, json(spaced)],
        document: json(json(value)),
      };
    });

const exponents = fc.integer({min: -6, max: 12});

/** `digits` times ten to some power, in all spellings. */
function spellings(sign: string, whole: string, exponent: number): {json: string[]; others: string[]} {
  const shift = (by: number): string => {
    const padded = '0'.repeat(Math.max(0, 1 - (whole.length + by))) + whole + '0'.repeat(Math.max(0, by));
    return by >= 0 ? padded.replace(/^0+(?=\d)/, '') : `${padded.slice(0, by).replace(/^0+(?=\d)/, '')}.${padded.slice(by)}`;
  };
  const plain = shift(exponent);
  const zeros = plain.includes('.') ? `${plain}00` : `${plain}.0`;
  const scientific = `${whole[0]}.${whole.slice(1) || '0'}E${exponent + whole.length - 1}`;
  const grouped = plain.replace(/^\d+/, (part) => part.replace(/\B(?=(\d{3})+$)/g, ','));
  const dotted = plain.startsWith('0.') ? [plain.slice(1)] : plain.includes('.') ? [] : [`${plain}.`];
  const plus = sign === '' ? [`+${plain}`] : [];
  return {
    json: [plain, zeros, scientific, scientific.replace('E', 'e')].map((text) => sign + text),
    others: [
      ...[grouped, ...dotted, `0${plain}`, ` ${plain} `.trim(), `${plain}%`, `${plain} %`].map((text) => sign + text),
      ...plus,
      ` ${sign}${plain}`,
    ],
  };
}

const numbers = (isInteger: boolean) =>
  fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.bigInt({min: 1n, max: 10n ** 19n}).map(String),
      isInteger ? exponents.map(Math.abs) : exponents,
    )
    .map(([sign, whole, exponent]): Forms => {
      const spelled = spellings(sign, whole, exponent);
      const all = [...spelled.json, ...spelled.others];
      return {what: isInteger ? 'integer' : 'decimal', csv: all, coql: [...spelled.json, ...all.map((text) => json(text))]};
    });

/** No double holds them. */
const endless = fc.constantFrom('NaN', 'Infinity', '-Infinity', '1e400', '-1E999', '9'.repeat(320)).map(
  (text): Forms => ({
    what: 'no finite number',
    csv: [text],
    coql: /^-?\d/.test(text) ? [text, json(text)] : [json(text)],
    document: json(text),
  }),
);

const booleans = fc.boolean().map((value): Forms => {
  const words = [String(value), String(value).toUpperCase(), value ? 'True' : 'False'];
  return {what: 'boolean', csv: words, coql: [String(value), ...words.map((text) => json(text))]};
});

const texts = fc
  .oneof(
    fc.string({unit: 'grapheme', maxLength: 20}),
    fc.constantFrom('5.5', '007', 'true', '[x', '{', '{"id":"5"}', '["a"]', 'a;b, c', 'ü'),
  )
  .map((text): Forms => ({what: 'text', csv: [text], coql: [json(text)]}));

const nothing: Forms = {what: 'nothing', csv: [''], coql: ['null', '""', '[]', '{}'], document: 'null'};

const single = [
  'lookup',
  'ownerlookup',
  'userlookup',
  'multi_module_lookup',
  'layout',
  'consent_lookup',
  'profilelookup',
  'rolelookup',
  'nobodys_lookup',
];
const several = ['territories', 'multiuserlookup', 'multiselectlookup'];
const structures = ['linetax', 'multireminder', 'time_range', 'address', 'coordinates', 'subform', 'fileupload', 'imageupload'];
const numeric = ['integer', 'bigint', 'long', 'double', 'currency', 'percent'];
const plain = [
  'text',
  'textarea',
  'rich_text',
  'mediumtext',
  'email',
  'phone',
  'website',
  'picklist',
  'autonumber',
  'profileimage',
  'date',
  'datetime',
];

/** Every `data_type` of the sheet, computed ones with what they return, and some that nobody has met. */
export const dataTypes = [
  ...single,
  ...several,
  ...structures,
  ...numeric,
  ...plain,
  ...['string', 'double', 'currency', 'date', 'datetime', 'boolean'].map((returned) => `formula:${returned}`),
  ...['string', 'double', 'integer', 'datetime'].map((returned) => `rollup_summary:${returned}`),
  ...['multiselectpicklist', 'tags', 'RRULE', 'ALARM', 'event_reminder', 'module', 'boolean', 'unheard_of', 'frobnication', ''],
];
export const jsonTypes = ['string', 'integer', 'double', 'boolean', 'jsonobject', 'jsonarray', 'unheard_of', ''];

/** Values that a field of these types may hold, and some that it may not. */
export function valuesOf(dataType: string, jsonType: string): fc.Arbitrary<Forms> {
  return fc.oneof(fc.constant(nothing), texts, ...declared(dataType, jsonType));
}

function declared(dataType: string, jsonType: string): fc.Arbitrary<Forms>[] {
  // What a formula gives is of its return type, however JSON is said to hold it.
  const [, returned] = dataType.split(':');
  if (returned !== undefined) return declared(returned, '');
  if (dataType === 'date' || dataType === 'datetime') return [];
  if (dataType === 'nobodys_lookup' && jsonType === 'jsonarray') return [references];
  if (single.includes(dataType)) return [reference];
  if (several.includes(dataType)) return [references];
  if (structures.includes(dataType)) return [structure(true), structure(false)];
  if (dataType === 'module') return [module];
  if (dataType === 'multiselectpicklist') return [named([';', ','])];
  if (dataType === 'tags') return [named([','])];
  if (dataType === 'RRULE' || dataType === 'ALARM') return [rule(dataType)];
  if (dataType === 'event_reminder') return [rule('ALARM')];
  if (dataType === 'boolean') return [booleans];
  if (jsonType === 'boolean') return [booleans];
  if (jsonType === 'jsonarray') return [references, namesWithoutIds, structure(true)];
  if (jsonType === 'jsonobject') return [reference, structure(false), ...(numeric.includes(dataType) ? [numbers(false)] : [])];
  if (numeric.includes(dataType) || jsonType === 'integer' || jsonType === 'double')
    return [numbers(true), numbers(false), endless];
  return [];
}
