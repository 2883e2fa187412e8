/** The pages of a window, one after another by key, however many records share a second. */
import {coqlRowsSmall} from '../limits.ts';
import type {Key} from '../zoho/coql.ts';

/** Where a page begins: at a time, behind a record, or behind an id among the records of one second. */
export type Place =
  | {readonly fromS: number; readonly after?: Key | undefined}
  | {readonly second: number; readonly afterId: string | undefined};

export interface WindowPage {
  readonly rowCount: number;
  /** Whether Zoho says that more rows follow; undefined when it does not say. */
  readonly more: boolean | undefined;
  /** The place of the last row; undefined for a page without rows. */
  readonly last: Key | undefined;
  /** Whether the record behind which the page begins is in it all the same. */
  readonly repeats: boolean;
}

export interface WindowReader<Page> {
  /** Reads a page of `rows` rows at most. */
  page(place: Place, rows: number): Promise<Page>;
  /** Reads all records of one second in another way than by time. */
  second(second: number): AsyncIterable<Page>;
}

/**
 * Yields the pages from a time on, drained to the end: until Zoho says that nothing follows, or a page is empty. The first has `firstRows` rows at most.
 *
 * Zoho shows whole seconds, and may compare by the milliseconds behind them. Then "after this second" still means records of that second, and a page
 * begins with records that the one before had. That does no harm unless one second has more of them than a page: no condition on the time leads on from
 * there, so such a second is read otherwise.
 */
export async function* windowPages<Page extends WindowPage>(
  fromS: number,
  firstRows: number,
  reader: WindowReader<Page>,
): AsyncGenerator<Page, void, void> {
  let place: {fromS: number; after?: Key} = {fromS};
  // Ends of pages within one second: one that comes again leads round in a circle.
  const ends = new Set<string>();
  for (let rows = firstRows; ; rows = Number.POSITIVE_INFINITY) {
    const page = await reader.page(place, rows);
    yield page;
    const {last} = page;
    if (page.more === false || last === undefined) return;
    if (last.seconds !== place.after?.seconds) ends.clear();
    const following = page.repeats || ends.has(last.id) ? afterRepetition(page, ends, place.after) : 'page';
    ends.add(last.id);
    if (following === 'end') return;
    if (following === 'second') yield* reader.second(last.seconds);
    place = following === 'second' ? {fromS: last.seconds + 1} : {fromS, after: last};
  }
}

/** What follows a page that has a record again where a page ended. */
function afterRepetition(
  {last, more, rowCount}: WindowPage,
  ends: ReadonlySet<string>,
  after: Key | undefined,
): 'page' | 'second' | 'end' {
  if (after === undefined || last?.seconds !== after.seconds) return 'page';
  if (more === true) return 'second';
  // Nothing was said of the end: what brought a new record may bring another, and a long page may have been cut.
  if (!ends.has(last.id)) return 'page';
  return rowCount >= coqlRowsSmall ? 'second' : 'end';
}
