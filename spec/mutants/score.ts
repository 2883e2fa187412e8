/** Tries mutants and counts those that were noticed. */
import {readFileSync} from 'node:fs';
import {relative} from 'node:path';
import type {MutantResult, PartialStrykerOptions} from '@stryker-mutator/api/core';
import {Stryker} from '@stryker-mutator/core';
import {markFor, marksOf} from './marks.ts';

export interface Tried {
  readonly file: string;
  readonly line: number;
  readonly mutator: string;
  readonly was: string;
  readonly becomes: string;
  /** `marked` ones live, and a mark in the code says why nobody can see them. */
  readonly status: 'killed' | 'hung' | 'lived' | 'not reached' | 'failed to run' | 'marked' | 'prose' | 'left out';
  readonly reason?: string;
  /** The cases that noticed: the first one, or all if all were run. */
  readonly killedBy: readonly string[];
  /** The cases that ran the changed code. */
  readonly reachedBy: readonly string[];
  /** Of so many places of the file one was changed. */
  readonly oneIn: number;
}

export interface Trial {
  /** Mutants tried side by side. */
  readonly atOnce: number;
  readonly oneIn: number;
  /** Runs all cases that reach a mutant instead of those up to the first that notices. */
  readonly all: boolean;
}

export interface Score {
  readonly name: string;
  readonly killed: number;
  readonly counted: number;
  readonly percent: string;
}

/** Time that a mutant has until it counts as hung: its cases take less than half a second of the processor. */
const hungMs = 8_000;

/** Tries the changes to some files. */
export async function tried(files: readonly string[], {atOnce, oneIn, all}: Trial): Promise<Tried[]> {
  const options: PartialStrykerOptions = {
    mutate: [...files],
    plugins: [new URL('plugin.ts', import.meta.url).href],
    testRunner: 'cases',
    ignorers: ['prose', 'sample'],
    coverageAnalysis: 'perTest',
    concurrency: atOnce,
    disableBail: all,
    timeoutMS: hungMs,
    timeoutFactor: 0.01,
    reporters: ['progress-append-only'],
    checkers: [],
    tempDirName: '.mutants',
    ignorePatterns: ['coverage', 'docs', 'biome.json'],
    // The compiler's JSON is read by an API that this version of it no longer has; types are not checked here anyway.
    tsconfigFile: 'none.json',
    allowEmpty: true,
    logLevel: 'error' as PartialStrykerOptions['logLevel'],
  };
  process.env.MUTANTS_SAMPLE = String(oneIn);
  const results = await new Stryker(options).runMutationTest();
  return results.map((result) => withMark({...plain(result), oneIn}));
}

/** A mutant that lives where a mark says that it may. */
function withMark(mutant: Tried): Tried {
  if (mutant.status !== 'lived' && mutant.status !== 'not reached') return mutant;
  const mark = markFor(mutant, marksOf(mutant.file));
  return mark === undefined ? mutant : {...mutant, status: 'marked', reason: mark.reason};
}

/** Marks on whose line each change is noticed, as `file:line`. */
export function needlessMarks(files: readonly string[], mutants: readonly Tried[]): string[] {
  const marked = mutants.filter(({status}) => status === 'marked');
  return files.flatMap((file) =>
    marksOf(file)
      .filter((mark) => !marked.some((mutant) => mutant.file === file && mutant.line === mark.line))
      .map(({line}) => `${file}:${line}`),
  );
}

/** How many of the mutants were killed, for each file and for each of the folders. */
export function scoresOf(mutants: readonly Tried[], folders: readonly string[]): Score[] {
  const counted = mutants.filter(({status}) => ['killed', 'hung', 'lived', 'not reached'].includes(status));
  const names = (file: string): string[] => [file, ...folders.filter((folder) => file.startsWith(folder))];
  const all = new Set(counted.flatMap(({file}) => names(file)).sort());
  return [...all].map((name) => {
    const own = counted.filter(({file}) => names(file).includes(name));
    const killed = own.filter(({status}) => status === 'killed' || status === 'hung').length;
    return {name, killed, counted: own.length, percent: ((100 * killed) / own.length).toFixed(1)};
  });
}

function plain({
  fileName,
  location: {start, end},
  mutatorName,
  replacement,
  status,
  statusReason,
  killedBy = [],
  coveredBy = [],
}: MutantResult): Omit<Tried, 'oneIn'> {
  return {
    file: relative(process.cwd(), fileName),
    line: start.line,
    mutator: mutatorName,
    was: brief(textAt(fileName, start, end)),
    becomes: brief(replacement ?? ''),
    status: statusOf(status, statusReason),
    killedBy,
    reachedBy: coveredBy,
    ...(statusReason === undefined ? {} : {reason: statusReason}),
  };
}

function statusOf(status: MutantResult['status'], reason: string | undefined): Tried['status'] {
  if (status === 'Killed') return 'killed';
  if (status === 'Timeout') return 'hung';
  if (status === 'Survived') return 'lived';
  if (status === 'NoCoverage') return 'not reached';
  if (status === 'Ignored') return reason === 'a text for people' ? 'prose' : 'left out';
  return 'failed to run';
}

function textAt(file: string, start: MutantResult['location']['start'], end: MutantResult['location']['end']): string {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1)!.slice(0, end.column - 1);
  lines[0] = lines[0]!.slice(start.column - 1);
  return lines.join('\n');
}

function brief(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= 100 ? line : `${line.slice(0, 97)}...`;
}
