/** Deletions of a module, from Zoho's feed of deleted records. */
import {ZohoError} from '../errors.ts';
import {deletedPagesMax, deletedPassesMax, windowLagS} from '../limits.ts';
import {modifiedSeconds} from '../transforms/instant.ts';
import type {DeletedRow, ZohoClient} from '../zoho/client.ts';

export interface DeletedContext {
  readonly client: ZohoClient;
  readonly signal: AbortSignal;
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
    let asked = 0;
    let count = 0;
    let sum = 0n;
    for await (const page of onePass(module, sinceS, context)) {
      if ('stopped' in page) return yield page;
      if ('asked' in page) {
        asked = page.asked;
        readToS = Math.min(readToS, page.readToS);
      } else if ('rows' in page) {
        count += page.rows.length;
        for (const {id, deletedTime} of page.rows) sum += BigInt(id) * BigInt(modifiedSeconds(deletedTime));
        yield page;
      }
    }
    const now = `${count} ${sum}`;
    if (asked === 1 || now === before) return yield {readToS};
    before = now;
  }
  yield {stopped: `The deletions of module ${module} kept changing while they were read`};
}

/** The end of a pass: how many pages were asked for, the last one included. */
interface Pass {
  readonly readToS: number;
  readonly asked: number;
}

/**
 * Reads the feed once. One that Zoho cuts at a paging cap goes on from its latest deletion, provided that it came in order of time.
 */
async function* onePass(
  module: string,
  sinceS: number,
  {client, signal}: DeletedContext,
): AsyncGenerator<DeletedPage | Pass, void, void> {
  let fromS = sinceS;
  let readToS: number | undefined;
  let latestS = Number.NEGATIVE_INFINITY;
  let ordered = true;
  for (let page = 1, pages = 0; pages < deletedPagesMax; page++, pages++) {
    const beforeS = await client.nowSeconds(signal);
    const answer = await read(module, fromS, page, {client, signal});
    readToS ??= Math.min(beforeS, await client.nowSeconds(signal)) - windowLagS;
    if (answer !== 'capped') {
      for (const {deletedTime} of answer?.rows ?? []) {
        const deletedS = modifiedSeconds(deletedTime);
        ordered &&= deletedS >= latestS;
        latestS = Math.max(latestS, deletedS);
      }
      if (answer && answer.rows.length > 0) yield {rows: answer.rows};
      if (!answer?.more) return yield {readToS, asked: pages + 1};
      if (answer.rows.length > 0) continue;
    }
    if (!ordered || latestS <= fromS) {
      return yield {
        stopped: `Zoho lists no more than ${page - 1} pages of deletions of module ${module}, and not in an order that allows to go on`,
      };
    }
    fromS = latestS;
    latestS = Number.NEGATIVE_INFINITY;
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
  {client, signal}: DeletedContext,
): Promise<DeletedAnswer | 'capped'> {
  try {
    return await client.deleted(module, sinceS, page, signal);
  } catch (error) {
    if (page > 1 && error instanceof ZohoError && error.code !== undefined && pagingCaps.has(error.code)) return 'capped';
    throw error;
  }
}
