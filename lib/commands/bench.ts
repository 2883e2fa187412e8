/**
 * `source-zoho bench`: how fast backfills are, compared with other ways to process the same pages.
 */
import {mkdtemp, open, rm, writeFile} from 'node:fs/promises';
import {cpus, tmpdir} from 'node:os';
import {join} from 'node:path';
import {measureApart} from '../bench/apart.ts';
import {type Case, casesOf, ceilingRowsPerS, hundred, ladderOf} from '../bench/cases.ts';
import type {Figures} from '../bench/figures.ts';
import {memoryCases} from '../bench/memory/cases.ts';
import {type MemoryFigures, measureMemory} from '../bench/memory/measure.ts';
import {plotOf} from '../bench/plot.ts';
import {casesTable, memoryTable, startsTable, type Table} from '../bench/tables.ts';
import {ConfigError} from '../errors/errors.ts';
import {explainSystemErrors} from '../errors/system.ts';
import {writeResults} from './bench-results.ts';
import {type CommandContext, exit, print, say, sayJson} from './host.ts';
import {refuseExisting} from './new-file.ts';
import {type BenchRecord, benchPage} from './report/bench-page.ts';
import {reported} from './report/reported.ts';
import {grouped, tableLines} from './terminal/table.ts';

export interface BenchArguments {
  /** Names of cases, or `all`; the usual one if not given. */
  readonly cases?: readonly string[];
  readonly rounds: number;
  readonly rows: number;
  readonly json?: true;
  /** File for the plot. */
  readonly scale?: string;
  readonly scaleRows: number;
  readonly starts?: true;
  /** File for a page of the figures. */
  readonly report?: string;
  readonly force?: boolean;
  readonly memory?: true;
  /** Measure everything that RESULTS.md shows, and write it there. */
  readonly write?: true;
}

/** Measures and prints. Ends with `different` when a contender's documents were not right. */
export async function bench(host: CommandContext, args: BenchArguments): Promise<number> {
  if (args.rounds < 1 || args.rows < 1) throw new ConfigError('Cannot measure: it takes at least one round and one row');
  const {report, scale} = args;
  const other = args.starts
    ? '--starts'
    : args.memory
      ? '--memory'
      : args.write
        ? '--write'
        : scale !== undefined
          ? '--scale'
          : undefined;
  if (report !== undefined && other !== undefined)
    throw new ConfigError(`Cannot use --report with ${other}: the page only shows cases`);
  if (args.starts) return benchStarts(host, args);
  if (args.memory) return benchMemory(host, args);
  if (args.write) return writeResults(host, {circumstances: machine()});
  // Fails before minutes of measuring.
  if (scale !== undefined) {
    await explainSystemErrors(`write ${scale}`, async () => {
      await refuseExisting(scale, args.force, 'pass --scale for another file');
      await (await open(scale, 'a')).close();
    });
  }
  const measured: Figures[] = [];
  if (report === undefined) return measureCases(host, args, measured);
  return reported(
    host,
    report,
    args,
    () => measureCases(host, args, measured),
    async (outcome) => benchPage({...circumstances(), outcome, figures: measured}),
  );
}

/** Measures the requested cases. Finished ones are in `measured`, even if it fails. */
async function measureCases(host: CommandContext, args: BenchArguments, measured: Figures[]): Promise<number> {
  const cases = args.scale === undefined ? chosen(args) : ladderOf(args.scaleRows);
  const folder = await mkdtemp(join(tmpdir(), 'source-zoho-bench-'));
  try {
    const session = {cases, rounds: args.rounds, folder};
    const outcome = await measureApart(session, host.signal, {
      onDoing: (doing) => say(host, doing),
      onMeasured: (figures) => measured.push(...figures),
    });
    const figures = 'figures' in outcome ? outcome.figures : [];
    if (args.scale !== undefined) await writeFile(args.scale, plotOf(figures, ceilingRowsPerS));
    if (args.json) sayJson(host, {...circumstances(), figures});
    else for (const line of linesOf(figures)) print(host, line);
    return figures.some(({left}) => left?.includes('wrote')) ? exit.different : exit.done;
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

/** The machine, the date and the bound of the figures. */
function circumstances(): Omit<BenchRecord, 'outcome' | 'figures'> {
  return {machine: machine(), date: new Date().toISOString(), node: process.version, ceilingRowsPerS};
}

/** Starts are short, so that there can be many. */
const startsPerRound = 4;

async function benchStarts(host: CommandContext, {rounds, json}: BenchArguments): Promise<number> {
  say(host, `Starting each ${startsPerRound * rounds} times`);
  const outcome = await measureApart({startsPerRound: startsPerRound * rounds}, host.signal, {
    onDoing: (doing) => say(host, doing),
  });
  const starts = 'starts' in outcome ? outcome.starts : [];
  if (json) sayJson(host, {machine: machine(), date: new Date().toISOString(), node: process.version, starts});
  else {
    for (const line of [...linesOfTable(startsTable(starts)), '', machine()]) print(host, line);
  }
  return exit.done;
}

async function benchMemory(host: CommandContext, {cases = ['all'], json}: BenchArguments): Promise<number> {
  const chosen = pick(memoryCases(), cases);
  const folder = await mkdtemp(join(tmpdir(), 'source-zoho-bench-'));
  try {
    const figures: MemoryFigures[] = [];
    for (const what of chosen) {
      say(host, `${what.name}: ${what.about}`);
      figures.push(await measureMemory(what, folder, host.signal));
    }
    if (json) sayJson(host, {machine: machine(), date: new Date().toISOString(), node: process.version, memory: figures});
    else for (const line of [...linesOfTable(memoryTable(figures)), '', machine()]) print(host, line);
    return exit.done;
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

function chosen({cases = ['usual'], rows}: BenchArguments): readonly Case[] {
  return pick(casesOf(rows), cases).filter(({name}) => cases.includes(name) || name !== hundred);
}

/** The cases with these names. Throws ConfigError for an unknown one. */
function pick<T extends {readonly name: string}>(known: readonly T[], cases: readonly string[]): readonly T[] {
  const unknown = cases.find((name) => name !== 'all' && !known.some((one) => one.name === name));
  if (unknown !== undefined) {
    const all = known.map(({name}) => name).join(', ');
    throw new ConfigError(`Cannot measure the case ${unknown}: there is no such case; choose from ${all}`);
  }
  return known.filter(({name}) => cases.includes(name) || cases.includes('all'));
}

function linesOf(figures: readonly Figures[]): string[] {
  const left = figures.filter((f) => f.left !== undefined).map((f) => `${f.case}, ${f.contender}: no figures, ${f.left}`);
  return [
    ...linesOfTable(casesTable(figures)),
    '',
    ...left,
    machine(),
    `Zoho lets one organisation have ${grouped(ceilingRowsPerS)} rows/s at most.`,
  ];
}

function linesOfTable({columns, rows}: Table): string[] {
  return tableLines(columns, rows);
}

function machine(): string {
  const all = cpus();
  return `${all.length} x ${all[0]?.model.trim()}, node ${process.version}, ${process.platform}`;
}
