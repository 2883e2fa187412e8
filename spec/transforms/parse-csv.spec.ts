import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {isDeepStrictEqual} from 'node:util';
import fc from 'fast-check';
import {suite} from 'uvu';
import {batchBytes, batchRowsMax, headerLineBytesMax, joinBytes, resyncLinesMax, rowBytesMax} from '../../lib/limits.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
import type {UnusableRow} from '../../lib/records/unusable-rows.ts';
import {type ParseCsvOptions, parseCsv} from '../../lib/transforms/parse-csv.ts';
import {stageLaws} from '../harness/laws.ts';
import {inPieces} from './archive.ts';
import {cutAt, type Outcome, outcome, table} from './csv-outcome.ts';

const test = suite('parseCsv');

const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === 'string' ? Buffer.from(text) : text);

/** Reads a page with both readers, which must agree, and returns what they found. */
async function read(text: string | Uint8Array, options: ParseCsvOptions = {}): Promise<Outcome> {
  const bytes = bytesOf(text);
  const found = await outcome(inPieces(bytes), options);
  assert.deepEqual(await outcome(inPieces(bytes), {...options, reader: 'papaparse'}), found);
  return found;
}

const errorOf = async (text: string | Uint8Array, options?: ParseCsvOptions) => (await read(text, options)).error;

test('reads plain cells, quoted cells, doubled quotes, separators and line ends inside quotes', async () => {
  const page = 'Id,Name,Note\r\n1,Zoë,"a ""b"", c\r\nd"\r\n2,,""\r\n3,"",x"y\r\n';
  assert.deepEqual(await read(page), {
    columns: ['Id', 'Name', 'Note'],
    rows: [
      ['1', 'Zoë', 'a "b", c\r\nd'],
      ['2', '', ''],
      ['3', '', 'x"y'],
    ],
  });
});

test('reads the same page whatever ends its lines, with or without a byte order mark, a last line end, or blank lines', async () => {
  const wanted = {
    columns: ['Id', 'A'],
    rows: [
      ['1', 'é'],
      ['2', ''],
    ],
  };
  for (const end of ['\r\n', '\n', '\r']) {
    const page = ['Id,A', '1,é', '2,'].join(end);
    for (const text of [
      page,
      page + end,
      `\ufeff${page}`,
      page + end + end,
      `${page}${end}${end}${end}`,
      page.replace(end, end + end),
    ]) {
      assert.deepEqual(await read(text), wanted, JSON.stringify(text));
    }
  }
  assert.deepEqual(await read('Id,A\n1,é\r\n2,'), wanted);
});

test('reads other separators, quoted headers and spaces behind a closing quote', async () => {
  const wanted = {columns: ['Id', 'A'], rows: [['1', 'x,y']]};
  for (const page of [
    'Id;A\n1;x,y\n',
    'Id\tA\n1\tx,y\n',
    'Id|A\n1|x,y\n',
    '"Id","A"\n"1","x,y"\n',
    'Id,A\n1 ,"x,y"  \n'.replace('1 ', '"1"  '),
  ]) {
    assert.deepEqual(await read(page), wanted, JSON.stringify(page));
  }
});

test('goes on with papaparse at the very row that the byte reader declines', async () => {
  const {rows = []} = await read('Id,A\n1,a\n2,"b" \n3,c\n"4" ,"d ""e"""\n5,f');
  assert.deepEqual(rows, [
    ['1', 'a'],
    ['2', 'b'],
    ['3', 'c'],
    ['4', 'd "e"'],
    ['5', 'f'],
  ]);
});

test('gives no rows for a page of a header only, and for an empty one', async () => {
  for (const page of ['Id,A\r\n', 'Id,A', 'Id,A\n\n', '']) assert.deepEqual((await read(page)).rows, [], JSON.stringify(page));
});

test('keeps a carriage return that stands inside a cell', async () => {
  assert.deepEqual((await read('Id,A\r\n1,"x\r"\r\n2,y\rz\r\n3,"""\r"\r\n4,"a\r""\r"\n')).rows, [
    ['1', 'x\r'],
    ['2', 'y\rz'],
    ['3', '"\r'],
    ['4', 'a\r"\r'],
  ]);
});

test('says why a page cannot be read', async () => {
  const cannot = 'damaged: Cannot read the CSV file: ';
  assert.equal(
    await errorOf('Id,A\n1,a\n2,b', {skipRows: 3}),
    `${cannot}it ends after row 2, but an earlier reading had more rows`,
  );
  assert.equal(await errorOf('Id,A,A\n'), `${cannot}its header names a column twice`);
  assert.equal(await errorOf('Id,\n'), `${cannot}its header has a column without a name`);
  assert.equal(await errorOf('\n1,2\n'), `${cannot}its header is empty`);
  assert.equal(await errorOf('\ufeff\n1,2\n'), `${cannot}its header is empty`);
  assert.equal(await errorOf('"Id\n'), `${cannot}its header has malformed quotes`);
  assert.equal(await errorOf(Buffer.from('Id,\xff\n1,x\n', 'latin1')), `${cannot}its header is not valid UTF-8`);
});

test('puts U+FFFD where a cell is not UTF-8, and says of which record and field', async () => {
  const half = '\xed\xa0\xbd';
  const page = Buffer.from(`Id,A,B\n1,x,y\n2,a\xff,"""${half}\xc3"\n3,\xc3,\xa9\n4,${'\xc3\xa9'},y\n\xff,a,b\n`, 'latin1');
  for (const reader of [undefined, 'papaparse'] as const) {
    const found: unknown[] = [];
    const replaced: unknown[] = [];
    for await (const rows of parseCsv(inPieces(page, 5), {reader})) {
      found.push(...table(rows));
      for (const {id, field} of rows.replaced ?? []) replaced.push([id, field]);
    }
    assert.deepEqual(found, [
      ['1', 'x', 'y'],
      ['2', 'a\ufffd', '"\ufffd\ufffd'],
      ['3', '\ufffd', '\ufffd'],
      ['4', 'é', 'y'],
      ['\ufffd', 'a', 'b'],
    ]);
    assert.deepEqual(replaced, [
      ['2', 'A'],
      ['2', 'B'],
      ['3', 'A'],
      ['3', 'B'],
      ['\ufffd', 'Id'],
    ]);
  }
});

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
  assert.equal(await errorOf(lines(resyncLinesMax)), error);
});

async function* given(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* pieces;
}

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

/** So many bytes that begin with a text and have no end of a line after it. */
function padded(start: string, bytes: number): Buffer {
  const text = Buffer.alloc(bytes, 'a');
  text.write(start);
  return text;
}

test('gives up a header without end before it fills the memory', async () => {
  async function* source(bytes: number) {
    yield padded('Id,', bytes);
    assert.ok(bytes <= headerLineBytesMax, 'nothing more is read');
    yield Buffer.from('\n1,b\n');
  }
  assert.deepEqual((await outcome(source(headerLineBytesMax))).rows, [['1', 'b']]);
  const {error} = await outcome(source(headerLineBytesMax + 1));
  assert.equal(error, 'damaged: Cannot read the CSV file: the header has no end');
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

test('reads a long row again only once it may have doubled', async () => {
  /** How many blocks are read when it is known that a row of so many bytes ends in the first block after it. */
  const blocksRead = async (rowBytes: number, ...sizes: number[]): Promise<number> => {
    let read = 0;
    async function* source() {
      const blocks = [
        `Id,A\n1,a\n${padded('2,"', rowBytes)}`,
        ...sizes.map((size, i) => (i === 0 ? '"' : '\n').padEnd(size, '\n')),
      ];
      for (const block of blocks) {
        read++;
        yield Buffer.from(block);
      }
    }
    await parseCsv(source()).next();
    return read;
  };
  assert.equal(await blocksRead(joinBytes, 2, 1), 2);
  assert.equal(await blocksRead(joinBytes + 1, 10, joinBytes - 9, 1), 3);
  assert.equal(await blocksRead(joinBytes + 1, 10, joinBytes - 10, 10, 1), 4);
});

/** A page of rows with such texts, in blocks with memory of their own. */
function inBlocks(rows: readonly (readonly string[])[], size: number): Uint8Array<ArrayBuffer>[] {
  const page = Buffer.from(`Id,A\n${rows.map((row) => row.join(',')).join('\n')}\n`);
  return Array.from({length: Math.ceil(page.length / size)}, (_, i) => Uint8Array.from(page.subarray(i * size, (i + 1) * size)));
}

test('reads rows that end anywhere in the next block, or blocks later', async () => {
  const lengths = [10, 70, joinBytes - 500, 10, 10, 400, 2 * joinBytes, 10, 3 * joinBytes, 10, 10];
  const rows = lengths.map((length, i) => [String(i + 1), 'x'.repeat(length)]);
  for (const size of [20_000, 100_000, 1_000_000]) {
    const {rows: found} = await outcome(given(inBlocks(rows, size)));
    assert.ok(isDeepStrictEqual(found, rows), `blocks of ${size}`);
  }
});

test('copies no more of a block than completes the row that was cut', async () => {
  const blocks = inBlocks(
    Array.from({length: 400}, (_, i) => [String(i), 'x'.repeat(1_000)]),
    150_000,
  );
  const memory = new Set<unknown>();
  for await (const batch of parseCsv(given(blocks))) memory.add(batch.bytes.buffer);
  assert.deepEqual(
    blocks.map(({buffer}) => memory.has(buffer)),
    blocks.map(() => true),
  );
});

test('leaves only what the byte reader cannot read to papaparse, unless told otherwise', async () => {
  const readsInPlace = async (text: string, options: ParseCsvOptions = {}) => {
    const block = Uint8Array.from(Buffer.from(text));
    const {value} = await parseCsv(given([block]), options).next();
    return value?.bytes.buffer === block.buffer;
  };
  assert.equal(await readsInPlace('Id,A\n1,a\n'), true);
  assert.equal(await readsInPlace('Id,A\r\n1,a\r\n'), true);
  assert.equal(await readsInPlace('Id,A\n1,a\n', {reader: 'papaparse'}), false);
  assert.equal(await readsInPlace('Id,A\r1,a\r'), false);
  assert.equal(await readsInPlace('Id;A\n1;a\n'), false);
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

test('reads a row of megabytes that arrives in small pieces', async () => {
  const long = 'x,"'.repeat(1 << 20);
  const page = Buffer.from(`Id,A\n1,"${long.replaceAll('"', '""')}"\n2,b\n`);
  for (const reader of [undefined, 'papaparse'] as const) {
    const {rows = []} = await outcome(inPieces(page, 4_096), {reader});
    assert.deepEqual(
      rows.map(([id, text]) => [id, text?.length]),
      [
        ['1', long.length],
        ['2', 1],
      ],
    );
    assert.ok(rows[0]?.[1] === long);
  }
});

test('skips rows without yielding them, and counts them', async () => {
  const page = 'Id,A\n1,a\n2,b\n3,c\n';
  assert.deepEqual((await read(page, {skipRows: 2})).rows, [['3', 'c']]);
  assert.deepEqual((await read(page, {skipRows: 3})).rows, []);
  assert.deepEqual((await read(`${page}4\n`, {skipRows: 2})).unreadable, ['4: cells']);
});

test('cuts long pages into batches of bounded size', async () => {
  const batchesOf = async (row: string, count: number): Promise<RowBlock[]> =>
    Array.fromAsync(parseCsv(given([Buffer.from(`Id,A\n${row.repeat(count)}`)])));
  const short = await batchesOf('1,a\n', 2 * batchRowsMax + 1);
  assert.deepEqual(
    short.map(({count}) => count),
    [batchRowsMax, batchRowsMax, 1],
  );
  const long = await batchesOf(`1,${'a'.repeat(1_020)}\n`, 600);
  assert.equal(
    long.reduce((sum, {count}) => sum + count, 0),
    600,
  );
  for (const {bytes} of long) assert.ok(bytes.length <= batchBytes);
});

test('holds the last batch back until the source has ended well', async () => {
  let ended = false;
  async function* source() {
    yield Buffer.from('Id,A\n1,a\n');
    yield Buffer.from('2,b\n');
    ended = true;
  }
  const seen: [string[][], boolean][] = [];
  for await (const batch of parseCsv(source())) seen.push([table(batch), ended]);
  assert.deepEqual(seen, [
    [[['1', 'a']], false],
    [[['2', 'b']], true],
  ]);
});

test('finds the same rows wherever the page is cut', async () => {
  const page = Buffer.from('\ufeffId,Náme,C\r\n1,"é ""x"",\r\ny",\r\n\r\n2,東京,"z"\n3,\r,""""\r\n"4",,', 'utf8');
  const whole = await read(page);
  assert.equal(whole.rows?.length, 4);
  for (const reader of [undefined, 'papaparse'] as const) {
    for (let cut = 0; cut <= page.length; cut++) {
      async function* source() {
        yield page.subarray(0, cut);
        yield page.subarray(cut);
      }
      assert.deepEqual(await outcome(source(), {reader}), whole, `cut at ${cut}`);
    }
    assert.deepEqual(await outcome(inPieces(page, 1), {reader}), whole);
  }
});

/** Texts made of what matters to CSV, well-formed or not. */
const soup = fc
  .array(fc.constantFrom(',', '"', '""', '\n', '\r\n', '\r', 'a', 'b c', ' ', 'é', '東', ';', '\t', '\0', '\\', '1'), {
    maxLength: 40,
  })
  .map((parts) => parts.join(''));
const junk = fc.uint8Array({maxLength: 6}).map((bytes) => Buffer.from(bytes));
const header = fc.constantFrom('Id,A\n', 'Id,A,B\r\n', '"Id","A"\n', 'Id;A\n', 'Id,A\r', '\ufeffId,A\r\n', 'Id\n', 'Id,A');
const cuts = fc.array(fc.nat({max: 200}), {maxLength: 6});

test('agrees with papaparse about any page, well-formed or not, however it is cut', async () => {
  const page = fc
    .tuple(header, soup, junk, soup)
    .map(([h, a, j, b]) => Buffer.concat([Buffer.from(h), Buffer.from(a), j, Buffer.from(b)]));
  await fc.assert(
    fc.asyncProperty(page, cuts, cuts, async (bytes, some, others) => {
      const quick = await outcome(cutAt(bytes, some));
      assert.deepEqual(await outcome(cutAt(bytes, others), {reader: 'papaparse'}), quick);
      assert.deepEqual(await outcome(cutAt(bytes, others)), quick);
    }),
    {numRuns: 3_000},
  );
});

test('reads back any table that a strict writer writes', async () => {
  const cell = fc.oneof(fc.string({unit: 'grapheme', maxLength: 8}), soup, fc.constant(''));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const write = (text: string, always: boolean) => (always || /[",\r\n]/.test(text) ? quoted(text) : text);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, cell), {maxLength: 6}),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      cuts,
      async (rows, end, always, places) => {
        const lines = [['Id', 'A', 'B'], ...rows].map((row) => row.map((text) => write(text, always)).join(',') + end);
        const found = await outcome(cutAt(Buffer.from(lines.join('')), places));
        assert.deepEqual(found.rows, rows);
      },
    ),
    {numRuns: 100},
  );
});

const chunks = Array.from({length: 40}, (_, i) => Buffer.from(i === 0 ? 'Id,A\n' : `${i},a\n${i},b\n`));
stageLaws(test, 'parseCsv', parseCsv, {chunks, readAheadMax: 4});
stageLaws(test, 'parseCsv with papaparse', (source: AsyncIterable<Uint8Array>) => parseCsv(source, {reader: 'papaparse'}), {
  chunks,
  readAheadMax: 4,
});

test.run();
