import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {documentBytesMax, jsonDepthMax} from '../../lib/limits.ts';
import {cellClean, cellJson, cellPlain} from '../../lib/records/batch.ts';
import {cellText, textBytes} from '../../lib/records/rows.ts';
import {unusableRows} from '../../lib/records/unusable-rows.ts';
import {type CoqlAnswer, parseCoql} from '../../lib/transforms/parse-json.ts';
import {inPieces} from './archive.ts';
import {documents, field, fieldsOf} from './samples.ts';

const test = suite('parseCoql');

const T = '2026-10-01T10:00:00+05:30';
const columns = ['id', 'Modified_Time', 'A'];
const none = new Map();

const parse = (body: string | Uint8Array, pieceLength?: number): Promise<CoqlAnswer> =>
  parseCoql(inPieces(Buffer.from(body), pieceLength), columns, none);

const row = (id: string, A: string) => `{"id":"${id}","Modified_Time":"${T}","A":${A}}`;

async function docsOf(body: string | Uint8Array, pieceLength?: number): Promise<unknown[]> {
  return documents((await parse(body, pieceLength)).rows, none).docs.map((text) => JSON.parse(text).A);
}

async function errorOf(body: string | Uint8Array): Promise<string> {
  try {
    await parse(body);
  } catch (error) {
    assert.ok(error instanceof ZohoError, String(error));
    assert.equal(error.kind, 'damaged');
    return error.message.replace("Cannot read Zoho's answer to a COQL query: ", '');
  }
  return 'none';
}

test('says whether more rows follow, when Zoho does', async () => {
  assert.equal((await parse('{"data":[],"info":{"count":0,"more_records":true}}')).more, true);
  assert.equal((await parse('{"info":{"more_records":false},"data":[]}')).more, false);
  assert.equal((await parse('{"data":[]}')).more, undefined);
  assert.equal((await parse('{"data":[],"info":{"more_records":"False"}}')).more, false);
  assert.equal((await parse('{"data":[],"info":{"more_records":null,"x":{"more_records":true}}}')).more, undefined);
});

test('keeps the columns that were asked for, whatever the order of the members, and takes missing ones for null', async () => {
  const {rows} = await parse(
    `{"data":[{"X":{"id":"9"},"A":"a","Modified_Time":"${T}","Y":[1],"id":"1"},{"id":"2","Modified_Time":"${T}"}]}`,
  );
  assert.equal(rows.columns, columns);
  assert.deepEqual(documents(rows, none).docs, [
    `{"id":1,"Modified_Time":"${T}","A":"a","_meta":{"op":"u"}}`,
    `{"id":2,"Modified_Time":"${T}","A":null,"_meta":{"op":"u"}}`,
  ]);
});

const table = ({rows}: CoqlAnswer): string[][] =>
  Array.from({length: rows.count}, (_, at) => columns.map((_, column) => cellText(rows, at, column)));

test('takes rows from data and more_records from info, whatever else an answer holds, and in any order', async () => {
  const info = '"info":{"rows":[{"id":"9","A":[{"id":"7"}]}],"more_records":false,"count":1}';
  const other = '"other":[{"id":"9","A":{"id":"8"},"more_records":true},1,[2],[{}]],"x":{"more_records":true,"A":"x"}';
  const members = [`"data":[${row('1', '{"id":"5"}')}],"more_records":true,"id":"9"`, info, other];
  for (let turn = 0; turn < members.length; turn++) {
    const turned = [...members.slice(turn), ...members.slice(0, turn)];
    const answer = await parse(`{${turned.join(',')}}`);
    assert.deepEqual(table(answer), [['1', T, '5']]);
    assert.equal(answer.more, false);
    assert.equal(answer.rows.bytes.length, textBytes(answer.rows, 0, 1));
  }
});

test('lets the last of several members of one name count, and null empty it', async () => {
  for (const [members, text] of [
    ['"A":"x","A":{"id":"7"}', '7'],
    ['"A":{"id":"7"},"A":"last"', 'last'],
    ['"A":"x","A":null', ''],
    ['"A":null,"A":1', '1'],
  ] as const)
    assert.deepEqual(table(await parse(`{"data":[{"id":"1",${members}}]}`)), [['1', '', text]]);
});

test('says of each cell how it is written', async () => {
  for (const [A, kind] of [
    ['"x"', cellPlain],
    ['{"id":"7"}', cellPlain],
    ['{"a":1}', cellPlain],
    ['[1]', cellJson],
    ['1.0', cellClean],
    ['true', cellClean],
  ] as const)
    assert.equal((await parse(`{"data":[${row('1', A)}]}`)).rows.cells[4]! & 3, kind, A);
});

test('reads ids and numbers beyond what a JS number holds', async () => {
  const body = `{"data":[{"id":9223372036854775807,"Modified_Time":"${T}","A":0.1234567890123456789}]}`;
  assert.deepEqual(documents((await parse(body)).rows, fieldsOf(field('A', 'number'))).docs, [
    `{"id":9223372036854775807,"Modified_Time":"${T}","A":0.1234567890123456789,"_meta":{"op":"u"}}`,
  ]);
});

test('finds the same rows wherever the body is cut, with or without a byte order mark and white space', async () => {
  const body = ` {"data" : [ ${row('1', '"é\\n\\"東\\ud83d\\ude00\\u0000\\\\"')} ,\r\n\t${row('2', '{"a" : ["x", 1.0]}')}],"info":{}} \n`;
  const wanted = ['é\n"東😀\0\\', '{"a":["x",1.0]}'];
  for (const text of [Buffer.from(body), Buffer.from(`\ufeff${body}`)]) {
    for (let length = 1; length < 40; length++) assert.deepEqual(await docsOf(text, length), wanted);
    assert.deepEqual(await docsOf(text), wanted);
  }
});

test('refuses a body that ends anywhere before its end', async () => {
  const body = Buffer.from(`{"data":[${row('1', '"é\\n"')},${row('2', '[1,{"a":null}]')}],"info":{"more_records":true}}`);
  for (let length = 0; length < body.length; length++) {
    assert.notEqual(await errorOf(body.subarray(0, length)), 'none', `after ${length} bytes`);
  }
  assert.equal(await errorOf(body), 'none');
});

test('refuses what is no answer, and says why without saying what is in it', async () => {
  assert.equal(await errorOf('{"info":{}}'), 'it has no list of data');
  assert.equal(await errorOf('{"data":null}'), 'it has no list of data');
  assert.equal(await errorOf('[]'), 'it has no list of data');
  assert.equal(await errorOf('{"data":{"secret":{}}}'), 'its data is not a list');
  assert.equal(await errorOf('<html>secret</html>'), 'the text is malformed');
  assert.equal(await errorOf('{"data":[{"id":"secret" "A":1}]}'), 'the text is malformed at byte 24');
  assert.equal(await errorOf('{"data":[]} secret'), 'the text is malformed');
  assert.equal(await errorOf('{"data":[]}{}'), 'the text is malformed at byte 11');
  assert.equal(await errorOf('{"data":[}'), 'the text is malformed at byte 9');
  assert.match(await errorOf('{"data":[{},]}'), /malformed/);
  assert.equal(
    await errorOf(`{"data":[${row('1', '[1,]')}]}`),
    `the text is malformed at byte ${`{"data":[${row('1', '[1,')}`.length - 1}`,
  );
  assert.match(await errorOf(Buffer.from(`{"data":[${row('1', '\xff')}]}`, 'latin1')), /malformed/);
  assert.match(await errorOf(`{"data":[${row('1', '"\n"')}]}`), /malformed/);
  assert.match(await errorOf(`{"data":[${row('1', '01')}]}`), /malformed/);
  assert.match(await errorOf(`{"data":[${row('1', '['.repeat(jsonDepthMax + 1))}`), /malformed/);
});

test('puts U+FFFD where text is not UTF-8 or half a surrogate pair, and says of which record and field', async () => {
  const values = [
    `"fine ${Buffer.from('\ufffd').toString('latin1')}"`,
    '"a\xff"',
    '"\\ud83d!"',
    '["b","\\udc00"]',
    '[{"name":"\xed\xa0\xbd","x\xff":1}]',
    '"\\ud83d\\ude00"',
  ];
  const body = (of: readonly string[]) => {
    const text = `{"data":[${of.map((A, i) => row(String(i + 1), A)).join(',')}],"info":{"x":"\xfe"}}`;
    return inPieces(Buffer.from(text, 'latin1'));
  };
  const list = fieldsOf(field('A', 'list', 'unheard_of'));
  const {rows} = await parseCoql(body(values), columns, list);
  assert.deepEqual(
    documents(rows, list).docs.map((text) => JSON.parse(text).A),
    [['fine \ufffd'], ['a\ufffd'], ['\ufffd!'], ['b', '\ufffd'], ['\ufffd'], ['😀']],
  );
  const noted = (...ids: string[]) => ids.map((id) => ({field: 'A', id}));
  assert.deepEqual(rows.replaced, noted('2', '3', '4', '5'));
  assert.deepEqual((await parseCoql(body(values.slice(0, 3)), columns, none)).rows.replaced, noted('2', '3'));
  assert.deepEqual((await parseCoql(body(['"x","\xff":1']), columns, none)).rows.replaced, []);
});

test('names no field for broken text outside of records, and no record where a row has none', async () => {
  const replaced = async (text: string) => (await parse(Buffer.from(text, 'latin1'))).rows.replaced;
  const sound = row('1', '"a"');
  assert.deepEqual(await replaced(`{"x":"\xff","info":{"A":"\xff","B":{"A":"\xff"}},"y":[{"A":"\xff"}],"data":[${sound}]}`), []);
  assert.deepEqual(await replaced(`{"data":["\xff",["\xff",{"A":"\xff"}],${sound}]}`), []);
  const noted = (id: string) => ({field: 'A', id});
  assert.deepEqual(await replaced(`{"data":[{"A":"\xff"},${row('2', '"\xff"')},{"A":"\xff"}]}`), [
    noted(''),
    noted('2'),
    noted(''),
  ]);
});

test('makes a row of whatever stands among the records, so that it can be named', async () => {
  const {rows} = await parse(`{"data":[${row('1', '"a"')},null,"x",[1,{"id":"2"}],{},{"id":"3","A":"c"},${row('4', '"d"')}]}`);
  const ids = Array.from({length: rows.count}, (_, place) => cellText(rows, place, 0));
  assert.deepEqual(ids, ['1', '', '', '', '', '3', '4']);
  const odd = unusableRows(rows, 1, () => false).map(({row: place, id, fault}) => [place, id, fault]);
  const noId = (place: number) => [place, undefined, 'id'];
  assert.deepEqual(odd, [noId(2), noId(3), noId(4), noId(5), [6, '3', 'time']]);
});

test('passes on what the body fails with', async () => {
  const failure = new Error('The connection was reset');
  async function* body() {
    yield Buffer.from('{"data":[');
    throw failure;
  }
  await assert.rejects(parseCoql(body(), columns, none), failure);
});

/** As people write them: with what JSON has to escape. */
const longText = (bytes: number): string => 'She said: "höher"\n'.repeat(Math.ceil(bytes / 20));

/** An answer of many rows as it comes from a socket, made while it is read; `onRow` is told of each row that was asked for. */
async function* longAnswer(rows: number, textBytes: number, onRow: (row: number) => void = () => {}) {
  const text = JSON.stringify(longText(textBytes));
  yield Buffer.from('{"data":[');
  for (let i = 1; i <= rows; i++) {
    onRow(i);
    yield Buffer.from(`${i > 1 ? ',' : ''}${row(String(i), text)}`);
  }
  yield Buffer.from('],"info":{"more_records":false}}');
}

test('keeps the text of the cells and nothing else of a body, in the order of the rows', async () => {
  const {rows} = await parseCoql(longAnswer(200, 20_000), columns, none);
  assert.equal(rows.count, 200);
  assert.equal(rows.bytes.length, textBytes(rows, 0, 200));
  assert.ok(rows.bytes.buffer.byteLength < 2 * rows.bytes.length + 25_000);
  for (const row of [0, 99, 199]) assert.equal(cellText(rows, row, 0) + cellText(rows, row, 2), `${row + 1}${longText(20_000)}`);
});

test('stops reading where the rows get too heavy, and says so', async () => {
  let asked = 0;
  const {rows, more, cut} = await parseCoql(
    longAnswer(1_000, 20_000, (i) => (asked = i)),
    columns,
    none,
    100_000,
  );
  assert.deepEqual([more, cut], [true, true]);
  assert.equal(rows.count, 6);
  assert.equal(cellText(rows, 5, 0), '6');
  assert.ok(asked <= rows.count + 1, `${asked} rows were read`);
});

test('stops reading at exactly the bound, and not before', async () => {
  async function* body() {
    yield Buffer.from('{"data":[{"id":"1"},');
    yield Buffer.from('{"id":"2"}]}');
  }
  const read = async (bytesMax: number) => {
    const {rows, cut} = await parseCoql(body(), ['id'], none, bytesMax);
    return [rows.count, cut];
  };
  const rowBytes = '1'.length + 2 * Int32Array.BYTES_PER_ELEMENT;
  assert.deepEqual(await read(rowBytes), [1, true]);
  assert.deepEqual(await read(rowBytes + 1), [2, false]);
});

test('reads one row, however heavy', async () => {
  const {rows, cut} = await parseCoql(longAnswer(3, 200_000), columns, none, 1);
  assert.deepEqual([rows.count, cut], [1, true]);
});

test('keeps no more of a row than makes it too large', async () => {
  const names = Array.from({length: 30}, (_, i) => `T${i}`);
  const text = JSON.stringify('x'.repeat(1 << 20));
  async function* body() {
    yield Buffer.from('{"data":[{');
    for (const name of names) yield Buffer.from(`"${name}":${text},`);
    yield Buffer.from(`"id":"1","Modified_Time":"${T}"}]}`);
  }
  const {rows} = await parseCoql(body(), [...names, 'id', 'Modified_Time'], none);
  assert.equal(cellText(rows, 0, names.length), '1');
  assert.throws(() => documents(rows, none), /its document would have more than/);
  assert.ok(rows.bytes.byteLength < documentBytesMax + (2 << 20), `${rows.bytes.byteLength} bytes are kept`);
});

test('keeps a row that texts which no longer count would make too large', async () => {
  const twice = `"A":${JSON.stringify('x'.repeat(9 << 20))},`.repeat(2);
  const answer = await parse(`{"data":[{${twice}"A":"last","id":"1","Modified_Time":"${T}"}]}`);
  assert.deepEqual(table(answer), [['1', T, 'last']]);
});

test('keeps a U+FEFF wherever it stands in a text', async () => {
  const wanted = ['\ufeff', '\ufeffx', 'x\ufeff', `${'x'.repeat(64 << 10)}\ufeffy`];
  const body = `{"data":[${wanted.map((text, i) => row(`${i + 1}`, JSON.stringify(text))).join(',')}]}`;
  assert.deepEqual(await docsOf(body), wanted);
  assert.deepEqual(await docsOf(body.replaceAll('\ufeff', '\\ufeff')), wanted);
});

test.run();
