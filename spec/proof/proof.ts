/**
 * `npm run proof`: the guarantees at full size, which the specs show in short forms.
 *
 * Prints a line for each part, and exits with 1 when one failed. With `--write` the report goes to `spec/proof/REPORT.md`, too.
 */
import {writeFile} from 'node:fs/promises';
import {cpus, totalmem} from 'node:os';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {manyChanges} from '../consistency/many-changes.ts';
import {controls} from '../model/controls.ts';
import {modelRun} from '../model/run.ts';
import {type KillsOutcome, processKills, sessionKills} from './kills.ts';
import {soak} from './soak.ts';

interface Finding {
  readonly counts: string;
  /** Empty when the part kept its promise. */
  readonly faults: readonly string[];
}

interface Part {
  readonly name: string;
  run(): Promise<Finding>;
}

const modelSeeds = 500;
const controlSeedsMax = 150;
const changes = 100_000;

const parts: readonly Part[] = [
  {name: 'Model check: edits, faults, kills and restarts on a virtual clock', run: checkModel},
  {name: 'Broken controls of the model check', run: checkControls},
  {
    name: 'One window, all changes in one second',
    run: () => checkWindow({changes}),
  },
  {
    name: 'One window, over 600 seconds',
    run: () => checkWindow({changes, seconds: 600}),
  },
  {
    name: 'One window, pages of 200 rows, ids of 18 and 19 digits sorted as text, records changing again while they are paged',
    run: () =>
      checkWindow({
        changes,
        module: 'Contacts',
        againPerPage: 500,
        switches: {coql: {rowsMax: 200, idOrder: 'text', none: 'empty data'}},
      }),
  },
  {
    name: 'Sessions killed at any moment, during backfills, refreshes and sweeps',
    run: async () => {
      const outcomes: KillsOutcome[] = [];
      for (let seed = 1; seed <= 10; seed++) outcomes.push(await sessionKills({kills: 50, seed}));
      return killed(outcomes);
    },
  },
  {
    name: 'Processes killed with SIGKILL at any line',
    run: async () => killed([await processKills({kills: 30, seed: 1})]),
  },
  {name: 'Soak: a simulated week', run: checkSoak},
];

async function checkModel(): Promise<Finding> {
  const faults: string[] = [];
  const sum = {kills: 0, documents: 0, jobs: 0, refreshes: 0};
  for (let seed = 1; seed <= modelSeeds; seed++) {
    const report = await modelRun({seed});
    for (const violation of report.violations) faults.push(`seed ${seed}: ${violation}`);
    sum.kills += report.kills;
    sum.documents += report.documents;
    sum.jobs += report.jobs;
    sum.refreshes += report.refreshes;
  }
  const {kills, documents, jobs, refreshes} = sum;
  return {
    counts: `${modelSeeds} seeds, ${kills} sessions, ${jobs} jobs, ${refreshes} refresh jobs, ${documents} documents`,
    faults,
  };
}

async function checkControls(): Promise<Finding> {
  const faults: string[] = [];
  for (const {name, breakIt, run} of controls) {
    const mend = breakIt?.();
    let caught = false;
    for (let seed = 1; seed <= controlSeedsMax && !caught; seed++) {
      caught = (await modelRun({seed, ...run})).violations.length > 0;
    }
    mend?.();
    if (!caught) faults.push(`not caught: ${name}`);
  }
  return {counts: `${controls.length - faults.length} of ${controls.length} planted defects caught`, faults};
}

async function checkWindow(run: Parameters<typeof manyChanges>[0]): Promise<Finding> {
  const {differences, documents, changedAgain, queries} = await manyChanges(run);
  const faults = [...differences];
  const most = run.changes + changedAgain;
  if (documents < run.changes || documents > most) faults.push(`${documents} documents, where ${run.changes} to ${most} are due`);
  const again = changedAgain > 0 ? `, ${changedAgain} changed again while they were paged` : '';
  return {counts: `${run.changes} changes${again}, ${documents} documents, ${queries} queries`, faults};
}

function killed(outcomes: readonly KillsOutcome[]): Finding {
  const sum = (of: (outcome: KillsOutcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return {
    counts: `${sum(({kills}) => kills)} kills, ${sum(({documents}) => documents)} documents, compared ${sum(({comparisons}) => comparisons)} times`,
    faults: outcomes.flatMap(({differences}) => differences),
  };
}

async function checkSoak(): Promise<Finding> {
  const {days, sweeps, jobs, tokens, documents, differences, growth} = await soak({days: 7, seed: 1});
  const heaps = days.map(({heapBytes}) => (heapBytes / 2 ** 20).toFixed(0)).join(', ');
  return {
    counts: `${days.length} days, ${sweeps} COQL calls, ${jobs} jobs, ${tokens} tokens, ${documents} documents; heap in MiB after each day ${heaps}; state ${days.at(-1)?.stateBytes} bytes`,
    faults: [...differences, ...growth],
  };
}

const {values} = parseArgs({options: {write: {type: 'boolean', default: false}}});
const rows: string[] = [];
let failed = 0;
const begunMs = performance.now();
for (const {name, run} of parts) {
  const partMs = performance.now();
  const {counts, faults} = await run().catch(
    (error: unknown): Finding => ({counts: 'ended early', faults: [error instanceof Error ? error.message : String(error)]}),
  );
  const seconds = ((performance.now() - partMs) / 1000).toFixed(0);
  if (faults.length > 0) failed++;
  print(`${faults.length > 0 ? 'FAIL' : 'ok  '} ${name}: ${counts} (${seconds} s)`);
  for (const fault of faults.slice(0, 10)) print(`     ${fault}`);
  rows.push(
    `| ${name} | ${counts} | ${faults.length === 0 ? 'kept' : `**broken**: ${faults.slice(0, 3).join('; ')}`} | ${seconds} |`,
  );
}
const minutes = ((performance.now() - begunMs) / 60_000).toFixed(1);
print(`${parts.length - failed} of ${parts.length} parts kept their promise, in ${minutes} minutes`);
if (values.write) {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform}, node ${process.version}`;
  const report = [
    '# What was proven, and when',
    '',
    `Written by \`npm run proof -- --write\` on ${new Date().toISOString().slice(0, 10)}: ${machine}; ${minutes} minutes in all.`,
    '',
    '| Part | What was run | Result | s |',
    '|---|---|---|---|',
    ...rows,
    '',
  ];
  await writeFile(fileURLToPath(new URL('REPORT.md', import.meta.url)), report.join('\n'));
}
process.exitCode = failed === 0 ? 0 : 1;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
