/** Ctrl-C in the middle of long work: every command ends within a second. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {startSandbox} from '../../lib/sandbox/server.ts';
import {onceSaid, Shell} from './shell.ts';

const interrupted = suite<{shell: Shell}>('Ctrl-C');

interrupted.before.each(async (context) => {
  context.shell = await Shell.open();
});
interrupted.after.each(({shell}) => shell.close());

/** Starts a command, presses Ctrl-C as soon as it has come far enough, and gives how it ended and how long that took. */
async function stopped(
  shell: Shell,
  args: string,
  isFar: (messages: string, output: string) => boolean,
): Promise<{code: number | null; messages: string; tookMs: number}> {
  let pressedMs = 0;
  const {code, messages, output} = await shell.run(args, {
    env: {LOG_LEVEL: 'trace'},
    whenRunning: onceSaid(isFar, (kill) => {
      pressedMs = performance.now();
      kill('SIGINT');
    }),
  });
  assert.ok(pressedMs > 0, `it ended before: ${messages}${output}`);
  return {code, messages, tookMs: performance.now() - pressedMs};
}

const soonMs = 1_000;

interrupted('ends the comparison of the demo', async ({shell}) => {
  const isComparing = (_: string, output: string): boolean => output.includes(' documents in ');
  const {code, tookMs, messages} = await stopped(shell, 'demo --records 40000', isComparing);
  assert.equal(code, 130, messages);
  assert.ok(tookMs < soonMs, `${tookMs} ms`);
});

interrupted('ends verify while it lists modules and while it compares', async ({shell}) => {
  const sandbox = await startSandbox({records: 20_000, switches: {downloadsPerMinute: 1_000, tokensPerWindow: 1_000}});
  try {
    await shell.configure(sandbox);
    await shell.run('capture --config config.json --module Leads --out out --once');
    for (const far of ['/settings/modules', '/result']) {
      const isFar = (messages: string): boolean => messages.includes(far);
      const {code, tookMs, messages} = await stopped(shell, 'verify --config config.json --out out --full', isFar);
      assert.equal(code, 130, messages);
      assert.ok(tookMs < soonMs, `${tookMs} ms`);
    }
  } finally {
    await sandbox.close();
  }
});

interrupted('ends a benchmark with all that it started', async ({shell}) => {
  for (const [args, far] of [
    ['bench --rows 10000', 'naive, warm-up'],
    ['bench --starts', 'Starting each'],
  ] as const) {
    const {code, tookMs, messages} = await stopped(shell, args, (said) => said.includes(far));
    assert.equal(code, 130, messages);
    assert.ok(tookMs < soonMs, `${tookMs} ms`);
  }
});

interrupted.run();
