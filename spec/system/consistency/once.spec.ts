import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {JumpCapture} from './jump-capture.ts';
import {narrow} from './modules.ts';

/**
 * The promise of `--once`: everything that happened before its start is captured when it ends
 * (design 8).
 */
const once = suite('once');

const options = {modules: [narrow('Deals')], records: {Deals: 900}, bindings: [{module: 'Deals', intervalMs: 300_000}]};

once('includes a mass edit and the deletions of the second before it was started', () =>
  JumpCapture.with(options, async (capture) => {
    const {clock, sandbox} = capture;
    const deals = sandbox.org.module('Deals');
    await capture.once();
    assert.deepEqual(capture.differences(), []);
    for (const waitMs of [3_600_000, 10_300, 1_700]) {
      clock.advance(waitMs);
      const ids = [...deals.ids()];
      deals.massEdit(ids.slice(0, 700), {Name: `after ${waitMs}`});
      for (const id of ids.slice(650, 700)) deals.delete(id);
      const before = clock.nowMs();
      await capture.once();
      assert.deepEqual(capture.differences(), []);
      assert.ok(clock.nowMs() - before < 5_000, `it took ${clock.nowMs() - before} ms`);
      assert.ok(Date.parse((capture.state('Deals').inc as {cursor: string}).cursor) > before - 1_000);
    }
  }),
);

once('costs one sweep when there is nothing to backfill', () =>
  JumpCapture.with(options, async (capture) => {
    await capture.once();
    capture.clock.advance(3_600_000);
    const calls = () => capture.sandbox.meters.kind('coql').calls + capture.sandbox.meters.kind('deleted').calls;
    const before = calls();
    await capture.once();
    assert.equal(calls() - before, 2);
  }),
);

once.run();
