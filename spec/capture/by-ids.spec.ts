/** The capture of records by their ids. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {captureByIds} from '../../lib/capture/by-ids.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {bench, nowS} from '../harness/binding-zoho.ts';
import {settled} from '../harness/clocks.ts';

const byIds = suite('records by their ids');

const records = ['1', '2', '3'].map((id) => ({id, modifiedS: nowS - 50, values: {A: 'a'}}));

byIds('are captured whole, as far as they exist and are news', async () => {
  const it = bench({records});
  await captureByIds(it.binding, ['2'], it.signal);
  await captureByIds(it.binding, ['1', '2', '9'], it.signal);
  assert.deepEqual(
    it.written.map(({id, A}) => [id, A]),
    [
      [2, 'a'],
      [1, 'a'],
    ],
  );
});

byIds('are read when no other answer is on its way to the output', async () => {
  const it = bench({records});
  const release = await it.binding.coqlLock.acquire(it.signal);
  const captured = captureByIds(it.binding, ['1'], it.signal);
  await settled();
  assert.deepEqual(it.calls, []);
  release();
  await captured;
  assert.notEqual(it.binding.coqlLock.tryAcquire(), undefined, 'and the next one may be');
});

byIds('leave the way free for others when they cannot be read', async () => {
  const it = bench({
    before() {
      throw new ZohoError('unavailable', 'down');
    },
  });
  await assert.rejects(captureByIds(it.binding, ['1'], it.signal), {kind: 'unavailable'});
  assert.notEqual(it.binding.coqlLock.tryAcquire(), undefined);
});

byIds.run();
