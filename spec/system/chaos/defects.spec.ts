import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {defects} from './defects.ts';
import {found, foundWith, seeds, small} from './planted.ts';

/** The planted defects of `npm run chaos -- --defects`, in sessions killed on a clock that jumps. */
const planted = suite('planted defects');

planted('are twelve', () => assert.equal(defects.length, 12));

planted('are not found if there are none', async () => {
  assert.deepEqual(await found([...seeds.slice(0, 4).map(small), {...small(1), largePages: true}]), []);
});

for (const defect of defects) {
  planted(`are caught: ${defect}`, async () => assert.notDeepEqual(await foundWith(defect), [], 'not caught by any run'));
}

planted.run();
