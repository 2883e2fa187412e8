import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {coqlRowsSmall} from '../../lib/limits.ts';
import {type PageStart, type WindowPage, windowPages} from '../../lib/sources/window-pages.ts';

/** Where each page of a window begins, by what the page before it was. */
const window = suite('windowPages');

const fromS = 100;

interface Page {
  /** The last row; none for a page without rows. */
  readonly last?: readonly [seconds: number, id: string];
  readonly more?: boolean;
  readonly repeats?: boolean;
  readonly rowCount?: number;
}

/**
 * Reads a window whose pages are these. Returns where each began, `+` before a second that was read
 * by other means. The window must end with the last page.
 */
async function read(pages: readonly Page[], firstRows = 7): Promise<{begun: string[]; rows: number[]; yielded: number}> {
  const begun: string[] = [];
  const rows: number[] = [];
  let asked = 0;
  const toPage = ({last, more, repeats = false, rowCount = 2}: Page): WindowPage => ({
    rowCount,
    more,
    repeats,
    last: last && {seconds: last[0], id: last[1]},
  });
  const reader = {
    async page(place: PageStart, rowsMax: number): Promise<WindowPage> {
      begun.push(named(place));
      rows.push(rowsMax);
      const page = pages[asked++];
      assert.ok(page !== undefined, `the window goes on after its last page: ${begun}`);
      return toPage(page);
    },
    async *second(second: number) {
      begun.push(`+${second}`);
      yield toPage({last: [second, '1']});
      yield toPage({last: [second, '2']});
    },
  };
  const yielded = await Array.fromAsync(windowPages(fromS, firstRows, reader));
  assert.equal(asked, pages.length, 'the window ends before its last page');
  return {begun, rows, yielded: yielded.length};
}

function named(place: PageStart): string {
  if ('second' in place) return assert.fail('a second is not a page');
  return place.after === undefined ? `${place.fromS}` : `after ${place.after.seconds} ${place.after.id}`;
}

const full = coqlRowsSmall;

for (const [what, pages, begun] of [
  ['ends with the page that Zoho reports as the last', [{last: [100, 'a'], more: false}], ['100']],
  ['ends with an empty page, whatever Zoho promises', [{more: true}], ['100']],
  [
    'begins each page after the last row of the one before',
    [{last: [100, 'a'], more: true}, {last: [100, 'b']}, {last: [101, 'a'], more: true}, {}],
    ['100', 'after 100 a', 'after 100 b', 'after 101 a'],
  ],
  [
    'goes on by time if a page repeats records of the second before, but gets beyond it',
    [{last: [100, 'a'], more: true}, {last: [101, 'b'], more: true, repeats: true}, {}],
    ['100', 'after 100 a', 'after 101 b'],
  ],
  [
    'reads a second by other means that fills more than a page, and goes on after it',
    [
      {last: [100, 'a'], more: true},
      {last: [100, 'b'], more: true, repeats: true},
      {last: [102, 'c'], more: false},
    ],
    ['100', 'after 100 a', '+100', '101'],
  ],
  [
    'reads a second by other means if the same record ends two of its pages',
    [{last: [100, 'a'], more: true}, {last: [100, 'a'], more: true}, {}],
    ['100', 'after 100 a', '+100', '101'],
  ],
  [
    'goes on in a second whose repetitions bring new records, if Zoho does not say whether more follow',
    [{last: [100, 'a']}, {last: [100, 'b'], repeats: true}, {last: [100, 'c'], repeats: true}, {}],
    ['100', 'after 100 a', 'after 100 b', 'after 100 c'],
  ],
  [
    'ends with a page of known records of a second, if Zoho does not say whether more follow',
    [{last: [100, 'a']}, {last: [100, 'b'], repeats: true}, {last: [100, 'a'], repeats: true, rowCount: full - 1}],
    ['100', 'after 100 a', 'after 100 b'],
  ],
  [
    'takes a long page of known records for one that was cut, and reads the second by other means',
    [{last: [100, 'a']}, {last: [100, 'a'], rowCount: full}, {}],
    ['100', 'after 100 a', '+100', '101'],
  ],
  [
    'does not take a record for a repetition that has moved on to a later second',
    [{last: [100, 'a'], more: true}, {last: [101, 'b'], more: true}, {last: [101, 'a'], more: true}, {}],
    ['100', 'after 100 a', 'after 101 b', 'after 101 a'],
  ],
  ['does not take the first page for a repetition', [{last: [100, 'a'], more: true, repeats: true}, {}], ['100', 'after 100 a']],
  [
    'passes several crowded seconds, each by itself',
    [
      {last: [100, 'a'], more: true},
      {last: [100, 'a'], more: true},
      {last: [101, 'a'], more: true},
      {last: [101, 'a'], more: true},
      {last: [105, 'z'], more: false},
    ],
    ['100', 'after 100 a', '+100', '101', 'after 101 a', '+101', '102'],
  ],
] as const satisfies readonly (readonly [string, readonly Page[], readonly string[]])[]) {
  window(what, async () => {
    assert.deepEqual((await read(pages)).begun, begun);
  });
}

window('requests few rows at first, and then as many as there are', async () => {
  const {rows} = await read([{last: [100, 'a']}, {last: [101, 'b']}, {}], 7);
  assert.deepEqual(rows, [7, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

window('yields every page, and those of a second that it reads by other means', async () => {
  const {yielded} = await read([{last: [100, 'a'], more: true}, {last: [100, 'a'], more: true}, {more: false}]);
  assert.equal(yielded, 5);
});

window.run();
