/** The pages of a window, one after another by key, however many records share a second. */
import {coqlRowsSmall} from '../limits.ts';
import type {Key} from '../zoho/coql.ts';

/**
 * Where a page begins: at a time, after a record, or after an id among the records of one second.
 */
export type PageStart =
  | {readonly fromS: number; readonly after?: Key | undefined}
  | {readonly second: number; readonly afterId: string | undefined};

export interface WindowPage {
  readonly rowCount: number;
  /** Whether Zoho says that more rows follow; undefined if it does not say. */
  readonly more: boolean | undefined;
  /** The position of the last row; undefined for a page without rows. */
  readonly last: Key | undefined;
  /** Whether the page contains the record after which it begins. */
  readonly repeats: boolean;
}

export interface WindowReader<Page> {
  /** Reads a page of at most `rows` rows. */
  page(place: PageStart, rows: number): Promise<Page>;
  /** Reads all records of one second by other means than time. */
  second(second: number): AsyncIterable<Page>;
}

/**
 * Yields the pages from a time on, until Zoho says that nothing follows, or a page is empty. The
 * first has at most `firstRows` rows.
 *
 * Zoho shows whole seconds, and may compare by hidden milliseconds. "After this second" then still
 * includes records of that second, and a page begins with records of the one before. That is
 * harmless unless one second has more records than a page. No condition on the time leads beyond it
 * then, so such a second is read by other means.
 */
export async function* windowPages<Page extends WindowPage>(
  fromS: number,
  firstRows: number,
  reader: WindowReader<Page>,
): AsyncGenerator<Page, void, void> {
  let place: {fromS: number; after?: Key} = {fromS};
  // Last records of pages within one second: one that repeats means an endless loop.
  const ends = new Set<string>();
  for (let rows = firstRows; ; rows = Number.POSITIVE_INFINITY) {
    const page = await reader.page(place, rows);
    yield page;
    const {last} = page;
    if (page.more === false || last === undefined) return;
    const isSameSecond = last.seconds === place.after?.seconds;
    if (!isSameSecond) ends.clear();
    const isKnown = ends.has(last.id);
    const shown = isSameSecond && (page.repeats || isKnown) ? shownByRepetition(page, isKnown) : undefined;
    ends.add(last.id);
    if (shown === 'end') return;
    if (shown === 'crowd') yield* reader.second(last.seconds);
    place = shown === 'crowd' ? {fromS: last.seconds + 1} : {fromS, after: last};
  }
}

/**
 * What a page shows that repeats records of its second: that the second has more than pages reach,
 * or that nothing follows. Undefined if the next page may bring others. `isKnown` is whether its
 * last record ended an earlier page.
 */
function shownByRepetition({more, rowCount}: WindowPage, isKnown: boolean): 'crowd' | 'end' | undefined {
  if (more === true) return 'crowd';
  // Zoho did not report the end. A page with a new record may be followed by another, and a long
  // page may have been cut.
  if (!isKnown) return undefined;
  return rowCount >= coqlRowsSmall ? 'crowd' : 'end';
}
