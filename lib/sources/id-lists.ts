/** Lists of ids, cut to what Zoho takes and serves. */
import {ZohoError} from '../errors/errors.ts';
import type {PageSize} from './page-size.ts';

export interface ListReader<Answer> {
  /** Ids that this organisation takes in a list, and records that it serves at once. */
  readonly sizes: {readonly list: PageSize; readonly page: PageSize};
  read(asked: readonly string[]): Promise<Answer>;
  /** Told that the organisation turned out to take no more than so many ids. */
  onRefused(size: number): void;
  /** What to do about a list that failed otherwise: its answer, undefined to ask again by the sizes as they are then, or a throw. */
  onFailed(asked: readonly string[], error: unknown): Promise<Answer | undefined>;
}

/**
 * Reads ids list by list. A list that is refused is halved until it is taken, and that size is kept; one that is refused with a single id is not
 * refused for its length, and the refusal is thrown.
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

/** Whether a query for ids may have been refused for their number; the codes in use differ, and some name the column. */
function isListRefusal(error: unknown): error is ZohoError {
  return error instanceof ZohoError && (error.kind === 'refused' || (error.kind === 'field' && error.field === 'id'));
}
