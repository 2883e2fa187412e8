import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {documentBytesMax} from '../../lib/limits.ts';
import {type Batch, cellPlain, type RowBlock} from '../../lib/records/batch.ts';
import type {Field} from '../../lib/records/field.ts';
import {type CoerceOptions, CoerceStream, compileCoercer, sizeCheck} from '../../lib/transforms/coerce.ts';
import {textsOf} from '../harness/blocks.ts';
import {batchLaws, stageLaws, streamed} from '../harness/laws.ts';
import {cellJson} from './oracle.ts';
import {coqlRows, csvRows, documents, field, fieldsOf} from './samples.ts';

const test = suite('coerce');

const id = '5725767000000524157';
const T = '2026-10-01T10:00:00+05:30';
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** The JSON of one cell that reached its document from a file, by both readers. */
async function fromCsv(it: Field, cell: string): Promise<{json: string; misfit: boolean}> {
  const page = `Id,Modified_Time,${it.name}\r\n${id},${T},${quoted(cell)}\r\n`;
  const found = documents(await csvRows(page), fieldsOf(it));
  assert.deepEqual(documents(await csvRows(page, 'papaparse'), fieldsOf(it)), found);
  return {json: valueIn(found.docs[0]!), misfit: found.misfits.length > 0};
}

/** The JSON of one value that reached its document from a COQL answer, where it stood as `json`. */
async function fromCoql(it: Field, json: string): Promise<{json: string; misfit: boolean}> {
  const body = `{"data":[{"${it.name}":${json},"Modified_Time":"${T}","id":"${id}"}],"info":{"more_records":false}}`;
  const found = documents(await coqlRows(body, ['id', 'Modified_Time', it.name], fieldsOf(it)), fieldsOf(it));
  return {json: valueIn(found.docs[0]!), misfit: found.misfits.length > 0};
}

function valueIn(text: string): string {
  const before = `{"id":${id},"Modified_Time":"${T}","F":`;
  const after = ',"_meta":{"op":"u"}}';
  assert.ok(text.startsWith(before) && text.endsWith(after), text);
  JSON.parse(text);
  return text.slice(before.length, -after.length);
}

type Case = [it: Field, csv: string | undefined, coql: string | undefined, json: string];

const text = field('F', 'text');
const list = field('F', 'list', 'multiselectpicklist');
const tags = field('F', 'list', 'tags');
const tricky = field('F', 'list', 'multiselectpicklist', ['Smith, John', 'A;B', 'C', 'D']);

const cases: Case[] = [
  [text, 'plain', '"plain"', '"plain"'],
  [
    text,
    'a "b"\\\n\t\r\u0001é\u2028😀',
    '"a \\"b\\"\\\\\\n\\t\\r\\u0001\\u00e9\u2028\\ud83d\\ude00"',
    '"a \\"b\\"\\\\\\n\\t\\r\\u0001é\u2028😀"',
  ],
  [text, '', 'null', 'null'],
  [text, '', '""', 'null'],
  [text, '', '[]', 'null'],
  [text, ' ', '" "', '" "'],
  [text, 'true', 'true', '"true"'],
  [text, '9007199254740993', '9007199254740993', '"9007199254740993"'],
  [text, undefined, '{"a" : [1.50, {"b":null}], "c":"\\u00e9"}', '"{\\"a\\":[1.50,{\\"b\\":null}],\\"c\\":\\"é\\"}"'],
  [text, '\ufeffx', '"\ufeffx"', '"\ufeffx"'],
  [text, '\ufeffx', '"\\ufeffx"', '"\ufeffx"'],
  [field('F', 'text', 'bigint'), '1234567890123456789', '"1234567890123456789"', '"1234567890123456789"'],
  [field('F', 'text', 'bigint'), '1234567890123456789', '1234567890123456789', '"1234567890123456789"'],
  [field('F', 'text', 'RRULE'), 'FREQ=DAILY', '{"RRULE":"FREQ=DAILY"}', '"FREQ=DAILY"'],
  [field('F', 'text', 'ALARM'), 'ACTION=EMAIL', '{"ALARM":"ACTION=EMAIL"}', '"ACTION=EMAIL"'],
  [field('F', 'text', 'ALARM'), 'ACTION=EMAIL', '"ACTION=EMAIL"', '"ACTION=EMAIL"'],
  [field('F', 'text', 'RRULE'), '', '{}', 'null'],
  [field('F', 'boolean'), 'TRUE', 'true', 'true'],
  [field('F', 'boolean'), 'False', '"false"', 'false'],
  [field('F', 'boolean'), '', 'null', 'null'],
  [field('F', 'integer'), '-12345678901234567890123', '-12345678901234567890123', '-12345678901234567890123'],
  [field('F', 'integer'), '0', '0', '0'],
  [field('F', 'integer'), '500', '500.0', '500'],
  [field('F', 'number'), '0.10', '0.10', '0.10'],
  [field('F', 'number'), '123456789012345678.123456789', '123456789012345678.123456789', '123456789012345678.123456789'],
  [field('F', 'number'), '-1.5e-7', '-1.5e-7', '-1.5e-7'],
  [field('F', 'number'), '2E+10', '2E+10', '2E+10'],
  [field('F', 'number'), '5', '"5"', '5'],
  [field('F', 'number'), '1.0E7', '"1.0E7"', '1.0E7'],
  [field('F', 'number'), '1e-400', '1e-400', '1e-400'],
  [field('F', 'number', 'percent'), '45%', '45', '45'],
  [field('F', 'number', 'percent'), '45 %', '"45%"', '45'],
  [field('F', 'number'), '1,234,567.80', '"1,234,567.80"', '1234567.80'],
  [field('F', 'number'), '+5', '5', '5'],
  [field('F', 'number'), '.5', '0.5', '0.5'],
  [field('F', 'number'), '-.5', '"-.5"', '-0.5'],
  [field('F', 'number'), '1.', '1', '1'],
  [field('F', 'number'), '007.50', '7.50', '7.50'],
  [field('F', 'number'), ' 5', '"5 "', '5'],
  [field('F', 'integer'), '1.0E7', '10000000', '10000000'],
  [field('F', 'integer'), '1,000', '1e3', '1000'],
  [field('F', 'integer'), '12.50e1', '125', '125'],
  [field('F', 'integer'), '+5', '5.0', '5'],
  [field('F', 'integer'), '1.', '"1"', '1'],
  [field('F', 'integer'), '9007199254740993.00', '9.007199254740993E15', '9007199254740993'],
  [field('F', 'boolean'), ' True ', '"TRUE"', 'true'],
  [field('F', 'date'), '2026-10-01', '"2026-10-01"', '"2026-10-01"'],
  [field('F', 'datetime'), T, `"${T}"`, `"${T}"`],
  [field('F', 'lookup'), '5725767000000111222', '{"name":"Zoë \\"Ltd\\"","id":"5725767000000111222"}', '"5725767000000111222"'],
  [field('F', 'lookup'), '5725767000000111222', '{"id":5725767000000111222}', '"5725767000000111222"'],
  [field('F', 'lookup'), '5725767000000111222', '"5725767000000111222"', '"5725767000000111222"'],
  [field('F', 'lookup'), '', 'null', 'null'],
  [field('F', 'lookup'), '', '{"name":null,"id":null}', 'null'],
  [list, 'a;b c;é', '["a","b c","é"]', '["a","b c","é"]'],
  [list, 'a, b', '["a","b"]', '["a","b"]'],
  [list, 'a,b;c', '["a,b","c"]', '["a,b","c"]'],
  [list, 'a', '"a"', '["a"]'],
  [list, 'a;b', '"a;b"', '["a","b"]'],
  [list, 'a "b";c\\', '["a \\"b\\"","c\\\\"]', '["a \\"b\\"","c\\\\"]'],
  [list, ' ; ;', '[]', 'null'],
  [list, '', '[null]', 'null'],
  [list, '1;2', '[1,2]', '["1","2"]'],
  [tags, 'hot,very new', '[{"name":"hot","id":"1","color_code":null},{"name":"very new","id":"2"}]', '["hot","very new"]'],
  [tags, 'a;b', '[{"name":"a;b"}]', '["a;b"]'],
  [tricky, 'Smith, John', '["Smith, John"]', '["Smith, John"]'],
  [tricky, 'Smith, John;C', '["Smith, John","C"]', '["Smith, John","C"]'],
  [tricky, 'A;B;C', '["A;B","C"]', '["A;B","C"]'],
  [tricky, 'C,D', '["C","D"]', '["C","D"]'],
  [tricky, 'C,Smith, John', '["C","Smith, John"]', '["C","Smith, John"]'],
  [tricky, 'new;C', '["new","C"]', '["new","C"]'],
  [tricky, 'new, one', '["new, one"]', '["new, one"]'],
];

test('gives the same document for a record whichever API delivered it, for every type', async () => {
  for (const [it, csv, coql, json] of cases) {
    const what = `${it.dataType}: ${csv} / ${coql}`;
    if (csv !== undefined) assert.deepEqual(await fromCsv(it, csv), {json, misfit: false}, what);
    if (coql !== undefined) assert.deepEqual(await fromCoql(it, coql), {json, misfit: false}, what);
  }
});

test('passes on a value that does not fit its type as a string, and says for which field', async () => {
  const misfits: [Field, string[]][] = [
    [field('F', 'integer'), ['5.5', '1,00', '0,100', '', 'many', '.', '-', '%', 'NaN', '0x10', '1e999999999', '1e400']],
    [field('F', 'number'), ['.', '1e', '1e+', '1,5', '€5', '--1', 'Infinity', '-Infinity', 'NaN', '1.5.2', '1e309', '-1E400']],
    [field('F', 'number'), [`1${'0'.repeat(309)}`, `${'9'.repeat(400)}.5`]],
    [field('F', 'boolean'), ['yes', '1', 'truer', 'fals', '0']],
  ];
  for (const [it, values] of misfits) {
    for (const value of values.filter((text) => text !== '')) {
      const wanted = {json: JSON.stringify(value), misfit: true};
      assert.deepEqual(await fromCsv(it, value), wanted, `${it.type}: ${value}`);
      assert.deepEqual(await fromCoql(it, JSON.stringify(value)), wanted, `${it.type}: ${value}`);
    }
  }
  assert.deepEqual(await fromCoql(field('F', 'number'), '{"a":1}'), {json: '"{\\"a\\":1}"', misfit: true});
  assert.deepEqual(await fromCoql(list, '{"a":1}'), {json: '"{\\"a\\":1}"', misfit: true});
});

test('names a misfit once for each field and batch', async () => {
  const rows = await csvRows(`Id,Modified_Time,A,B\n1,${T},x,y\n2,${T},x,1\n3,${T},1,y\n`);
  assert.deepEqual(documents(rows, fieldsOf(field('A', 'integer'), field('B', 'number'))).misfits, ['A', 'B']);
});

test('takes a column without metadata for text, and keeps the order of the header behind id and time', async () => {
  const rows = await csvRows(`B,Modified_Time,"Na""me\\",Id\n1,${T},2,3\n`);
  assert.deepEqual(documents(rows, new Map()).docs, [
    `{"id":3,"Modified_Time":"${T}","B":"1","Na\\"me\\\\":"2","_meta":{"op":"u"}}`,
  ]);
});

test('takes a field called Id or ID for one like any other beside the id', async () => {
  const rows = await csvRows(`ID,id,Modified_Time,Id\nx,3,${T},7\n`);
  assert.deepEqual(documents(rows, new Map()).docs, [`{"id":3,"Modified_Time":"${T}","ID":"x","Id":"7","_meta":{"op":"u"}}`]);
});

const refuses = async (page: string, message: RegExp, kind = 'damaged') => {
  const rows = await csvRows(page);
  assert.throws(
    () => documents(rows, new Map()),
    (error) => error instanceof ZohoError && error.kind === kind && message.test(error.message),
    page,
  );
};

test('refuses a page with a row that has no id or no time, naming module and row', async () => {
  for (const bad of ['', '0', '01', '-1', '1.0', '12345678901234567890', 'x', '1 ']) {
    await refuses(`Id,Modified_Time\n1,${T}\n${bad},${T}\n`, /module Leads: row 2 has no valid id/);
  }
  for (const bad of ['', '2026-10-01', '2026-10-01T10:00:00', '2026-13-01T10:00:00Z', '2026-10-01 10:00:00Z', 'now']) {
    await refuses(`Id,Modified_Time\n1,${bad}\n`, /module Leads: row 1 has no valid Modified_Time/);
  }
  await refuses(`Id,A\n1,a\n`, /no id or no Modified_Time/);
  await refuses(`A,Modified_Time\n1,${T}\n`, /no id or no Modified_Time/);
});

test('counts rows over all batches of a page', async () => {
  const coerce = compileCoercer(['id', 'Modified_Time'], new Map(), {module: 'Leads', onMisfit() {}});
  coerce(await csvRows(`id,Modified_Time\n1,${T}\n2,${T}\n`));
  const bad = await csvRows(`id,Modified_Time\n3,${T}\n,${T}\n`);
  assert.throws(() => coerce(bad), /row 4 has no valid id/);
});

test('writes any text as JSON that reads back the same, from both APIs', async () => {
  const string = fc.oneof(
    fc.string({unit: 'grapheme', maxLength: 40}),
    fc.string({unit: fc.constantFrom('"', '\\', '\n', '\r', '\0', '\x1f', '\x7f', 'é', '😀', '\ufeff', 'a', ','), maxLength: 40}),
  );
  await fc.assert(
    fc.asyncProperty(string, async (value) => {
      const wanted = value === '' ? null : value;
      assert.deepEqual(JSON.parse((await fromCsv(text, value)).json), wanted);
      assert.deepEqual(JSON.parse((await fromCoql(text, JSON.stringify(value))).json), wanted);
    }),
    {numRuns: 1_000},
  );
});

test('passes on every digit of any number', async () => {
  const digits = fc.array(fc.integer({min: 0, max: 9}), {minLength: 1, maxLength: 25}).map((them) => them.join(''));
  // Within what a double holds.
  const exponent = fc.integer({min: 0, max: 280}).map(String);
  const integer = fc.tuple(fc.constantFrom('', '-'), digits).map(([sign, text]) => sign + (text.replace(/^0+/, '') || '0'));
  const decimal = fc.tuple(integer, fc.option(digits), fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e-', 'E+'), exponent)));
  await fc.assert(
    fc.asyncProperty(integer, decimal, async (whole, [before, after, exponent]) => {
      const number = `${before}${after === null ? '' : `.${after}`}${exponent === null ? '' : exponent.join('')}`;
      for (const [type, value] of [
        ['integer', whole],
        ['number', number],
      ] as const) {
        assert.deepEqual(await fromCsv(field('F', type), value), {json: value, misfit: false});
        assert.deepEqual(await fromCoql(field('F', type), value), {json: value, misfit: false});
      }
    }),
    {numRuns: 300},
  );
});

test('writes any cell as the plainest reading of the design has it, from either reader', async () => {
  const types = [
    field('T', 'text'),
    field('I', 'integer'),
    field('N', 'number'),
    field('B', 'boolean'),
    field('L', 'list', 'multiselectpicklist'),
    field('G', 'list', 'tags'),
    field('U', 'lookup'),
  ];
  const part = fc.constantFrom(
    ...[
      '0',
      '1',
      '9',
      '-',
      '+',
      '.',
      'e',
      'E',
      '00',
      'true',
      'FALSE',
      'fals',
      ' ',
      ';',
      ',',
      '"',
      '\\',
      '\n',
      '\r',
      '\t',
      '\0',
      '\x1f',
      '\x7f',
    ],
    ...['é', '東', '😀', '\u2028', 'a', 'PK\x03\x04', '0123456789abcdef'],
  );
  const cell = fc.oneof(
    fc.array(part, {maxLength: 12}).map((parts) => parts.join('')),
    fc.double().map(String),
    fc.integer().map((value) => `${value}.0`),
  );
  const row = fc.tuple(fc.array(cell, {minLength: types.length, maxLength: types.length}), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(row, {minLength: 1, maxLength: 5}), fc.constantFrom('\n', '\r\n'), async (rows, end) => {
      const write = (text: string, always: boolean) => (always || /[",\r\n]/.test(text) ? quoted(text) : text);
      const lines = rows.map(([cells, always], i) => [`${i + 1}`, T, ...cells.map((text) => write(text, always))].join(','));
      const page = ['Id,Modified_Time,T,I,N,B,L,G,U', ...lines].map((line) => line + end).join('');
      const wanted = rows.map(([cells], i) => {
        const values = types.map((type, c) => `"${type.name}":${cellJson(type, cells[c]!).json}`);
        return `{"id":${i + 1},"Modified_Time":"${T}",${values.join(',')},"_meta":{"op":"u"}}`;
      });
      const misfits = types.filter((type, c) => rows.some(([cells]) => !cellJson(type, cells[c]!).fits)).map(({name}) => name);
      for (const reader of [undefined, 'papaparse'] as const) {
        assert.deepEqual(documents(await csvRows(page, reader), fieldsOf(...types)), {docs: wanted, misfits}, String(reader));
      }
    }),
    {numRuns: 1_500},
  );
});

test('makes room for documents that are much longer than their cells', async () => {
  const rows = Array.from({length: 200}, (_, i) => `${i + 1},${T},"${'"""\n'.repeat(i % 50).replaceAll('"""', '""')}"`);
  const {docs} = documents(await csvRows(`Id,Modified_Time,A\n${rows.join('\n')}\n`), new Map());
  for (const [i, doc] of docs.entries()) {
    assert.equal(JSON.parse(doc).A ?? '', '"\n'.repeat(i % 50));
  }
});

/** The open documents of a page, as `coerce` gives them. */
async function openDocs(page: string, options: Partial<CoerceOptions> = {}, columns?: readonly string[]): Promise<string[]> {
  const rows = await csvRows(page);
  const named = columns ?? rows.columns;
  const coerce = compileCoercer(named, new Map(), {module: 'Leads', onMisfit() {}, ...options});
  return textsOf(coerce({...rows, columns: named}));
}

test('omits columns without a name', async () => {
  const docs = await openDocs(`Id,Modified_Time,A,B\n1,${T},a,b\n`, {}, ['id', 'Modified_Time', '', 'B']);
  assert.deepEqual(docs, [`{"id":1,"Modified_Time":"${T}","B":"b"`]);
});

test('gives rows without a key all their columns in order, the id as an ordinary property', async () => {
  assert.deepEqual(await openDocs('Name,id\na,7\n,\n', {keyless: true}), ['{"Name":"a","id":"7"', '{"Name":null,"id":null']);
  assert.deepEqual(await openDocs(`Modified_Time,Id\n${T},x\n`, {keyless: true}), [`{"Modified_Time":"${T}","Id":"x"`]);
  await assert.rejects(
    openDocs('A\na\n', {keyless: true}, ['']),
    (error) =>
      error instanceof ZohoError &&
      error.kind === 'damaged' &&
      error.message === 'Cannot use a page of module Leads: it has none of the requested columns',
  );
});

test('gives no documents for no rows, whatever columns they lack', () => {
  const nothing: RowBlock = {columns: [], bytes: new Uint8Array(0), cells: new Int32Array(0), count: 0};
  const {bytes, ranges, count} = compileCoercer([], new Map(), {module: 'Leads', onMisfit() {}})(nothing);
  assert.deepEqual([bytes.length, ranges.length, count], [0, 0, 0]);
});

test('tells of replaced text in the columns that documents have', async () => {
  const rows = await csvRows(`Id,Modified_Time,A\n1,${T},a\n`);
  const replaced = ['A', 'B'].map((name) => ({field: name, id: '1'}));
  const found: unknown[] = [];
  const options = {module: 'Leads', onMisfit() {}};
  const coerce = compileCoercer(rows.columns, new Map(), {...options, onReplaced: (value) => found.push(value)});
  coerce({...rows, replaced});
  coerce(rows);
  assert.deepEqual(found, [{field: 'A', id: '1'}]);
  assert.equal(compileCoercer(rows.columns, new Map(), options)({...rows, replaced}).count, 1, 'also when nobody listens');
});

test('writes into a block again once its documents are released', async () => {
  const rows = await csvRows(`Id,Modified_Time,A\n1,${T},a\n`);
  const coerce = compileCoercer(rows.columns, new Map(), {module: 'Leads', onMisfit() {}});
  const [first, second] = [coerce(rows), coerce(rows)];
  assert.notEqual(first.bytes, second.bytes);
  first.release?.();
  assert.equal(coerce(rows).bytes, first.bytes);
});

/** Rows that hold `1`, a time and one of the texts. */
function rowsWith(columns: readonly string[], ...texts: Uint8Array[]): RowBlock {
  const start = Buffer.from(`1${T}`);
  const cells: number[] = [];
  let at = start.length;
  for (const {length} of texts) {
    cells.push(0, 1, 1 << 2, start.length, (at << 2) | cellPlain, at + length);
    at += length;
  }
  return {columns, bytes: Buffer.concat([start, ...texts]), cells: Int32Array.from(cells), count: texts.length};
}

/** A sixth of what a document may have, and as many bytes that each take six. */
const [plain, control] = [0x78, 0x01].map((byte) => Buffer.alloc(Math.ceil(documentBytesMax / 6), byte)) as [Buffer, Buffer];
const short = Buffer.from('a');
const columns = ['id', 'Modified_Time', 'A'];

test('sets a module aside whose document would be too large for Flow', () => {
  assert.throws(
    () => documents(rowsWith(columns, short, control), new Map()),
    (error) =>
      error instanceof ZohoError &&
      error.kind === 'module' &&
      /^Cannot capture row 2 of a page of module Leads: /.test(error.message),
  );
});

test('recognises the rows whose documents would be too large for Flow', () => {
  const rows = rowsWith(columns, short, control, plain);
  assert.deepEqual([0, 1, 2].map(sizeCheck(rows, new Map())), [false, true, false]);
  assert.equal(sizeCheck(rowsWith(columns, short), new Map())(0), false);
});

test('recognises too large rows without a key, but none on a page that should have one', () => {
  const rows = rowsWith(['A', 'B', 'C'], control);
  assert.equal(sizeCheck(rows, new Map(), true)(0), true);
  assert.equal(sizeCheck(rows, new Map())(0), false);
  assert.equal(sizeCheck({...rows, columns: ['Modified_Time', 'id', 'A']}, new Map())(0), false, 'its row has another fault');
});

const page = await csvRows(`Id,Modified_Time,A\n1,${T},a\n`);
const coerced = (fields: ReadonlyMap<string, Field> = new Map(), misfits: string[] = []) =>
  streamed(() => new CoerceStream(fields, {module: 'Leads', onMisfit: (name) => misfits.push(name)}));

stageLaws(test, 'CoerceStream', coerced(), {chunks: Array.from({length: 20}, () => ({items: page})), readAheadMax: 3});
batchLaws(test, 'CoerceStream', coerced(), [page, page, page]);

async function* batchesOf(...batches: Batch<RowBlock>[]): AsyncGenerator<Batch<RowBlock>, void, void> {
  yield* batches;
}

test('CoerceStream gives the documents of each batch with its own patch, whatever columns the batches have', async () => {
  const other = await csvRows(`Id,Modified_Time,B\n2,${T},b\n`);
  const source = batchesOf({items: page, patch: {n: 1}}, {items: other}, {items: page, patch: {n: 2}});
  const a = `{"id":1,"Modified_Time":"${T}","A":"a"`;
  assert.deepEqual(await Array.fromAsync(coerced()(source), ({items, patch}) => [textsOf(items), patch]), [
    [[a], {n: 1}],
    [[`{"id":2,"Modified_Time":"${T}","B":"b"`], undefined],
    [[a], {n: 2}],
  ]);
});

test('CoerceStream tells of misfits, and counts the rows of each page', async () => {
  const fields = fieldsOf(field('A', 'integer'));
  const bad = await csvRows(`Id,Modified_Time,A\nx,${T},a\n`);
  const misfits: string[] = [];
  const message = async (...batches: RowBlock[]) => {
    const source = batchesOf(...batches.map((items) => ({items})));
    return Array.fromAsync(coerced(fields, misfits)(source)).catch((error: unknown) => (error as Error).message);
  };
  const why = (row: number) => `Cannot use a page of module Leads: row ${row} has no valid id`;
  assert.equal(await message(page, {...bad, columns: page.columns}), why(2));
  assert.equal(await message(page, bad), why(1), 'another page');
  assert.deepEqual(misfits, ['A', 'A']);
});

test('CoerceStream releases rows once they are documents, where there is anything to release', async () => {
  const {release: _, ...kept} = page;
  const released: string[] = [];
  const source = batchesOf({items: kept}, {items: {...kept, release: () => void released.push('rows')}});
  for await (const {items} of coerced()(source)) assert.equal(items.count, 1);
  assert.deepEqual(released, ['rows']);
});

test.run();
