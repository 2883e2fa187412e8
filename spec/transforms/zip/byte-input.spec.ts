import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ByteInput} from '../../../lib/transforms/zip/byte-input.ts';

const input = suite('ByteInput');

/** An input of these pieces, and how many of them it has pulled. */
function inputOf(...texts: string[]) {
  const watched = {pulled: 0, input: new ByteInput(pieces())};
  async function* pieces() {
    for (const text of texts) {
      watched.pulled++;
      yield Buffer.from(text);
    }
  }
  return watched;
}

const text = async (bytes: Promise<Uint8Array>) => Buffer.from(await bytes).toString();

input('gives what the next piece has, at most as much as is asked for, and nothing at the end', async () => {
  const {input: of} = inputOf('abc', '', 'de');
  assert.equal(await text(of.some(2)), 'ab');
  assert.equal(await text(of.some(2)), 'c');
  assert.equal(await text(of.some(9)), 'de');
  assert.equal(await text(of.some(9)), '');
  assert.equal(await text(of.some(9)), '');
});

input('takes as many bytes as are asked for across pieces, or fewer at the end', async () => {
  const {input: of} = inputOf('a', '', 'bc', 'def');
  assert.equal(await text(of.take(0)), '');
  assert.equal(await text(of.take(4)), 'abcd');
  assert.equal(await text(of.take(4)), 'ef');
  assert.equal(await text(of.take(4)), '');
});

input('takes bytes back, before what is left', async () => {
  const {input: of} = inputOf('abc', 'def');
  of.putBack(await of.take(2));
  assert.equal(await text(of.take(4)), 'abcd');
  of.putBack(Buffer.from('cd'));
  of.putBack(new Uint8Array(0));
  assert.equal(await text(of.take(9)), 'cdef');
  of.putBack(Buffer.from('f'));
  assert.equal(await text(of.some(9)), 'f');
});

input('pulls nothing before it is needed', async () => {
  const watched = inputOf('ab', 'cd', 'ef');
  assert.equal(watched.pulled, 0);
  await watched.input.take(2);
  assert.equal(watched.pulled, 1);
  watched.input.putBack(Buffer.from('b'));
  await watched.input.some(5);
  assert.equal(watched.pulled, 1);
  await watched.input.take(3);
  assert.equal(watched.pulled, 3);
});

input('loses and repeats no byte, whatever is asked for', async () => {
  const step = fc.tuple(fc.constantFrom('some', 'take'), fc.integer({min: 1, max: 5}), fc.nat({max: 5}));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({unit: 'binary-ascii', maxLength: 4})), fc.array(step), async (texts, steps) => {
      const {input: of} = inputOf(...texts);
      let read = '';
      for (const [how, bytes, back] of steps) {
        const given = Buffer.from(how === 'some' ? await of.some(bytes) : await of.take(bytes));
        assert.ok(given.length <= bytes);
        const kept = given.subarray(0, Math.max(0, given.length - back));
        of.putBack(given.subarray(kept.length));
        read += kept;
      }
      assert.equal(read + Buffer.from(await of.take(1_000)), texts.join(''));
    }),
  );
});

input.run();
