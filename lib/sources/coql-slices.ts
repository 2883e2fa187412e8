/** Slices of records as COQL gives them: read, joined, and freed of what cannot become documents. */
import {ZohoError} from '../errors/errors.ts';
import {sliceRoundsMax} from '../limits.ts';
import type {Log} from '../platform/log.ts';
import type {RowBlock} from '../records/batch.ts';
import type {Field} from '../records/field.ts';
import {type OddRow, oddRows, type Quarantine, rowsWithoutId, withoutRows} from '../records/odd-rows.ts';
import {appendRows, cellText, type Joined, joinSlices, noRows} from '../records/rows.ts';
import {sizeCheck} from '../transforms/coerce.ts';
import {parseCoql} from '../transforms/parse-json.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {idsQuery, type Quoting} from '../zoho/coql.ts';
import {idLists} from './id-lists.ts';
import type {PageSize} from './page-size.ts';

export interface CoqlContext {
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
  /** Where rows go that cannot become documents; without one they are left out in silence. */
  readonly quarantine?: Quarantine | undefined;
  readonly log?: Log | undefined;
  /** Ids of the records modified in a range, by a bulk read job: for what no query leads to. */
  readonly bulkIds?: ((fromS: number, toS: number) => AsyncIterable<readonly string[]>) | undefined;
}

/** What to ask of each record. Every slice holds `id` and `Modified_Time`; together they hold all fields that COQL reads. */
export interface CoqlPlan {
  readonly module: string;
  readonly slices: readonly (readonly string[])[];
  readonly fields: ReadonlyMap<string, Field>;
  /** How this Zoho wants names written. */
  readonly quoting?: Quoting | undefined;
  /** Rows of a page, as this Zoho allows and serves them. */
  readonly pageSize: PageSize;
  /** Ids of one list, as this Zoho allows. */
  readonly listSize: PageSize;
}

export interface Reading {
  /** What can be used of the records, all slices together. */
  readonly rows: RowBlock;
  /** The first slice as received. */
  readonly first: RowBlock;
  readonly more: boolean | undefined;
  readonly odd: readonly OddRow[];
}

/** Reads the slices of some records and joins them; `prepare` changes the rows before they are looked at. */
export async function readSlices(
  plan: CoqlPlan,
  query: (columns: readonly string[]) => string,
  context: CoqlContext,
  prepare: (rows: RowBlock) => RowBlock = (rows) => rows,
): Promise<Reading> {
  const {parts, more, hasOddSlices} = await readParts(plan, query, context);
  const [first = noRows] = parts;
  const withoutId = rowsWithoutId(first);
  const {rows: joined, torn} = await settle(plan, parts.map(withIds), context);
  const rows = prepare(joined);
  const places = new Map<string, number>();
  const placeOf = (id: string | undefined): number => {
    if (places.size === 0)
      for (let row = 0; row < first.count; row++) places.set(cellText(first, row, first.columns.indexOf('id')), row + 1);
    return places.get(id ?? '') ?? 0;
  };
  const odd = oddRows(rows, 0, sizeCheck(rows, plan.fields));
  const lost = hasOddSlices ? torn : [];
  return {
    rows: withoutRows(rows, new Set(odd.map(({row}) => row))),
    first,
    more,
    odd: [
      ...withoutId,
      ...odd.map((row) => ({...row, row: placeOf(row.id)})),
      ...lost.map((id): OddRow => ({row: placeOf(id), id, fault: 'slices', digest: `slices of ${id}`})),
    ],
  };
}

interface Parts {
  /** One for each slice, as received. */
  readonly parts: readonly RowBlock[];
  readonly more: boolean | undefined;
  /** Whether a slice other than the first has rows that nobody knows the record of. */
  readonly hasOddSlices: boolean;
}

async function readParts(plan: CoqlPlan, query: (columns: readonly string[]) => string, context: CoqlContext): Promise<Parts> {
  const parts: RowBlock[] = [];
  let more: boolean | undefined;
  for (const columns of plan.slices) {
    const answer = await ask(query(columns), plan, columns, context);
    if (parts.length === 0) more = answer.more;
    parts.push(answer.rows);
    if (answer.rows.count === 0) break;
  }
  return {parts, more, hasOddSlices: parts.slice(1).some((rows) => rowsWithoutId(rows).length > 0)};
}

function withIds(rows: RowBlock): RowBlock {
  return withoutRows(rows, new Set(rowsWithoutId(rows).map(({row}) => row - 1)));
}

export function idsQueryOf({module, quoting}: CoqlPlan, ids: readonly string[]): (columns: readonly string[]) => string {
  return (columns) => idsQuery({module, columns, ids, quoting});
}

interface Answer {
  readonly rows: RowBlock;
  readonly more: boolean | undefined;
}

async function ask(query: string, plan: CoqlPlan, columns: readonly string[], {client, signal}: CoqlContext): Promise<Answer> {
  const read = async (body: AsyncIterable<Uint8Array>): Promise<Answer> => {
    const answer = await parseCoql(body, columns, plan.fields);
    if (answer.more !== true || answer.rows.count > 0) return answer;
    throw new ZohoError(
      'damaged',
      `Cannot page through module ${plan.module}: Zoho says that more records follow, and gives none`,
    );
  };
  return (await client.coql(query, read, signal)) ?? {rows: noRows, more: false};
}

/**
 * Joins the slices of records by id. A record whose slices differ in `Modified_Time` changed between two queries: it is read again, a bounded
 * number of times. One that still differs is torn, and left out; its last change lies past this window, so the next sweep has it.
 */
async function settle(plan: CoqlPlan, parts: readonly RowBlock[], context: CoqlContext): Promise<Joined> {
  const joined = joinSlices(parts);
  const settled = [joined.rows];
  let {torn} = joined;
  for (let round = 0; torn.length > 0 && round < sliceRoundsMax; round++) {
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

/** Reads the slices of records by id; a list that fails otherwise than for its length fails. */
function lists(
  plan: CoqlPlan,
  ids: readonly string[],
  context: CoqlContext,
): AsyncGenerator<{readonly answer: Parts}, void, void> {
  return idLists(ids, {
    sizes: {list: plan.listSize, page: plan.pageSize},
    read: (asked) => readParts(plan, idsQueryOf(plan, asked), context),
    onRefused() {},
    onFailed(_asked, error) {
      throw error;
    },
  });
}
