import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type SandboxOptions, startSandbox} from '../../lib/sandbox/server.ts';
import {caughtUp, FlowTask} from '../harness/flow-runtime.ts';
import {Edits} from './faults/edits.ts';
import {Random} from './model/random.ts';

/**
 * Whole captures: the connector's process, driven as by Flow, against the sandbox, compared with
 * its truth.
 */
const capture = suite('whole captures');

async function withTask(
  sandbox: SandboxOptions,
  modules: readonly string[] | ((all: readonly string[]) => readonly string[]),
  run: (task: FlowTask) => Promise<void>,
): Promise<void> {
  // A sweep ends two seconds before it begins, so a sweep that comes too early must soon be
  // followed by another. Sessions follow each other faster than anyone could restart a connector,
  // so Zoho's rations of tokens and downloads are off. The connector still limits itself to ten
  // downloads a minute, so no session has more pages.
  const zoho = await startSandbox({
    ...sandbox,
    switches: {tokensPerWindow: 1_000, downloadsPerMinute: 1_000, ...sandbox.switches},
  });
  try {
    const names = typeof modules === 'function' ? modules(zoho.modules) : modules;
    const task = new FlowTask(zoho, {bindings: names.map((module) => ({module, interval: 'PT3S'}))});
    await run(task);
    assert.deepEqual(zoho.failures, [], 'the sandbox itself has not failed');
  } finally {
    await zoho.close();
  }
}

const records = (task: FlowTask): number =>
  [...task.collections.byName.values()].reduce((sum, collection) => sum + collection.size, 0);

for (const half of [0, 1]) {
  capture(`every second module of an organisation is captured completely, from number ${half + 1} on`, () =>
    withTask(
      {records: 300},
      (all) => all.filter((_, i) => i % 2 === half),
      async (task) => {
        const {session} = await task.session(caughtUp(task.sandbox.clock.nowMs()));
        assert.equal(session.halfSequence, false);
        assert.deepEqual(task.differences(), []);
        assert.ok(records(task) > 300, `captured ${records(task)} records`);
      },
    ),
  );
}

capture('many pages are captured completely, with either kind of ZIP and of line ends', () =>
  withTask(
    {records: 4_000, switches: {rowsPerJob: 1_000, zip: 'sizes', lineEnd: '\n', quoteAll: true, byteOrderMark: true}},
    ['Leads', 'Deals'],
    async (task) => {
      await task.session(caughtUp(task.sandbox.clock.nowMs()));
      assert.deepEqual(task.differences(), []);
    },
  ),
);

capture('kills at random lines, with any part of the output committed, lose and invent nothing', () =>
  withTask({records: 3_000, switches: {rowsPerJob: 1_100}}, ['Leads', 'Contacts', 'Deals'], async (task) => {
    const random = new Random(11);
    for (let kill = 0; kill < 6; kill++) {
      let left = 5 + random.below(2_500);
      const {session} = await task.session(
        () => --left <= 0,
        'SIGKILL',
        (waiting) => random.below(waiting + 1),
      );
      assert.ok(session.opened);
    }
    await task.session(caughtUp(task.sandbox.clock.nowMs()));
    assert.deepEqual(task.differences(), []);
  }),
);

capture('a killed page continues where it was committed, without another export', () =>
  // The hidden field is named, so that no job is spent on finding it.
  withTask({records: 3_000, switches: {refusedFieldNamed: true}}, ['Leads'], async (task) => {
    const half = await task.session((session) => session.documents > 1_500, 'SIGKILL');
    const {backfill} = task.stateOf({module: 'Leads'}) as {backfill?: {rows?: number}};
    assert.ok((backfill?.rows ?? 0) > 0, 'rows are recorded');
    const rest = await task.session(caughtUp(task.sandbox.clock.nowMs()));
    assert.deepEqual(task.differences(), []);
    assert.equal([...task.sandbox.jobs.all].length, 1);
    assert.ok(half.session.documents + rest.session.documents < 3_000 + 3_000, 'the page is not repeated as a whole');
  }),
);

capture('edits, inserts, deletions and restores during backfill and sweeps arrive', () =>
  withTask({records: 1_500, switches: {rowsPerJob: 900}}, ['Leads', 'Deals'], async (task) => {
    const modules = ['Leads', 'Deals'];
    const committed = new Set<string>();
    const commit = () => {
      for (const module of modules)
        for (const id of task.collections.of(`acme/${module}`).keys()) committed.add(`${module} ${id}`);
    };
    // A record captured before its deletion either still is, or its deletion was captured.
    const deletionCaptured = (module: string, id: string) => committed.has(`${module} #${id}`);
    const edits = new Edits(task.sandbox, 5, {modules, everyMs: 10, deletionCaptured});
    try {
      let left = 2_000;
      await task.session(() => --left <= 0, 'SIGKILL');
      commit();
      left = 1_500;
      await task.session(() => --left <= 0, 'SIGTERM');
      edits.stop();
      await task.session(caughtUp(edits.lastMs));
    } finally {
      edits.stop();
    }
    const computed = modules.flatMap((module) => task.sandbox.org.readers(module).computed);
    const found = task.differences().filter((text) => !computed.some((name) => text.includes(` ${name} `)));
    assert.deepEqual(found, []);
  }),
);

capture.run();
