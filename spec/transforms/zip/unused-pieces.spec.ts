import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {UnusedPieces} from '../../../lib/transforms/zip/unused-pieces.ts';

const unused = suite('UnusedPieces');

function piecesOf(...texts: string[]): UnusedPieces {
  const pieces = new UnusedPieces();
  for (const text of texts) pieces.add(Buffer.from(text));
  return pieces;
}

const textsOf = (pieces: Iterable<Uint8Array>) => Array.from(pieces, (piece) => Buffer.from(piece).toString());

unused('gives up each piece once, when all of its bytes are used', () => {
  const pieces = piecesOf('abc', 'de', 'f');
  assert.deepEqual(textsOf(pieces.usedUp(2)), []);
  assert.deepEqual(textsOf(pieces.usedUp(3)), ['abc']);
  assert.deepEqual(textsOf(pieces.usedUp(4)), []);
  pieces.add(Buffer.from('gh'));
  assert.deepEqual(textsOf(pieces.usedUp(6)), ['de', 'f']);
  assert.deepEqual(textsOf(pieces.usedUp(100)), ['gh']);
  assert.deepEqual(textsOf(pieces.usedUp(100)), []);
});

unused('knows what lies beyond any byte, whether the pieces before are gone or not', () => {
  const pieces = piecesOf('abc', 'de', 'f');
  for (const used of [0, 3, 5]) {
    assert.equal(textsOf(pieces.usedUp(used)).length, used === 0 ? 0 : 1);
    assert.equal(Buffer.from(pieces.beyond(5)).toString(), 'f');
  }
  assert.equal(Buffer.from(piecesOf('abc', 'de').beyond(2)).toString(), 'cde');
  assert.equal(piecesOf('abc').beyond(3).length, 0);
  assert.equal(piecesOf().beyond(0).length, 0);
});

unused.run();
