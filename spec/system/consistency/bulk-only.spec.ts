import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {structured, text} from '../../../lib/sandbox/schema/kinds.ts';
import {deals, dealsWith, different, some} from './deals.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {computed, narrow} from './modules.ts';

/**
 * Fields that only Bulk Read reads, of records that COQL delivered while a range was running
 * (design 3, 5.2, 5.5).
 */
const bulkOnly = suite('fields that only Bulk Read reads');

const image = structured('Image', 'imageupload', 'jsonarray', (h) => `[{"File_Id__s":"f${h}"}]`, {coql: false, blanks: 0});
const options = (more: Partial<JumpOptions> = {}): JumpOptions => dealsWith([image, ...computed], more);

/** Waits until the backfill has a job. */
const untilJob = (capture: JumpCapture): Promise<void> =>
  capture.until(() => (capture.state('Deals').backfill as {job?: string} | undefined)?.job !== undefined);

const jobs = ({sandbox}: JumpCapture) => [...sandbox.jobs.all].length;
const begun = ({logs}: JumpCapture, kind: string) =>
  logs.filter((line) => line.includes(`Beginning the ${kind} of module Deals`)).length;
const idle = (capture: JumpCapture) => capture.state('Deals').inc !== undefined && capture.state('Deals').backfill == null;

for (const photograph of ['submit', 'run'] as const) {
  bulkOnly(`are captured for records edited and created during the backfill (exported at ${photograph})`, () =>
    JumpCapture.with(options({switches: {rowsPerJob: 40, jobMs: 30_000, photograph}}), async (capture) => {
      capture.start();
      await untilJob(capture);
      await capture.pass(10_000);
      deals(capture).massEdit(some(capture, 5), {Count: '7'});
      deals(capture).insert(3);
      await capture.catchUp();
      assert.deepEqual(different(capture), []);
      assert.equal(begun(capture, 'refresh'), 1);
      assert.equal(capture.state('Deals').is_connector_initiated, false);
    }),
  );
}

bulkOnly('are captured for records that a sweep found ahead of the cursor just before the refresh began', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals', intervalMs: 1_000}]}), async (capture) => {
    capture.start();
    while (!capture.logs.some((line) => line.includes('The backfill of module Deals is complete'))) {
      deals(capture).insert(1);
      await capture.pass(1_000);
    }
    await capture.catchUp();
    assert.deepEqual(different(capture), []);
  }),
);

bulkOnly('are not read again and again for the sake of a record of the future', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals', intervalMs: 60_000}]}), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    capture.start();
    await capture.until(() => (capture.state('Deals').backfill as {job?: string} | undefined)?.job !== undefined);
    deals.insert(1, {}, 7 * 86_400);
    await capture.pass(6 * 3_600_000);
    assert.equal(capture.logs.filter((line) => line.includes('were captured without Image')).length, 1);
    assert.equal(begun(capture, 'refresh'), 1);
  }),
);

bulkOnly('are captured after a refresh was missed while the connector was down', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals', intervalMs: 5_000, schedule: '0 * * * *'}]}), async (capture) => {
    capture.start();
    await capture.catchUp();
    await capture.until(() => capture.clock.nowMs() % 3_600_000 > 3_500_000);
    // Swept once, and within the overlap that the first sweep of the next process reads again.
    deals(capture).insert(4);
    await capture.catchUp();
    await capture.kill();
    capture.clock.advance(120_000);
    const before = String(capture.state('Deals').last_initialized);
    const refreshes = begun(capture, 'refresh');
    capture.start();
    await capture.until(() => String(capture.state('Deals').last_initialized) > before && idle(capture));
    assert.deepEqual(different(capture), []);
    assert.equal(begun(capture, 'refresh') - refreshes, 1, 'the refresh waits for the first sweep and needs no second one');
  }),
);

for (const lost of [0, 1, 2, 3]) {
  bulkOnly(`are captured if the connector is killed as the backfill ends, ${lost} sequences uncommitted`, () =>
    JumpCapture.with(options(), async (capture) => {
      capture.start();
      await untilJob(capture);
      deals(capture).massEdit(some(capture, 5), {Count: '7'});
      await capture.until(() => capture.logs.some((line) => line.includes('The backfill of module Deals is complete')), 600_000);
      await capture.kill(capture.session.waiting - lost);
      capture.start();
      await capture.catchUp();
      assert.deepEqual(different(capture), []);
    }),
  );
}

bulkOnly('are requested again a limited number of times while the module keeps changing', () =>
  JumpCapture.with(options(), async (capture) => {
    capture.start();
    for (let round = 0; round < 120; round++) {
      deals(capture).massEdit([...deals(capture).ids()].slice(round % 50, (round % 50) + 5));
      await capture.pass(7_000);
    }
    assert.equal(begun(capture, 'refresh'), 3);
    assert.ok(idle(capture));
    assert.ok(capture.logs.some((line) => /keep changing: their latest values of Image arrive with the next refresh/.test(line)));
  }),
);

bulkOnly('include those that COQL rejects while the backfill runs', () =>
  JumpCapture.with(options({modules: [narrow('Deals', [text('Extra', undefined, {blanks: 0})])]}), async (capture) => {
    deals(capture).refuseField('Extra', 'coql');
    capture.start();
    await untilJob(capture);
    deals(capture).massEdit(some(capture, 5), {Count: '7'});
    await capture.catchUp();
    assert.deepEqual(different(capture), []);
  }),
);

bulkOnly('do not exist: no refresh follows a backfill during which records changed', () =>
  JumpCapture.with(options({modules: [narrow('Deals')]}), async (capture) => {
    capture.start();
    await untilJob(capture);
    deals(capture).massEdit(some(capture, 5), {Count: '7'});
    await capture.catchUp();
    assert.deepEqual(different(capture), []);
    assert.deepEqual([begun(capture, 'refresh'), jobs(capture)], [0, 2]);
  }),
);

bulkOnly.run();
