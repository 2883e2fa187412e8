import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {cutSlices} from '../../lib/sources/slices.ts';

const slices = suite('cutSlices');

slices('fills each slice with the key and as many fields as fit, in order', () => {
  const [id, time] = ['id', 'Modified_Time'];
  assert.deepEqual(cutSlices(['A', 'B', 'C', 'D', 'E'], 4), [
    [id, time, 'A', 'B'],
    [id, time, 'C', 'D'],
    [id, time, 'E'],
  ]);
  assert.deepEqual(cutSlices(['A', 'B', 'C', 'D'], 4), [
    [id, time, 'A', 'B'],
    [id, time, 'C', 'D'],
  ]);
});

slices('is the key alone for a module without other fields', () => {
  assert.deepEqual(cutSlices([], 4), [['id', 'Modified_Time']]);
});

slices.run();
