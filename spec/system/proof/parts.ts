/** The parts of `npm run proof`: what each runs, how often, and what it found. */
import {startSandbox} from '../../../lib/sandbox/server.ts';
import {commandKills, killSandbox} from '../../commands/kills.ts';
import {Shell} from '../../commands/shell.ts';
import {manyChanges} from '../consistency/many-changes.ts';
import {chaosParts} from './chaos-parts.ts';
import {type KillsOutcome, processKills, type SessionKills, sessionKills} from './kills.ts';
import {modelParts} from './model-parts.ts';
import {type Finding, type Part, type PartOptions, shareOf} from './part.ts';
import {soak} from './soak.ts';

type Window = Omit<Parameters<typeof manyChanges>[0], 'changes'>;

const changesMax = 100_000;

export const parts: readonly Part[] = [
  ...modelParts,
  {name: 'window-second', what: 'One window, all changes in one second', run: (options) => checkWindow({}, options)},
  {name: 'window-minutes', what: 'One window, over 600 seconds', run: (options) => checkWindow({seconds: 600}, options)},
  {
    name: 'window-pages',
    what: 'One window, pages of 200 rows, ids of 18 and 19 digits sorted as text, records changing again while they are paged',
    run: (options) =>
      checkWindow(
        {
          module: 'Contacts',
          againPerPage: 500,
          switches: {coql: {rowsMax: 200, idOrder: 'text', none: 'empty data'}},
        },
        options,
      ),
  },
  {
    name: 'sessions',
    what: 'Sessions killed at any moment, during backfills, refreshes and sweeps',
    run: (options) => checkSessions({kills: 50}, 10, options),
  },
  {
    name: 'pages',
    what: 'The same, in the middle of large pages',
    run: (options) => checkSessions({kills: 20, largePages: true}, 5, options),
  },
  {
    name: 'processes',
    what: 'Processes killed with SIGKILL at any line',
    run: async ({share}) => killed([await processKills({kills: shareOf(30, share), seed: 1})]),
  },
  {name: 'commands', what: 'Local captures into files killed with SIGKILL at any moment', run: checkCommands},
  {name: 'soak', what: 'Soak: a simulated week', run: checkSoak},
  ...chaosParts,
];

async function checkWindow(window: Window, {share}: PartOptions): Promise<Finding> {
  const run = {...window, changes: shareOf(changesMax, share, 2_000)};
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

async function checkSessions(run: Omit<SessionKills, 'seed'>, seedsMax: number, {share, tell}: PartOptions): Promise<Finding> {
  const outcomes: KillsOutcome[] = [];
  const seeds = shareOf(seedsMax, share);
  for (let seed = 1; seed <= seeds; seed++) {
    outcomes.push(await sessionKills({...run, seed}));
    tell(`seed ${seed} of ${seeds}`);
  }
  return killed(outcomes);
}

async function checkCommands({share}: PartOptions): Promise<Finding> {
  const sandbox = await startSandbox(killSandbox);
  const shell = await Shell.open();
  try {
    await shell.configure(sandbox);
    return killed([await commandKills({shell, sandbox, kills: shareOf(100, share), seed: 11})]);
  } finally {
    await sandbox.close();
    await shell.close();
  }
}

async function checkSoak({share}: PartOptions): Promise<Finding> {
  const {days, sweeps, jobs, tokens, documents, differences, growth} = await soak({days: shareOf(7, share, 3), seed: 1});
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
