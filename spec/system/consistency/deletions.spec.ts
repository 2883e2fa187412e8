import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {SwitchChoices} from '../../../lib/sandbox/switches.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {narrow} from './modules.ts';

/** Deletions are deletions, restored records live (design 5.4). */
const deletions = suite('deletions');

const binding = {module: 'Deals'};
const plain = (records: number, more: Partial<JumpOptions> = {}): JumpOptions => ({
  modules: [narrow('Deals')],
  records: {Deals: records},
  bindings: [binding],
  ...more,
});

/** A capture that is up to date, and its ids. */
async function captured(options: JumpOptions, use: (capture: JumpCapture, ids: string[]) => Promise<void>): Promise<void> {
  await JumpCapture.with(options, async (capture) => {
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    await use(capture, [...capture.sandbox.org.module('Deals').ids()]);
  });
}

/** Deletes records. Occasionally a second passes. */
function deleteAll(
  {sandbox, clock}: JumpCapture,
  ids: readonly string[],
  perSecond: number,
  isPermanent = (_: number) => false,
): void {
  const deals = sandbox.org.module('Deals');
  for (const [i, id] of ids.entries()) {
    deals.delete(id, {permanent: isPermanent(i)});
    if (i % perSecond === 0) clock.advance(1_000);
  }
}

const collection = (capture: JumpCapture) => capture.task.collections.of('acme/Deals');

for (const deletedOrder of ['ascending', 'descending', 'shuffled'] as const) {
  for (const unchangedStatus of [204, 304] as const) {
    deletions(
      `700 deletions of both kinds arrive from a feed that is ${deletedOrder} and says nothing new with ${unchangedStatus}`,
      () => {
        const switches: SwitchChoices = {deletedOrder, unchangedStatus};
        return captured(plain(800, {switches}), async (capture, ids) => {
          deleteAll(capture, ids.slice(0, 700), 10, (i) => i % 3 === 0);
          await capture.catchUp();
          assert.deepEqual(capture.differences(), []);
          assert.equal(collection(capture).size, 100);
        });
      },
    );
  }
}

deletions('a feed that ends at a paging cap, in order of time, is continued from there', () =>
  captured(plain(1_500, {switches: {deletedOrder: 'ascending', deletedRowsMax: 400}}), async (capture, ids) => {
    deleteAll(capture, ids.slice(0, 1_300), 50);
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.equal(collection(capture).size, 200);
  }),
);

deletions('a feed that ends at a paging cap, in another order, is reported and its cursor stays', () =>
  captured(plain(900, {switches: {deletedOrder: 'descending', deletedRowsMax: 400}}), async (capture, ids) => {
    const cursor = () => (capture.state('Deals').deleted as {cursor: string}).cursor;
    deleteAll(capture, ids.slice(0, 700), 50);
    const deletedMs = capture.clock.nowMs() - 14_000;
    await capture.pass(20 * 60_000);
    assert.ok(Date.parse(cursor()) <= deletedMs, `the cursor is at ${cursor()}`);
    assert.ok(capture.logs.some((line) => /^warn: .*deletions of module Deals.* read again/.test(line)));
    capture.sandbox.switch({deletedRowsMax: Number.POSITIVE_INFINITY});
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.equal(collection(capture).size, 200);
  }),
);

deletions('many records restored with their old Modified_Time live, although nothing else is deleted', () =>
  captured(plain(300), async (capture, ids) => {
    const deals = capture.sandbox.org.module('Deals');
    const some = ids.slice(0, 250);
    for (const id of some) deals.delete(id);
    await capture.catchUp();
    for (const id of some) deals.restore(id, {touch: false});
    await capture.pass(11 * 60_000);
    assert.deepEqual(capture.differences(), []);
    assert.equal(collection(capture).size, 300);
    assert.deepEqual(capture.state('Deals').deleted, {
      ...(capture.state('Deals').deleted as object),
      recycled: {},
    });
  }),
);

deletions('many records restored while the connector is down live', () =>
  captured(plain(300), async (capture, ids) => {
    const deals = capture.sandbox.org.module('Deals');
    const some = ids.slice(0, 250);
    for (const id of some) deals.delete(id);
    await capture.catchUp();
    await capture.kill();
    capture.clock.advance(7 * 86_400_000);
    for (const id of some) deals.restore(id, {touch: false});
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
  }),
);

deletions('a record restored after days lives within an hour and an interval', () =>
  captured(plain(50, {bindings: [{module: 'Deals', intervalMs: 1_200_000}]}), async (capture, [id]) => {
    const deals = capture.sandbox.org.module('Deals');
    deals.delete(id!);
    await capture.pass(3 * 86_400_000);
    deals.restore(id!, {touch: false});
    await capture.pass(81 * 60_000);
    assert.deepEqual(capture.differences(), []);
  }),
);

deletions('watching the recycle bin costs one credit per 100 records, less and less often, and nothing once it is emptied', () =>
  captured(plain(300, {bindings: [{module: 'Deals', intervalMs: 60_000}]}), async (capture, ids) => {
    const {meters, org} = capture.sandbox;
    const hourMs = 3_600_000;
    for (const id of ids.slice(0, 250)) org.module('Deals').delete(id);
    await capture.catchUp();
    /** Credits in an hour besides those of its 60 sweeps. */
    const spent = async () => {
      const before = meters.kind('coql').credits;
      await capture.pass(hourMs);
      return meters.kind('coql').credits - before - 60;
    };
    const first = await spent();
    assert.ok(first > 3 * 15 && first < 3 * 30, `${first} credits in the first hour`);
    await capture.pass(12 * hourMs);
    assert.equal(await spent(), 3);
    await capture.kill();
    capture.clock.advance(60 * 24 * hourMs);
    capture.start();
    await capture.pass(hourMs);
    assert.equal(await spent(), 0);
  }),
);

for (const touch of [true, false]) {
  const how = touch ? 'with a new Modified_Time' : 'with its old Modified_Time';
  deletions(`a record restored ${how} after its deletion was captured lives`, () =>
    captured(plain(50), async (capture, [id, other]) => {
      const deals = capture.sandbox.org.module('Deals');
      deals.delete(id!);
      await capture.catchUp();
      capture.commit();
      assert.ok(!collection(capture).has(`#${id}`));
      capture.clock.advance(3_600_000);
      deals.restore(id!, {touch});
      deals.delete(other!);
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
      assert.ok(collection(capture).has(`#${id}`));
    }),
  );

  deletions(`a record restored ${how} while the connector is down lives`, () =>
    captured(plain(50), async (capture, [id, other]) => {
      const deals = capture.sandbox.org.module('Deals');
      deals.delete(id!);
      await capture.catchUp();
      await capture.kill();
      capture.clock.advance(3_600_000);
      deals.restore(id!, {touch});
      deals.delete(other!);
      capture.start();
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
      assert.ok(collection(capture).has(`#${id}`));
    }),
  );

  deletions(`a record deleted and restored ${how} between two sweeps lives`, () =>
    captured(plain(50), async (capture, [id]) => {
      const deals = capture.sandbox.org.module('Deals');
      deals.edit(id!, {Name: 'changed'});
      deals.delete(id!);
      capture.clock.advance(5_000);
      deals.restore(id!, {touch});
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
    }),
  );
}

deletions('a record deleted after its change was read, and before the feed is, ends deleted', async () => {
  let onChange: ((id: string) => void) | undefined;
  const written: unknown[] = [];
  const onDocument: JumpOptions['onDocument'] = (_, doc) => {
    if (onChange === undefined) return;
    written.push((doc._meta as {op: string}).op);
    if (doc.Name === 'last words') onChange(String(doc.id).slice(1));
  };
  await captured(plain(50, {onDocument}), async (capture, [id]) => {
    const deals = capture.sandbox.org.module('Deals');
    onChange = (changed) => deals.delete(changed);
    deals.edit(id!, {Name: 'last words'});
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.ok(!collection(capture).has(`#${id}`));
    assert.deepEqual(written, ['u', 'd']);
  });
});

deletions('a record restored between the feed and the check of its id ends alive', async () => {
  let afterDeleted: (() => void) | undefined;
  await captured(plain(50, {hooks: {afterDeleted: () => afterDeleted?.()}}), async (capture, [id]) => {
    const deals = capture.sandbox.org.module('Deals');
    deals.delete(id!);
    afterDeleted = () => {
      afterDeleted = undefined;
      deals.restore(id!, {touch: false});
    };
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.ok(collection(capture).has(`#${id}`));
  });
});

deletions('a module without a feed is captured without deletions: logged once, and tried at most hourly', () =>
  JumpCapture.with(plain(50, {modules: [narrow('Deals', [], {deletions: false})]}), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    capture.start();
    await capture.pass(3_600_000);
    const [id] = deals.ids();
    deals.delete(id!);
    deals.insert(3);
    await capture.pass(3_600_000);
    const feed = capture.logs.filter((line) => /^warn: .* captured without deletions/.test(line));
    assert.equal(feed.length, 1);
    capture.commit();
    assert.equal(collection(capture).size, 53);
    assert.ok(capture.sandbox.meters.kind('deleted').calls <= 3);
  }),
);

// Deletions that are not read with every sweep (design 5.9)

const quietMs = 3 * 3_600_000;
const feedCalls = ({sandbox}: JumpCapture) => sandbox.meters.kind('deleted').calls;

deletions('a deletion after hours without any arrives within half an hour, and later ones within the interval', () =>
  captured(plain(50), async (capture, ids) => {
    const deals = capture.sandbox.org.module('Deals');
    await capture.pass(quietMs);
    deals.delete(ids[0]!);
    await capture.until(() => capture.differences().length === 0, 31 * 60_000);
    for (const id of ids.slice(1, 5)) {
      deals.delete(id);
      await capture.until(() => capture.differences().length === 0, 5 * 60_000 + 5_000);
    }
  }),
);

for (const restart of [false, true]) {
  const how = restart ? ', after a restart' : '';
  deletions(`a record changed, deleted and restored while the feed is not read has its last values${how}`, () =>
    captured(plain(50), async (capture, [id]) => {
      const deals = capture.sandbox.org.module('Deals');
      await capture.pass(quietMs);
      await capture.until(() => (capture.state('Deals').deleted as {skipped?: boolean}).skipped === undefined, 31 * 60_000);
      const calls = feedCalls(capture);
      await capture.pass(60_000);
      deals.edit(id!, {Name: 'last words'});
      deals.delete(id!);
      // Two sweeps pass while it is in the recycle bin.
      await capture.pass(10 * 60_000);
      assert.equal(feedCalls(capture), calls);
      if (restart) await capture.kill();
      deals.restore(id!, {touch: false});
      if (restart) capture.start();
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
    }),
  );
}

deletions('a hundred changes an interval, and the feed, cost no more than reading it with every sweep', () =>
  captured(plain(2_000), async (capture, ids) => {
    const deals = capture.sandbox.org.module('Deals');
    const {meters} = capture.sandbox;
    const credits = () => meters.kind('coql').credits + meters.kind('deleted').credits;
    await capture.pass(quietMs + 60_000);
    const before = credits();
    for (let round = 0; round < 12; round++) {
      deals.massEdit(ids.slice(100 * round, 100 * (round + 1)));
      await capture.pass(5 * 60_000);
    }
    assert.ok(credits() - before <= 2 * 12 + 12, `${credits() - before} credits for 12 sweeps`);
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
  }),
);

deletions('wait while credits run short, and arrive when they are available again', () =>
  captured(plain(50, {meters: {credits: 5_000}}), async (capture, [id]) => {
    const {meters, org} = capture.sandbox;
    meters.spend(4_500 - meters.reading().credits.used);
    await capture.pass(6 * 60_000);
    const calls = feedCalls(capture);
    org.module('Deals').delete(id!);
    await capture.pass(quietMs);
    assert.equal(feedCalls(capture), calls);
    assert.ok(capture.logs.some((line) => /^info: .*Zoho's API credits are running short: deletions are on hold\.$/.test(line)));
    assert.ok(capture.logs.some((line) => /^warn: 4\d\d of Zoho's API credits are left: deletions are on hold/.test(line)));
    // A day later they are available again, and Zoho no longer reports them.
    await capture.pass(24 * 3_600_000);
    assert.deepEqual(capture.differences(), []);
    assert.ok(capture.logs.some((line) => /^info: .*credits are sufficient again/.test(line)));
  }),
);

deletions('deletions before the start become no document', () =>
  JumpCapture.with(plain(50), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    for (const id of [...deals.ids()].slice(0, 20)) deals.delete(id);
    capture.clock.advance(3_600_000);
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.equal(capture.documents, 30);
  }),
);

deletions.run();
