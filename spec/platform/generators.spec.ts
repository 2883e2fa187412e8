import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {consume} from '../../lib/platform/generators.ts';

const test = suite('consume');

async function* counting(closed: string[]): AsyncGenerator<number, string, void> {
  try {
    yield 1;
    yield 2;
    return 'end';
  } finally {
    closed.push('closed');
  }
}

test('uses every item in order, and gives what the generator returns', async () => {
  const used: number[] = [];
  assert.equal(await consume(counting([]), async (item) => void used.push(item)), 'end');
  assert.deepEqual(used, [1, 2]);
});

test('closes the generator when an item cannot be used, and passes the failure on', async () => {
  const closed: string[] = [];
  const failing = consume(counting(closed), () => {
    throw new Error('full');
  });
  await assert.rejects(failing, {message: 'full'});
  assert.deepEqual(closed, ['closed']);
});

test('passes a failure of the generator on', async () => {
  // biome-ignore lint/correctness/useYield: it fails before it yields
  async function* failing(): AsyncGenerator<number, void, void> {
    throw new Error('lost');
  }
  await assert.rejects(
    consume(failing(), () => {}),
    {message: 'lost'},
  );
});

test.run();
