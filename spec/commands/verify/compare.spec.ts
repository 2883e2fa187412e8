import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import {CapturedFile} from '../../../lib/commands/verify/captured.ts';
import {Comparison} from '../../../lib/commands/verify/compare.ts';

const compare = suite<{folder: string}>('Captured files');

compare.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-compare-'));
});
compare.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

const u = '"_meta":{"op":"u"}}';

async function captured(folder: string, lines: readonly string[]): Promise<CapturedFile> {
  const path = join(folder, 'it.ndjson');
  const text = lines.map((line) => `${line}\n`).join('');
  await writeFile(path, `${text}{"id":99,"not":"committed`);
  return await CapturedFile.open(path, Buffer.byteLength(text));
}

compare('merge by property, delete, and live again without what they were before', async ({folder}) => {
  const file = await captured(folder, [
    `{"id":1,"Modified_Time":"a","Name":"x","Sum":1,${u}`,
    `{"id":2,"Modified_Time":"a","Name":"y","Sum":1,${u}`,
    `{"id":1,"Modified_Time":"b","Sum":2,${u}`,
    '{"id":2,"Modified_Time":"c","_meta":{"op":"d"}}',
    '{"id":1,"Modified_Time":"c","_meta":{"op":"d"}}',
    `{"id":1,"Modified_Time":"d","Name":"z",${u}`,
    `{"id":3,"Modified_Time":"d","Name":"${'é'.repeat(3_000_000)}",${u}`,
  ]);
  assert.deepEqual([...file.ids()].sort(), ['1', '3']);
  assert.equal(file.lines, 7);
  assert.deepEqual(
    [...file.record('1')!],
    [
      ['id', '1'],
      ['Modified_Time', '"d"'],
      ['Name', '"z"'],
    ],
  );
  assert.equal(file.record('3')!.get('Name')!.length, 3_000_002);
  assert.equal(file.record('2'), undefined);
  file.close();
});

compare('are merged in the order of their lines', async ({folder}) => {
  const file = await captured(folder, [
    `{"id":1,"Modified_Time":"a","Name":"x","Sum":1,${u}`,
    `{"id":1,"Modified_Time":"a","Sum":2,${u}`,
  ]);
  assert.deepEqual([...file.record('1')!.values()], ['1', '"a"', '"x"', '2']);
  file.close();
});

compare('say which line is no document', async ({folder}) => {
  await assert.rejects(captured(folder, [`{"id":1,${u}`, '{"name":1}']), /Cannot read line 2: it does not begin with an id/);
});

compare('differ where a record is missing, extra, or has another value; formulas await their refresh', async ({folder}) => {
  const file = await captured(folder, [
    `{"id":1,"Name":"same","Sum":1.0,"Late":1,${u}`,
    `{"id":2,"Name":"other","Sum":1,${u}`,
    `{"id":3,"Name":"same","Sum":1,${u}`,
    `{"id":4,"Name":"gone","Sum":1,${u}`,
  ]);
  const comparison = new Comparison(file, {computed: new Set(['Sum']), ignored: new Set(['Ignored'])});
  const zoho = (id: string, name: string, sum: string) => {
    if (comparison.present(id))
      comparison.values(
        id,
        new Map([
          ['id', id],
          ['Name', `"${name}"`],
          ['Sum', sum],
          ['Ignored', '1'],
        ]),
      );
  };
  zoho('1', 'same', '1.0');
  zoho('2', 'another', '2');
  zoho('3', 'same', '2');
  zoho('5', 'new', '1');
  comparison.notAtZoho('4');
  const {records, compared, missing, extra, differing, awaitingRefresh, isSame} = comparison;
  assert.deepEqual(
    {records, compared, missing, extra, differing, awaitingRefresh, isSame},
    {
      records: 4,
      compared: 3,
      missing: 1,
      extra: 1,
      differing: 1,
      awaitingRefresh: 1,
      isSame: false,
    },
  );
  assert.deepEqual(comparison.shown, [
    {id: '2', what: 'Name', captured: '"other"', zoho: '"another"'},
    {id: '5', what: 'missing'},
    {id: '4', what: 'extra'},
  ]);
  file.close();
});

compare('take two spellings of a number for the same, and the last digit for a difference', async ({folder}) => {
  const file = await captured(folder, [`{"id":1,"A":5,"B":1.0E7,"C":0.10,"D":-0.0,"E":12345678901234567890.1,"F":"5",${u}`]);
  const zoho = (E: string, F = '"5"') => new Map(Object.entries({A: '5.0', B: '10000000', C: '0.1', D: '0', E, F}));
  const same = new Comparison(file);
  same.values('1', zoho('1.23456789012345678901E19'));
  assert.equal(same.isSame, true);
  const other = new Comparison(file);
  other.values('1', zoho('12345678901234567890.2', '5'));
  assert.deepEqual(
    other.shown.map(({what}) => what),
    ['E', 'F'],
  );
  file.close();
});

compare(
  'take a field that a record lacks for one of the next refresh where that is said, and for a difference elsewhere',
  async ({folder}) => {
    const file = await captured(folder, [`{"id":1,"Name":"same",${u}`]);
    const zoho = new Map([
      ['Name', '"same"'],
      ['Score', '7'],
    ]);
    const later = new Comparison(file, {computed: new Set(['Score'])});
    later.values('1', zoho);
    const now = new Comparison(file);
    now.values('1', zoho);
    assert.deepEqual([later.awaitingRefresh, later.isSame, now.awaitingRefresh, now.isSame], [1, true, 0, false]);
    const none = new Comparison(file);
    none.values('1', new Map([['Score', 'null']]));
    assert.deepEqual([none.awaitingRefresh, none.isSame], [0, true]);
    file.close();
  },
);

compare('show ten differences and a thousand rows left out, and count them all', () => {
  const comparison = new Comparison({has: () => false, record: () => undefined});
  for (let id = 1; id <= 12; id++) comparison.present(String(id));
  for (let row = 1; row <= 1_002; row++) comparison.leaveOut({page: 'p', row, id: undefined, why: 'has no valid id'});
  comparison.leaveOut(5);
  assert.deepEqual(
    [comparison.shown.length, comparison.missing, comparison.leftOut.length, comparison.quarantined],
    [10, 12, 1_000, 1_007],
  );
});

compare('have times compared as instants where the field holds them, and what documents say of themselves not at all', () => {
  const own = new Map([
    ['At', '"2026-01-01T00:00:00Z"'],
    ['Text', '"2026-01-01T00:00:00Z"'],
    ['_meta', '1'],
  ]);
  const comparison = new Comparison({has: () => true, record: () => own}, {instants: new Set(['At'])});
  const zoned = '"2026-01-01T05:30:00+05:30"';
  comparison.values(
    '1',
    new Map([
      ['At', zoned],
      ['Text', zoned],
      ['_meta', '2'],
    ]),
  );
  assert.deepEqual(
    comparison.shown.map(({what}) => what),
    ['Text'],
  );
});

compare('of a snapshot count rows that are there, and rows that are not', () => {
  const comparison = new Comparison({has: () => false, record: () => undefined});
  comparison.sameRow();
  const counts = () => [comparison.records, comparison.compared, comparison.missing, comparison.isSame];
  assert.deepEqual(counts(), [1, 1, 0, true]);
  comparison.missingRow('7');
  assert.deepEqual(counts(), [2, 2, 1, false]);
});

compare('have nothing compared of a record that was not captured', () => {
  const comparison = new Comparison({has: () => false, record: () => undefined});
  comparison.values('1', new Map([['A', '1']]));
  assert.deepEqual([comparison.compared, comparison.isSame], [0, true]);
});

compare.run();
