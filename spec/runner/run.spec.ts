import assert from 'node:assert/strict';
import {access, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import {longestFirst, longFiles} from './order.ts';
import {shortfall, sumOf} from './outcome.ts';
import {runSpecs, type SpecRun} from './process.ts';

const runner = suite<{folder: string}>('npm test');

runner.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-runner-'));
});
runner.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

/** Runs one spec file with the given body and tells what was counted. */
async function counted(folder: string, body: string, timeoutMs = 20_000): Promise<Pick<SpecRun, 'passed' | 'failed' | 'fault'>> {
  const file = join(folder, 'it.spec.mjs');
  await writeFile(file, `import {suite} from '${import.meta.resolve('uvu')}';\nconst it = suite('it');\n${body}\n`);
  const {NODE_V8_COVERAGE: _, ...env} = process.env;
  const specEnv = {...env, NO_COLOR: '1'};
  const options = {timeoutMs, atOnce: 1, env: specEnv, signal: new AbortController().signal, onEnd: () => {}};
  const [{passed, failed, fault}] = (await runSpecs([file], options)) as [SpecRun];
  return {passed, failed, fault};
}

const pass = "it('passes', () => {});";

runner('counts what passed and what failed', async ({folder}) => {
  const body = `${pass} it('fails', () => { throw new Error('no'); }); it.run();`;
  assert.deepEqual(await counted(folder, body), {passed: 1, failed: 1, fault: undefined});
});

runner('takes a forgotten run() for a failure', async ({folder}) => {
  assert.deepEqual(await counted(folder, pass), {passed: 0, failed: 1, fault: 'never called run()'});
});

runner('takes an empty suite for a failure', async ({folder}) => {
  assert.deepEqual(await counted(folder, 'it.run();'), {passed: 0, failed: 1, fault: 'has no case'});
});

runner('takes a case that waits for nothing for a failure', async ({folder}) => {
  const body = `${pass} it('waits', () => new Promise(() => {})); it.run();`;
  assert.deepEqual(await counted(folder, body), {
    passed: 0,
    failed: 1,
    fault: 'came to its end while a case was still waiting',
  });
});

runner('counts the cases that a failing before hook kept from running', async ({folder}) => {
  const body = `it.before(() => { throw new Error('no'); }); ${pass} ${pass} it.run();`;
  assert.deepEqual(await counted(folder, body), {passed: 0, failed: 2, fault: undefined});
});

runner('takes a file that cannot be loaded for a failure', async ({folder}) => {
  assert.deepEqual(await counted(folder, "import './missing.mjs';"), {passed: 0, failed: 1, fault: 'ended with exit code 1'});
});

runner('ends a file that takes too long, with everything it started', async ({folder}) => {
  const forever = `process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'inherit'}`;
  const body = `import('node:child_process').then(({spawn}) => spawn(${forever})); setInterval(() => {}, 1000);`;
  assert.deepEqual(await counted(folder, body, 1_000), {passed: 0, failed: 1, fault: 'took too long and was ended'});
});

runner('adds up, and fails with no spec or fewer cases than before', () => {
  const one = {passed: 2, failed: 1, skipped: 1, fault: undefined};
  assert.deepEqual(sumOf([one, one]), {passed: 4, failed: 2, skipped: 2});
  assert.equal(shortfall(0, 0, 0), 'No spec was found');
  assert.equal(shortfall(3, 9, 10), 'Only 9 cases ran, 10 did before; if that is meant, run npm test -- --raise');
  assert.equal(shortfall(3, 10, 10), undefined);
});

runner('starts long files first, and knows none that is not there', async () => {
  await Promise.all(longFiles.map((file) => access(new URL(`../../${file}`, import.meta.url))));
  assert.deepEqual(longestFirst(['spec/b', longFiles[1]!, 'spec/a', longFiles[0]!]), [
    ...longFiles.slice(0, 2),
    'spec/a',
    'spec/b',
  ]);
});

runner.run();
