/**
 * The smallest range of a module that a WHERE can match, so that a window over a million rows costs
 * only its own rows.
 */
import {literalValue} from './kinds.ts';
import type {Comparison, Condition, Literal} from './query.ts';
import type {CoqlSwitches} from './switches.ts';
import type {Comparable, Range, Table, TableRecord} from './table.ts';

/**
 * The range that contains all matches of a condition, and possibly other rows.
 *
 * The lower bound is a place in the order `(Modified_Time, id)`: records after `afterId` in second
 * `fromS`, and those of all later seconds. A keyset such as `(Modified_Time = t and id > i) or
 * Modified_Time > t` therefore begins exactly where the previous page ended.
 */
interface Reach {
  readonly fromS: number;
  readonly afterId: bigint;
  readonly toS: number;
  /** Ids are greater than this, in any second. */
  readonly idsAfter: bigint;
  /** The only ids that can match. */
  readonly ids?: ReadonlySet<bigint>;
}

const everything: Reach = {fromS: -Infinity, afterId: -1n, toS: Infinity, idsAfter: -1n};

/**
 * The records of `table` that contain all matches of `where`, in the order `(Modified_Time, id)`
 * unless ids were asked for.
 */
export function reachable(
  where: Condition,
  table: Table,
  switches: CoqlSwitches,
): {rows: Iterable<TableRecord>; sorted: boolean} {
  const {fromS, afterId, toS, ids} = reachOf(where, switches);
  if (ids) return {rows: table.byIds([...ids]), sorted: false};
  const range: Range = {
    ...(fromS !== -Infinity && {fromS}),
    ...(toS !== Infinity && {toS}),
    ...(afterId >= 0n && {after: {modifiedS: fromS, id: afterId}}),
  };
  return {rows: table.scan(range), sorted: true};
}

function reachOf(condition: Condition, switches: CoqlSwitches): Reach {
  if (!('terms' in condition)) return reachOfComparison(condition, switches);
  const reaches = condition.terms.map((term) => reachOf(term, switches));
  return reaches.reduce(condition.kind === 'and' ? both : either);
}

function both(a: Reach, b: Reach): Reach {
  const fromS = Math.max(a.fromS, b.fromS);
  const toS = Math.min(a.toS, b.toS);
  const idsAfter = max(a.idsAfter, b.idsAfter);
  let afterId = max(a.fromS === fromS ? a.afterId : -1n, b.fromS === fromS ? b.afterId : -1n);
  // Within one second, the order is that of ids.
  if (toS - fromS === 1) afterId = max(afterId, idsAfter);
  const ids = a.ids && b.ids ? a.ids.intersection(b.ids) : (a.ids ?? b.ids);
  return {fromS, afterId, toS, idsAfter, ...(ids && {ids})};
}

function either(a: Reach, b: Reach): Reach {
  const fromS = Math.min(a.fromS, b.fromS);
  const afterId = min(a.fromS === fromS ? a.afterId : b.afterId, b.fromS === fromS ? b.afterId : a.afterId);
  const ids = a.ids && b.ids ? a.ids.union(b.ids) : undefined;
  return {fromS, afterId, toS: Math.max(a.toS, b.toS), idsAfter: min(a.idsAfter, b.idsAfter), ...(ids && {ids})};
}

function reachOfComparison(comparison: Comparison, switches: CoqlSwitches): Reach {
  if (comparison.column === 'Modified_Time') return reachInTime(comparison, switches);
  if (comparison.column === 'id') return reachInIds(comparison, switches);
  return everything;
}

function reachInTime(comparison: Comparison, switches: CoqlSwitches): Reach {
  const seconds = (literal: Literal) => Number(literalValue('datetime', comparison.column, literal, switches));
  if (comparison.kind === 'compare') {
    const at = seconds(comparison.value);
    switch (comparison.comparator) {
      case '=':
        return {...everything, fromS: at, toS: at + 1};
      case '>=':
        return {...everything, fromS: at};
      case '>':
        return {...everything, fromS: switches.hiddenMs ? at : at + 1};
      case '<':
        return {...everything, toS: at};
      case '<=':
        return {...everything, toS: at + 1};
      case '!=':
        return everything;
    }
  }
  if (comparison.kind === 'between' && !comparison.negated) {
    return {...everything, fromS: seconds(comparison.low), toS: seconds(comparison.high) + 1};
  }
  return everything;
}

function reachInIds(comparison: Comparison, switches: CoqlSwitches): Reach {
  const id = (literal: Literal) => toId(literalValue('id', comparison.column, literal, switches));
  if (comparison.kind === 'in' && !comparison.negated) return {...everything, ids: new Set(comparison.values.map(id))};
  if (comparison.kind !== 'compare') return everything;
  if (comparison.comparator === '=') return {...everything, ids: new Set([id(comparison.value)])};
  // Ids compared as text have another order, and so do records with hidden milliseconds.
  if (switches.idOrder === 'text' || switches.hiddenMs) return everything;
  if (comparison.comparator === '>') return {...everything, idsAfter: id(comparison.value)};
  if (comparison.comparator === '>=') return {...everything, idsAfter: id(comparison.value) - 1n};
  return everything;
}

const toId = (value: Comparable): bigint => (typeof value === 'bigint' ? value : -1n);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
