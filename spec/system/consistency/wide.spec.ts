import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {formula, unexported} from '../../../lib/sandbox/schema/kinds.ts';
import {JumpCapture} from './jump-capture.ts';
import {narrow, wide} from './modules.ts';

/** Modules with more fields than one job or one query may name. */
const slices = suite('wide modules');

/** Three slices of three pages. */
const thirds = {
  modules: [wide('Deals', 430)],
  records: {Deals: 250},
  switches: {rowsPerJob: 100, jobMs: 30_000},
  bindings: [{module: 'Deals'}],
};

slices('more fields than a job may name arrive in slices, page by page, and end equal', () =>
  JumpCapture.with(thirds, async (capture) => {
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    const jobs = [...capture.sandbox.jobs.all].length;
    assert.equal(jobs, 3 * 3, 'three slices of three pages');
  }),
);

slices('a backfill killed between slices continues with its current slice', () =>
  JumpCapture.with(thirds, async (capture) => {
    capture.start();
    await capture.until(() => (capture.state('Deals').backfill as {slice?: number} | undefined)?.slice === 1);
    await capture.kill();
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    // A job whose id was not recorded before the kill is submitted once more.
    const jobs = [...capture.sandbox.jobs.all].length;
    assert.ok(jobs <= 9 + 1, `${jobs} jobs`);
  }),
);

for (const killed of [false, true]) {
  slices(
    `a record deleted between slices does not return in part, with the process ${killed ? 'killed' : 'running'} meanwhile`,
    async () => {
      const ended = new Map<string, string>();
      const back: string[] = [];
      await JumpCapture.with(
        {
          modules: [wide('Deals', 430)],
          records: {Deals: 250},
          switches: {rowsPerJob: 100, jobMs: 90_000},
          bindings: [{module: 'Deals', intervalMs: 20_000}],
          onDocument: (_, doc) => {
            const {op} = doc._meta as {op: string};
            if (op === 'u' && ended.get(String(doc.id)) === 'd') back.push(String(doc.id));
            ended.set(String(doc.id), op);
          },
        },
        async (capture) => {
          const deals = capture.sandbox.org.module('Deals');
          const ids = [...deals.ids()];
          const slice = () => (capture.state('Deals').backfill as {slice?: number} | undefined)?.slice ?? 0;
          capture.start();
          for (const reached of [1, 2]) {
            await capture.until(() => slice() === reached);
            // The slice's first page is being exported, which takes longer than the time to the
            // next sweep.
            for (const id of ids.splice(0, 40)) deals.delete(id, {permanent: /[02468]$/.test(id)});
            if (killed) {
              await capture.pass(30_000);
              await capture.kill();
              capture.start();
            }
          }
          await capture.catchUp();
          assert.deepEqual(capture.differences(), []);
          assert.deepEqual(back, []);
          assert.equal([...ended.values()].filter((op) => op === 'd').length, 80);
        },
      );
    },
  );
}

for (const columnsMax of [50, 500]) {
  slices(`changes of 230 fields and 12 dynamic formulas are joined by id, ${columnsMax} columns at a time`, () =>
    JumpCapture.with(
      {
        modules: [wide('Deals', 230, 12)],
        records: {Deals: 600},
        switches: {coql: {columnsMax}},
        bindings: [{module: 'Deals'}],
      },
      async (capture) => {
        const deals = capture.sandbox.org.module('Deals');
        capture.start();
        await capture.catchUp();
        deals.massEdit([...deals.ids()].slice(0, 450));
        await capture.catchUp();
        assert.deepEqual(capture.differences(), []);
      },
    ),
  );
}

slices('records that change between two slices are read again, and no document mixes two versions', async () => {
  const torn = new Set<string>();
  let onQuery: (() => void) | undefined;
  /** Both fields are always set together, so documents in which they differ mix two versions. */
  const mixed: string[] = [];
  await JumpCapture.with(
    {
      modules: [wide('Deals', 120)],
      records: {Deals: 300},
      switches: {coql: {columnsMax: 50}},
      bindings: [{module: 'Deals'}],
      hooks: {beforeCoql: () => onQuery?.()},
      onDocument: (_, doc) => {
        if (doc.Field_001 !== doc.Field_117) mixed.push(String(doc.id));
      },
    },
    async (capture) => {
      const deals = capture.sandbox.org.module('Deals');
      const ids = [...deals.ids()];
      let value = 0;
      const edit = (some: readonly string[]) => {
        value++;
        deals.massEdit(some, {Field_001: String(value), Field_117: String(value)});
      };
      edit(ids);
      capture.start();
      await capture.catchUp();
      capture.commit();
      mixed.length = 0;
      edit(ids.slice(0, 150));
      let left = 40;
      onQuery = () => {
        if (left-- <= 0) return;
        capture.clock.advance(1_000);
        const some = ids.slice(left * 3, left * 3 + 12);
        for (const id of some) torn.add(id);
        edit(some);
      };
      await capture.until(() => left <= 0);
      onQuery = undefined;
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
      assert.deepEqual(mixed, []);
      assert.ok(torn.size > 100);
    },
  );
});

slices('a field that only one API reads arrives with that API, and stays when the other writes the record', () =>
  JumpCapture.with(
    {
      modules: [
        narrow('Deals', [unexported('Files', 'fileupload', 'jsonarray'), {...formula('Bulk_Only', 'double'), coql: false}]),
      ],
      records: {Deals: 60},
      bindings: [{module: 'Deals'}],
    },
    async (capture) => {
      const {org} = capture.sandbox;
      const deals = org.module('Deals');
      const {bulkOnly} = org.readers('Deals');
      capture.start();
      await capture.catchUp();
      deals.massEdit([...deals.ids()].slice(0, 30));
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
      const captured = capture.task.collections.of('acme/Deals');
      assert.deepEqual(bulkOnly, ['Bulk_Only']);
      assert.ok([...captured.values()].every((doc) => 'Bulk_Only' in doc));
    },
  ),
);

slices.run();
