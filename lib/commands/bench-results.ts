/** `bench --write`: measures everything that RESULTS.md shows, and writes it there. */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {measureApart} from '../bench/apart.ts';
import {type Case, casesOf, ceilingRowsPerS, ladderOf, pageRowsMax} from '../bench/cases.ts';
import type {Figures} from '../bench/figures.ts';
import {idleDays} from '../bench/idle-day.ts';
import {memoryCases} from '../bench/memory/cases.ts';
import {type MemoryFigures, measureMemory} from '../bench/memory/measure.ts';
import {plotOf} from '../bench/plot.ts';
import type {Start} from '../bench/starts.ts';
import {casesTable, idleTable, markdown, memoryTable, startsTable, withMeasured} from '../bench/tables.ts';
import {explainSystemErrors} from '../errors/system.ts';
import {type CommandContext, exit, say} from './host.ts';

const resultsFile = fileURLToPath(new URL('../bench/RESULTS.md', import.meta.url));
const plotFile = fileURLToPath(new URL('../bench/scale.svg', import.meta.url));

/** Rounds of each section. The usual page is what others are compared with. */
const rounds = {usual: 5, others: 2, zoho: 1, scale: 1} as const;
const startsPerRound = 20;
const rowsMax = 2_000_000;

/** How much of each case is measured. Specs use less. */
export interface ResultsOptions {
  /** Machine, versions and time, in one line. */
  readonly circumstances: string;
}

/** Measures all sections, then writes the page and the plot. Ends with `different` when a contender's documents were not right. */
export async function writeResults(host: CommandContext, {circumstances}: ResultsOptions): Promise<number> {
  let page = await explainSystemErrors(`read ${resultsFile}`, () => readFile(resultsFile, 'utf8'));
  const since = performance.now();
  const began = new Date();
  const folder = await mkdtemp(join(tmpdir(), 'source-zoho-bench-'));
  const figures: Figures[] = [];
  try {
    const measured = async (name: keyof typeof rounds, cases: readonly Case[]): Promise<readonly Figures[]> => {
      const found = await measureCases(host, cases, rounds[name], folder);
      figures.push(...found);
      page = withMeasured(page, name, markdown(casesTable(found)));
      return found;
    };
    await measured('usual', casesNamed('usual'));
    await measured('others', casesNamed('narrow', 'wide', 'quoted', 'unicode', 'coql', 'bindings', 'null', 'slow'));
    await measured('zoho', casesNamed('latency-parallel', 'latency-serial'));
    const plot = plotOf(await measured('scale', ladderOf(rowsMax)), ceilingRowsPerS);
    page = withMeasured(page, 'starts', markdown(startsTable(await measureStarts(host))));
    page = withMeasured(page, 'memory', markdown(memoryTable(await measureAllMemory(host, folder), true)));
    say(host, 'Counting the credits of an idle day');
    page = withMeasured(page, 'credits', markdown(idleTable(await idleDays())));
    const minutes = Math.round((performance.now() - since) / 60_000);
    const when = `Measured with \`npm run bench -- --write\` on ${began.toISOString().slice(0, 16).replace('T', ' at ')} UTC, in ${minutes} minutes, on ${circumstances}.`;
    page = withMeasured(page, 'circumstances', [when]);
    await explainSystemErrors(`write ${resultsFile}`, async () => {
      await writeFile(plotFile, plot);
      await writeFile(resultsFile, page);
    });
    say(host, `Wrote ${resultsFile}`);
    for (const {case: name, contender, left} of figures)
      if (left !== undefined) say(host, `${name}, ${contender}: no figures, ${left}`);
    return figures.some(({left}) => left?.includes('wrote')) ? exit.different : exit.done;
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

function casesNamed(...names: readonly string[]): readonly Case[] {
  return casesOf(pageRowsMax).filter(({name}) => names.includes(name));
}

async function measureCases(
  host: CommandContext,
  cases: readonly Case[],
  rounds: number,
  folder: string,
): Promise<readonly Figures[]> {
  const outcome = await measureApart({cases, rounds, folder}, host.signal, {onDoing: (doing) => say(host, doing)});
  return 'figures' in outcome ? outcome.figures : [];
}

async function measureStarts(host: CommandContext): Promise<readonly Start[]> {
  say(host, `Starting each ${startsPerRound} times`);
  const outcome = await measureApart({startsPerRound}, host.signal, {onDoing: (doing) => say(host, doing)});
  return 'starts' in outcome ? outcome.starts : [];
}

async function measureAllMemory(host: CommandContext, folder: string): Promise<readonly MemoryFigures[]> {
  const figures: MemoryFigures[] = [];
  for (const what of memoryCases()) {
    say(host, `${what.name}: ${what.about}`);
    figures.push(await measureMemory(what, folder, host.signal));
  }
  return figures;
}
