/**
 * `npm test`: type check, lint, all files that end in `.spec.ts`, and as the last line
 * `N passed, N failed`.
 *
 * `npm test -- PATTERN` runs the specs whose path holds the pattern, and nothing else.
 * `npm run test:unit` runs those that need no process of their own, no sandbox and no capture.
 * `npm run coverage` runs them with coverage, which makes specs that read megabytes ten times as
 * long. `npm test -- --raise` records the number of cases as the floor that later runs must reach.
 */
import {execFile} from 'node:child_process';
import {glob, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {availableParallelism, tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {longestFirst} from './runner/order.ts';
import {shortfall, sumOf} from './runner/outcome.ts';
import {runSpecs, type SpecRun} from './runner/process.ts';

/** Longest time of one spec file: those that run whole captures take some tens of seconds, on a busy machine some minutes. */
const specTimeoutMs = 300_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const floorFile = join(root, 'spec/floor.json');
const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    raise: {type: 'boolean', default: false},
    unit: {type: 'boolean', default: false},
    coverage: {type: 'boolean', default: false},
  },
});
const whole = positionals.length === 0 && !values.unit && !values.coverage;

/** Specs of captures, commands, processes and memory, each seconds long. All others are unit specs. */
const systemSpecs =
  /^spec\/(?:system|commands|bench|sandbox|contract)\/|^spec\/(?:cli|main|readme|package|source-zoho|containerfile|zoho\/sandbox|records\/memory|sources\/heavy-rows)\.spec\.ts$/;

/** One more than there are cores: specs that wait for a process or a socket leave theirs free. */
const atOnce = Math.min(4, availableParallelism() + 1);

const checks = whole ? [tool('tsc', 'type check'), tool('biome', 'lint', 'check', '--error-on-warnings')] : [];
const files = longestFirst(
  (await Array.fromAsync(glob('spec/**/*.spec.ts', {cwd: root})))
    .filter((file) => positionals.length === 0 || positionals.some((pattern) => file.includes(pattern)))
    .filter((file) => !(values.unit || values.coverage) || !systemSpecs.test(file)),
);
/** Kept from run to run: a process that finds its code compiled starts in half the time. Coverage would be less exact with it. */
const compiled = {NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled')};
const env = {...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...(values.coverage ? {} : compiled)};
const coverage = values.coverage ? await mkdtemp(join(tmpdir(), 'source-zoho-coverage-')) : undefined;
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());

const runs = await runSpecs(files, {
  timeoutMs: specTimeoutMs,
  atOnce,
  env: {...env, ...(coverage !== undefined && {NODE_V8_COVERAGE: coverage})},
  signal: interrupted.signal,
  onEnd: report,
});
const {passed, failed, skipped} = sumOf(runs);
const checksFailed = (await Promise.all(checks)).filter((passed) => !passed).length;

const reported = coverage === undefined || (await reportCoverage(coverage));

const floor = await floorOf();
const missing = shortfall(files.length, passed, whole && !values.raise ? floor : 0);
if (values.raise && whole && failed === 0) await writeFile(floorFile, `{ "cases": ${passed} }\n`);
if (skipped > 0) print(`${skipped} cases were left out by skip or only`);
if (missing !== undefined) print(missing);
if (interrupted.signal.aborted) print('Interrupted');

const faults =
  failed + checksFailed + (missing === undefined ? 0 : 1) + (reported ? 0 : 1) + (interrupted.signal.aborted ? 1 : 0);
print(`${passed} passed, ${faults} failed`);
process.exitCode = faults === 0 ? 0 : 1;

/** Shows how much of `lib` the specs ran, and removes the folder of what was recorded. */
async function reportCoverage(folder: string): Promise<boolean> {
  const include = ['--include', 'lib/**', '--all', '--src', 'lib'];
  const reporters = ['--reporter', 'lcovonly', '--reporter', 'text'];
  const shown = await tool('c8', 'coverage', 'report', ...include, '--temp-directory', folder, ...reporters);
  await rm(folder, {recursive: true, force: true});
  return shown;
}

/** Runs a tool of the project; shows what it says when it has ended. */
async function tool(name: string, what: string, ...args: string[]): Promise<boolean> {
  const {passed, said} = await new Promise<{passed: boolean; said: string}>((resolve) => {
    execFile(join(root, 'node_modules/.bin', name), args, {cwd: root, maxBuffer: 64 << 20}, (error, stdout, stderr) =>
      resolve({passed: error === null, said: `${stdout}${stderr}` || (error?.message ?? '')}),
    );
  });
  print(`${said}${passed ? 'ok  ' : 'FAIL'} ${what}`);
  return passed;
}

function report(run: SpecRun): void {
  const failed = run.failed > 0;
  if (failed) print(`\n${run.output.trimEnd()}`);
  const cases = `${run.passed} passed${failed ? `, ${run.failed} failed` : ''}`;
  const fault = run.fault === undefined ? '' : `: ${run.fault}`;
  print(`${failed ? 'FAIL' : 'ok  '} ${run.file} (${cases}, ${(run.elapsedMs / 1000).toFixed(1)} s)${fault}`);
}

/** Cases of the last recorded run. */
async function floorOf(): Promise<number> {
  const recorded: unknown = JSON.parse(await readFile(floorFile, 'utf8'));
  if (typeof recorded === 'object' && recorded !== null && 'cases' in recorded && typeof recorded.cases === 'number')
    return recorded.cases;
  throw new Error('Cannot read spec/floor.json: expected {"cases": number}');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
