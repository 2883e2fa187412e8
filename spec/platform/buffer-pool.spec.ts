import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {spareBlocksMax, spareBytesMax} from '../../lib/limits.ts';
import {BufferPool} from '../../lib/platform/buffer-pool.ts';

const test = suite('Blocks');

test('lends the same block again only after it was given back', () => {
  const blocks = new BufferPool();
  const first = blocks.acquire(1_000);
  assert.ok(first.length >= 1_000);
  assert.notEqual(blocks.acquire(1_000), first);
  blocks.release(first);
  assert.equal(blocks.acquire(500), first);
  assert.notEqual(blocks.acquire(500), first);
});

test('gives a larger block where no spare one is large enough', () => {
  const blocks = new BufferPool();
  const small = blocks.acquire(10);
  blocks.release(small);
  const large = blocks.acquire(small.length + 1);
  assert.ok(large.length > small.length);
  assert.equal(blocks.acquire(10), small);
});

test('keeps a few blocks of bounded size, the larger ones first', () => {
  const blocks = new BufferPool();
  const sizes = [1, 2, 3, 4, 5, 6].map((n) => n * 100_000);
  const lent = sizes.map((size) => blocks.acquire(size));
  for (const block of [...lent, blocks.acquire(spareBytesMax + 1), new Uint8Array(0)]) blocks.release(block);
  const again = lent.map(() => blocks.acquire(1));
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
  const blocks = new BufferPool();
  const source = Buffer.from('abc');
  const block = blocks.filled(source);
  source.fill('x');
  assert.equal(Buffer.from(block.subarray(0, 3)).toString(), 'abc');
});

test.run();
