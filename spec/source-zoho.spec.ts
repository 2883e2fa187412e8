import assert from 'node:assert/strict';
import {type ChildProcessWithoutNullStreams, execFile, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {delimiter, dirname} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {suite} from 'uvu';
import {nodeFlags} from '../lib/platform/node-flags.js';

const launcher = suite('The launcher');

const bin = fileURLToPath(new URL('../lib/source-zoho.js', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));

/** The node that the machine has without the project; the project's own where there is none. */
function machineNode(): string {
  const own = dirname(process.execPath);
  const elsewhere = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== own && !folder.includes('node_modules'))
    .map((folder) => `${folder}/node`);
  for (const node of elsewhere) {
    try {
      execFileSync(node, ['--version'], {stdio: 'ignore'});
      return node;
    } catch {
      // Not here.
    }
  }
  return process.execPath;
}

const node = machineNode();

/** Starts a sandbox through the launcher; resolves when it listens. */
async function listening(): Promise<{child: ChildProcessWithoutNullStreams; url: string}> {
  const child = spawn(node, [bin, 'sandbox', '--records', '10'], {cwd: root, stdio: ['pipe', 'pipe', 'pipe']});
  const [line] = await once(createInterface({input: child.stdout}), 'line');
  return {child, url: JSON.parse(String(line)).url};
}

/** Resolves when nothing answers at an address any more. */
async function gone(url: string): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    try {
      await fetch(`${url}/sandbox/clock`, {signal: AbortSignal.timeout(1_000)});
      await new Promise((resolve) => setTimeout(resolve, 10));
    } catch {
      return;
    }
  }
  assert.fail(`${url} still answers`);
}

launcher("runs on the machine's own node, passing on streams and the exit code", async () => {
  const run = promisify(execFile)(node, [bin], {cwd: root});
  run.child.stdin?.end('{"spec":{}}\n');
  const {stdout, stderr} = await run;
  assert.equal(JSON.parse(stdout).spec.protocol, 3032023);
  assert.equal(stderr, '');
  await assert.rejects(promisify(execFile)(node, [bin, 'chekc'], {cwd: root}), (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error && 'stderr' in error);
    assert.equal(error.code, 2);
    assert.match(String(error.stderr), /unknown command 'chekc'\n\(Did you mean check\?\)/);
    return true;
  });
});

launcher('can be called as npx source-zoho in the project', async () => {
  const {stdout} = await promisify(execFile)('npx', ['source-zoho', 'spec'], {cwd: root});
  assert.equal(JSON.parse(stdout).protocol, 3032023);
});

launcher('passes on SIGTERM, and ends when the program has ended', async () => {
  const {child, url} = await listening();
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  await gone(url);
});

launcher('gives the node that it starts the flags of the project', async () => {
  const {child, url} = await listening();
  const [started] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  // With a node that is new enough, there is no child: node cannot be given these flags any more.
  if (started) assert.deepEqual(readFileSync(`/proc/${started}/cmdline`, 'utf8').split('\0').slice(1, -5), nodeFlags);
  else assert.equal(node, process.execPath);
  child.kill('SIGTERM');
  await once(child, 'exit');
  await gone(url);
});

launcher('takes the program with it when it is killed', async () => {
  const {child, url} = await listening();
  child.kill('SIGKILL');
  await once(child, 'exit');
  await gone(url);
});

launcher.run();
