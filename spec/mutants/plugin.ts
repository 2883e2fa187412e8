/**
 * What Stryker loads: how it runs our specs, and which of our texts it leaves alone.
 *
 * One process loads the specs that own the mutated files, and tries one mutant after another in it; a mutant costs the time of the cases that reach it.
 * For a static mutant, which acts while its file is loaded, all of the project's modules are loaded anew.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {registerHooks, stripTypeScriptTypes} from 'node:module';
import {resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import type {MutantCoverage} from '@stryker-mutator/api/core';
import {commonTokens, declareClassPlugin, declareValuePlugin, PluginKind, tokens} from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import {type Chosen, type Outcome, runCases} from './case-run.ts';
import {ownersOf} from './owners.ts';
import {prose, sample} from './prose.ts';
import {takeSuites} from './recorder.ts';

/** What the instrumented code reads and counts. */
interface Switchboard {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  mutantCoverage?: MutantCoverage;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
}

/** Processor time of the longest case that is run for each mutant. Longer ones belong to `npm test`: the mutants that they alone notice live. */
const caseMsMax = 100;

/** Processor time of the cases that are run for one mutant, the shortest first. */
const mutantMsMax = 400;

/** How often a process loads everything anew: what was loaded before stays in its memory. */
const generationsMax = 40;

/** Processor time of each case without a mutant, in the copy of the project that Stryker works on. */
const timesFile = 'mutants-times.json';

class CaseRunner implements TestRunner {
  static readonly inject = tokens(commonTokens.options);
  readonly #mutated: readonly string[];
  readonly #cases = new Map<string, Chosen[]>();
  #generation = 0;
  #times: Readonly<Record<string, number>> | undefined;

  constructor({mutate}: {readonly mutate: readonly string[]}) {
    this.#mutated = mutate;
  }

  capabilities() {
    return {reloadEnvironment: true};
  }

  /** Has the project's modules loaded anew in each generation, which their addresses tell. */
  async init(): Promise<void> {
    const recorder = {url: new URL('recorder.ts', import.meta.url).href, format: 'module-typescript', shortCircuit: true};
    const project = pathToFileURL(`${process.cwd()}/`).href;
    const sources = new Map<string, string>();
    registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === 'uvu') return recorder;
        const found = next(specifier, context);
        const isOurs = found.url.startsWith(project) && /\.ts(?:\?|$)/.test(found.url);
        return isOurs ? {...found, url: `${found.url.replace(/\?.*/, '')}?${this.#generation}`} : found;
      },
      load: (url, context, next) => {
        if (!url.startsWith(project) || !/\.ts\?/.test(url)) return next(url, context);
        const path = fileURLToPath(url.replace(/\?.*/, ''));
        const source = sources.get(path) ?? stripTypeScriptTypes(readFileSync(path, 'utf8'));
        sources.set(path, source);
        return {format: 'module', source, shortCircuit: true};
      },
    });
  }

  /** Runs each case once, without a mutant, and notes which mutants it reaches. */
  async dryRun(): Promise<DryRunResult> {
    const board = switchboard();
    const cases = await this.#casesOf(this.#mutated.flatMap(ownersOf));
    const outcomes = await runCases(cases, {all: true, onBegin: (id) => Object.assign(board, {currentTestId: id})});
    board.currentTestId = undefined;
    // What runs from here on must not count.
    const mutantCoverage = structuredClone(board.mutantCoverage);
    const times = new Map(outcomes.map(({id, cpuMs}) => [id, cpuMs]));
    // The first run of a case may load and compile what the next ones have.
    const slow = cases.filter(({id}) => times.get(id)! > caseMsMax / 2);
    for (const {id, cpuMs} of await runCases(slow, {all: true})) times.set(id, Math.min(cpuMs, times.get(id)!));
    writeFileSync(timesFile, JSON.stringify(Object.fromEntries(times)));
    return {status: DryRunStatus.Complete, tests: outcomes.map(tested), ...(mutantCoverage && {mutantCoverage})};
  }

  /** Runs the cases that reach the mutant, the shortest first, until one fails; all of them if Stryker is not to bail. */
  async mutantRun({
    activeMutant,
    testFilter,
    hitLimit,
    mutantActivation,
    reloadEnvironment,
    disableBail,
  }: MutantRunOptions): Promise<MutantRunResult> {
    const board = switchboard();
    if (reloadEnvironment) this.#loadAnew();
    if (mutantActivation === 'static') board.activeMutant = activeMutant.id;
    const cases = this.#shortOnes(await this.#casesOf(ownersOf(activeMutant.fileName)), testFilter);
    Object.assign(board, {activeMutant: activeMutant.id, hitLimit, hitCount: hitLimit === undefined ? undefined : 0});
    const outcomes = await runCases(cases, {all: disableBail});
    const looped = determineHitLimitReached(board.hitCount, hitLimit);
    Object.assign(board, {activeMutant: undefined, hitCount: undefined});

    const failed = outcomes.filter(({failure}) => failure !== undefined);
    if (failed.length === 0) return {status: MutantRunStatus.Survived, nrOfTests: outcomes.length};
    if (looped !== undefined) return {status: MutantRunStatus.Timeout, reason: looped.reason ?? 'loops'};
    const killedBy = failed.map(({id}) => id);
    if (mutantActivation === 'runtime') await confirm(cases.filter(({id}) => killedBy.includes(id)));
    return {status: MutantRunStatus.Killed, killedBy, failureMessage: failed[0]!.failure!, nrOfTests: outcomes.length};
  }

  /** Stryker answers what is thrown with a new process. */
  #loadAnew(): void {
    if (++this.#generation > generationsMax) throw new Error('it is time for a new process');
    this.#cases.clear();
  }

  #shortOnes(cases: readonly Chosen[], wanted: readonly string[] | undefined): Chosen[] {
    this.#times ??= JSON.parse(readFileSync(timesFile, 'utf8')) as Record<string, number>;
    const times = this.#times;
    const timeOf = ({id}: Chosen): number => times[id] ?? 0;
    const chosen = wanted === undefined ? cases : cases.filter(({id}) => wanted.includes(id));
    const short = chosen.filter((one) => timeOf(one) <= caseMsMax).sort((a, b) => timeOf(a) - timeOf(b));
    let leftMs = mutantMsMax;
    return short.filter((one) => (leftMs -= timeOf(one)) >= 0);
  }

  async #casesOf(specs: readonly string[]): Promise<Chosen[]> {
    const wanted = [...new Set(specs)];
    for (const spec of wanted.filter((spec) => !this.#cases.has(spec))) {
      await import(pathToFileURL(resolve(spec)).href);
      const cases = takeSuites().flatMap((suite) =>
        suite.cases.map((one, at) => ({id: `${spec} ${suite.name} ${at} ${one.name}`, suite, one})),
      );
      this.#cases.set(spec, cases);
    }
    return wanted.flatMap((spec) => this.#cases.get(spec)!);
  }
}

/** A case that fails without a mutant, too, was spoilt by an earlier one. Stryker then tries the mutant again, in a new process. */
async function confirm(failed: readonly Chosen[]): Promise<void> {
  for (const {id, failure} of await runCases(failed))
    if (failure !== undefined) throw new Error(`${id} fails without a mutant: ${failure}`);
}

function tested({id, elapsedMs, failure}: Outcome) {
  const named = {id, name: id, timeSpentMs: elapsedMs};
  if (failure === undefined) return {...named, status: TestStatus.Success as const};
  return {...named, status: TestStatus.Failed as const, failureMessage: failure};
}

function switchboard(): Switchboard {
  const holder = globalThis as {__stryker__?: Switchboard};
  holder.__stryker__ ??= {};
  return holder.__stryker__;
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, 'cases', CaseRunner),
  declareValuePlugin(PluginKind.Ignore, 'prose', prose),
  declareValuePlugin(PluginKind.Ignore, 'sample', sample),
];
