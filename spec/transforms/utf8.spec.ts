import assert from 'node:assert/strict';
import {isUtf8} from 'node:buffer';
import fc from 'fast-check';
import {suite} from 'uvu';
import {repairUtf8, validUtf8} from '../../lib/transforms/utf8.ts';
import {inPieces} from './archive.ts';

const test = suite('repairUtf8');

/** What the platform makes of bytes. It makes three characters of each encoded half of a surrogate pair. */
const platform = (bytes: Uint8Array): string => new TextDecoder('utf-8', {ignoreBOM: true}).decode(bytes);

function repairsAsThePlatform(values: readonly number[]): void {
  const bytes = Uint8Array.from(values);
  const {bytes: valid, places} = repairUtf8(bytes);
  const what = Buffer.from(bytes).toString('hex');
  assert.ok(isUtf8(valid), what);
  assert.equal(valid.toString(), platform(bytes), what);
  const found = places.map((at) => valid.toString('utf8', at, at + 3));
  assert.deepEqual(
    found,
    found.map(() => '\ufffd'),
    what,
  );
  assert.equal(places.length === 0, isUtf8(bytes), what);
}

test('replaces what the platform replaces, at every border between valid and invalid bytes', () => {
  const leads = [
    0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
  ];
  const seconds = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
  const ends = [[], [0x41], [0x7f, 0x80], [0x80, 0x41], [0x80, 0xbf], [0xbf, 0x80, 0x41], [0xbf, 0xc0], [0xc0, 0x80]];
  for (const lead of leads) {
    repairsAsThePlatform([0x41, lead]);
    for (const second of seconds)
      for (const end of ends) {
        const isHalf =
          lead === 0xed && second >= 0xa0 && second <= 0xbf && end[0] !== undefined && end[0] >= 0x80 && end[0] <= 0xbf;
        if (!isHalf) repairsAsThePlatform([0x41, lead, second, ...end]);
      }
  }
});

test('replaces what the platform replaces, in any text', () => {
  const byte = fc.constantFrom(0x41, 0x80, 0x90, 0xbf, 0xc3, 0xe0, 0xe2, 0xee, 0xf0, 0xf4, 0xff);
  fc.assert(
    fc.property(fc.array(byte, {maxLength: 12}), (values) => repairsAsThePlatform(values)),
    {numRuns: 500},
  );
});

test('says where each U+FFFD stands', () => {
  const {bytes, places} = repairUtf8(Buffer.from('a\xff\xc3\xa9\xe6\x9d\xb1\xffb\xc3', 'latin1'));
  assert.deepEqual([bytes.toString(), places], ['a\ufffdé東\ufffdb\ufffd', [1, 9, 13]]);
});

test('makes one U+FFFD of an encoded half of a surrogate pair, as its escape in JSON becomes', () => {
  assert.equal(repairUtf8(Buffer.from('a\xed\xa0\xbdb', 'latin1')).bytes.toString(), 'a\ufffdb');
  assert.equal(repairUtf8(Buffer.from('\xed\xa0\xbd\xed\xb8\x80', 'latin1')).bytes.toString(), '\ufffd\ufffd');
  assert.equal(repairUtf8(Buffer.from('\xed\xbf\xbf', 'latin1')).bytes.toString(), '\ufffd');
  assert.equal(repairUtf8(Buffer.from('\xed\xa0', 'latin1')).bytes.toString(), '\ufffd\ufffd');
});

test('leaves valid text alone', () => {
  const text = 'é東😀\ufffd\ufeff\ud7ff\ue000';
  assert.deepEqual(repairUtf8(Buffer.from(text)), {bytes: Buffer.from(text), places: []});
});

/** The pieces that come of a text in pieces, and where each U+FFFD stands. */
async function inPiecesOf(pieces: readonly string[]): Promise<{chunks: string[]; places: number[]}> {
  const places: number[] = [];
  const source = ReadableStream.from(pieces.map((piece) => Buffer.from(piece, 'latin1')));
  const valid = validUtf8(source, (place) => places.push(place));
  return {chunks: await Array.fromAsync(valid, (bytes) => Buffer.from(bytes).toString()), places};
}

test('passes on what has arrived, but for a character that is not whole', async () => {
  for (const [pieces, ...chunks] of [
    [['abc', 'd'], 'abc', 'd'],
    [['ab\xc3\xa9', 'd'], 'abé', 'd'],
    [['ab\xc3', '\xa9d'], 'ab', 'éd'],
    [['\xc2\x80\xc2', '\x80'], '\x80', '\x80'],
    [['ab\xe0\xa0\x80', 'd'], 'ab\u0800', 'd'],
    [['ab\xe0\xa0', '\x80d'], 'ab', '\u0800d'],
    [['ab\xe0', '\xa0\x80d'], 'ab', '\u0800d'],
    [['ab\xf0\x90\x80\x80', 'd'], 'ab\u{10000}', 'd'],
    [['ab\xf0\x90\x80', '\x80d'], 'ab', '\u{10000}d'],
    [['ab\xf0\x90', '\x80\x80d'], 'ab', '\u{10000}d'],
    [['ab\xf0', '\x90\x80\x80d'], 'ab', '\u{10000}d'],
    [['abc', '\xc3', '\xa9'], 'abc', 'é'],
    [['abc', '', 'd'], 'abc', 'd'],
    [['a', 'b', 'c', 'd'], 'abc', 'd'],
    [['abc\xc0', 'd'], 'abc', '\ufffdd'],
    [['abc\x80\x80\x80\x80', 'd'], 'abc\ufffd\ufffd\ufffd\ufffd', 'd'],
    [['ab'], 'ab'],
    [['abc\xc3'], 'abc', '\ufffd'],
    [[]],
    [['']],
  ] as const)
    assert.deepEqual((await inPiecesOf(pieces)).chunks, chunks, JSON.stringify(pieces));
});

test('says where each U+FFFD stands in the whole text, without its byte order mark', async () => {
  assert.deepEqual(await inPiecesOf(['\xef\xbb\xbfa\xff', 'b\xff\xc3', '\xa9\xff.']), {
    chunks: ['a', '\ufffdb\ufffd', 'é\ufffd.'],
    places: [1, 5, 10],
  });
});

test('takes off a byte order mark at the start alone, however it arrives', async () => {
  for (const [pieces, text] of [
    [['\xef\xbb\xbf'], ''],
    [['\xef\xbb\xbfab'], 'ab'],
    [['\xef', '\xbb', '\xbfab'], 'ab'],
    [['\xef\xbb', '\xbf', 'ab'], 'ab'],
    [['\xef\xbb\xbf\xef\xbb\xbf'], '\ufeff'],
    [['abc', '\xef\xbb\xbf'], 'abc\ufeff'],
  ] as const)
    assert.equal((await inPiecesOf(pieces)).chunks.join(''), text, JSON.stringify(pieces));
});

test('passes on valid pieces without copying them', async () => {
  const piece = Uint8Array.from([0x61, 0x62, 0x63]);
  const [first] = await Array.fromAsync(validUtf8(ReadableStream.from([piece, piece]), () => undefined));
  assert.equal(first?.buffer, piece.buffer);
});

test('repairs a text in pieces as it does the whole', async () => {
  const byte = fc.constantFrom(0x41, 0x80, 0x9f, 0xa0, 0xbd, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xbb, 0xf0, 0xf4, 0xff);
  const text = fc.array(byte, {maxLength: 24}).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(text, fc.integer({min: 1, max: 7}), async (bytes, length) => {
      fc.pre(!bytes.subarray(0, 3).equals(Buffer.from('\ufeff')));
      const whole = repairUtf8(bytes);
      const places: number[] = [];
      const valid = await Array.fromAsync(validUtf8(inPieces(bytes, length), (place) => places.push(place)));
      assert.deepEqual(Buffer.concat(valid), whole.bytes);
      assert.deepEqual(places, whole.places);
    }),
    {numRuns: 500},
  );
});

test.run();
