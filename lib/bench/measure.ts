/** One case: a warm-up that checks all contenders, then rounds in which they take turns. */
import type {Case, ContenderName} from './cases.ts';
import {Digester, valuesDigest} from './digest.ts';
import {Judge, Refused} from './judge.ts';
import type {PageFile} from './pages.ts';
import {type Run, run, runUnzip, startServer} from './run.ts';
import type {Task} from './task.ts';

export interface Measured {
  readonly case: Case;
  readonly page: PageFile;
  /** Runs of each contender, by round. */
  readonly runs: ReadonlyMap<ContenderName, readonly Run[]>;
  /** Why a contender has no figures. */
  readonly left: ReadonlyMap<ContenderName, string>;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Folder for pipes. */
  readonly folder: string;
  /** Called before each run. */
  onRun(contender: string, round: number): void;
}

/**
 * Measures a case. A contender whose documents differ from the naive pipeline's in any round, or
 * that is not installed, has no figures; `left` says why. Any other failure is thrown.
 */
export async function measure(what: Case, page: PageFile, options: MeasureOptions): Promise<Measured> {
  const {rounds, folder, onRun} = options;
  const {pages, coql, jobMs, downloadMs, serialJobs} = what;
  const server = await startServer({page, pages, coql, jobMs, downloadMs, serialJobs});
  try {
    const task: Task = {page, pages, bindings: what.bindings, coql, url: server.url};
    onRun('reference', 0);
    const judge = await judgeOf(task, folder);
    const runs = new Map<ContenderName, Run[]>();
    const left = new Map<ContenderName, string>();
    for (let round = 0; round <= rounds; round++) {
      for (const name of what.contenders) {
        if (left.has(name)) continue;
        onRun(name, round);
        try {
          const done = await checkedRun(name, what, task, judge, folder);
          if (round > 0) runs.set(name, [...(runs.get(name) ?? []), done]);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          left.set(name, error.message);
          runs.delete(name);
        }
      }
    }
    return {case: what, page, runs, left};
  } finally {
    await server.close();
  }
}

/** One run with the right documents; otherwise throws `Refused`. */
async function checkedRun(name: ContenderName, what: Case, task: Task, judge: Judge, folder: string): Promise<Run> {
  if (name === 'unzip') return required(runUnzip(task), 'unzip or bash is not installed');
  if (name === 'duckdb' && !hasDuckdb()) throw new Refused('@duckdb/node-api is not installed');
  const done = await run(name, task, {output: what.output, folder});
  const {count, digest, output, ...rest} = done;
  const {page, pages, bindings} = task;
  if (name === 'floor') sameCount(name, count, page.csvLines * pages * bindings);
  else if (name === 'inflate') sameCount(name, count, page.csvBytes);
  else if (digest === undefined) judge.checkCount(name, count);
  else judge.check(name, digest, () => output && valuesDigest(output));
  return {...rest, count};
}

/**
 * Accepts the naive pipeline's documents. All pages are alike, so several pages are derived from
 * one: our own documents for it, once verified, repeated for each page.
 */
async function judgeOf(task: Task, folder: string): Promise<Judge> {
  const one = {...task, pages: 1};
  const options = {output: 'pipe', folder} as const;
  const naive = await run('naive', one, options);
  const judge = new Judge(required(naive.digest, unread), naive.output && valuesDigest(naive.output));
  if (task.pages === 1) return judge;
  const ours = await run('ours-file', one, options);
  const output = required(ours.output, 'its pages are too large to be compared');
  judge.check('ours-file', required(ours.digest, unread), () => valuesDigest(output));
  const digester = new Digester();
  for (let page = 0; page < task.pages; page++) digester.add(output);
  return new Judge(digester.end());
}

const unread = 'its output was not read';

function required<T>(value: T | undefined, why: string): T {
  if (value === undefined) throw new Refused(why);
  return value;
}

function sameCount(name: string, count: number, expected: number): void {
  if (count !== expected) throw new Refused(`${name} saw ${count} of ${expected}`);
}

function hasDuckdb(): boolean {
  try {
    import.meta.resolve('@duckdb/node-api');
    return true;
  } catch {
    return false;
  }
}
