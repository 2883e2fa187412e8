/**
 * Modules without Modified_Time: without further edits, the collection has exactly Zoho's rows,
 * regardless of interruptions.
 */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {JumpCapture} from './jump-capture.ts';
import {kept, snapshotNames as names, snapshotOptions as options, removeRows, snapshotKills} from './snapshot-kills.ts';

const snapshots = suite('Snapshots');

const hour = 3_600_000;

snapshots("have the rows of every module, numbered without a gap, and keep the state's older format", () =>
  JumpCapture.with(options(), async (capture) => {
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.equal(capture.documents, 170);
    for (const [module, count] of [
      ['Accounts_X_Skills', 40],
      ['Contacts_X_Campaigns', 130],
      ['Stage_History', 0],
    ] as const) {
      const state = capture.state(module);
      assert.deepEqual(Object.keys(state), ['snapshot'], module);
      assert.deepEqual(Object.keys(state.snapshot as object).toSorted(), ['last_count', 'last_digest', 'updated_at']);
      assert.equal(kept(capture, module).last_count, count);
    }
    assert.deepEqual(Object.keys(capture.schemas.get('Accounts_X_Skills')?.properties ?? {}), [
      'Account',
      'Skill',
      'id',
      '_meta',
    ]);
  }),
);

snapshots('write nothing while nothing changes, although Zoho returns the rows in another order', () =>
  JumpCapture.with(options(), async (capture) => {
    capture.start();
    await capture.catchUp();
    const {documents} = capture;
    const before = names.map((module) => kept(capture, module));
    capture.sandbox.org.switch({rowOrder: 'id'});
    await capture.catchUp();
    assert.equal(capture.documents, documents);
    for (const [i, module] of names.entries()) {
      const now = kept(capture, module);
      assert.equal(now.last_digest, before[i]!.last_digest);
      assert.ok(now.updated_at > before[i]!.updated_at);
    }
    assert.ok(
      capture.logs.some((line) => /^info: The snapshot of module Stage_History is complete: 0 rows, unchanged/.test(line)),
    );
  }),
);

snapshots('export a changed module once, although its rows are read twice', () =>
  JumpCapture.with(options(), async (capture) => {
    capture.start();
    await capture.until(() => names.every((module) => kept(capture, module)?.last_digest !== undefined));
    // One job for each page: 1 of Accounts_X_Skills, 3 of Contacts_X_Campaigns, 1 of Stage_History.
    assert.equal(capture.sandbox.meters.kind('create').calls, 5);
  }),
);

snapshots('follow rows that are added, changed and removed', () =>
  JumpCapture.with(options(), async (capture) => {
    const {org} = capture.sandbox;
    capture.start();
    await capture.catchUp();
    org.module('Stage_History').insert(70);
    org.module('Accounts_X_Skills').insert(15);
    removeRows(capture, 'Contacts_X_Campaigns', 100);
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.deepEqual(
      names.map((module) => kept(capture, module).last_count),
      [55, 30, 70],
    );
    const [edited] = org.module('Stage_History').ids();
    org.module('Stage_History').edit(edited!, {Days_In_Stage: '7777'});
    removeRows(capture, 'Accounts_X_Skills', 55);
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.deepEqual(
      names.map((module) => kept(capture, module).last_count),
      [0, 30, 70],
    );
  }),
);

snapshots('are taken at each time of the schedule, and at most hourly without one', () =>
  JumpCapture.with(
    options({
      bindings: [
        {module: 'Accounts_X_Skills', snapshot: true, schedule: '0 */6 * * *'},
        {module: 'Stage_History', snapshot: true, intervalMs: 60_000},
        {module: 'Contacts_X_Campaigns', snapshot: true, intervalMs: 4 * hour},
      ],
    }),
    async (capture) => {
      capture.start();
      await capture.pass(24 * hour);
      const taken = (module: string) =>
        capture.logs.filter((line) => line.includes(`snapshot of module ${module} is complete`)).length;
      assert.equal(taken('Accounts_X_Skills'), 5);
      assert.ok(taken('Stage_History') >= 23 && taken('Stage_History') <= 24, `${taken('Stage_History')}`);
      assert.equal(taken('Contacts_X_Campaigns'), 6);
    },
  ),
);

snapshots('have Zoho’s rows after 50 kills at any point, with any part of the output committed', async () => {
  const {differences, comparisons, inTheMiddle} = await snapshotKills({kills: 50});
  assert.deepEqual(differences, []);
  assert.equal(comparisons, 5);
  assert.ok(inTheMiddle >= 5, `${inTheMiddle} kills left a collection with parts of two snapshots`);
});

snapshots('continue after a failed download or job, and restart a page whose job was lost', () =>
  JumpCapture.with(options(), async (capture) => {
    capture.sandbox.faults.add('short:result*3');
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    const before = kept(capture, 'Contacts_X_Campaigns').last_digest;
    const known = new Set(capture.sandbox.jobs.all.map(({id}) => id));
    let lost = 0;
    removeRows(capture, 'Contacts_X_Campaigns', 3);
    capture.sandbox.org.module('Contacts_X_Campaigns').insert(1);
    await capture.until(() => {
      const fresh = capture.sandbox.jobs.all.filter(({id}) => !known.has(id));
      if (fresh.length > 0 && lost < 2) {
        lost++;
        for (const {id} of fresh) {
          known.add(id);
          capture.sandbox.jobs.lose(id);
        }
      }
      const {last_digest} = kept(capture, 'Contacts_X_Campaigns');
      return lost === 2 && last_digest !== undefined && last_digest !== before;
    }, 26 * 3_600_000);
    assert.deepEqual(capture.differences(), []);
  }),
);

snapshots('continue the state of the older format, and leave none of its rows behind', () =>
  JumpCapture.with(options(), async (capture) => {
    capture.start();
    await capture.catchUp();
    await capture.kill();
    const state = capture.task.state as {bindingStateV1: Record<string, Record<string, unknown>>};
    // Its digests differ, its instants have microseconds, and it has more keys.
    state.bindingStateV1.Accounts_X_Skills = {
      snapshot: {updated_at: '2026-10-01T10:00:00.123456Z', last_count: 40, last_digest: '0f'.repeat(16)},
      last_initialized: '2026-10-01T09:00:00.5Z',
    };
    removeRows(capture, 'Accounts_X_Skills', 30);
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.equal(kept(capture, 'Accounts_X_Skills').last_count, 10);
    assert.equal(capture.state('Accounts_X_Skills').last_initialized, '2026-10-01T09:00:00.5Z');
  }),
);

snapshots('write all rows again when a backfill is requested', () =>
  JumpCapture.with(options(), async (capture) => {
    capture.start();
    await capture.catchUp();
    await capture.kill();
    (capture.task.state as Record<string, unknown>).backfillRequests = {Accounts_X_Skills: true};
    const {documents} = capture;
    removeRows(capture, 'Accounts_X_Skills', 10);
    capture.start();
    await capture.until(() => capture.documents >= documents + 40);
    await capture.catchUp();
    assert.equal(capture.documents, documents + 40, '30 rows and 10 tombstones');
    assert.deepEqual(capture.differences(), []);
    assert.deepEqual((capture.task.state as Record<string, unknown>).backfillRequests, {});
  }),
);

snapshots('sets a module aside whose collection was created for records, and says to discover it anew', () =>
  JumpCapture.with(
    options({bindings: [{module: 'Accounts_X_Skills'}, {module: 'Stage_History', snapshot: true}]}),
    async (capture) => {
      capture.start();
      await capture.until(() => capture.logs.some((line) => line.includes('is paused')));
      const said = capture.logs.find((line) => line.includes('is paused')) ?? '';
      assert.match(said, /Module Accounts_X_Skills is paused: .* has no Modified_Time.* discover it anew.*\/_meta\/row_id/);
    },
  ),
);

snapshots.run();
