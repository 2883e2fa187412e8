import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {parseExact, type Reduced} from '../../harness/runtime.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {computed, narrow} from './modules.ts';

/** State of any origin, under every change of the task (design 6). */
const state = suite('state');

const options = (more: Partial<JumpOptions> = {}): JumpOptions => ({
  modules: [narrow('Deals', computed), narrow('Leads'), narrow('Notes')],
  records: {Deals: 90, Leads: 60, Notes: 30},
  bindings: [{module: 'Deals'}, {module: 'Leads'}],
  ...more,
});

const dayMs = 86_400_000;
const second = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '');
const jobs = ({sandbox}: JumpCapture) => sandbox.meters.kind('create').calls;
/** The state from which a session would continue if it were killed now. */
const committed = (capture: JumpCapture, stateKey: string) =>
  (capture.task.state as {bindingStateV1?: Record<string, Record<string, unknown>>}).bindingStateV1?.[stateKey];

// The older connector's state

state('of the older connector continues from its cursor, without a backfill, and adds deletions that it had ignored', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals'}]}), async (capture) => {
    const {clock, sandbox, task} = capture;
    const deals = sandbox.org.module('Deals');
    const [deleted, changed, before] = deals.ids();
    // The records that the older connector had captured up to its cursor, including deleted ones.
    for (const text of sandbox.org.truth('Deals')) {
      task.collections.reduce('acme/Deals', parseExact(text) as Reduced);
    }
    deals.delete(deleted!);
    clock.advance(dayMs);
    const cursorMs = clock.nowMs();
    clock.advance(3_600_000);
    deals.edit(changed!, {Name: 'after its cursor'});
    task.state = {
      bindingStateV1: {
        Deals: {inc: {cursor: second(cursorMs)}, last_initialized: second(cursorMs - 5 * dayMs), is_connector_initiated: false},
      },
    };
    capture.start();
    await capture.catchUp();
    const taken = capture.state('Deals');
    assert.equal(taken.start, second(cursorMs - 35 * dayMs), '30 days before the earliest instant that it kept');
    assert.equal(taken.last_initialized, second(cursorMs - 5 * dayMs));
    assert.equal(jobs(capture), 0, 'no backfill');
    assert.deepEqual(capture.differences(), []);
    assert.equal(capture.documents, 2, 'one change and one deletion');
    assert.ok(capture.task.collections.of('acme/Deals').has(`#${before}`));
  }),
);

state("of the older connector on a fast clock, ahead of Zoho's, continues from Zoho's time", () =>
  JumpCapture.with(options({bindings: [{module: 'Leads'}], startDate: '2026-09-05T00:00:00Z'}), async (capture) => {
    const {clock, sandbox, task} = capture;
    for (const text of sandbox.org.truth('Leads')) task.collections.reduce('acme/Leads', parseExact(text) as Reduced);
    const ahead = second(clock.nowMs() + 600_000);
    task.state = {bindingStateV1: {Leads: {inc: {cursor: ahead}, last_initialized: second(clock.nowMs())}}};
    capture.start();
    await capture.pass(60_000);
    sandbox.org.module('Leads').insert(2);
    await capture.pass(1_800_000);
    capture.commit();
    const captured = capture.task.collections.of('acme/Leads');
    assert.equal(captured.size, [...sandbox.org.truth('Leads')].length);
  }),
);

state('of the older connector in the middle of a backfill resumes it with its cutoff', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals'}], startDate: '2026-09-05T00:00:00Z'}), async (capture) => {
    const {clock, sandbox, task} = capture;
    const cutoff = second(clock.nowMs());
    clock.advance(3_600_000);
    const [changed] = sandbox.org.module('Deals').ids();
    sandbox.org.module('Deals').edit(changed!, {Name: 'after the cutoff'});
    task.state = {
      bindingStateV1: {Deals: {inc: {cursor: cutoff}, backfill: {cutoff, next_page: null}, last_initialized: cutoff}},
    };
    capture.start();
    await capture.catchUp();
    assert.equal(capture.state('Deals').start, '2026-09-05T00:00:00Z');
    assert.equal(jobs(capture), 1);
    assert.deepEqual(capture.differences(), []);
  }),
);

state('of the older connector in the middle of a refresh ends it as a refresh', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals'}]}), async (capture) => {
    const {clock, sandbox, task} = capture;
    const now = second(clock.nowMs());
    task.state = {
      bindingStateV1: {
        Deals: {inc: {cursor: now}, backfill: {cutoff: now}, last_initialized: now, is_connector_initiated: true},
      },
    };
    const partial: string[][] = [];
    capture.start();
    await capture.until(() => capture.state('Deals').backfill == null);
    capture.commit();
    for (const doc of task.collections.of('acme/Deals').values()) partial.push(Object.keys(doc).sort());
    assert.equal(
      partial.length,
      [...sandbox.org.truth('Deals', Date.parse(String(capture.state('Deals').start)) / 1_000)].length,
    );
    for (const names of partial) assert.deepEqual(names, ['Modified_Time', 'Score', 'Total', '_meta', 'id']);
    assert.equal(capture.state('Deals').is_connector_initiated, false);
  }),
);

state('without a start begins with a backfill, regardless of its keys', async () => {
  for (const saved of [{inc: null, backfill: null, last_initialized: null}, {is_connector_initiated: true}, {snapshot: {}}]) {
    await JumpCapture.with(options({bindings: [{module: 'Leads'}]}), async (capture) => {
      capture.task.state = {bindingStateV1: {Leads: saved}};
      capture.start();
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
      assert.equal(jobs(capture), 1);
      // If killed now, it continues with the backfill rather than a refresh.
      assert.equal(capture.state('Leads').is_connector_initiated, false);
    });
  }
});

// Changes of the task

state('reports at the start that a changed start date applies from the next backfill, and nothing if none is configured', () =>
  JumpCapture.with(options({bindings: [{module: 'Leads'}], startDate: '2026-09-01T00:00:00Z'}), async (capture) => {
    const said: string[] = [];
    for (const startDate of ['2026-09-01T00:00:00Z', '2026-09-02T00:00:00Z', undefined]) {
      capture.startDate = startDate;
      const logs = capture.logs.length;
      capture.start();
      await capture.catchUp();
      await capture.kill();
      said.push(capture.logs.slice(logs).find((line) => line.includes('The start of')) ?? 'nothing');
    }
    assert.deepEqual(said, [
      'nothing',
      'info: The start of acme/Leads stays 2026-09-01T00:00:00Z; its next backfill begins at 2026-09-02T00:00:00Z',
      'nothing',
    ]);
  }),
);

state('with a requested backfill is nulled with the request, then begun again; other bindings continue', () =>
  JumpCapture.with(options({startDate: '2026-09-01T00:00:00Z'}), async (capture) => {
    capture.start();
    await capture.catchUp();
    await capture.kill();
    // Deleted while the connector was down: the new backfill does not have it, but the collection
    // still does.
    const [deleted] = capture.sandbox.org.module('Deals').ids();
    capture.sandbox.org.module('Deals').delete(deleted!);
    const [deals, leads] = [committed(capture, 'Deals'), committed(capture, 'Leads')];
    const before = capture.task.state as {bindingStateV1: object};
    capture.task.state = {...before, backfillRequests: {Deals: true}};
    capture.clock.advance(dayMs);
    capture.start();
    await capture.until(() => capture.state('Deals').start !== undefined);
    await capture.kill();
    assert.equal(committed(capture, 'Leads')?.start, leads?.start);
    assert.deepEqual((capture.task.state as {backfillRequests?: object}).backfillRequests, {});
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.notEqual(committed(capture, 'Deals')?.last_initialized, deals?.last_initialized, 'started anew');
    assert.equal(jobs(capture), 3);
  }),
);

state('with a requested backfill, killed after the first of its two checkpoints, begins again nevertheless', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals'}]}), async (capture) => {
    capture.start();
    await capture.catchUp();
    await capture.kill();
    capture.task.state = {...(capture.task.state as object), backfillRequests: {Deals: true}};
    // Deleted while the connector was down: only the deletions cursor of the discarded state shows
    // since when to read.
    const [deleted] = capture.sandbox.org.module('Deals').ids();
    capture.sandbox.org.module('Deals').delete(deleted!);
    capture.clock.advance(dayMs);
    capture.start();
    await capture.until(() => capture.session.checkpoints >= 2);
    await capture.kill(1);
    assert.equal(committed(capture, 'Deals'), undefined, 'the first checkpoint removes the state');
    assert.deepEqual((capture.task.state as {backfillRequests?: object}).backfillRequests, {});
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.deepEqual((capture.task.state as {owedDeletions?: object}).owedDeletions, {}, 'what was noted for it is gone');
    assert.ok(jobs(capture) >= 2);
  }),
);

state('of a binding with a raised backfill counter begins again beside the old one', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals'}]}), async (capture) => {
    capture.start();
    await capture.catchUp();
    await capture.kill();
    const old = committed(capture, 'Deals');
    capture.bindings = [{module: 'Deals', stateKey: 'Deals.v1'}];
    capture.start();
    const reached = capture.clock.nowMs();
    await capture.until(() => {
      const {inc, backfill} = capture.state('Deals') as {inc?: {cursor: string}; backfill?: unknown};
      return backfill == null && inc !== undefined && Date.parse(inc.cursor) > reached;
    });
    await capture.kill();
    assert.deepEqual(committed(capture, 'Deals'), old, 'the old state stays as it was');
    assert.equal(jobs(capture), 2);
  }),
);

state('follows bindings that are added, removed, re-ordered and enabled again', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals'}, {module: 'Leads'}, {module: 'Notes'}]}), async (capture) => {
    const {sandbox} = capture;
    const edit = (module: string) => {
      const made = sandbox.org.module(module);
      made.massEdit([...made.ids()].slice(0, 10));
      made.insert(2);
    };
    const rounds = [['Deals'], ['Leads', 'Deals'], ['Notes', 'Deals', 'Leads'], ['Leads'], ['Deals', 'Leads', 'Notes']];
    for (const modules of rounds) {
      capture.bindings = modules.map((module) => ({module}));
      capture.start();
      await capture.until(() =>
        modules.every((module) => {
          const {inc, backfill} = capture.state(module) as {inc?: {cursor: string}; backfill?: unknown};
          return backfill == null && inc !== undefined && Date.parse(inc.cursor) > capture.clock.nowMs() - 60_000;
        }),
      );
      await capture.kill();
      for (const module of ['Deals', 'Leads', 'Notes']) edit(module);
      capture.clock.advance(dayMs);
    }
    assert.equal(jobs(capture), 3, 'each module was backfilled once');
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
  }),
);

state('keeps unknown keys', () =>
  JumpCapture.with(options({bindings: [{module: 'Leads'}]}), async (capture) => {
    const now = second(capture.clock.nowMs());
    capture.task.state = {
      future: {a: 1},
      bindingStateV1: {
        Gone: {inc: {cursor: now}},
        Leads: {inc: {cursor: now, hint: 'x'}, last_initialized: now, is_connector_initiated: false, later: ['y']},
      },
    };
    capture.start();
    await capture.pass(3_600_000);
    await capture.kill();
    const {future, bindingStateV1} = capture.task.state as {future: object; bindingStateV1: Record<string, object>};
    assert.deepEqual(future, {a: 1});
    assert.deepEqual(bindingStateV1.Gone, {inc: {cursor: now}});
    const {inc, later} = bindingStateV1.Leads as {inc: {hint: string}; later: string[]};
    assert.equal(inc.hint, 'x');
    assert.deepEqual(later, ['y']);
  }),
);

state('does not grow with time', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals', schedule: '0 */6 * * *', intervalMs: 1_800_000}]}), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    const keys: string[] = [];
    const bytes: number[] = [];
    capture.start();
    await capture.catchUp();
    for (let day = 0; day < 4; day++) {
      for (let i = 0; i < 6; i++) {
        const ids = [...deals.ids()];
        deals.massEdit(ids.slice(0, 20));
        deals.insert(1);
        deals.delete(ids[5]!, {permanent: true});
        await capture.pass(4 * 3_600_000);
      }
      await capture.catchUp();
      capture.commit();
      keys.push(Object.keys(committed(capture, 'Deals')!).sort().join());
      bytes.push(JSON.stringify(capture.task.state).length);
    }
    assert.deepEqual(new Set(keys).size, 1, keys.join('; '));
    assert.ok(Math.max(...bytes) - Math.min(...bytes) < 10, bytes.join());
    assert.deepEqual(
      capture.differences().filter((text) => !/Score|Total/.test(text)),
      [],
    );
  }),
);

state.run();
