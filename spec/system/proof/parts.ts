/** The parts of `npm run proof`: what each runs, how often, and what it found. */

import {faultNames} from '../../../lib/sandbox/fault-list.ts';
import {startSandbox} from '../../../lib/sandbox/server.ts';
import {commandKills, killSandbox} from '../../commands/kills.ts';
import {Shell} from '../../commands/shell.ts';
import {defects} from '../chaos/defects.ts';
import {chaosRun} from '../chaos/run.ts';
import {manyChanges} from '../consistency/many-changes.ts';
import {controls as basicControls} from '../model/controls.ts';
import {oddityControls} from '../model/oddity-controls.ts';
import {restartControls} from '../model/restart-controls.ts';
import {modelRun} from '../model/run.ts';
import {type KillsOutcome, processKills, sessionKills} from './kills.ts';
import {soak} from './soak.ts';

export interface Finding {
  readonly counts: string;
  /** Empty when the part kept its promise. */
  readonly faults: readonly string[];
}

export interface Part {
  /** For `--only`. */
  readonly name: string;
  readonly what: string;
  /** `tell` is told how far it is, now and then. */
  run(tell: (line: string) => void): Promise<Finding>;
}

const modelSeeds = 500;
const controlSeedsMax = 150;
const changes = 100_000;
const chaosRounds = 500;
const chaosKillsMin = 200;
const defectRounds = 60;

export const parts: readonly Part[] = [
  {name: 'model', what: 'Model check: edits, faults, kills and restarts on a virtual clock', run: checkModel},
  {name: 'controls', what: 'Broken controls of the model check', run: checkControls},
  {name: 'window-second', what: 'One window, all changes in one second', run: () => checkWindow({changes})},
  {name: 'window-minutes', what: 'One window, over 600 seconds', run: () => checkWindow({changes, seconds: 600})},
  {
    name: 'window-pages',
    what: 'One window, pages of 200 rows, ids of 18 and 19 digits sorted as text, records changing again while they are paged',
    run: () =>
      checkWindow({
        changes,
        module: 'Contacts',
        againPerPage: 500,
        switches: {coql: {rowsMax: 200, idOrder: 'text', none: 'empty data'}},
      }),
  },
  {
    name: 'sessions',
    what: 'Sessions killed at any moment, during backfills, refreshes and sweeps',
    run: (tell) =>
      checkSessions(
        tell,
        Array.from({length: 10}, (_, i) => ({kills: 50, seed: i + 1})),
      ),
  },
  {
    name: 'pages',
    what: 'The same, in the middle of large pages',
    run: (tell) =>
      checkSessions(
        tell,
        Array.from({length: 5}, (_, i) => ({kills: 20, seed: i + 1, largePages: true})),
      ),
  },
  {
    name: 'processes',
    what: 'Processes killed with SIGKILL at any line',
    run: async () => killed([await processKills({kills: 30, seed: 1})]),
  },
  {name: 'commands', what: 'Local captures into files killed with SIGKILL at any moment', run: checkCommands},
  {name: 'soak', what: 'Soak: a simulated week', run: checkSoak},
  {
    name: 'chaos',
    what: 'Chaos: processes under edits, deletions, drifting formulas, every fault, slow and stalled readers, kills and stops, lagging commits, clock jumps, and bindings added, removed and re-ordered',
    run: checkChaos,
  },
  {name: 'defects', what: 'Planted defects under chaos', run: checkDefects},
];

async function checkModel(tell: (line: string) => void): Promise<Finding> {
  const faults: string[] = [];
  const sum = {kills: 0, documents: 0, jobs: 0, refreshes: 0};
  for (let seed = 1; seed <= modelSeeds; seed++) {
    const report = await modelRun({seed});
    for (const violation of report.violations) faults.push(`seed ${seed}: ${violation}`);
    sum.kills += report.kills;
    sum.documents += report.documents;
    sum.jobs += report.jobs;
    sum.refreshes += report.refreshes;
    if (seed % 100 === 0) tell(`seed ${seed} of ${modelSeeds}`);
  }
  const {kills, documents, jobs, refreshes} = sum;
  return {
    counts: `${modelSeeds} seeds, ${kills} sessions, ${jobs} jobs, ${refreshes} refresh jobs, ${documents} documents`,
    faults,
  };
}

async function checkControls(): Promise<Finding> {
  const faults: string[] = [];
  const controls = [...basicControls, ...oddityControls, ...restartControls];
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

async function checkSessions(
  tell: (line: string) => void,
  runs: readonly Parameters<typeof sessionKills>[0][],
): Promise<Finding> {
  const outcomes: KillsOutcome[] = [];
  for (const run of runs) {
    outcomes.push(await sessionKills(run));
    tell(`seed ${run.seed} of ${runs.length}`);
  }
  return killed(outcomes);
}

async function checkCommands(): Promise<Finding> {
  const sandbox = await startSandbox(killSandbox);
  const shell = await Shell.open();
  try {
    await shell.configure(sandbox);
    return killed([await commandKills({shell, sandbox, kills: 100, seed: 11})]);
  } finally {
    await sandbox.close();
    await shell.close();
  }
}

async function checkSoak(): Promise<Finding> {
  const {days, sweeps, jobs, tokens, documents, differences, growth} = await soak({days: 7, seed: 1});
  const perDay = (of: (day: (typeof days)[number]) => number): string => days.map((day) => of(day).toFixed(0)).join(', ');
  const after = [
    `heap in MiB ${perDay(({heapBytes}) => heapBytes / 2 ** 20)}`,
    `resident memory in MiB ${perDay(({residentBytes}) => residentBytes / 2 ** 20)}`,
    `handles ${perDay(({handles}) => handles)}`,
    `timers and waits ${perDay(({timers, waits}) => timers + waits)}`,
    `listeners and signals ${perDay(({listeners, signals}) => listeners + signals)}`,
    `bytes of state ${perDay(({stateBytes}) => stateBytes)}`,
  ];
  return {
    counts: `${days.length} days, ${sweeps} COQL calls, ${jobs} jobs, ${tokens} tokens, ${documents} documents; after each day: ${after.join('; ')}`,
    faults: [...differences, ...growth],
  };
}

async function checkChaos(tell: (line: string) => void): Promise<Finding> {
  const report = await chaosRun({seed: 1, rounds: chaosRounds, tell: (line) => / quiet, /.test(line) && tell(line)});
  const {rounds, seeds, kills, stops, failures, jumps, edits, quiescences, documents, committed, repeats} = report;
  const unmet = faultNames.filter((name) => (report.faults[name] ?? 0) === 0);
  const hits = Object.entries(report.faults).sort(([, a], [, b]) => b - a);
  const total = hits.reduce((sum, [, count]) => sum + count, 0);
  return {
    counts: [
      `${rounds} rounds over ${seeds.length} organisations, ${kills} kills, ${stops} stops, ${failures} sessions that ended by themselves where they should, ${jumps} clock jumps, ${edits} edits`,
      `${total} faults of ${hits.length} kinds (${hits.map(([name, count]) => `${name} ${count}`).join(', ')})`,
      `${documents} documents read, ${committed} committed, ${repeats} of them repeats`,
      `compared ${quiescences} times`,
    ].join('; '),
    faults: [
      ...report.violations,
      ...(report.replay === undefined ? [] : [`see it again: ${report.replay}`]),
      ...unmet.map((name) => `the fault ${name} was never met`),
      ...(kills < chaosKillsMin ? [`${kills} kills, where ${chaosKillsMin} are due`] : []),
    ],
  };
}

async function checkDefects(tell: (line: string) => void): Promise<Finding> {
  const rounds: number[] = [];
  const faults: string[] = [];
  for (const defect of defects) {
    const report = await chaosRun({seed: 1, rounds: defectRounds, defect});
    const caught = report.violations.length > 0;
    if (caught) rounds.push(report.rounds);
    else faults.push(`not caught: ${defect}`);
    tell(`${caught ? 'caught' : 'MISSED'}: ${defect}, ${report.rounds} rounds`);
  }
  return {counts: `${rounds.length} of ${defects.length} caught, after ${rounds.join(', ')} rounds`, faults};
}
