/** A query's WHERE as a test of one record. */
import {type BoundColumn, bindColumn, order} from './columns.ts';
import {checkOperator, literalValue, operatorOf} from './kinds.ts';
import type {Comparator, Comparison, Condition, Literal} from './query.ts';
import {CoqlRefusal} from './refusal.ts';
import type {CoqlSwitches} from './switches.ts';
import type {Comparable, Table, TableRecord} from './table.ts';

export type Test = (row: TableRecord) => boolean;

/**
 * Compiles a condition. Throws Zoho's refusal of a column, operator or value that does not fit. A
 * missing value matches no comparison with a value.
 */
export function compileWhere(condition: Condition, table: Table, switches: CoqlSwitches): Test {
  if (!('terms' in condition)) return compileComparison(condition, table, switches);
  const tests = condition.terms.map((term) => compileWhere(term, table, switches));
  return condition.kind === 'and' ? (row) => tests.every((test) => test(row)) : (row) => tests.some((test) => test(row));
}

function compileComparison(comparison: Comparison, table: Table, switches: CoqlSwitches): Test {
  const bound = bindColumn(table, comparison.column);
  if (!bound.column.filterable) throw unsupported(comparison);
  checkOperator(bound.kind, comparison);
  const read = idAsText(bound, switches) ? textOf(bound) : bound.comparable;
  const test = testOf(comparison, (literal) => {
    const value = literalValue(bound.kind, bound.name, literal, switches);
    return idAsText(bound, switches) ? String(value) : value;
  });
  return (row) => test(read(row));
}

function testOf(comparison: Comparison, value: (literal: Literal) => Comparable) {
  if (comparison.kind === 'null') return (found: Comparable) => (found === null) !== comparison.negated;
  const matches = matcherOf(comparison, value);
  const wanted = comparison.kind === 'compare' || !comparison.negated;
  return (found: Comparable) => found !== null && matches(found) === wanted;
}

function matcherOf(
  comparison: Exclude<Comparison, {kind: 'null'}>,
  value: (literal: Literal) => Comparable,
): (found: Comparable) => boolean {
  switch (comparison.kind) {
    case 'compare': {
      const accepts = accepted[comparison.comparator];
      const other = value(comparison.value);
      return (found) => accepts(order(found, other));
    }
    case 'in': {
      const values = new Set(comparison.values.map(value));
      return (found) => values.has(found);
    }
    case 'between': {
      const [low, high] = [value(comparison.low), value(comparison.high)];
      return (found) => order(found, low) >= 0 && order(found, high) <= 0;
    }
    case 'like': {
      const pattern = likePattern(comparison.pattern.text);
      return (found) => pattern.test(String(found));
    }
  }
}

const accepted: Readonly<Record<Comparator, (sign: number) => boolean>> = {
  '=': (sign) => sign === 0,
  '!=': (sign) => sign !== 0,
  '<': (sign) => sign < 0,
  '<=': (sign) => sign <= 0,
  '>': (sign) => sign > 0,
  '>=': (sign) => sign >= 0,
};

function likePattern(text: string): RegExp {
  const parts = text.split('%').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

export const idAsText = (bound: BoundColumn, {idOrder}: CoqlSwitches): boolean => bound.kind === 'id' && idOrder === 'text';

export const textOf =
  (bound: BoundColumn) =>
  (row: TableRecord): string =>
    String(bound.comparable(row));

function unsupported(comparison: Comparison): CoqlRefusal {
  const value = comparison.kind === 'compare' ? {value: comparison.value.text} : {};
  const details = {cv_criteria: false, column_name: comparison.column, ...value, operator: operatorOf(comparison)};
  return new CoqlRefusal('INVALID_QUERY', 'unsupported column in criteria', details);
}
