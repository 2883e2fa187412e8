import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {CreditReserve} from '../../lib/capture/credit-reserve.ts';
import {type BindingProgress, newProgress} from '../../lib/capture/progress.ts';
import {logStatus, reportStatus, statusOf} from '../../lib/capture/status.ts';
import {costLogMs, statusCheckMs} from '../../lib/limits.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {ManualClock} from '../harness/clocks.ts';

const status = suite('status');

const one = (changes: Partial<BindingProgress> = {}): BindingProgress => ({
  ...newProgress('Leads'),
  phase: 'sweeping',
  ...changes,
});

status('says what all bindings are doing', () => {
  assert.equal(statusOf([]), 'Capture started. No bindings are enabled.');
  assert.equal(statusOf([one({phase: 'starting'}), one({phase: 'starting'})]), 'Capture started.');
  assert.equal(statusOf([one({range: 'backfill'}), one({phase: 'starting'})]), 'Backfilling 1 out of 2 bindings.');
  assert.equal(statusOf([one(), one({phase: 'starting'})]), 'Streaming change events (2 bindings are backfilled).');
  assert.equal(
    statusOf([one({range: 'refresh'}), one({range: 'snapshot'}), one()]),
    'Streaming change events (3 bindings are backfilled). Refreshing formula fields of 1 bindings. Taking snapshots of 1 bindings.',
  );
});

status('counts no paused module as doing anything, and names it with its reason', () => {
  const aside = {fault: 'it is gone'};
  assert.equal(statusOf([one(aside)]), 'Module Leads is paused: it is gone.');
  assert.equal(
    statusOf([one({...aside, range: 'backfill'}), one({...aside, range: 'refresh'}), one({...aside, range: 'snapshot'}), one()]),
    'Streaming change events (1 bindings are backfilled). Module Leads is paused: it is gone. Module Leads is paused: it is gone. Module Leads is paused: it is gone.',
  );
});

status('adds what refreshes found, what waits for credits, and what was left out', () => {
  assert.equal(
    statusOf([one({lastRefresh: {records: 12_345, changed: 67}}), one({lastRefresh: {records: 5, changed: 1_000}}), one()]),
    'Streaming change events (3 bindings are backfilled). The latest formula refreshes found changed values in 1,067 of 12,350 records.',
  );
  assert.match(
    statusOf([one()], {deletions: true, refreshes: false}),
    /\. Zoho's API credits are running short: deletions are on hold\.$/,
  );
  assert.match(statusOf([one()], {deletions: true, refreshes: true}), /: deletions and refreshes are on hold\.$/);
  assert.match(statusOf([one({quarantined: 1})]), / 1 row of module Leads left out: see the log, or run verify\.$/);
  assert.match(statusOf([one({quarantined: 2})]), / 2 rows of module Leads left out: see the log, or run verify\.$/);
});

status('is an event of the log that Flow shows', () => {
  const logged: unknown[] = [];
  logStatus((...given) => void logged.push(given), 'It runs.');
  assert.deepEqual(logged, [['info', 'It runs.', {eventType: 'connectorStatus'}]]);
});

status('is told when it changes, with what waits for credits, and the cost of every hour', async () => {
  const clock = new ManualClock();
  const beganMs = clock.elapsedMs();
  const abort = new AbortController();
  const logged: string[] = [];
  let remaining: number | undefined;
  const progress = one();
  const client = {spent: () => ({callsTotal: 3, creditsTotal: 5, remaining, credits: {coql: 5}})} as unknown as ZohoClient;
  const credits = new CreditReserve(() => remaining, [60_000]);
  const log = (level: string, message: string, fields?: object) =>
    void logged.push(`${level} ${message}${fields && 'credits' in fields ? ' with credits' : ''}`);
  const reporting = reportStatus([{progress}], {client, clock, log, credits}, abort.signal);
  const next = async (): Promise<string[]> => {
    logged.length = 0;
    await clock.advance(statusCheckMs);
    return [...logged];
  };
  await clock.advance(0);
  assert.deepEqual(logged, ['info Streaming change events (1 bindings are backfilled).']);
  assert.deepEqual(await next(), []);
  progress.range = 'backfill';
  assert.deepEqual(await next(), ['info Backfilling 1 out of 1 bindings.']);
  remaining = 0;
  assert.deepEqual(await next(), [
    "info Backfilling 1 out of 1 bindings. Zoho's API credits are running short: deletions and refreshes are on hold.",
    "warn 0 of Zoho's API credits are left: deletions and refreshes are on hold until more are available",
  ]);
  assert.deepEqual(await next(), []);
  remaining = 1e9;
  assert.deepEqual(await next(), [
    'info Backfilling 1 out of 1 bindings.',
    "info Zoho's API credits are sufficient again: nothing is on hold",
  ]);
  logged.length = 0;
  await clock.advance(beganMs + costLogMs - clock.elapsedMs() - 1);
  assert.deepEqual(logged, []);
  await clock.advance(1);
  assert.deepEqual(logged, ['info 3 calls and 5 credits since the start, 1000000000 credits are left with credits']);
  remaining = undefined;
  logged.length = 0;
  await clock.advance(costLogMs);
  assert.deepEqual(logged, ['info 3 calls and 5 credits since the start with credits']);
  abort.abort();
  await reporting;
});

status.run();
