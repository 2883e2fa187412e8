import assert from 'node:assert/strict';
import {isDeepStrictEqual} from 'node:util';
import fc from 'fast-check';
import {suite} from 'uvu';
import {batchBytes, batchRowsMax, headerLineBytesMax, joinBytes} from '../../lib/limits.ts';
import type {RowBlock} from '../../lib/records/batch.ts';
import {type ParseCsvOptions, parseCsv} from '../../lib/transforms/parse-csv.ts';
import {stageLaws} from '../harness/laws.ts';
import {inPieces} from './archive.ts';
import {cutAt, given, outcome, padded, read, table} from './csv-outcome.ts';

const test = suite('parseCsv');

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
