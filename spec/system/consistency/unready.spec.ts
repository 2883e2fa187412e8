import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {narrow} from './modules.ts';

/** Jobs whose parts do not yet agree that they are complete, or that end in an undocumented way. */
const unready = suite('unready jobs');

const options: JumpOptions = {
  modules: [narrow('Deals')],
  records: {Deals: 90},
  bindings: [{module: 'Deals', intervalMs: 60_000}],
  switches: {rowsPerJob: 30, jobMs: 2_000},
};
const exported = (capture: JumpCapture) => capture.sandbox.meters.kind('create').calls;

for (const [fault, what] of [
  ['no-result:status*6', 'tells its result late is waited for'],
  ['not-ready:result*5', 'has its file late is waited for'],
  ['unknown-state:status*6', 'is in a state that nobody knows is waited for'],
] as const) {
  unready(`a job that ${what}, and exported once`, () =>
    JumpCapture.with(options, async (capture) => {
      capture.sandbox.faults.add(fault);
      capture.start();
      await capture.catchUp(10 * 60_000);
      assert.deepEqual(capture.differences(), []);
      assert.equal(exported(capture), 3, 'one job a page');
    }),
  );
}

// The next page is exported along with the first download of a page, and not again.
for (const [fault, first] of [
  ['no-result:status@1', 1],
  ['not-ready:result@1', 2],
  ['unknown-state:status@1', 1],
] as const) {
  unready(`a job that stays so (${fault}) is exported again after a limited time, and the module is paused in the end`, () =>
    JumpCapture.with(options, async (capture) => {
      const {faults, clock} = capture.sandbox;
      faults.add(fault);
      capture.start();
      const beganMs = clock.nowMs();
      await capture.until(() => exported(capture) > first);
      assert.ok(clock.nowMs() - beganMs > 2 * 60_000, 'not at once');
      await capture.until(() => capture.logs.some((line) => line.includes('is paused')), 3 * 3_600_000);
      assert.equal(exported(capture), first + 2);
      faults.clear();
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
    }),
  );
}

unready.run();
