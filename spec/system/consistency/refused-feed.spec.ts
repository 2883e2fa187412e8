import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {settled} from '../../harness/clocks.ts';
import {JumpCapture} from './jump-capture.ts';
import {narrow} from './modules.ts';

const feed = suite('refused feed of deletions');

const hourMs = 3_600_000;

feed('leaves the module captured without deletions, and these arrive once the feed is back', () =>
  JumpCapture.with({modules: [narrow('Deals')], records: {Deals: 50}, bindings: [{module: 'Deals'}]}, async (capture) => {
    const {faults, org} = capture.sandbox;
    const deals = org.module('Deals');
    faults.add('refused-feed@1');
    capture.start();
    await capture.pass(hourMs / 2);
    const [id] = deals.ids();
    deals.delete(id!);
    deals.insert(3);
    await capture.pass(hourMs / 4);
    capture.commit();
    assert.equal(capture.task.collections.of('acme/Deals').size, 53);
    assert.equal(
      capture.logs.filter((line) => /^warn: Module Deals is captured without deletions: .*PATTERN_NOT_MATCHED/.test(line)).length,
      1,
    );
    faults.clear();
    await capture.pass(hourMs);
    assert.deepEqual(capture.differences(), []);
    assert.ok(capture.logs.every((line) => !line.includes('paused')));
  }),
);

feed('restores no record that was deleted before a restart during the backfill', () =>
  JumpCapture.with(
    {
      modules: [narrow('Deals')],
      records: {Deals: 50},
      bindings: [{module: 'Deals', intervalMs: 60_000}],
      switches: {jobMs: 600_000},
    },
    async (capture) => {
      const {faults, org} = capture.sandbox;
      const deals = org.module('Deals');
      const [id] = deals.ids();
      capture.start();
      await capture.until(() => (capture.state('Deals').backfill as {job?: string} | undefined)?.job !== undefined);
      deals.edit(id!);
      await capture.pass(180_000);
      deals.delete(id!);
      await capture.pass(180_000);
      await capture.kill();
      faults.add('refused-feed@1');
      capture.start();
      await capture.until(() => capture.state('Deals').inc !== undefined && capture.state('Deals').backfill == null, hourMs);
      capture.commit();
      const {size} = capture.task.collections.of('acme/Deals');
      faults.clear();
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
      assert.equal(size, 49);
    },
  ),
);

feed('is not treated as rejected when its call ends because the backfill has failed', async () => {
  const failed = Promise.withResolvers<void>();
  let isAsked = false;
  let failures = 0;
  const hooks = {
    async beforeDeleted() {
      isAsked = true;
      if (failures === 0) await failed.promise;
    },
    beforeCreate() {
      // The job of the next page is submitted ahead, and again when it is due.
      if (!isAsked || ++failures > 2) return;
      // By then the call of the feed has been aborted.
      void settled().then(failed.resolve);
      throw new ZohoError('module', 'no more exports');
    },
  };
  await JumpCapture.with(
    {
      modules: [narrow('Deals')],
      records: {Deals: 90},
      bindings: [{module: 'Deals', intervalMs: 5_000}],
      switches: {rowsPerJob: 30, jobMs: 60_000},
      hooks,
    },
    async (capture) => {
      const deals = capture.sandbox.org.module('Deals');
      capture.start();
      await capture.until(() => capture.logs.some((line) => line.includes('is paused')));
      await capture.catchUp();
      deals.delete([...deals.ids()][0]!);
      await capture.pass(hourMs / 2);
      assert.deepEqual(capture.differences(), []);
      assert.deepEqual(
        capture.logs.filter((line) => /without deletions/.test(line)),
        [],
      );
    },
  );
});

feed.run();
