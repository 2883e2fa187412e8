import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {idleCreditsADay} from '../../../lib/zoho/usage.ts';
import {JumpCapture} from './jump-capture.ts';
import {computed, narrow} from './modules.ts';

/** The cost of watching a module without changes. */
const idle = suite('idle binding');

const minuteMs = 60_000;

/** Credits and calls that the sandbox counted by kind. */
function spent({sandbox}: JumpCapture): Record<string, {calls: number; credits: number}> {
  const {kinds} = sandbox.meters.reading();
  return Object.fromEntries(Object.entries(kinds).map(([kind, {calls, credits}]) => [kind, {calls, credits}]));
}

idle('a day at PT5M costs at most 410 credits, metadata and deletions included', () =>
  JumpCapture.with(
    {
      modules: [narrow('Deals', computed)],
      records: {Deals: 500},
      bindings: [{module: 'Deals', intervalMs: 5 * minuteMs}],
    },
    async (capture) => {
      capture.start();
      await capture.catchUp();
      // Between two sweeps, so that none is counted twice.
      await capture.pass(62 * minuteMs);
      const before = spent(capture);
      await capture.pass(24 * 60 * minuteMs);
      const after = spent(capture);
      const credits = (kind: string): number => (after[kind]?.credits ?? 0) - (before[kind]?.credits ?? 0);
      assert.equal(credits('coql'), 288);
      assert.equal(credits('deleted'), 2 * 48);
      assert.ok(credits('fields') <= 24);
      const total = Object.keys(after).reduce((sum, kind) => sum + credits(kind), 0);
      assert.ok(total <= 410, `${total} credits`);
      assert.ok(total <= idleCreditsADay(5 * minuteMs, 1_000), 'no more than estimates say');
      assert.deepEqual(capture.differences(), []);
    },
  ),
);

idle('a sweep costs one COQL call, and one checkpoint', () =>
  JumpCapture.with(
    {modules: [narrow('Deals')], records: {Deals: 500}, bindings: [{module: 'Deals', intervalMs: 5 * minuteMs}]},
    async (capture) => {
      capture.start();
      await capture.catchUp();
      await capture.pass(7 * minuteMs);
      const {coql: before} = spent(capture);
      const {checkpoints} = capture;
      await capture.pass(40 * minuteMs);
      const {coql} = spent(capture);
      assert.equal(coql!.calls - before!.calls, 8);
      assert.equal(coql!.credits - before!.credits, 8);
      assert.equal(capture.checkpoints - checkpoints, 8);
    },
  ),
);

idle('after a busy sweep the next one uses the large page once, then the cheapest again', () =>
  JumpCapture.with(
    {modules: [narrow('Deals')], records: {Deals: 500}, bindings: [{module: 'Deals', intervalMs: 5 * minuteMs}]},
    async (capture) => {
      const {meters, org} = capture.sandbox;
      capture.start();
      await capture.catchUp();
      org.module('Deals').massEdit(org.module('Deals').ids());
      await capture.pass(15 * minuteMs);
      const before = meters.kind('coql');
      await capture.pass(50 * minuteMs);
      assert.equal(meters.kind('coql').calls - before.calls, 10);
      assert.equal(meters.kind('coql').credits - before.credits, 10);
    },
  ),
);

idle('a day without changes takes only changes, deletions, hourly field metadata and tokens', () =>
  JumpCapture.with(
    {modules: [narrow('Deals')], records: {Deals: 50}, bindings: [{module: 'Deals', intervalMs: 30 * minuteMs}]},
    async (capture) => {
      const {meters} = capture.sandbox;
      capture.start();
      await capture.catchUp();
      const calls = () =>
        Object.fromEntries(Object.entries(meters.reading().kinds).map(([kind, reading]) => [kind, reading.calls] as const));
      const before = calls();
      await capture.pass(24 * 60 * minuteMs);
      const {fields = 0, token = 0, coql = 0, deleted = 0, ...others} = calls();
      const {fields: fieldsBefore = 0, token: _, coql: coqlBefore = 0, deleted: deletedBefore = 0, ...othersBefore} = before;
      assert.deepEqual(others, othersBefore);
      assert.equal(coql - coqlBefore, 48);
      assert.equal(deleted - deletedBefore, 48);
      assert.ok(fields - fieldsBefore <= 24, `${fields - fieldsBefore} reads of field metadata`);
      assert.ok(token <= 34, `${token} tokens, one for three quarters of an hour`);
      assert.deepEqual(capture.differences(), []);
    },
  ),
);

idle.run();
