import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {secondsOf} from '../../../lib/flow/state.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {narrow} from './modules.ts';

/** Whole captures of a Zoho with wrong dates, only small pages, or lags between its servers. */
const lists = suite('lists and clocks');

const minuteMs = 60_000;
const deals: JumpOptions = {
  modules: [narrow('Deals')],
  records: {Deals: 60},
  bindings: [{module: 'Deals', intervalMs: minuteMs}],
};
const cursorS = (capture: JumpCapture): number => secondsOf((capture.state('Deals').inc as {cursor: string}).cursor);

lists('450 records of the future arrive once each, over sweeps and a restart, and again when they are edited', () =>
  JumpCapture.with(deals, async (capture) => {
    const {org, meters} = capture.sandbox;
    capture.start();
    await capture.catchUp();
    const before = capture.documents;
    const ids = org.module('Deals').insert(450, {}, 86_400);
    await capture.pass(5 * minuteMs);
    assert.equal(capture.documents - before, 450);
    assert.ok(cursorS(capture) <= capture.clock.nowMs() / 1000);
    const queries = meters.kind('coql');
    await capture.pass(20 * minuteMs);
    const {calls, credits} = meters.kind('coql');
    assert.equal(credits - queries.credits, calls - queries.calls, 'a sweep costs one credit');
    await capture.kill();
    capture.start();
    await capture.pass(5 * minuteMs);
    assert.equal(capture.documents - before, 450, 'none again after a restart');
    org.module('Deals').edit(ids[7]!, {Name: 'edited today'});
    await capture.catchUp();
    assert.equal(capture.documents - before, 451);
    await capture.pass(25 * 3_600_000);
    assert.equal(capture.documents - before, 451, 'none again when its time has come');
    assert.deepEqual(capture.differences(), []);
    assert.equal(
      capture.state('Deals').ahead === undefined || Object.keys(capture.state('Deals').ahead as object).length === 0,
      true,
    );
  }),
);

for (const [fault, when] of [
  ['date-ahead*1', 'the first answer'],
  ['date-ahead:modules@1', 'every list of modules'],
  ['date-ahead@0.2', 'a fifth of all answers'],
  ['date-behind@0.2', 'a fifth of all answers, behind'],
  ['date-invalid@0.5', 'half of all answers, unreadable'],
] as const) {
  lists(`no edit is missed when ${when} have a wrong date`, () =>
    JumpCapture.with(deals, async (capture) => {
      const {org, faults} = capture.sandbox;
      faults.add(fault);
      capture.start();
      await capture.pass(minuteMs);
      for (let i = 0; i < 12; i++) {
        const [id] = [...org.module('Deals').ids()].slice(i);
        org.module('Deals').edit(id!);
        org.module('Deals').insert(1);
        await capture.pass(minuteMs);
        assert.ok(cursorS(capture) <= capture.clock.nowMs() / 1000, 'the cursor is not ahead of Zoho');
      }
      faults.clear();
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
      assert.ok(capture.sandbox.faults.hits() >= 0);
    }),
  );
}

lists('a permanently wrong date is believed after a minute, and the capture continues with it', () =>
  JumpCapture.with(deals, async (capture) => {
    capture.start();
    await capture.catchUp();
    capture.sandbox.faults.add('date-ahead@1');
    await capture.pass(minuteMs / 2);
    assert.ok(cursorS(capture) <= capture.clock.nowMs() / 1000);
    await capture.pass(5 * minuteMs);
    assert.ok(cursorS(capture) > capture.clock.nowMs() / 1000 + 10_000);
  }),
);

lists('a module whose queries of more than 20 rows fail is captured nevertheless, and reported', () =>
  JumpCapture.with(deals, async (capture) => {
    const {org, faults} = capture.sandbox;
    capture.start();
    await capture.catchUp();
    faults.add('heavy-page@1');
    org.module('Deals').massEdit([...org.module('Deals').ids()]);
    org.module('Deals').insert(200);
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.ok(capture.logs.some((line) => /asking for \d+ records at once instead of/.test(line)));
    assert.ok(capture.logs.every((line) => !line.includes('paused')));
  }),
);

for (const fault of ['flags-missing@1', 'flags-text@1']) {
  lists(`changes and deletions arrive from a Zoho with ${fault}`, () =>
    JumpCapture.with({...deals, records: {Deals: 700}}, async (capture) => {
      const {org, faults} = capture.sandbox;
      faults.add(fault);
      capture.start();
      await capture.catchUp();
      const module = org.module('Deals');
      module.massEdit([...module.ids()].slice(0, 450));
      for (const id of [...module.ids()].slice(200, 650)) module.delete(id);
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
      assert.ok(capture.logs.every((line) => !line.includes('paused')));
    }),
  );
}

for (const valuesMax of [50, 10, 1]) {
  lists(`deletions arrive from a Zoho that accepts ${valuesMax} values in a list`, () =>
    JumpCapture.with({...deals, switches: {coql: {valuesMax}}}, async (capture) => {
      const module = capture.sandbox.org.module('Deals');
      capture.start();
      await capture.catchUp();
      for (const id of [...module.ids()].slice(0, 55)) module.delete(id);
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
    }),
  );
}

lists('2,000 deletions in no order of time are read completely', () =>
  JumpCapture.with({...deals, records: {Deals: 2_100}}, async (capture) => {
    const module = capture.sandbox.org.module('Deals');
    capture.start();
    await capture.catchUp();
    for (const id of [...module.ids()].slice(0, 2_000)) module.delete(id);
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.ok(capture.logs.every((line) => !line.includes('read again with the next sweep')));
  }),
);

lists('a record deleted just before a restart does not return by bulk, although the feed of deletions lags', () => {
  const order: string[] = [];
  return JumpCapture.with(
    {
      ...deals,
      records: {Deals: 20},
      bindings: [{module: 'Deals', intervalMs: 2_000}],
      switches: {jobMs: 120_000, deletedLateMs: 6_000},
      onDocument: (_module, doc) => order.push(`${doc.id} ${(doc._meta as {op: string}).op} ${doc.Name}`),
    },
    async (capture) => {
      const module = capture.sandbox.org.module('Deals');
      const [id] = module.ids();
      capture.start();
      await capture.until(() => (capture.state('Deals').backfill as {job?: string} | undefined)?.job !== undefined);
      // The job is about to end, and exports the older version.
      await capture.pass(2 * minuteMs - 5_000);
      module.edit(id!, {Name: 'newer'});
      await capture.until(() => order.some((line) => line.endsWith('newer')));
      module.delete(id!);
      await capture.kill();
      capture.start();
      await capture.catchUp();
      // Deletions of a quiet module are read rarely.
      await capture.until(() => capture.differences().length === 0);
      const seen = order.filter((line) => line.startsWith(`#${id} `));
      assert.deepEqual(seen.slice(0, 1), [`#${id} u newer`]);
      assert.ok(
        seen.slice(1).every((line) => line.startsWith(`#${id} d`)),
        `${seen}`,
      );
      assert.deepEqual(capture.differences(), []);
    },
  );
});

lists('deletions of a capture that starts in 1970 are requested since 1970', () =>
  JumpCapture.with({...deals, startDate: '1970-01-01T00:00:00Z'}, async (capture) => {
    const module = capture.sandbox.org.module('Deals');
    capture.start();
    await capture.catchUp();
    module.delete([...module.ids()][0]!);
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
  }),
);

lists.run();
