/**
 * How organisations' COQL differs, or how sources describe it differently (zoho-api sheet 5 and
 * 11).
 */
export interface CoqlSwitches {
  /**
   * `strict`: AND and OR take two conditions, three in a row are a syntax error. `lenient`: chains
   * are accepted.
   */
  readonly nesting: 'strict' | 'lenient';
  /** Whether `limit n` is accepted as well as `limit offset, n`. */
  readonly bareLimit: boolean;
  /** Whether `is not null` is accepted as the last of several conditions. */
  readonly trailingNotNull: boolean;
  /** Whether `id` may be compared with a quoted number, a bare one, or either. */
  readonly ids: 'either' | 'quoted' | 'bare';
  /** How to name a column that is called like a COQL keyword: in quotes, as documented, or bare. */
  readonly reservedNames: 'quoted' | 'bare';
  /** Whether the refusal of a column names it. */
  readonly refusedColumnNamed: boolean;
  /** Columns of a SELECT, and the code that refuses more. */
  readonly columnsMax: number;
  readonly columnsCode: 'LIMIT_EXCEEDED' | 'INVALID_QUERY';
  /** Dynamic formula fields of a SELECT. */
  readonly dynamicMax: number;
  /** Rows of one answer. */
  readonly rowsMax: number;
  /**
   * Rows of an answer, even if more were requested and exist; the answer then says that more
   * follow.
   */
  readonly servedMax: number;
  /**
   * Whether `Modified_Time` has milliseconds that conditions and ORDER BY see and no answer shows.
   */
  readonly hiddenMs: boolean;
  /** Values of one `in` list. */
  readonly valuesMax: number;
  readonly conditionsMax: number;
  /** Rows of one set of conditions that an offset can reach. */
  readonly offsetMax: number;
  /** How ids compare and sort: as numbers, or as text (19 digits before 18). */
  readonly idOrder: 'numeric' | 'text';
  /** Order of rows that ORDER BY leaves open: by id, or scattered by every query. */
  readonly ties: 'id' | 'scattered';
  /** An answer without rows: 204, or 200 with empty `data` and no `info`. */
  readonly none: 'status 204' | 'empty data';
  /** Whether a row always holds `id`, or only when it is selected. */
  readonly idAlways: boolean;
}

/** As strict as any reported organisation. Every client should work with it. */
export const strictDialect = {
  nesting: 'strict',
  bareLimit: false,
  trailingNotNull: false,
} as const satisfies Partial<CoqlSwitches>;

export const coqlDefaults: CoqlSwitches = {
  nesting: 'lenient',
  bareLimit: true,
  trailingNotNull: true,
  ids: 'either',
  reservedNames: 'quoted',
  refusedColumnNamed: true,
  columnsMax: 500,
  columnsCode: 'LIMIT_EXCEEDED',
  dynamicMax: 5,
  rowsMax: 2_000,
  servedMax: Number.POSITIVE_INFINITY,
  hiddenMs: false,
  valuesMax: 100,
  conditionsMax: 25,
  offsetMax: 100_000,
  idOrder: 'numeric',
  ties: 'scattered',
  none: 'status 204',
  idAlways: true,
};
