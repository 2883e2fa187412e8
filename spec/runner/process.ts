/** Spec files as processes of their own, a few at a time, none for longer than its time. */
import {spawn} from 'node:child_process';
import {performance} from 'node:perf_hooks';
import {type Outcome, outcomeOf} from './outcome.ts';

export interface SpecRun extends Outcome {
  readonly file: string;
  readonly output: string;
  readonly elapsedMs: number;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly atOnce: number;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onEnd: (run: SpecRun) => void;
}

/** Runs all files and gives their outcomes in the order of `files`. Aborting ends the processes that are running, and their children. */
export async function runSpecs(files: readonly string[], options: RunOptions): Promise<SpecRun[]> {
  const runs: SpecRun[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < files.length && !options.signal.aborted) {
      const at = next++;
      const run = await runSpec(files[at]!, options);
      runs[at] = run;
      options.onEnd(run);
    }
  };
  await Promise.all(Array.from({length: options.atOnce}, lane));
  return runs;
}

async function runSpec(file: string, {timeoutMs, env, signal}: RunOptions): Promise<SpecRun> {
  const startMs = performance.now();
  // A process group of its own, so that what a spec leaves running ends with it.
  const child = spawn(process.execPath, [file], {env, detached: true, stdio: ['ignore', 'pipe', 'pipe']});
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  let timedOut = false;
  const end = (): void => endGroup(child.pid);
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal.addEventListener('abort', end);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => setImmediate(end));
    child.on('close', (exitCode) => resolve(exitCode));
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
  return {file, output, elapsedMs: performance.now() - startMs, ...outcomeOf({code, timedOut, output})};
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}
