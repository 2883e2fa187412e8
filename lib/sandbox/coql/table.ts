/**
 * A module as a query sees it: its columns, its records in an order for windows and keysets, and
 * the answer.
 */

export interface Column {
  /** Zoho's `data_type` and `json_type`, as metadata give them. */
  readonly dataType: string;
  readonly jsonType: string;
  /** Type of the value of a formula or roll-up. */
  readonly returnType?: string;
  /** A formula that depends on the time of the query; a query accepts few of them. */
  readonly dynamic: boolean;
  /**
   * Whether SELECT and WHERE accept the column; neither accepts one that is hidden or not readable
   * by COQL.
   */
  readonly selectable: boolean;
  readonly filterable: boolean;
}

/**
 * How values compare: text, dates and lists as text, numbers as numbers, ids as bigint, datetimes
 * as epoch seconds.
 */
export type Comparable = string | number | bigint | boolean | null;

/** One record at the moment of the query. */
export interface TableRecord {
  readonly id: bigint;
  /** `Modified_Time` in whole epoch seconds. */
  readonly modifiedS: number;
  /**
   * The JSON text of a value as COQL renders it (zoho-api sheet 5.5), with every digit of a
   * decimal; `null` if there is none.
   */
  json(column: string): string;
  comparable(column: string): Comparable;
  /** The record that a lookup column points to, as far as this organisation has it. */
  related(column: string): TableRecord | undefined;
}

export interface Table {
  readonly name: string;
  /** By API name, `id` among them; no dotted names. */
  readonly columns: ReadonlyMap<string, Column>;
  /** The table that a lookup column points to. */
  related(column: string): Table | undefined;
  /**
   * Visible records with `fromS <= Modified_Time < toS`, by `(Modified_Time, id)`; ids compare as
   * numbers. With `after`, only those past that place. Lazy: a caller that stops early saves the
   * rest.
   */
  scan(range: Range): Iterable<TableRecord>;
  /** The visible ones of `ids`, in the order asked. */
  byIds(ids: readonly bigint[]): Iterable<TableRecord>;
}

export interface Range {
  readonly fromS?: number;
  readonly toS?: number;
  readonly after?: {readonly modifiedS: number; readonly id: bigint};
}

/** The answer to a query. */
export interface Result {
  /** The JSON text of each row. */
  readonly rows: readonly string[];
  readonly more: boolean;
}
