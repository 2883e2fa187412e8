/** Deletions of a module, from Zoho's feed of deleted records. */
import {ZohoError} from '../errors/errors.ts';
import {deletedPagesMax, deletedPassesMax, deletedRowsCap, windowLagS} from '../limits.ts';
import {modifiedSeconds} from '../records/instant.ts';
import {type Quarantine, silentQuarantine} from '../records/odd-rows.ts';
import type {DeletedRow, ZohoClient} from '../zoho/client.ts';
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
 * Reads the feed once, in as many queries as it takes: one that Zoho cuts at a paging cap goes on from its latest deletions, provided that it came in
 * order of time. A cap need not show itself: a query that ends after as many rows as a cap allows, with a full page, is taken for cut, too.
 */
async function* onePass(module: string, sinceS: number, context: DeletedContext): AsyncGenerator<DeletedPage | Pass, void, void> {
  const {client, signal} = context;
  let query = new Query(sinceS);
  let readToS: number | undefined;
  for (let page = 1, pages = 0; pages < deletedPagesMax; page++, pages++) {
    const beforeS = await client.nowSeconds(signal);
    const answer = await read(module, query.fromS, page, context);
    readToS ??= Math.min(beforeS, await client.nowSeconds(signal)) - windowLagS;
    if (answer !== 'capped') {
      const {rows, more} = answer ?? {rows: [], more: false};
      query.note(rows);
      if (rows.length > 0) yield {rows};
      if (more && rows.length > 0) continue;
      if (!more && !query.mayBeCut) return yield {readToS, asked: pages + 1};
    }
    const nextS = query.nextS;
    if (nextS === undefined) {
      return yield {
        stopped: `Zoho lists no more than ${query.rows} deletions of module ${module} at once, and not in an order that allows to go on`,
      };
    }
    query = new Query(nextS);
    page = 0;
  }
  yield {stopped: `The deletions of module ${module} do not end after ${deletedPagesMax} pages`};
}

/** What one query of the feed has listed so far. */
class Query {
  readonly fromS: number;
  rows = 0;
  #pageRows = 0;
  #fullPages = true;
  #ordered = true;
  #earliestS = Number.POSITIVE_INFINITY;
  #latestS = Number.NEGATIVE_INFINITY;

  constructor(fromS: number) {
    this.fromS = fromS;
  }

  note(rows: readonly DeletedRow[]): void {
    if (this.rows === 0) this.#pageRows = rows.length;
    this.#fullPages &&= rows.length === 0 || rows.length === this.#pageRows;
    this.rows += rows.length;
    for (const {deletedTime} of rows) {
      const deletedS = modifiedSeconds(deletedTime);
      this.#ordered &&= deletedS >= this.#latestS;
      this.#latestS = Math.max(this.#latestS, deletedS);
      this.#earliestS = Math.min(this.#earliestS, deletedS);
    }
  }

  /** Whether the end of the list may be a cap's doing. */
  get mayBeCut(): boolean {
    return this.rows >= deletedRowsCap && this.#fullPages;
  }

  /**
   * Where the next query goes on; undefined when rows would be skipped, or none gained. The second of the latest deletion may have more of them, and
   * nobody says whether a query lists its own second: it begins one earlier, unless this one shows that it does.
   */
  get nextS(): number | undefined {
    const nextS = this.#earliestS === this.fromS ? this.#latestS : this.#latestS - 1;
    return this.#ordered && nextS > this.fromS ? nextS : undefined;
  }
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
