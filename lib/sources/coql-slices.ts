/** Slices of records in COQL: read, joined, and without rows that cannot become documents. */
import {ZohoError} from '../errors/errors.ts';
import {coqlPageBytes, coqlPageBytesMax, sliceRoundsMax} from '../limits.ts';
import type {Log} from '../platform/log.ts';
import type {RowBlock} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {appendRows, cellText, firstRows, type Joined, joinSlices, noRows, weightOf} from '../records/rows.ts';
import {type Quarantine, rowsWithoutId, type UnusableRow, unusableRows, withoutRows} from '../records/unusable-rows.ts';
import {sizeCheck} from '../transforms/coerce.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {type CoqlQuery, idsQuery, type Quoting} from '../zoho/coql.ts';
import {idLists} from './id-lists.ts';
import type {PageSize} from './page-size.ts';

export interface CoqlContext {
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
  /** Receives rows that cannot become documents. Without it they are omitted silently. */
  readonly quarantine?: Quarantine | undefined;
  readonly log?: Log | undefined;
  /**
   * Reads the ids of the records modified in a range by a bulk job, for records that no query can
   * reach.
   */
  readonly bulkIds?: ((fromS: number, toS: number) => AsyncIterable<readonly string[]>) | undefined;
}

/**
 * What to request of each record. There is at least one slice, and each has `id` and
 * `Modified_Time`. Together they have all fields that COQL reads.
 */
export interface CoqlPlan {
  readonly module: string;
  readonly slices: readonly (readonly string[])[];
  readonly fields: ReadonlyMap<string, Field>;
  /** How names are quoted for this organisation. */
  readonly quoting?: Quoting | undefined;
  /** Rows of a page, as this organisation allows and delivers them. */
  readonly pageSize: PageSize;
  /** Ids in one list, as this organisation allows. */
  readonly listSize: PageSize;
}

/** A query for some columns. More rows than `rowsMax` are of no use. */
export type SliceQuery = (columns: readonly string[], rowsMax: number) => CoqlQuery;

export interface Reading {
  /** The usable records, with all slices joined. */
  readonly rows: RowBlock;
  /** The first slice as received. */
  readonly first: RowBlock;
  readonly more: boolean | undefined;
  /** Weight of this number of rows in bytes, for the size of the next page. */
  readonly weight: number;
  readonly unusable: readonly UnusableRow[];
}

/**
 * Reads the slices of some records and joins them. `prepare` changes the rows before they are
 * checked.
 */
export async function readSlices(
  plan: CoqlPlan,
  query: SliceQuery,
  context: CoqlContext,
  prepare: (rows: RowBlock) => RowBlock = (rows) => rows,
): Promise<Reading> {
  const {parts, more, isCut, hasUnusableSlices} = await readParts(plan, query, context);
  const first = parts[0]!;
  const withoutId = rowsWithoutId(first);
  const {rows: joined, torn} = await joinAgreeing(plan, parts.map(withIds), context);
  const rows = prepare(joined);
  const unusable = unusableRows(rows, 0, sizeCheck(rows, plan.fields));
  const lost = hasUnusableSlices ? torn : [];
  // Equivalent mutants (ConditionalExpression): only saves time on a page without such rows
  const places = [...unusable, ...lost].length === 0 ? noPlaces : placesOf(first);
  return {
    rows: withoutRows(rows, new Set(unusable.map(({row}) => row))),
    first,
    more,
    // A page that was cut shows how many rows fit.
    weight: isCut ? Math.max(weightOf(rows), coqlPageBytes) : weightOf(rows),
    unusable: [
      ...withoutId,
      ...unusable.map((row) => ({...row, row: places.get(row.id) ?? 0})),
      ...lost.map((id): UnusableRow => ({row: places.get(id) ?? 0, id, fault: 'slices', digest: `slices of ${id}`})),
    ],
  };
}

/** The numbers of rows by their ids, counted from 1. */
function placesOf(rows: RowBlock): ReadonlyMap<string | undefined, number> {
  const column = rows.columns.indexOf('id');
  return new Map(Array.from({length: rows.count}, (_, row) => [cellText(rows, row, column), row + 1]));
}

const noPlaces: ReadonlyMap<string | undefined, number> = new Map();

interface Parts {
  /** The slices as received. */
  readonly parts: readonly RowBlock[];
  readonly more: boolean | undefined;
  /** Whether they end where one of them became too heavy. */
  readonly isCut: boolean;
  /** Whether a slice after the first has rows without a usable record id. */
  readonly hasUnusableSlices: boolean;
}

/**
 * Reads all slices, which share the memory of one page. If one of them becomes too heavy, the
 * others end at the same row, and more rows follow, regardless of Zoho's answer.
 */
async function readParts(plan: CoqlPlan, query: SliceQuery, {client, signal}: CoqlContext): Promise<Parts> {
  const parts: RowBlock[] = [];
  let more: boolean | undefined;
  let rowsMax = Number.POSITIVE_INFINITY;
  let bytesLeft = coqlPageBytesMax;
  for (const [i, columns] of plan.slices.entries()) {
    const options = {fields: plan.fields, bytesMax: bytesLeft / (plan.slices.length - i)};
    const answer = (await client.coql(query(columns, rowsMax), signal, options)) ?? {rows: noRows, more: false, cut: false};
    bytesLeft -= weightOf(answer.rows);
    if (parts.length === 0 || answer.cut) more = answer.more;
    parts.push(answer.rows);
    if (answer.cut) {
      rowsMax = answer.rows.count;
      parts[0] = firstRows(parts[0]!, rowsMax);
    }
    if (answer.rows.count === 0) break;
  }
  return {
    parts,
    more,
    isCut: rowsMax < Number.POSITIVE_INFINITY,
    hasUnusableSlices: parts.slice(1).some((rows) => rowsWithoutId(rows).length > 0),
  };
}

function withIds(rows: RowBlock): RowBlock {
  return withoutRows(rows, new Set(rowsWithoutId(rows).map(({row}) => row - 1)));
}

export function idsQueryOf({module, quoting}: CoqlPlan, ids: readonly string[]): SliceQuery {
  return (columns) => idsQuery({module, columns, ids, quoting});
}

/**
 * Joins the slices of records by id. If a record's slices differ in `Modified_Time`, it changed
 * between two queries. It is read again, a limited number of times. If they still differ, it is
 * omitted: its last change lies after this window, so the next sweep reads it.
 */
async function joinAgreeing(plan: CoqlPlan, parts: readonly RowBlock[], context: CoqlContext): Promise<Joined> {
  const joined = joinSlices(parts);
  const settled = [joined.rows];
  let {torn} = joined;
  for (let round = 0; round < sliceRoundsMax; round++) {
    const stillTorn: string[] = [];
    for await (const {answer} of lists(plan, torn, context)) {
      const {rows, torn: some} = joinSlices(answer.parts.map(withIds));
      settled.push(rows);
      stillTorn.push(...some);
    }
    torn = stillTorn;
  }
  return {rows: appendRows(settled), torn};
}

/**
 * Throws kind `damaged` if an answer by ids is incomplete, because it became too heavy or Zoho
 * ended it.
 */
export function mustBeWhole({module}: CoqlPlan, asked: number, given: number, more: boolean | undefined): void {
  if (more !== true || given >= asked) return;
  throw new ZohoError(
    'damaged',
    `Cannot read ${asked} records of module ${module} by id: the answer has ${given}, and others would follow`,
  );
}

/** Reads the slices of records by id. Failures other than of the list's length are thrown. */
function lists(
  plan: CoqlPlan,
  ids: readonly string[],
  context: CoqlContext,
): AsyncGenerator<{readonly answer: Parts}, void, void> {
  return idLists(ids, {
    sizes: {list: plan.listSize, page: plan.pageSize},
    async read(asked) {
      const answer = await readParts(plan, idsQueryOf(plan, asked), context);
      mustBeWhole(plan, asked.length, answer.parts[0]!.count, answer.more);
      return answer;
    },
    onRefused() {},
    onFailed(_asked, error) {
      throw error;
    },
  });
}
