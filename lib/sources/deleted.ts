/** Deletions of a module, from Zoho's feed of deleted records. */
import {ZohoError} from '../errors/errors.ts';
import {deletedPagesMax, deletedPassesMax, windowLagS} from '../limits.ts';
import {type Quarantine, silentQuarantine} from '../records/unusable-rows.ts';
import type {DeletedRow, ZohoClient} from '../zoho/api.ts';
import {FeedQuery} from './feed-query.ts';
import {readAgain} from './readings.ts';

export interface DeletedContext {
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
  /** Receives rows that are not valid deletions. Without it they are omitted silently. */
  readonly quarantine?: Quarantine | undefined;
}

/**
 * How a reading of the feed ended. Either everything deleted before `readToS` was yielded, or
 * nothing counts as read, because Zoho stopped the feed before its end or it kept changing.
 */
export type FeedEnd = {readonly readToS: number} | {readonly stopped: string};

/** Deletions of one page of the feed. */
export type DeletedPage = readonly DeletedRow[];

/**
 * Yields the deletions since `sinceS`, one page at a time, in no particular order and possibly more
 * than once. Returns how far they reach.
 *
 * Pages of the feed are numbered. A restored record leaves it, so later ones move up and may be
 * skipped. A feed of several pages is therefore read until two passes agree.
 */
export async function* deletedPages(
  module: string,
  sinceS: number,
  context: DeletedContext,
): AsyncGenerator<DeletedPage, FeedEnd, void> {
  let before: bigint | undefined;
  let readToS = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < deletedPassesMax; pass++) {
    const sum = new PassSum();
    const end = yield* onePass(module, sinceS, sum, context);
    if ('stopped' in end) return end;
    readToS = Math.min(readToS, end.readToS);
    if (sum.pages <= 1 || sum.value === before) return {readToS};
    before = sum.value;
  }
  return {stopped: `The deletions of module ${module} kept changing while they were read`};
}

/** A sum by which two passes are compared, regardless of their order. */
class PassSum {
  pages = 0;
  value = 0n;

  /** Adds a page. Deletions after `readToS` do not count. */
  add(page: DeletedPage, readToS: number): void {
    this.pages++;
    for (const {id, deletedS} of page) {
      // Equivalent mutants (AssignmentOperator): a sum and its negative compare alike
      if (deletedS < readToS) this.value += BigInt(id) * BigInt(deletedS);
    }
  }
}

/**
 * Reads the feed once, in as many queries as necessary. If Zoho cuts one at a paging cap, the next
 * begins at its latest deletions, provided that it was ordered by time. A query ends when Zoho says
 * so or, if Zoho does not say, with a page that is empty or repeats the one before.
 */
async function* onePass(
  module: string,
  sinceS: number,
  sum: PassSum,
  context: DeletedContext,
): AsyncGenerator<DeletedPage, FeedEnd, void> {
  const {client, signal} = context;
  let query = new FeedQuery(sinceS);
  let readToS: number | undefined;
  for (let page = 1, pages = 0; pages < deletedPagesMax; page++, pages++) {
    const beforeS = await client.nowSeconds(signal);
    const answer = await read(module, query.fromS, page, context);
    readToS ??= Math.min(beforeS, await client.nowSeconds(signal)) - windowLagS;
    const {rows = [], unusable = [], more} = answer ?? {};
    const known = query.rows;
    const next = answer === undefined ? 'cut' : query.note(rows, more, unusable.length);
    if (query.rows > known) {
      sum.add(rows, readToS);
      yield rows;
    }
    if (next === 'ended') return {readToS};
    if (next !== 'cut') continue;
    const nextS = query.nextS;
    if (nextS === undefined) {
      return {
        stopped: `Zoho lists at most ${query.rows} deletions of module ${module} at once, and their order does not show where to continue`,
      };
    }
    query = new FeedQuery(nextS, query);
    page = 0;
  }
  return {stopped: `The deletions of module ${module} do not end after ${deletedPagesMax} pages`};
}

type DeletedAnswer = Awaited<ReturnType<ZohoClient['deleted']>>;

/** Codes with which Zoho ends numbered paging (zoho-api sheet 7). */
const pagingCaps: ReadonlySet<string | undefined> = new Set([
  'DISCRETE_PAGINATION_LIMIT_EXCEEDED',
  'PAGINATION_LIMIT_EXCEEDED',
  'LIMIT_EXCEEDED',
]);

/** A page of the feed; undefined if Zoho ends numbered paging before it. */
async function read(
  module: string,
  sinceS: number,
  page: number,
  {client, signal, quarantine = silentQuarantine}: DeletedContext,
): Promise<DeletedAnswer | undefined> {
  const ask = async () => {
    const answer = await client.deleted(module, sinceS, page, signal);
    return {answer, unusable: answer?.unusable ?? []};
  };
  try {
    return (await readAgain(ask, quarantine, `page ${page} of its deletions`)).answer;
  } catch (error) {
    if (page > 1 && error instanceof ZohoError && pagingCaps.has(error.code)) return undefined;
    throw error;
  }
}
