import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {fnv1a32} from '../../../lib/flow/shard.ts';
import {type SandboxOptions, startSandbox} from '../../../lib/sandbox/server.ts';
import {FlowTask} from '../../harness/flow-runtime.ts';
import {narrow} from './modules.ts';

/** A capture that Flow has split by key range, each part in its own process. */
const shards = suite('shards');

const names = ['Accounts', 'Deals', 'Leads', 'Notes', 'Quotes'];
const org: SandboxOptions = {
  modules: names.map((name) => narrow(name)),
  records: Object.fromEntries(names.map((name) => [name, 40])),
  switches: {tokensPerWindow: 1_000, downloadsPerMinute: 1_000},
};
const bindings = names.map((module) => ({module}));

shards('two shards capture every binding once between them', async () => {
  const sandbox = await startSandbox(org);
  try {
    const keys = names.map(fnv1a32).sort((a, b) => a - b);
    const cut = keys[2]!;
    const ranges = [
      {keyBegin: 0, keyEnd: cut - 1},
      {keyBegin: cut, keyEnd: 0xffff_ffff},
    ];
    const whole = new FlowTask(sandbox, {bindings});
    const captured: string[][] = [];
    for (const {keyBegin, keyEnd} of ranges) {
      const mine = names.filter((name) => fnv1a32(name) >= keyBegin && fnv1a32(name) <= keyEnd);
      const task = new FlowTask(sandbox, {bindings, range: {keyBegin, keyEnd, rClockBegin: 0, rClockEnd: 0xffff_ffff}});
      const {session} = await task.session((running) =>
        mine.every((module) => {
          const {inc, backfill} = task.stateOf({module}, running) as {inc?: object; backfill?: unknown};
          return inc !== undefined && backfill == null;
        }),
      );
      assert.equal(session.halfSequence, false);
      const {bindingStateV1 = {}} = task.state as {bindingStateV1?: Record<string, unknown>};
      assert.deepEqual(Object.keys(bindingStateV1).sort(), mine);
      captured.push(Object.keys(bindingStateV1));
      for (const module of mine) {
        for (const doc of task.collections.of(`acme/${module}`).values()) whole.collections.reduce(`acme/${module}`, doc);
      }
      whole.state = {bindingStateV1: {...(whole.state as {bindingStateV1?: object}).bindingStateV1, ...bindingStateV1}};
    }
    assert.deepEqual(
      captured.map((list) => list.length),
      [2, 3],
    );
    assert.deepEqual(whole.differences(), []);
  } finally {
    await sandbox.close();
  }
});

shards.run();
