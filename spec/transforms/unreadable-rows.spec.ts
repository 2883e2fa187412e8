/** Rows of a page that neither reader can read: where they end, how they are told apart, and when a page is given up. */
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {suite} from 'uvu';
import {resyncLinesMax, rowBytesMax} from '../../lib/limits.ts';
import type {UnusableRow} from '../../lib/records/unusable-rows.ts';
import {parseCsv} from '../../lib/transforms/parse-csv.ts';
import {bytesOf, cutAt, given, outcome, padded, read, table} from './csv-outcome.ts';

const test = suite('unreadable rows');

const time = '2026-01-01T00:00:00+00:00';
const others = [
  ['1', time, 'a'],
  ['3', time, 'c'],
];

for (const [what, line, fault] of [
  ['has a cell too few', `2,${time}`, 'cells'],
  ['has a cell too many', `2,${time},b,x`, 'cells'],
  ['is ragged and has a line end within quotes', `2,"x\ny",${time},b`, 'cells'],
  ['has a line end outside of quotes', `2\n,${time},b`, 'cells'],
  ['has too few cells, and quotes within one', '2,x""y', 'cells'],
  ['has something behind a closing quote', `2,${time},"b"b`, 'quotes'],
  ['opens quotes that it does not close', `2,${time},"b`, 'quotes'],
  ['opens quotes and has lines after it that are none', `2,${time},"b\nx\n\n,,,\ny`, 'quotes'],
] as const) {
  test(`leaves out a row that ${what}, and none beside it`, async () => {
    const page = (...lines: string[]) => Buffer.from(['Id,Modified_Time,A', ...lines, ''].join('\n'), 'latin1');
    const before = {columns: ['Id', 'Modified_Time', 'A'], unreadable: [`2: ${fault}`]};
    assert.deepEqual(await read(page(`1,${time},a`, line, `3,${time},c`)), {...before, rows: others});
    assert.deepEqual(await read(page(`1,${time},a`, line, `3,${time},"c"`)), {...before, rows: others});
    // At the end of the page, and among the rows to be skipped.
    assert.deepEqual(await read(page(`1,${time},a`, line)), {...before, rows: others.slice(0, 1)});
    assert.deepEqual(await read(page(`1,${time},a`, line, `3,${time},c`), {skipRows: 2}), {
      columns: before.columns,
      rows: others.slice(1),
    });
    const other = await read(page(`1,${time},a`, line, line, `3,${time},c`), {skipRows: 1});
    assert.deepEqual([other.rows, other.unreadable?.[0]], [others.slice(1), `2: ${fault}`]);
  });
}

test('takes a page for damaged when no sound row begins within many lines after an unreadable one', async () => {
  const lines = (count: number) => `Id,Modified_Time,A\n1,${time},"a\n${'x,y\n'.repeat(count)}3,${time},c\n`;
  assert.deepEqual((await read(lines(resyncLinesMax - 1))).unreadable, ['1: quotes']);
  const error = `damaged: Cannot read the CSV file: row 1 has malformed quotes, and no valid row begins within ${resyncLinesMax} lines after it`;
  assert.equal((await read(lines(resyncLinesMax))).error, error);
});

/** The unreadable rows of a page in pieces. */
async function unreadableOf(...pieces: (string | Uint8Array)[]): Promise<UnusableRow[]> {
  const found: UnusableRow[] = [];
  for await (const {unreadable} of parseCsv(given(pieces.map(bytesOf)))) if (unreadable) found.push(unreadable);
  return found;
}

const keyed = (...lines: string[]): string => ['Id,Modified_Time,A', ...lines, ''].join('\n');

test('takes no line within the quotes of a ragged row for a row', async () => {
  const page = keyed(`1,${time},a`, `2,"x\n9,${time},y\n",b,c`, `3,${time},c`);
  assert.deepEqual(await read(page), {columns: ['Id', 'Modified_Time', 'A'], rows: others, unreadable: ['2: cells']});
});

test('numbers and skips rows on after an unreadable one, whatever blocks they come in', async () => {
  const page = keyed(`1,${time},a`, '2', 'x,y,z', `3,${time},c`, `4,${time},d`, '5', `6,${time},f`, '7');
  const cut = page.indexOf('4,');
  for (let skipRows = 0; skipRows <= 7; skipRows++) {
    const {rows, unreadable = []} = await outcome(cutAt(Buffer.from(page), [cut]), {skipRows});
    const wanted = {rows: [1, 3, 4, 6], unreadable: [2, 5, 7]};
    assert.deepEqual(
      {rows: rows?.map(([id]) => Number(id)), unreadable},
      {
        rows: wanted.rows.filter((row) => row > skipRows),
        unreadable: wanted.unreadable.filter((row) => row > skipRows).map((row) => `${row}: cells`),
      },
    );
  }
});

test('calls for each place whose lines cannot be told apart, skipped ones included', async () => {
  let places = 0;
  const page = keyed(`1,${time},a`, '2', '3', `4,${time},d`, '5');
  await outcome(cutAt(Buffer.from(page), []), {skipRows: 2, onBroken: () => places++});
  assert.equal(places, 2);
});

test('knows an unreadable row again by its bytes, and by nothing else', async () => {
  const line = `2,${time},"b"b`;
  const after = ['x,y,z', 'u,v,w'];
  const page = (...lines: string[]) => keyed(`1,${time},a`, ...lines, `3,${time},c`);
  const digestOf = async (...pieces: string[]) =>
    (await unreadableOf(...pieces.map((piece) => Buffer.from(piece, 'latin1')))).map(({digest}) => digest);
  const digests = new Set<string>();
  for (const lines of [
    [line],
    [`${line}b`],
    [line, 'x,y,z'],
    [line, ...after],
    [line, 'X,y,z', 'u,v,w'],
    [line, 'x,Y,z', 'u,v,w'],
    [line, 'x,y,Z', 'u,v,w'],
    [line, 'x,y,z', 'U,v,w'],
    [line, 'x,y,z', 'u,v,W'],
    [line, 'x,,yz', 'u,v,w'],
    [line, '\xff,y,z'],
    [line, '\xff,y,Z'],
  ]) {
    const [digest] = await digestOf(page(...lines));
    assert.deepEqual(await digestOf(keyed(`7,${time},other`, `8,${time},rows`, ...lines, `9,${time},"c"`)), [digest]);
    digests.add(digest!);
  }
  assert.equal(digests.size, 12);
  const whole = page(line, ...after);
  const uncut = await digestOf(whole);
  assert.equal(uncut.length, 1);
  for (let at = 1; at < whole.length; at += 3)
    assert.deepEqual(await digestOf(whole.slice(0, at), whole.slice(at)), uncut, `cut at ${at}`);
  assert.deepEqual(await digestOf(page(line)), [createHash('sha1').update(`${line}\n`).digest('base64')]);
});

test('gives up a row that is longer than any may be, and goes on after its line', async () => {
  const long = [padded('2,"', rowBytesMax + 1), 'more', 'and its end"\n'].map(bytesOf);
  const ids: unknown[] = [];
  const unreadable: unknown[] = [];
  for await (const rows of parseCsv(given([Buffer.from('Id,A\n1,a\n'), ...long, Buffer.from('3,c\n')]))) {
    ids.push(...table(rows).map(([id]) => id));
    if (rows.unreadable !== undefined) unreadable.push(rows.unreadable);
  }
  const hash = createHash('sha1');
  for (const piece of long) hash.update(piece);
  assert.deepEqual([ids, unreadable], [['1', '3'], [{row: 2, fault: 'length', digest: hash.digest('base64')}]]);
});

test('gives up a row without end that arrives in blocks, with either reader', async () => {
  async function* endless(start: string, bytes: number, end: string) {
    yield Buffer.from(start);
    const block = Buffer.alloc(1 << 20, 'a');
    for (let sent = 0; sent < bytes; sent += block.length) yield block;
    yield Buffer.from(end);
  }
  for (const reader of [undefined, 'papaparse'] as const)
    assert.deepEqual(await outcome(endless('Id,A\n1,a\n2,"', 2 * rowBytesMax, '\n3,c\n'), {reader}), {
      columns: ['Id', 'A'],
      rows: [
        ['1', 'a'],
        ['3', 'c'],
      ],
      unreadable: ['2: length'],
    });
});

test.run();
