/** Deletions of a module, from Zoho's feed of deleted records. */
import {ZohoError} from '../errors/errors.ts';
import {deletedPagesMax, deletedPassesMax, windowLagS} from '../limits.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {type Quarantine, silentQuarantine} from '../records/odd-rows.ts';
import type {DeletedRow, ZohoClient} from '../zoho/api.ts';
import {FeedQuery} from './feed-query.ts';
import {readAgain} from './readings.ts';

export interface DeletedContext {
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
  /** Where rows go that name no deletion; without one they are left out in silence. */
  readonly quarantine?: Quarantine | undefined;
}

/** One page of the feed, or how far it was read. */
export type DeletedPage =
  | {readonly rows: readonly DeletedRow[]}
  /** Everything deleted before `readToS` was yielded. */
  | {readonly readToS: number}
  /** Nothing may be taken for read: Zoho stopped the feed before its end and gives no way on, or it kept changing. */
  | {readonly stopped: string};

/**
 * Yields the deletions since `sinceS`, a page at a time, in no particular order and possibly more than once, and at last how far
 * they reach.
 *
 * Pages of the feed are numbered, and a record that is restored leaves it, so that later ones move up and may be skipped. A feed of several pages is therefore
 * read until two passes agree.
 */
export async function* deletedPages(
  module: string,
  sinceS: number,
  context: DeletedContext,
): AsyncGenerator<DeletedPage, void, void> {
  let before: string | undefined;
  let readToS = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < deletedPassesMax; pass++) {
    let pages = 0;
    let count = 0;
    let sum = 0n;
    for await (const page of onePass(module, sinceS, context)) {
      if ('stopped' in page) return yield page;
      if (!('rows' in page)) {
        readToS = Math.min(readToS, page.readToS);
        continue;
      }
      pages++;
      // What is deleted while the passes go on is none of their business.
      const due = page.rows.filter(({deletedTime}) => !(modifiedSeconds(deletedTime) >= page.readToS));
      count += due.length;
      for (const {id, deletedTime} of due) sum += BigInt(id) * BigInt(modifiedSeconds(deletedTime));
      yield {rows: page.rows};
    }
    const now = `${count} ${sum}`;
    if (pages <= 1 || now === before) return yield {readToS};
    before = now;
  }
  yield {stopped: `The deletions of module ${module} kept changing while they were read`};
}

/** Rows of a pass, with how far it will have read the feed in the end; and at last that alone. */
type PassPage = {readonly rows: readonly DeletedRow[]; readonly readToS: number};

/**
 * Reads the feed once, in as many queries as it takes: one that Zoho cuts at a paging cap goes on from its latest deletions, provided that it came in
 * order of time. A query ends when Zoho says so; when Zoho does not say, with a page that has no rows or repeats the one before.
 */
async function* onePass(
  module: string,
  sinceS: number,
  context: DeletedContext,
): AsyncGenerator<PassPage | {readonly readToS: number} | {readonly stopped: string}, void, void> {
  const {client, signal} = context;
  let query = new FeedQuery(sinceS);
  let readToS: number | undefined;
  for (let page = 1, pages = 0; pages < deletedPagesMax; page++, pages++) {
    const beforeS = await client.nowSeconds(signal);
    const answer = await read(module, query.fromS, page, context);
    readToS ??= Math.min(beforeS, await client.nowSeconds(signal)) - windowLagS;
    const {rows = [], odd = [], more} = answer === 'capped' ? {} : (answer ?? {});
    const known = query.rows;
    const next = answer === 'capped' ? 'cut' : query.note(rows, more, odd.length);
    if (query.rows > known) yield {rows, readToS};
    if (next === 'goes on') continue;
    if (next === 'ended') return yield {readToS};
    const nextS = query.nextS;
    if (nextS === undefined) {
      return yield {
        stopped: `Zoho lists no more than ${query.rows} deletions of module ${module} at once, and not in an order that allows to go on`,
      };
    }
    query = new FeedQuery(nextS, query);
    page = 0;
  }
  yield {stopped: `The deletions of module ${module} do not end after ${deletedPagesMax} pages`};
}

type DeletedAnswer = Awaited<ReturnType<ZohoClient['deleted']>>;

/** Codes with which Zoho ends numbered paging (zoho-api sheet 7). */
const pagingCaps = new Set(['DISCRETE_PAGINATION_LIMIT_EXCEEDED', 'PAGINATION_LIMIT_EXCEEDED', 'LIMIT_EXCEEDED']);

async function read(
  module: string,
  sinceS: number,
  page: number,
  {client, signal, quarantine = silentQuarantine}: DeletedContext,
): Promise<DeletedAnswer | 'capped'> {
  const ask = async () => {
    const answer = await client.deleted(module, sinceS, page, signal);
    return {answer, odd: answer?.odd ?? []};
  };
  try {
    return (await readAgain(ask, quarantine, `page ${page} of its deletions`)).answer;
  } catch (error) {
    if (page > 1 && error instanceof ZohoError && error.code !== undefined && pagingCaps.has(error.code)) return 'capped';
    throw error;
  }
}
