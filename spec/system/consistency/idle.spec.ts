import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {JumpCapture} from './jump-capture.ts';
import {computed, narrow} from './modules.ts';

/** What it costs to watch a module in which nothing happens. */
const idle = suite('idle binding');

const minuteMs = 60_000;

idle('a sweep costs one COQL call of one credit and one call for deletions', () =>
  JumpCapture.with(
    {
      modules: [narrow('Deals', computed)],
      records: {Deals: 500},
      bindings: [{module: 'Deals', intervalMs: 5 * minuteMs}],
    },
    async (capture) => {
      const {meters} = capture.sandbox;
      capture.start();
      await capture.catchUp();
      await capture.pass(5 * minuteMs);
      const before = {coql: meters.kind('coql'), deleted: meters.kind('deleted'), checkpoints: capture.checkpoints};
      await capture.pass(50 * minuteMs);
      const coql = meters.kind('coql');
      assert.equal(coql.calls - before.coql.calls, 10);
      assert.equal(coql.credits - before.coql.credits, 10);
      assert.equal(meters.kind('deleted').calls - before.deleted.calls, 10);
      assert.equal(capture.checkpoints - before.checkpoints, 10);
    },
  ),
);

idle('after a busy sweep the next one is asked for with the large page once, then with the cheapest again', () =>
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

idle('a day without changes calls nothing but the two, the hourly field metadata and the token', () =>
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
