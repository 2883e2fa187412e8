import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {idleDays} from '../../lib/bench/idle-day.ts';
import {idleTable, markdown, memoryTable, withMeasured} from '../../lib/bench/tables.ts';

/** The figures of RESULTS.md. */
const tables = suite('tables of figures');

tables('are Markdown, with figures to the right', () => {
  const figures = [{name: 'refresh', about: 'a refresh', documents: 1_000, bytes: 110_000, wallS: 7.66, peakMb: 198.6}];
  assert.deepEqual(markdown(memoryTable(figures, true)), [
    '| case | documents | output MB | wall s | peak MB |',
    '|---|--:|--:|--:|--:|',
    '| refresh: a refresh | 1,000 | 0.1 | 7.7 | 199 |',
  ]);
});

tables('replace the ones before in their place, and nothing else', () => {
  const page = 'a\n<!-- measured: one -->\nold\n<!-- end -->\nb\n<!-- measured: two -->\nkept\n<!-- end -->\n';
  const written = withMeasured(page, 'one', ['new', 'lines']);
  assert.equal(
    written,
    'a\n<!-- measured: one -->\n\nnew\nlines\n\n<!-- end -->\nb\n<!-- measured: two -->\nkept\n<!-- end -->\n',
  );
  assert.equal(withMeasured(written, 'one', ['new', 'lines']), written);
  assert.throws(
    () => withMeasured(page, 'three', []),
    /^Error: Cannot write the figures of three: the page has no place for them$/,
  );
});

tables('have a place each in RESULTS.md', async () => {
  const page = await readFile(new URL('../../lib/bench/RESULTS.md', import.meta.url), 'utf8');
  const places = [...page.matchAll(/<!-- measured: (\w+) -->/g)].map(([, name]) => name);
  assert.deepEqual(places, ['circumstances', 'usual', 'others', 'zoho', 'scale', 'starts', 'memory', 'credits']);
});

tables('count an idle day that costs at most 410 credits at PT5M', async () => {
  const days = await idleDays();
  const {rows} = idleTable(days);
  assert.deepEqual(
    rows.map(([interval]) => interval),
    ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H'],
  );
  for (const {interval, changes, deletions, fields, credits} of days)
    assert.equal(changes + deletions + fields, credits, interval);
  const [, fiveMinutes] = days;
  assert.equal(fiveMinutes?.changes, 288);
  assert.ok(fiveMinutes.credits <= 410, `${fiveMinutes.credits} credits`);
});

tables.run();
