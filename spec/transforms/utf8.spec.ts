import assert from 'node:assert/strict';
import {isUtf8} from 'node:buffer';
import fc from 'fast-check';
import {suite} from 'uvu';
import {repairUtf8, validUtf8} from '../../lib/transforms/utf8.ts';
import {inPieces} from './archive.ts';

const test = suite('repairUtf8');

test('replaces what the platform replaces, in as many places', () => {
  // All but encoded halves of surrogate pairs, of which the platform makes three characters each.
  const byte = fc.constantFrom(
    0x41,
    0x22,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0xbf,
    0xc0,
    0xc2,
    0xc3,
    0xdf,
    0xe0,
    0xe2,
    0xee,
    0xf0,
    0xf4,
    0xf5,
    0xff,
  );
  fc.assert(
    fc.property(fc.array(byte, {maxLength: 12}), (values) => {
      const bytes = Uint8Array.from(values);
      const {bytes: valid, places} = repairUtf8(bytes);
      assert.ok(isUtf8(valid));
      assert.equal(valid.toString(), new TextDecoder('utf-8', {ignoreBOM: true}).decode(bytes));
      assert.deepEqual(
        places.map((at) => valid.toString('utf8', at, at + 3)),
        places.map(() => '\ufffd'),
      );
      assert.equal(places.length === 0, isUtf8(bytes));
    }),
    {numRuns: 5_000},
  );
});

test('makes one U+FFFD of an encoded half of a surrogate pair, as its escape in JSON becomes', () => {
  assert.equal(repairUtf8(Buffer.from('a\xed\xa0\xbdb', 'latin1')).bytes.toString(), 'a\ufffdb');
  assert.equal(repairUtf8(Buffer.from('\xed\xa0\xbd\xed\xb8\x80', 'latin1')).bytes.toString(), '\ufffd\ufffd');
  assert.equal(repairUtf8(Buffer.from('\xed\xa0', 'latin1')).bytes.toString(), '\ufffd\ufffd');
});

test('leaves valid text alone', () => {
  const text = 'é東😀\ufffd\ufeff\ud7ff\ue000';
  assert.deepEqual(repairUtf8(Buffer.from(text)), {bytes: Buffer.from(text), places: []});
});

test('repairs a text in pieces as it does the whole, and takes off a byte order mark', async () => {
  const byte = fc.constantFrom(0x41, 0x80, 0x9f, 0xa0, 0xbd, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xbb, 0xf0, 0xf4, 0xff);
  const text = fc.array(byte, {maxLength: 24}).map((bytes) => Uint8Array.from(bytes));
  await fc.assert(
    fc.asyncProperty(text, fc.integer({min: 1, max: 7}), fc.boolean(), async (bytes, length, marked) => {
      const whole = repairUtf8(bytes);
      const mark = Buffer.from('\ufeff');
      fc.pre(!Buffer.from(bytes).subarray(0, 3).equals(mark));
      const places: number[] = [];
      const pieces = inPieces(marked ? Buffer.concat([mark, bytes]) : Buffer.from(bytes), length);
      const valid = await Array.fromAsync(validUtf8(pieces, (place) => places.push(place)));
      assert.equal(Buffer.concat(valid).toString('hex'), whole.bytes.toString('hex'));
      assert.deepEqual(places, whole.places);
    }),
    {numRuns: 3_000},
  );
});

test.run();
