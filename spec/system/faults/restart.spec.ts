import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {startSandbox} from '../../../lib/sandbox/server.ts';
import {caughtUp, FlowTask, type TaskBinding} from '../../harness/flow-runtime.ts';

/** A session that begins with a state which only chaos comes to. */
const restart = suite('restart');

const secondsAgo = (nowMs: number, seconds: number) => new Date(nowMs - seconds * 1_000).toISOString().replace(/\.\d+/, '');

/**
 * Runs one session of a binding that is backfilled, has its first record in the recycle bin as far
 * as it knows, and was last refreshed an hour ago.
 */
async function resumed(binding: TaskBinding, check: (task: FlowTask, first: string) => void): Promise<void> {
  const sandbox = await startSandbox({records: {[binding.module]: 50}});
  try {
    const task = new FlowTask(sandbox, {bindings: [binding]});
    const nowMs = sandbox.clock.nowMs();
    const [first = ''] = sandbox.org.module(binding.module).ids();
    task.state = {
      bindingStateV1: {
        [binding.module]: {
          start: secondsAgo(nowMs, 60 * 86_400),
          inc: {cursor: secondsAgo(nowMs, 10)},
          deleted: {cursor: secondsAgo(nowMs, 10), recycled: {[first]: Math.floor(nowMs / 1_000) - 3_600}},
          last_initialized: secondsAgo(nowMs, 3_600),
        },
      },
    };
    const {code} = await task.session(caughtUp(nowMs - 9_000));
    assert.equal(code, 0);
    check(task, first);
  } finally {
    await sandbox.close();
  }
}

restart('a field that COQL rejects before a refresh does not end the capture', () =>
  resumed({module: 'Leads', schedule: '* * * * *'}, (task) => {
    assert.equal(task.sandbox.org.module('Leads').field('Internal_Score')?.coql, false);
  }),
);

restart('a record restored unnoticed with its old time is captured although the module has no refreshes', () =>
  resumed({module: 'Products'}, (task, first) => {
    assert.deepEqual([...task.collections.of('acme/Products').keys()], [`#${first}`]);
  }),
);

restart.run();
