import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {narrow} from './modules.ts';

/** A range that continues after a restart first asks Zoho what changed since it began. */
const range = suite('a resumed range');

/** The queries of a range before it continues. Sweeps query other fields as well. */
const isIdQuery = (query: string): boolean => query.startsWith('select id, Modified_Time from');

const options = (more: Partial<JumpOptions> = {}): JumpOptions => ({
  modules: [narrow('Deals')],
  records: {Deals: 90},
  switches: {rowsPerJob: 30, jobMs: 60_000},
  bindings: [{module: 'Deals', intervalMs: 5_000}],
  ...more,
});

const backfill = (capture: JumpCapture) =>
  capture.state('Deals').backfill as
    | {job?: string; next_page?: string; seen?: {changes?: boolean; deletions?: boolean}}
    | undefined;

/** Kills a capture while its second page is exported, and starts it again. */
async function resumed(capture: JumpCapture): Promise<string> {
  const deals = capture.sandbox.org.module('Deals');
  capture.start();
  await capture.until(() => backfill(capture)?.next_page !== undefined && backfill(capture)?.job != null);
  deals.edit([...deals.ids()][0]!);
  await capture.until(() => backfill(capture)?.seen?.changes === true);
  await capture.kill();
  const job = backfill(capture)!.job!;
  capture.start();
  return job;
}

for (const kind of ['refused', 'damaged', 'field'] as const) {
  range(`that gets ${kind} as an answer pauses the module, and keeps all of its pages`, async () => {
    let refusing = false;
    const hooks = {
      beforeCoql(query: string) {
        if (refusing && isIdQuery(query)) throw new ZohoError(kind, 'no', {code: 'FIELD_NOT_SUPPORTED', field: 'Modified_Time'});
      },
    };
    await JumpCapture.with(options({hooks}), async (capture) => {
      refusing = true;
      const job = await resumed(capture);
      await capture.until(() => capture.logs.some((line) => line.includes('paused')));
      assert.deepEqual(
        capture.logs.filter((line) => /paused|refuses it|trying again/.test(line)),
        ['warn: Module Deals is paused: its changes cannot be read: no'],
      );
      assert.equal(backfill(capture)?.job, job);
      refusing = false;
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
    });
  });
}

range('narrows its queries as long as that helps', async () => {
  const sizes: string[] = [];
  const hooks = {
    beforeCoql(query: string) {
      if (!isIdQuery(query)) return;
      const [, size = ''] = / limit \d+, (\d+)$/.exec(query) ?? [];
      sizes.push(size);
      if (size === '2000') throw new ZohoError('refused', 'no', {code: 'LIMIT_EXCEEDED'});
    },
  };
  await JumpCapture.with(options({hooks}), async (capture) => {
    await resumed(capture);
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.deepEqual([...new Set(sizes)], ['2000', '200']);
    assert.ok(!capture.logs.some((line) => line.includes('paused')));
  });
});

range.run();
