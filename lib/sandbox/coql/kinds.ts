/** Which operators and literals each type of column accepts (zoho-api sheet 5.2). */
import type {Comparison, Literal} from './query.ts';
import {CoqlRefusal} from './refusal.ts';
import type {CoqlSwitches} from './switches.ts';
import type {Column, Comparable} from './table.ts';

export type ValueKind = 'id' | 'text' | 'lookup' | 'integer' | 'number' | 'date' | 'datetime' | 'boolean' | 'opaque';

const lookups = new Set(['lookup', 'ownerlookup', 'userlookup', 'multi_module_lookup', 'layout', 'profilelookup', 'rolelookup']);
const numbers = new Set(['integer', 'double', 'currency', 'percent']);
const texts = new Set(['text', 'picklist', 'multiselectpicklist', 'email', 'phone', 'website', 'autonumber', 'string']);

export function kindOf(name: string, column: Column): ValueKind {
  if (name === 'id') return 'id';
  const type = column.returnType ?? column.dataType;
  if (type === 'bigint') return 'integer';
  if (type === 'date' || type === 'datetime' || type === 'boolean') return type;
  if (lookups.has(type)) return 'lookup';
  if (numbers.has(type)) return 'number';
  return texts.has(type) ? 'text' : 'opaque';
}

const ordered: readonly string[] = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'not in',
  'between',
  'not between',
  'is null',
  'is not null',
];
const equal: readonly string[] = ['=', '!=', 'in', 'not in', 'is null', 'is not null'];
const operators: Readonly<Record<ValueKind, readonly string[]>> = {
  id: ordered,
  integer: ordered,
  number: ordered,
  date: ordered,
  datetime: ordered,
  lookup: equal,
  text: [...equal, 'like', 'not like'],
  boolean: ['='],
  opaque: ['is null', 'is not null'],
};

/** Throws Zoho's refusal if columns of `kind` do not have the operator of `comparison`. */
export function checkOperator(kind: ValueKind, comparison: Comparison): void {
  const operator = operatorOf(comparison);
  if (operators[kind].includes(operator)) return;
  const details = {reason: 'invalid operator found', column_name: comparison.column, operator};
  throw new CoqlRefusal('INVALID_QUERY', 'Invalid query formed', details);
}

/** The operator of a comparison as Zoho writes it. */
export function operatorOf(comparison: Comparison): string {
  if (comparison.kind === 'compare') return comparison.comparator;
  if (comparison.kind === 'null') return comparison.negated ? 'is not null' : 'is null';
  return comparison.negated ? `not ${comparison.kind}` : comparison.kind;
}

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:?\d{2})$/;
const day = /^\d{4}-\d{2}-\d{2}$/;

/**
 * The value of a literal, in the form in which columns of `kind` compare. Throws Zoho's refusal of
 * an invalid one.
 */
export function literalValue(kind: ValueKind, column: string, literal: Literal, switches: CoqlSwitches): Comparable {
  const {text} = literal;
  const bad = (): CoqlRefusal => {
    const details = {column_name: column, expected_data_type: kind === 'id' || kind === 'lookup' ? 'bigint' : kind};
    return new CoqlRefusal('INVALID_QUERY', 'value given seems to be invalid for the column', details);
  };
  switch (kind) {
    case 'id':
      if (!/^\d+$/.test(text) || (switches.ids !== 'either' && (switches.ids === 'quoted') !== (literal.kind === 'text')))
        throw bad();
      return BigInt(text);
    case 'lookup':
      if (!/^\d+$/.test(text)) throw bad();
      return BigInt(text);
    case 'integer':
      if (!/^-?\d+$/.test(text)) throw bad();
      return BigInt(text);
    case 'number':
      if (!/^-?\d+(?:\.\d+)?$/.test(text)) throw bad();
      return Number(text);
    case 'datetime':
      // The pattern refuses fractional seconds.
      if (literal.kind !== 'text' || !instant.test(text) || Number.isNaN(Date.parse(text))) throw bad();
      return Date.parse(text) / 1_000;
    case 'date':
      if (literal.kind !== 'text' || !day.test(text) || Number.isNaN(Date.parse(text))) throw bad();
      return text;
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw bad();
      return text === 'true';
    case 'text':
    case 'opaque':
      return text;
  }
}
