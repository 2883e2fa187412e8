import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {deletedEmptyMax, deletedPageRows, deletedRowsCap} from '../../lib/limits.ts';
import {FeedQuery, type Following} from '../../lib/sources/feed-query.ts';
import type {DeletedRow} from '../../lib/zoho/api.ts';

/** Where a query of the feed of deletions ends, by what its pages say and hold. */
const feed = suite('FeedQuery');

const fromS = 1_000;

const deletion = (id: number, deletedS: number): DeletedRow => ({
  id: String(id),
  deletedTime: new Date(deletedS * 1_000).toISOString(),
  deletedS,
  type: 'recycle',
});

/** Deletions one second after another from a time on, or backwards. */
function pageOf(count: number, firstS: number, stepS = 1): DeletedRow[] {
  return Array.from({length: count}, (_, i) => deletion(firstS + i * stepS, firstS + i * stepS));
}

type Page = readonly [rows: readonly DeletedRow[], more: boolean | undefined, unusable?: number];

/** What follows each of the pages. */
function following(query: FeedQuery, pages: readonly Page[]): Following[] {
  return pages.map(([rows, more, unusable]) => query.note(rows, more, unusable));
}

/** Full pages that make up the rows of a cap exactly. All promise more but the last, or none says a word. */
function capped(lastMore: false | undefined, stepS = 1, firstS = fromS + 100): Page[] {
  const pages = deletedRowsCap / deletedPageRows;
  return Array.from({length: pages}, (_, i) => [
    pageOf(deletedPageRows, firstS + i * deletedPageRows * stepS, stepS),
    lastMore === false ? i + 1 < pages : undefined,
  ]);
}

const [few, others] = [pageOf(3, 1_100), pageOf(3, 1_200)];
const full = pageOf(deletedPageRows, 1_100);

for (const [what, pages, expected] of [
  [
    'ends at a plain no',
    [
      [few, true],
      [others, false],
    ],
    ['goes on', 'ended'],
  ],
  ['ends at a plain no after a full page', [[full, false]], ['ended']],
  [
    'ends at a plain no with an empty page',
    [
      [few, true],
      [[], false],
    ],
    ['goes on', 'ended'],
  ],
  ['ends at a plain no with unusable rows alone', [[[], false, 2]], ['ended']],
  [
    'ends at a plain no, even if the page repeats the one before',
    [
      [few, true],
      [few, false],
    ],
    ['goes on', 'ended'],
  ],
  [
    'goes on as long as more is promised, across empty pages',
    [
      [few, true],
      [[], true],
      [others, true],
    ],
    ['goes on', 'goes on', 'goes on'],
  ],
  [
    'is cut where a page repeats itself although more is promised',
    [
      [few, true],
      [few, true],
    ],
    ['goes on', 'cut'],
  ],
  [
    'goes on after the same ids at another time',
    [
      [[deletion(1, 1_100)], true],
      [[deletion(1, 1_101)], true],
    ],
    ['goes on', 'goes on'],
  ],
  [
    'goes on after other ids at the same time',
    [
      [[deletion(1, 1_100)], true],
      [[deletion(2, 1_100)], true],
    ],
    ['goes on', 'goes on'],
  ],
  [
    'ends without a word at an empty page',
    [
      [few, undefined],
      [others, undefined],
      [[], undefined],
    ],
    ['goes on', 'goes on', 'ended'],
  ],
  [
    'ends without a word at a page that repeats the one before',
    [
      [few, undefined],
      [few, undefined],
    ],
    ['goes on', 'ended'],
  ],
  [
    'is cut without a word where a full page repeats itself',
    [
      [full, undefined],
      [full, undefined],
    ],
    ['goes on', 'cut'],
  ],
  [
    'goes on without a word after unusable rows alone',
    [
      [[], undefined, 1],
      [few, undefined],
    ],
    ['goes on', 'goes on'],
  ],
] as const satisfies readonly (readonly [string, readonly Page[], readonly Following[]])[]) {
  feed(what, () => {
    assert.deepEqual(following(new FeedQuery(fromS), pages), expected);
  });
}

feed('is cut by empty pages in a row that promise more, or hold unusable rows alone', () => {
  for (const empty of [
    [[], true],
    [[], undefined, 1],
  ] as const satisfies readonly Page[]) {
    const patient = Array.from({length: deletedEmptyMax - 1}, () => empty);
    assert.deepEqual(following(new FeedQuery(fromS), [...patient, empty]).at(-1), 'cut');
    const pages = [...patient, [few, true] as const, ...patient, [others, true] as const];
    assert.ok(following(new FeedQuery(fromS), pages).every((next) => next === 'goes on'));
  }
  const said = Array.from({length: deletedEmptyMax}, (): Page => [[], false, 1]);
  assert.equal(following(new FeedQuery(fromS), said).at(-1), 'ended', 'a plain no is no promise');
  const bare = Array.from({length: deletedEmptyMax}, (): Page => [[], undefined]);
  assert.equal(following(new FeedQuery(fromS), bare).at(-1), 'ended', 'nor is an empty page without a word');
});

feed('counts the rows it has listed, unusable ones included and repeated ones once', () => {
  const query = new FeedQuery(fromS);
  following(query, [
    [few, true],
    [others, true, 2],
    [others, true],
  ]);
  assert.equal(query.rows, 8);
});

feed('does not believe a no at exactly the rows of a cap, and continues by time', () => {
  const query = new FeedQuery(fromS);
  assert.deepEqual(following(query, capped(false)).slice(-2), ['goes on', 'cut']);
  assert.equal(query.nextS, fromS + 100 + deletedRowsCap - 2);
});

feed('requests another page where a cap may have ended a list that time cannot continue', () => {
  const backwards = capped(false, -1, fromS + 5_000);
  const query = new FeedQuery(fromS);
  assert.deepEqual(following(query, [...backwards, [[], undefined]]).slice(-2), ['goes on', 'ended']);
  assert.deepEqual(following(new FeedQuery(fromS), [...backwards, [[], false]]).slice(-2), ['goes on', 'ended']);
});

feed('is cut at the rows of a cap if an empty page follows without a word', () => {
  for (const stepS of [1, -1]) {
    const pages: Page[] = [...capped(undefined, stepS, fromS + 5_000), [[], undefined]];
    assert.equal(following(new FeedQuery(fromS), pages).at(-1), 'cut');
  }
});

feed('ends at the rows of a cap if its pages were not all full, because a cap ends a full one', () => {
  const pages = capped(false);
  const [[first] = [[]]] = pages;
  const uneven: Page[] = [[first.slice(0, 50), true], [first.slice(50), true], ...pages.slice(1)];
  const query = new FeedQuery(fromS);
  assert.equal(following(query, uneven).at(-1), 'ended');
  assert.equal(query.rows, deletedRowsCap);
  const interrupted: Page[] = [...pages.slice(0, 5), [[], true], ...pages.slice(5)];
  assert.equal(following(new FeedQuery(fromS), interrupted).at(-1), 'cut', 'an empty page is not a short one');
});

feed('that ends at a cap twice, with other rows, was capped both times', () => {
  const before = new FeedQuery(fromS);
  following(before, capped(false, -1, fromS + 5_000));
  const later = new FeedQuery(fromS + 1, before);
  assert.equal(following(later, capped(false, -1, fromS + 9_000)).at(-1), 'cut');
  const same = new FeedQuery(fromS + 1, before);
  assert.equal(following(same, capped(false, -1, fromS + 5_000)).at(-1), 'goes on');
});

for (const [what, seconds, nextS] of [
  ['one second before its latest deletion, whose second may have more', [1_100, 1_100, 1_200], 1_199],
  ['at its latest deletion if it lists the second that it begins with', [1_000, 1_200], 1_200],
  ['nowhere if its order is not that of time', [1_100, 1_200, 1_199], undefined],
  ['nowhere if nothing would be gained', [1_001, 1_001], undefined],
  ['nowhere if all were deleted in the second that it begins with', [1_000, 1_000], undefined],
  ['nowhere without rows', [], undefined],
] as const) {
  feed(`continues ${what}`, () => {
    const query = new FeedQuery(fromS);
    query.note(
      seconds.map((second, i) => deletion(i, second)),
      true,
    );
    assert.equal(query.nextS, nextS);
  });
}

feed.run();
