import assert from 'node:assert/strict';
import {TokenType} from '@streamparser/json';
import fc from 'fast-check';
import {suite} from 'uvu';
import {jsonDepthMax, jsonSliceBytes} from '../../../lib/limits.ts';
import {jsonOf} from '../../../lib/platform/json.ts';
import {JsonError, type JsonVisitor, walkJson} from '../../../lib/transforms/json/json-walk.ts';
import {inPieces} from '../archive.ts';

const walk = suite('walkJson');

const never = () => false;

/** Notes what is visited: `{` or `[` and `)` for structures, strings with their quotes, keys before their values. */
class Notes implements JsonVisitor {
  readonly list: string[] = [];

  scalar(type: TokenType, text: string, key: string | undefined): void {
    this.#add(type === TokenType.STRING ? JSON.stringify(text) : text, key);
  }
  open(isArray: boolean, key: string | undefined): void {
    this.#add(isArray ? '[' : '{', key);
  }
  close(): void {
    this.#add(')');
  }
  replaced(): void {
    this.#add('replaced');
  }
  #add(note: string, key?: string): void {
    this.list.push(key === undefined ? note : `${key}:${note}`);
  }
}

async function visited(text: string | Uint8Array, pieceLength?: number): Promise<string[]> {
  const notes = new Notes();
  assert.equal(await walkJson(inPieces(Buffer.from(text), pieceLength), notes, never), true);
  return notes.list;
}

async function failure(text: string | Uint8Array, pieceLength?: number): Promise<string> {
  try {
    await visited(text, pieceLength);
  } catch (error) {
    assert.ok(error instanceof JsonError && error.name === 'JsonError', String(error));
    return error.message;
  }
  return 'none';
}

walk('visits values in order, with the keys of members, and numbers digit for digit', async () => {
  for (const [text, notes] of [
    ['[]', ['[', ')']],
    ['{}', ['{', ')']],
    ['7', ['7']],
    ['"x"', ['"x"']],
    ['[1.0,-2e+5,12345678901234567890]', ['[', '1.0', '-2e+5', '12345678901234567890', ')']],
    ['[true,false,null,"null"]', ['[', 'true', 'false', 'null', '"null"', ')']],
    ['{"a":1,"":"","b":null}', ['{', 'a:1', ':""', 'b:null', ')']],
    ['{"a":[{"b":[]},2],"c":{"d":3}}', ['{', 'a:[', '{', 'b:[', ')', ')', '2', ')', 'c:{', 'd:3', ')', ')']],
    [' \t\r\n[ 1 , "a" ]\n', ['[', '1', '"a"', ')']],
    ['["\\u00e9\\n\\"\\\\\\/","\\ud83d\\ude00","é😀"]', ['[', '"é\\n\\"\\\\/"', '"😀"', '"é😀"', ')']],
    ['["\ufeff\ufeffa"]', ['[', '"\ufeff\ufeffa"', ')']],
  ] as const) {
    for (const length of [1, 2, 3, 5, 100]) assert.deepEqual(await visited(text, length), notes, `${text} ${length}`);
    assert.deepEqual(await visited(`\ufeff${text}`), notes);
  }
});

walk('takes for JSON what JSON.parse takes, and names the byte where the order of values is wrong', async () => {
  for (const [text, message] of [
    ['', 'the text ends before its last value does'],
    [' ', 'the text ends before its last value does'],
    ['[1', 'the text ends before its last value does'],
    ['{"a":', 'the text ends before its last value does'],
    ['[1,2', 'the text ends before its last value does'],
    ['"secret', 'the text is malformed'],
    ['[secret]', 'the text is malformed'],
    ['[01]', 'the text is malformed at byte 2'],
    ['["\n"]', 'the text is malformed'],
    ['[1]]', 'the text is malformed at byte 3'],
    ['[1]1', 'the text is malformed at byte 3'],
    ['1,', 'the text is malformed at byte 1'],
    ['1[', 'the text is malformed at byte 1'],
    ['{} {}', 'the text is malformed at byte 3'],
    ['[1 2]', 'the text is malformed at byte 3'],
    ['[1,]', 'the text is malformed at byte 3'],
    ['[,1]', 'the text is malformed at byte 1'],
    ['[1,,2]', 'the text is malformed at byte 3'],
    ['[:1]', 'the text is malformed at byte 1'],
    ['["a":1]', 'the text is malformed at byte 4'],
    ['[}', 'the text is malformed at byte 1'],
    ['[1}', 'the text is malformed at byte 2'],
    ['{]', 'the text is malformed at byte 1'],
    ['{"a":1]', 'the text is malformed at byte 6'],
    ['{"a":1,}', 'the text is malformed at byte 7'],
    ['{"a":}', 'the text is malformed at byte 5'],
    ['{"a"}', 'the text is malformed at byte 4'],
    ['{"a","b"}', 'the text is malformed at byte 4'],
    ['{"a" 1}', 'the text is malformed at byte 5'],
    ['{"a"::1}', 'the text is malformed at byte 5'],
    ['{"a":1 "b":2}', 'the text is malformed at byte 7'],
    ['{1:2}', 'the text is malformed at byte 1'],
    ['{"a":1,null:2}', 'the text is malformed at byte 7'],
    ['{{}:1}', 'the text is malformed at byte 1'],
    ['{"a":1,[]:2}', 'the text is malformed at byte 7'],
    ['{"a"[]}', 'the text is malformed at byte 4'],
    [']', 'the text is malformed at byte 0'],
    [':', 'the text is malformed at byte 0'],
  ] as const) {
    assert.throws(() => JSON.parse(text), SyntaxError, text);
    for (const length of [1, 100]) assert.equal(await failure(text, length), message, text);
  }
});

walk('agrees with JSON.parse about which texts are JSON', async () => {
  const tokens = ['{', '}', '[', ']', ':', ',', '"a"', '1', '-0.5e1', 'true', 'null', ' ', '"\\u00', '"', '-', '\\'];
  const text = fc.oneof(
    fc.array(fc.constantFrom(...tokens), {maxLength: 12}).map((parts) => parts.join('')),
    fc.json(),
    fc.json().map((json) => json.slice(0, -1)),
  );
  await fc.assert(
    fc.asyncProperty(text, async (json) => {
      assert.equal((await failure(json)) === 'none', jsonOf(json) !== undefined, json);
    }),
    {numRuns: 600},
  );
});

walk('goes as deep as the bound, and no deeper', async () => {
  const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;
  assert.equal(await failure(nested(jsonDepthMax)), 'none');
  assert.equal(await failure(`[${nested(jsonDepthMax)}]`), `the text is malformed at byte ${3 * jsonDepthMax - 4}`);
  assert.equal(await failure(`[${'[],'.repeat(2 * jsonDepthMax)}[]]`), 'none');
});

walk('takes no value of more bytes than its bound, however they arrive', async () => {
  const walked = (text: string, bytesMax: number) => walkJson(inPieces(Buffer.from(text), 1), new Notes(), never, bytesMax);
  const texts = (bytes: number) => JSON.stringify(['some text', 'x'.repeat(bytes)]);
  assert.equal(await walked(texts(9), 10), true);
  await assert.rejects(walked(texts(10), 10), {message: 'the text has a value of more than 10 bytes'});
});

walk('tells of values in which text was replaced, and not of keys', async () => {
  const latin1 = (text: string, pieceLength?: number) => visited(Buffer.from(text, 'latin1'), pieceLength);
  for (const length of [1, 2, 100]) {
    assert.deepEqual(await latin1('["a\xff","b"]', length), ['[', '"a\ufffd"', 'replaced', '"b"', ')']);
    assert.deepEqual(await latin1('["a\xff","\xff\xff","b","c\xed\xa0\x80"]', length), [
      '[',
      '"a\ufffd"',
      'replaced',
      '"\ufffd\ufffd"',
      'replaced',
      '"b"',
      '"c\ufffd"',
      'replaced',
      ')',
    ]);
    assert.deepEqual(await latin1('{"\xff":"a","b":"\xff","c":"\xff"}', length), [
      '{',
      '\ufffd:"a"',
      'b:"\ufffd"',
      'replaced',
      'c:"\ufffd"',
      'replaced',
      ')',
    ]);
  }
  assert.deepEqual(await visited('["\ufffd"]'), ['[', '"\ufffd"', ')'], 'text that was sent like that');
  assert.equal(await failure(Buffer.from('[1,\xff]', 'latin1')), 'the text is malformed');
});

walk('ends between two slices once it is enough, and reads no further', async () => {
  const notes = new Notes();
  let given = 0;
  async function* pieces() {
    for (const text of ['[1', ',2', ',3', ',no JSON']) {
      given++;
      yield Buffer.from(text);
    }
  }
  assert.equal(await walkJson(pieces(), notes, () => given > 3), false);
  assert.deepEqual([notes.list, given], [['[', '1', '2'], 4]);
  const large = Buffer.from(`[1,2${' '.repeat(jsonSliceBytes)},3]`);
  const cut = new Notes();
  assert.equal(await walkJson(inPieces(large, large.length), cut, () => cut.list.length > 2), false);
  assert.deepEqual(cut.list, ['[', '1', '2']);
});

walk('is complete when it is enough only after the last byte', async () => {
  const notes = new Notes();
  const text = Buffer.from('[1]'.padEnd(jsonSliceBytes));
  assert.equal(await walkJson(inPieces(text, text.length), notes, () => notes.list.length === 3), true);
});

walk('lets other work have its turn after each slice, in pieces of any length', async () => {
  const text = Buffer.from('[1]'.padEnd(4 * jsonSliceBytes));
  for (const pieceLength of [text.length, jsonSliceBytes, jsonSliceBytes / 4]) {
    let turns = 0;
    let next = setImmediate(function turn() {
      turns++;
      next = setImmediate(turn);
    });
    await walkJson(inPieces(text, pieceLength), new Notes(), never);
    clearImmediate(next);
    assert.equal(turns, 3, `pieces of ${pieceLength} bytes`);
  }
});

walk('passes on what the pieces or the visitor throw', async () => {
  const failed = new TypeError('The connection was reset');
  async function* pieces() {
    yield Buffer.from('[1');
    throw failed;
  }
  await assert.rejects(walkJson(pieces(), new Notes(), never), failed);
  const visitor = Object.assign(new Notes(), {close: () => assert.fail('too many')});
  await assert.rejects(walkJson(inPieces(Buffer.from('[]')), visitor, never), /too many/);
  const odd = Object.assign(new Notes(), {
    open() {
      throw failed;
    },
  });
  await assert.rejects(walkJson(inPieces(Buffer.from('[]')), odd, never), failed);
});

walk.run();
