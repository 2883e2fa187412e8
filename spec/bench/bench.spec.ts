import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {platform, tmpdir} from 'node:os';
import {join} from 'node:path';
import {PassThrough, type Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {suite} from 'uvu';
import {casesOf} from '../../lib/bench/cases.ts';
import {memoryCases} from '../../lib/bench/memory/cases.ts';
import {runCli} from '../../lib/cli.ts';
import {silent} from '../../lib/platform/log.ts';

const command = suite('bench command');

async function bench(...args: string[]): Promise<{code: number; output: string}> {
  const output = new PassThrough();
  const said = text(output as Readable);
  const messages = new PassThrough().resume();
  const host = {
    env: {},
    input: new PassThrough(),
    output,
    messages,
    screen: undefined,
    outputColumns: () => 80,
    colors: false,
    outputColors: false,
    log: silent,
    signal: new AbortController().signal,
  };
  const code = await runCli(host, ['bench', ...args]).finally(() => output.end());
  return {code, output: await said};
}

command('prints figures as a table with ratios, and names the ceiling', async () => {
  const {code, output} = await bench('--cases', 'narrow', '--rows', '2000', '--rounds', '1');
  assert.equal(code, 0);
  assert.match(output, /^case +contender +wall s .*x naive/);
  assert.match(output, /^narrow +ours +\d+\.\d\d +0 % +[\d,]+ +\d/m);
  assert.match(output, /^narrow +naive .* 1\.00 /m);
  assert.match(output, /33,333 rows\/s/);
});

command('measures a ladder of rows as JSON, and plots it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'source-zoho-bench-spec-'));
  try {
    const file = join(folder, 'scale.svg');
    const {code, output} = await bench('--scale', file, '--scale-rows', '10000', '--rounds', '1', '--json');
    assert.equal(code, 0);
    const {figures, node} = JSON.parse(output);
    assert.equal(node, process.version);
    assert.deepEqual(
      figures.map(({contender, rows, left}: Record<string, unknown>) => ({contender, rows, left})),
      [{contender: 'ours', rows: 10_000, left: undefined}],
    );
    assert.match(await readFile(file, 'utf8'), /^<svg /);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
});

command('times starts beside that of node', async () => {
  const {code, output} = await bench('--starts', '--rounds', '1', '--json');
  assert.equal(code, 0);
  const {starts} = JSON.parse(output);
  assert.deepEqual(
    starts.map(({name}: Record<string, unknown>) => name),
    ['node -e 0', 'spec request', '--help'],
  );
  assert.equal(starts[0].timesNode, 1);
  for (const {ms, timesNode} of starts) assert.ok(ms > 0 && timesNode > 0);
});

// Only Linux tells the peak of another process.
const onLinux = platform() === 'linux' ? command : command.skip;

onLinux('measures memory with the cases that are named', async () => {
  const {code, output} = await bench('--memory', '--cases', 'idle', '--json');
  assert.equal(code, 0);
  const [idle] = JSON.parse(output).memory;
  assert.deepEqual([idle.name, idle.documents], ['idle', 0]);
  assert.ok(idle.peakMb > 30 && idle.peakMb < 300, `${idle.peakMb} MB`);
  await assert.rejects(bench('--memory', '--cases', 'usual'), /there is no such case; choose from idle, sweeps, /);
});

command('names the cases that there are when one is unknown', async () => {
  await assert.rejects(bench('--cases', 'usual,huge'), {
    name: 'ConfigError',
    message: `Cannot measure the case huge: there is no such case; choose from ${casesOf(1)
      .map(({name}) => name)
      .join(', ')}`,
  });
});

command('its help names every case', async () => {
  const {output} = await bench('--help');
  for (const {name} of [...casesOf(1), ...memoryCases()]) assert.ok(output.replaceAll(/\s+/g, ' ').includes(name), name);
});

command.run();
