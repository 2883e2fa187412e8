import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {Block} from '../../lib/commands/terminal/block.ts';
import {counted, spanText, tableLines} from '../../lib/commands/terminal/table.ts';
import {Throughput} from '../../lib/commands/terminal/throughput.ts';
import {propertiesOf, sameInstant, sameValue} from '../../lib/commands/verify/properties.ts';

const text = suite('Text for people');

text('writes lengths of time and counts as people read them', () => {
  assert.deepEqual([840, 42_000, 185_000, 7_800_000].map(spanText), ['0.8 s', '42 s', '3 min 5 s', '2 h 10 min']);
  assert.deepEqual(
    [counted(1, 'row'), counted(1_200, 'row'), counted(0, 'branch', 'branches')],
    ['1 row', '1,200 rows', '0 branches'],
  );
});

text('lines columns up, wide characters too', () => {
  const lines = tableLines(
    [{title: 'name'}, {title: 'rows', align: 'right'}, {title: ''}],
    [
      ['Leads', 12_345, 'done'],
      ['株式会社', 7, undefined],
    ],
  );
  assert.deepEqual(lines, ['name        rows', 'Leads     12,345  done', '株式会社       7']);
});

text('paints live lines over each other, within the window, and leaves nothing behind', () => {
  const written: string[] = [];
  let columns = 30;
  const block = new Block((part) => written.push(part.replaceAll('\u001b', '^')), {
    columns: () => columns,
    rows: () => 4,
    onResize: () => () => {},
  });
  const painted = (home: string, ...lines: string[]): string =>
    `^[?2026h^[?7l${home}${lines.map((line) => `${line}^[K\n`).join('')}^[J^[?7h^[?2026l`;
  block.show(['one', 'two']);
  block.show(['a', 'b', 'c'.repeat(40), '\u001b[32mdone\u001b[39m', '株'.repeat(20)]);
  columns = 20;
  block.show(['narrow']);
  block.hide();
  block.hide();
  assert.deepEqual(written, [
    painted('', 'one', 'two'),
    painted('^[2A\r', `${'c'.repeat(28)}…`, '^[32mdone^[39m', `${'株'.repeat(14)}…`),
    // The window made narrower has broken the first and the last of the three lines.
    painted('^[3A\r', 'narrow'),
    '^[1A\r^[J',
  ]);
});

text('tells the rate of the last seconds', () => {
  const throughput = new Throughput(0);
  throughput.see(1_000, 0);
  throughput.see(2_000, 1_000);
  assert.equal(throughput.perSecond, 500);
  for (let s = 3; s <= 20; s++) throughput.see(s * 1_000, 1_000);
  assert.equal(throughput.perSecond, 0);
});

text('takes any JSON object apart into the texts of its values', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (object, indent) => {
      const properties = propertiesOf(JSON.stringify(object, undefined, indent));
      const again = Object.fromEntries([...properties].map(([name, value]) => [name, JSON.parse(value)]));
      assert.deepEqual({...again}, JSON.parse(JSON.stringify({...object})));
    }),
  );
});

text('shows nothing of a document that it cannot take apart', () => {
  for (const document of ['{"Email":"ada@example.com"', '["ada@example.com"]', ''])
    assert.throws(() => propertiesOf(document), {
      message: `Cannot read a document of ${document.length} characters: it is not a JSON object`,
    });
});

text('keeps every digit, and calls numbers the same to their last digit, however they are spelled', () => {
  const properties = propertiesOf('{"id":5725767000000524157,"Amount":12.50,"Tags":["a]","\\""],"_meta":{"op":"u"}}');
  assert.deepEqual(
    [...properties],
    [
      ['id', '5725767000000524157'],
      ['Amount', '12.50'],
      ['Tags', '["a]","\\""]'],
      ['_meta', '{"op":"u"}'],
    ],
  );
  assert.equal(sameValue('5725767000000524157', '5725767000000524158'), false);
  assert.equal(sameValue('12.50', '12.5'), true);
  assert.equal(sameValue('12.50', '12.51'), false);
  assert.equal(sameValue('"é"', '"\\u00e9"'), true);
  assert.equal(sameValue('["a", "b"]', '["a","b"]'), true);
  assert.equal(sameValue('null', '""'), false);
  assert.equal(sameInstant('"2026-10-01T10:00:00Z"', '"2026-10-01T15:30:00+05:30"'), true);
  assert.equal(sameInstant('"2026-10-01T10:00:00Z"', '"2026-10-01T10:00:01Z"'), false);
  assert.equal(sameInstant('"no time"', '"no time either"'), false);
  assert.equal(sameInstant('null', '"2026-10-01T10:00:00Z"'), false);
});

text.run();
