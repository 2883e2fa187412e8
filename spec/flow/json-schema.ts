/** As much of JSON Schema as the connector's schemas use, for specs: an opinion of its own on what they admit. */

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly format?: string;
  readonly if?: Schema;
}

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  integer: (text) => /^-?\d+$/.test(text),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text),
  duration: (text) => /^P(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)$/.test(text) && text !== 'P',
};

/** Whether the schema admits the value. Bounds of lengths and numbers are annotations here. */
export function admits(schema: object, value: unknown): boolean {
  const {type, required = [], properties = {}, additionalProperties, items, anyOf, pattern, format, ...rest} = schema as Schema;
  if (type !== undefined && ![type].flat().includes(typeOf(value, type))) return false;
  if ('const' in rest && rest.const !== value) return false;
  if (rest.enum && !rest.enum.includes(value)) return false;
  if (anyOf && !anyOf.some((branch) => admits(branch, value))) return false;
  if (typeof value === 'string') {
    if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return false;
    return format === undefined || formats[format]!(value);
  }
  if (Array.isArray(value)) return items === undefined || value.every((item) => admits(items, item));
  if (typeof value !== 'object' || value === null) return true;
  if (!required.every((name) => Object.hasOwn(value, name))) return false;
  return Object.entries(value).every(([name, inner]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return property === undefined ? additionalProperties !== false : admits(property, inner);
  });
}

function typeOf(value: unknown, wanted: string | readonly string[]): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' && Number.isInteger(value) && [wanted].flat().includes('integer')) return 'integer';
  return typeof value;
}
