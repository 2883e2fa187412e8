/** Lists of ids, as long as Zoho accepts and delivers them. */
import {ZohoError} from '../errors/errors.ts';
import type {PageSize} from './page-size.ts';

export interface ListReader<Answer> {
  /** Ids that this organisation accepts in a list, and records that it delivers at once. */
  readonly sizes: {readonly list: PageSize; readonly page: PageSize};
  read(asked: readonly string[]): Promise<Answer>;
  /** Called when the organisation accepts no more than this many ids. */
  onRefused(size: number): void;
  /**
   * Handles other failures of a list: returns its answer, returns undefined to request it again
   * with the current sizes, or throws.
   */
  onFailed(asked: readonly string[], error: unknown): Promise<Answer | undefined>;
}

/**
 * Reads ids list by list. A rejected list is halved until it is accepted, and that size is kept. If
 * a single id is rejected, the length is not at fault, and the rejection is thrown.
 */
export async function* idLists<Answer>(
  ids: readonly string[],
  {sizes, read, onRefused, onFailed}: ListReader<Answer>,
): AsyncGenerator<{readonly asked: readonly string[]; readonly answer: Answer}, void, void> {
  let most = sizes.list.rows;
  for (let at = 0; at < ids.length; ) {
    const asked = ids.slice(at, at + Math.min(most, sizes.page.rows));
    let answer: Answer | undefined;
    try {
      answer = await read(asked);
      if (sizes.list.allow(most)) onRefused(most);
    } catch (error) {
      if (isListRefusal(error)) {
        if (asked.length === 1) throw error;
        while (most >= asked.length) most >>= 1;
        continue;
      }
      answer = await onFailed(asked, error);
    }
    if (answer === undefined) continue;
    yield {asked, answer};
    at += asked.length;
  }
}

/**
 * Whether a query for ids may have been rejected for their number. The codes differ, and some name
 * the column.
 */
function isListRefusal(error: unknown): error is ZohoError {
  return error instanceof ZohoError && (error.kind === 'refused' || error.field === 'id');
}
