import assert from 'node:assert/strict';
import {suite} from 'uvu';
import type {Reduced} from '../../harness/runtime.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {computed, narrow} from './modules.ts';

/** A refresh of formulas every minute (design 5.5). */
const schedule = suite('schedule of every minute');

const everyMinute = '* * * * *';
const minuteMs = 60_000;

function options(more: Partial<JumpOptions> = {}): JumpOptions {
  return {
    modules: [narrow('Deals', computed), narrow('Notes')],
    records: {Deals: 120, Notes: 40},
    switches: {rowsPerJob: 50},
    bindings: ['Deals', 'Notes'].map((module) => ({module, schedule: everyMinute, intervalMs: 20_000})),
    ...more,
  };
}

const jobsOf = ({sandbox}: JumpCapture, module: string) =>
  [...sandbox.jobs.all].filter((job) => job.query.module.name === module).length;
const lastRefresh = (capture: JumpCapture) => Date.parse(String(capture.state('Deals').last_initialized));
/** Waits until a refresh that began after this moment is complete. */
async function refreshed(capture: JumpCapture): Promise<void> {
  const nowMs = capture.clock.nowMs();
  await capture.until(() => lastRefresh(capture) > nowMs && capture.state('Deals').backfill == null, 10 * minuteMs);
}

schedule('every captured record gets its formulas again, and modules without formulas get no further job', () =>
  JumpCapture.with(options(), async (capture) => {
    capture.start();
    await capture.catchUp();
    const notes = jobsOf(capture, 'Notes');
    for (let round = 0; round < 4; round++) {
      capture.sandbox.org.module('Deals').driftFormulas();
      await refreshed(capture);
      assert.deepEqual(capture.differences(), [], `round ${round}`);
    }
    assert.equal(jobsOf(capture, 'Notes'), notes);
    assert.ok(jobsOf(capture, 'Deals') >= 3 + 4 * 3, 'every refresh reads all three pages');
  }),
);

schedule('a refresh exports only id, Modified_Time and the computed fields', async () => {
  const properties = new Set<string>();
  let refreshing = false;
  await JumpCapture.with(
    options({
      onDocument: (module, doc) => {
        if (refreshing && module === 'Deals') for (const name of Object.keys(doc)) properties.add(name);
      },
    }),
    async (capture) => {
      capture.start();
      await capture.catchUp();
      refreshing = true;
      capture.sandbox.org.module('Deals').driftFormulas();
      await refreshed(capture);
      assert.deepEqual([...properties].sort(), ['Modified_Time', 'Score', 'Total', '_meta', 'id']);
    },
  );
});

schedule('records older than the start never appear, not even as partial documents', async () => {
  const startDate = '2026-09-20T00:00:00Z';
  const older: unknown[] = [];
  let documents = 0;
  const onDocument = (_: string, doc: Reduced) => {
    documents++;
    if (Date.parse(String(doc.Modified_Time)) < Date.parse(startDate)) older.push(doc.id);
  };
  await JumpCapture.with(options({startDate, onDocument}), async (capture) => {
    capture.start();
    await capture.catchUp();
    const backfilled = documents;
    assert.ok(backfilled > 0 && backfilled < 160, `${backfilled} records since the start`);
    for (let round = 0; round < 3; round++) {
      capture.sandbox.org.module('Deals').driftFormulas();
      await refreshed(capture);
    }
    assert.ok(documents > backfilled);
    assert.deepEqual(older, []);
    assert.deepEqual(capture.differences(), []);
  });
});

schedule('a refresh killed midway resumes as a refresh, with its completed pages', () =>
  JumpCapture.with(options({switches: {rowsPerJob: 30, jobMs: 5_000}}), async (capture) => {
    capture.start();
    await capture.catchUp();
    capture.commit();
    capture.sandbox.org.module('Deals').driftFormulas();
    await capture.until(() => (capture.state('Deals').backfill as {next_page?: string} | undefined)?.next_page !== undefined);
    await capture.kill();
    const killed = capture.state('Deals') as {is_connector_initiated: boolean; last_initialized: string};
    assert.equal(killed.is_connector_initiated, true);
    const [documents, logs] = [capture.documents, capture.logs.length];
    capture.start();
    await capture.until(() => capture.state('Deals').backfill == null);
    assert.equal(lastRefresh(capture), Date.parse(killed.last_initialized), 'the same refresh');
    assert.equal(capture.state('Deals').is_connector_initiated, false);
    assert.ok(capture.documents - documents < 120, 'the first page is not repeated');
    assert.ok(capture.logs.slice(logs).some((line) => line.includes('the refresh of module Deals')));
    await refreshed(capture);
    assert.deepEqual(capture.differences(), []);
  }),
);

schedule('a refresh during edits, deletions and restores never brings back an older version', async () => {
  const seen = new Map<string, number>();
  const backwards: unknown[] = [];
  await JumpCapture.with(
    options({
      switches: {rowsPerJob: 25, jobMs: 30_000, photograph: 'submit'},
      onDocument: (module, doc) => {
        const [key, ms] = [`${module} ${doc.id}`, Date.parse(String(doc.Modified_Time))];
        if (ms < (seen.get(key) ?? 0)) backwards.push(key);
        seen.set(key, ms);
      },
    }),
    async (capture) => {
      const deals = capture.sandbox.org.module('Deals');
      capture.start();
      await capture.catchUp();
      for (let round = 0; round < 30; round++) {
        const ids = [...deals.ids()];
        deals.massEdit(ids.filter((_, i) => i % 17 === round % 17));
        deals.delete(ids[round]!);
        if (round % 5 === 0) deals.driftFormulas(0.5);
        await capture.pass(13_000);
      }
      await refreshed(capture);
      assert.deepEqual(capture.differences(), []);
      assert.deepEqual(backwards, []);
    },
  );
});

schedule('slots missed while the connector was down count once', () =>
  JumpCapture.with(options(), async (capture) => {
    capture.start();
    await capture.catchUp();
    await capture.kill();
    capture.clock.advance(3 * 86_400_000);
    capture.sandbox.org.module('Deals').driftFormulas();
    const {calls} = capture.sandbox.meters.kind('create');
    capture.start();
    await refreshed(capture);
    assert.equal(capture.sandbox.meters.kind('create').calls - calls, 3, 'one refresh of three pages');
    assert.deepEqual(capture.differences(), []);
  }),
);

schedule.run();
