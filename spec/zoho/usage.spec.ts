import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {backfillCredits, editionCredits, idleCreditsADay, Usage} from '../../lib/zoho/usage.ts';

const ledger = suite('Ledger');

ledger('books calls and credits by kind', () => {
  const book = new Usage();
  book.charge('create');
  book.charge('coql', 3);
  book.charge('coql');
  book.charge('deleted');
  assert.deepEqual(book.summary(), {
    calls: {modules: 0, fields: 0, create: 1, job: 0, download: 0, coql: 2, deleted: 1},
    credits: {modules: 0, fields: 0, create: 50, job: 0, download: 0, coql: 4, deleted: 2},
    callsTotal: 4,
    creditsTotal: 56,
    remaining: undefined,
  });
});

ledger("goes by Zoho's own figure of what remains, less what was spent since", () => {
  const book = new Usage();
  book.correct('1000');
  book.charge('create');
  assert.equal(book.remaining, 950);
  book.correct(undefined);
  for (const header of ['many', '', '1000 credits', 'x1000', '-5', '1.5', '1234567890123']) book.correct(header);
  assert.equal(book.remaining, 950);
  book.correct(' 700 ');
  assert.equal(book.remaining, 700);
  book.correct('123456789012');
  assert.equal(book.remaining, 123_456_789_012);
  book.correct('10');
  book.charge('create');
  assert.equal(book.remaining, 0);
});

ledger("takes Zoho's figure for out of date when it was not told again for an hour", () => {
  let nowMs = 0;
  const book = new Usage(() => nowMs);
  book.correct('300');
  nowMs = 3_599_999;
  assert.equal(book.remaining, 300);
  nowMs = 3_600_000;
  assert.equal(book.remaining, undefined);
  assert.equal(book.summary().remaining, undefined);
  book.correct('200');
  assert.equal(book.remaining, 200);
});

ledger('figures of the operator page are those that the connector reckons with', async () => {
  const page = await readFile(new URL('../../OPERATIONS.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^ *\| `(PT\w+)` \| ([\d,]+) \| (\d+) \| (\d+) \|$/gm)];
  assert.equal(rows.length, 5);
  for (const [, interval = '', ...figures] of rows) {
    const credits = idleCreditsADay(60_000 * Temporal.Duration.from(interval).total('minutes'), 1_000);
    const expected = [credits, Math.floor(5_000 / credits), Math.floor(2_500 / credits)];
    assert.deepEqual(
      figures.map((figure) => Number(figure.replaceAll(',', ''))),
      expected,
      interval,
    );
  }
});

ledger('foresees a backfill by its jobs, one at least', () => {
  const one = backfillCredits(1);
  assert.equal(one, 50 + 1 + 40, 'the job, its file, and forty checks');
  assert.equal(backfillCredits(0), one);
  assert.equal(backfillCredits(200_001), 2 * one);
  assert.equal(backfillCredits(200_001, 3), 6 * one);
});

ledger('credits of an edition are those that Zoho documents', () => {
  assert.deepEqual(
    editionCredits.map(({edition, credits, perUser}) => [edition, credits, perUser]),
    [
      ['Free', 5_000, 0],
      ['Standard', 50_000, 250],
      ['Professional', 50_000, 500],
      ['Enterprise', 50_000, 1_000],
      ['Ultimate', 50_000, 2_000],
    ],
  );
});

ledger.run();
