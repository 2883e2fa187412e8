/** Criteria of a bulk job: one condition or nested groups of them (zoho-api sheet 4.2). */
import type {OrgModule} from './module.ts';
import type {OrgRecord} from './record.ts';
import type {Kind} from './schema/field.ts';

/** Whether a record is in the export. */
export type Test = (record: OrgRecord) => boolean;

/** Criteria that Zoho refuses, with its error code. */
export class CriteriaRefusal extends Error {
  override readonly name = 'CriteriaRefusal';
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, details: Readonly<Record<string, unknown>> = {}) {
    super(`${code} in criteria`);
    this.code = code;
    this.details = details;
  }
}

const conditionsMax = 25;
const valuesMax = 200;
const depthMax = 20;

/** Stands for "no value". */
const emptyMark = '$' + '{EMPTY}';

const equality = ['equal', 'not_equal', 'in', 'not_in'];
const order = ['less_than', 'less_equal', 'greater_than', 'greater_equal'];
const search = ['contains', 'not_contains', 'starts_with', 'ends_with'];
const numeric = [...equality, ...order];
const dates = [...equality, ...order, 'between', 'not_between'];
const comparatorsOf: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  id: numeric,
  integer: numeric,
  number: numeric,
  date: dates,
  datetime: dates,
  boolean: ['equal'],
  lookup: equality,
  user: equality,
  text: [...equality, ...search],
  list: [...equality, ...search],
};

type Comparand = string | number | bigint;

/** Compiles `criteria` as parsed from the request. Throws `CriteriaRefusal`. */
export function testOf(criteria: unknown, module: OrgModule): Test {
  const counted = {conditions: 0};
  return compile(criteria, module, counted, 0);
}

function compile(criteria: unknown, module: OrgModule, counted: {conditions: number}, depth: number): Test {
  if (!isObject(criteria) || depth > depthMax) throw new CriteriaRefusal('INVALID_CRITERIA');
  if ('group_operator' in criteria || 'group' in criteria) {
    if ('field' in criteria) throw new CriteriaRefusal('AMBIGUOUS_CRITERIA');
    const {group_operator: operator, group} = criteria;
    if (!Array.isArray(group) || group.length === 0) throw new CriteriaRefusal('INVALID_CRITERIA');
    const tests = group.map((entry) => compile(entry, module, counted, depth + 1));
    if (operator === 'and') return (record) => tests.every((test) => test(record));
    if (operator === 'or') return (record) => tests.some((test) => test(record));
    throw new CriteriaRefusal('GROUP_OPERATOR_NOT_SUPPORTED', {supported: ['and', 'or']});
  }
  counted.conditions += 1;
  if (counted.conditions > conditionsMax) throw new CriteriaRefusal('CRITERIA_LIMIT_EXCEEDED', {max_limit: conditionsMax});
  return compileCondition(criteria, module);
}

function compileCondition(condition: Readonly<Record<string, unknown>>, module: OrgModule): Test {
  const {field, comparator, value} = condition;
  const name = isObject(field) ? field.api_name : undefined;
  if (typeof name !== 'string' || typeof comparator !== 'string') throw new CriteriaRefusal('INVALID_CRITERIA');
  const spec = module.field(name);
  const kind: Kind | undefined = name === 'id' ? 'id' : spec?.kind;
  if (kind === undefined || spec?.visible === false)
    throw new CriteriaRefusal('FIELD_IN_CRITERIA_NOT_AVAILABLE', {api_name: name});
  const comparators = spec?.filterable === false ? undefined : comparatorsOf[kind];
  if (!comparators) throw new CriteriaRefusal('FIELD_IN_CRITERIA_NOT_SUPPORTED', {api_name: name});
  if (!comparators.includes(comparator))
    throw new CriteriaRefusal('FIELD_AND_COMPARATOR_IN_CRITERIA_NOT_COMPATIBLE', {api_name: name, comparator});
  const several = comparator === 'in' || comparator === 'not_in' || comparator.endsWith('between');
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (Array.isArray(value) !== several)
    throw new CriteriaRefusal('COMPARATOR_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE', {api_name: name, comparator});
  if (given.length > valuesMax) throw new CriteriaRefusal('VALUE_LIMIT_EXCEEDED_IN_CRITERIA', {max_limit: valuesMax});
  if (comparator.endsWith('between') && given.length !== 2) {
    throw new CriteriaRefusal('COMPARATOR_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE', {api_name: name, comparator});
  }
  const values = given.map((one) => (one === emptyMark ? null : comparandOf(one, kind, name)));
  const compare = comparison(comparator, values);
  if (name === 'Modified_Time') return (record) => compare(record.timeless ? null : record.modifiedS);
  return (record) => {
    const found = record.comparable(name);
    return compare(typeof found === 'boolean' ? String(found) : found);
  };
}

/** ISO 8601 with an offset or `Z`, without milliseconds. */
const datetimeShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/;
const dateShape = /^\d{4}-\d\d-\d\d$/;
const idShape = /^\d{1,19}$/;

function comparandOf(value: unknown, kind: Kind, name: string): Comparand {
  const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  const refused = () => new CriteriaRefusal('FIELD_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE', {api_name: name});
  if (text === undefined) throw new CriteriaRefusal('VALUE_TYPE_NOT_SUPPORTED', {api_name: name});
  if (kind === 'datetime') {
    if (!datetimeShape.test(text)) throw refused();
    return Date.parse(text) / 1_000;
  }
  if (kind === 'date' && !dateShape.test(text)) throw refused();
  if (kind === 'integer' || kind === 'number') {
    if (text === '' || Number.isNaN(Number(text))) throw refused();
    return Number(text);
  }
  if (kind === 'id' || kind === 'lookup' || kind === 'user') {
    if (!idShape.test(text)) throw refused();
    return BigInt(text);
  }
  return text;
}

function comparison(comparator: string, values: readonly (Comparand | null)[]): (found: Comparand | null) => boolean {
  const [first = null, second = null] = values;
  const ordered = (test: (a: Comparand, b: Comparand) => boolean) => (found: Comparand | null) =>
    found !== null && first !== null && typeof found === typeof first && test(found, first);
  const text = (test: (a: string, b: string) => boolean) => (found: Comparand | null) =>
    test(String(found ?? ''), String(first ?? ''));
  const within = (found: Comparand | null) =>
    found !== null && first !== null && second !== null && found >= first && found <= second;
  switch (comparator) {
    case 'equal':
      return (found) => found === first;
    case 'not_equal':
      return (found) => found !== first;
    case 'in':
      return (found) => values.includes(found);
    case 'not_in':
      return (found) => !values.includes(found);
    case 'less_than':
      return ordered((a, b) => a < b);
    case 'less_equal':
      return ordered((a, b) => a <= b);
    case 'greater_than':
      return ordered((a, b) => a > b);
    case 'greater_equal':
      return ordered((a, b) => a >= b);
    case 'between':
      return within;
    case 'not_between':
      return (found) => found !== null && !within(found);
    case 'contains':
      return text((a, b) => a.includes(b));
    case 'not_contains':
      return text((a, b) => !a.includes(b));
    case 'starts_with':
      return text((a, b) => a.startsWith(b));
    case 'ends_with':
      return text((a, b) => a.endsWith(b));
    default:
      throw new CriteriaRefusal('FIELD_COMPARATOR_IN_CRITERIA_NOT_SUPPORTED', {comparator});
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
