import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import fc from 'fast-check';
import {suite} from 'uvu';
import {RowDigest} from '../../lib/records/row-digest.ts';

const digest = suite('RowDigest');

function digestOf(rows: readonly string[]): RowDigest {
  const sum = new RowDigest();
  for (const row of rows) sum.add(Buffer.from(row));
  return sum;
}

const rowsOf = fc.array(fc.string({maxLength: 3}), {maxLength: 12});

digest('is the same for the same rows in any order, and for no others', () => {
  fc.assert(
    fc.property(rowsOf, rowsOf, fc.nat(), (rows, others, by) => {
      const turn = rows.length === 0 ? 0 : by % rows.length;
      assert.equal(digestOf([...rows.slice(turn), ...rows.slice(0, turn)]).text, digestOf(rows).text);
      const same = JSON.stringify(rows.toSorted()) === JSON.stringify(others.toSorted());
      assert.equal(digestOf(rows).text === digestOf(others).text, same);
    }),
  );
});

digest('is the sum of the words of each SHA-256, in hexadecimal digits', () => {
  assert.equal(
    new RowDigest(Uint32Array.from([1, 2, 3, 4, 5, 6, 7, 0xabcdef12])).text,
    '00000001000000020000000300000004000000050000000600000007abcdef12',
  );
  const bytes = createHash('sha256').update('a').digest();
  const words = Array.from({length: 8}, (_, i) =>
    bytes
      .readUInt32LE(4 * i)
      .toString(16)
      .padStart(8, '0'),
  );
  assert.equal(digestOf(['a']).text, words.join(''));
});

digest('counts a row as often as it occurs', () => {
  const texts = [[], ['a'], ['a', 'a'], ['a', 'a', 'a']].map((rows) => digestOf(rows).text);
  assert.equal(new Set(texts).size, 4);
});

digest('goes on from a copy without changing what it was copied from', () => {
  const first = digestOf(['a']);
  const second = first.copy();
  second.add(Buffer.from('b'));
  assert.deepEqual([first.text, first.count], [digestOf(['a']).text, 1]);
  assert.deepEqual([second.text, second.count], [digestOf(['b', 'a']).text, 2]);
});

digest.run();
