import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {spareBlocksMax, spareBytesMax} from '../../lib/limits.ts';
import {Blocks} from '../../lib/platform/buffer-pool.ts';

const test = suite('Blocks');

test('lends the same block again only after it was given back', () => {
  const blocks = new Blocks();
  const first = blocks.take(1_000);
  assert.ok(first.length >= 1_000);
  assert.notEqual(blocks.take(1_000), first);
  blocks.give(first);
  assert.equal(blocks.take(500), first);
  assert.notEqual(blocks.take(500), first);
});

test('gives a larger block where no spare one is large enough', () => {
  const blocks = new Blocks();
  const small = blocks.take(10);
  blocks.give(small);
  const large = blocks.take(small.length + 1);
  assert.ok(large.length > small.length);
  assert.equal(blocks.take(10), small);
});

test('keeps a few blocks of bounded size, the larger ones first', () => {
  const blocks = new Blocks();
  const sizes = [1, 2, 3, 4, 5, 6].map((n) => n * 100_000);
  const lent = sizes.map((size) => blocks.take(size));
  for (const block of [...lent, blocks.take(spareBytesMax + 1), new Uint8Array(0)]) blocks.give(block);
  const again = lent.map(() => blocks.take(1));
  assert.deepEqual(
    again
      .filter((block) => lent.includes(block))
      .map(({length}) => length)
      .sort(),
    lent
      .slice(-spareBlocksMax)
      .map(({length}) => length)
      .sort(),
  );
});

test('fills a block with a copy', () => {
  const blocks = new Blocks();
  const source = Buffer.from('abc');
  const block = blocks.filled(source);
  source.fill('x');
  assert.equal(Buffer.from(block.subarray(0, 3)).toString(), 'abc');
});

test.run();
