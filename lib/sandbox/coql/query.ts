/** A parsed COQL query, before its columns are checked. */

export interface Query {
  readonly select: readonly Selected[];
  readonly module: string;
  readonly where: Condition;
  readonly groupBy: readonly string[];
  readonly orderBy: readonly Order[];
  readonly offset: number;
  readonly limit: number;
}

export interface Selected {
  /** API name, dotted for a column of a lookup's record. */
  readonly column: string;
  readonly aggregate?: Aggregate;
  readonly alias?: string;
}

export const aggregates = ['SUM', 'MAX', 'MIN', 'AVG', 'COUNT'] as const;
export type Aggregate = (typeof aggregates)[number];

export interface Order {
  /** A column, or the alias of a selected one. */
  readonly column: string;
  readonly descending: boolean;
}

export type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>=';

export interface Literal {
  readonly kind: 'text' | 'number' | 'boolean';
  readonly text: string;
}

export type Condition = {readonly kind: 'and' | 'or'; readonly terms: readonly Condition[]} | Comparison;

export type Comparison =
  | {readonly kind: 'compare'; readonly column: string; readonly comparator: Comparator; readonly value: Literal}
  | {readonly kind: 'in'; readonly column: string; readonly values: readonly Literal[]; readonly negated: boolean}
  | {readonly kind: 'between'; readonly column: string; readonly low: Literal; readonly high: Literal; readonly negated: boolean}
  | {readonly kind: 'like'; readonly column: string; readonly pattern: Literal; readonly negated: boolean}
  | {readonly kind: 'null'; readonly column: string; readonly negated: boolean};

/** The comparisons of a condition, left to right. */
export function* comparisons(condition: Condition): Generator<Comparison, void, void> {
  if ('terms' in condition) for (const term of condition.terms) yield* comparisons(term);
  else yield condition;
}
