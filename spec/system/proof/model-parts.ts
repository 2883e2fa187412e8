/** The parts of `npm run proof` that run the model. */
import {snapshotKills} from '../consistency/snapshot-kills.ts';
import {controls} from '../model/controls.ts';
import {oddityControls} from '../model/oddity-controls.ts';
import {refreshControls, steady} from '../model/refresh-controls.ts';
import {restartControls} from '../model/restart-controls.ts';
import {type ModelRun, modelRun} from '../model/run.ts';
import {snapshotControls} from '../model/snapshot-controls.ts';
import {snapshotRun} from '../model/snapshot-run.ts';
import {type Finding, type Part, type PartOptions, shareOf} from './part.ts';

const modelSeeds = 500;
const longSeeds = 100;
const snapshotSeeds = 300;
const snapshotKillsMax = 50;
const controlSeedsMax = 150;

export const modelParts: readonly Part[] = [
  {
    name: 'model',
    what: 'Model check: edits, faults, kills and restarts on a virtual clock',
    run: (options) => checkModel({}, modelSeeds, options),
  },
  {
    name: 'long',
    what: 'Model check: processes that live through all edits and more than an hour after them',
    run: (options) => checkModel({lasts: true}, longSeeds, options),
  },
  {
    name: 'refreshes',
    what: 'Model check: refreshes that write what changed, in processes that live through all edits',
    run: (options) => checkModel(steady, longSeeds, options),
  },
  {name: 'snapshots', what: 'Model check of modules without Modified_Time', run: checkSnapshots},
  {
    name: 'snapshot-kills',
    what: 'Modules without Modified_Time on the sandbox, killed anywhere',
    async run({share}) {
      const {kills, documents, comparisons, inTheMiddle, differences} = await snapshotKills({
        kills: shareOf(snapshotKillsMax, share, 10),
      });
      return {
        counts: `${kills} kills, ${inTheMiddle} of them between two snapshots, ${documents} documents, compared ${comparisons} times`,
        faults: differences,
      };
    },
  },
  {name: 'controls', what: 'Broken controls of the model check', run: checkControls},
];

async function checkModel(run: Partial<ModelRun>, seedsMax: number, {share, tell}: PartOptions): Promise<Finding> {
  const faults: string[] = [];
  const seeds = shareOf(seedsMax, share);
  const sum = {kills: 0, documents: 0, jobs: 0, refreshes: 0};
  for (let seed = 1; seed <= seeds; seed++) {
    const report = await modelRun({...run, seed});
    for (const violation of report.violations) faults.push(`seed ${seed}: ${violation}`);
    sum.kills += report.kills;
    sum.documents += report.documents;
    sum.jobs += report.jobs;
    sum.refreshes += report.refreshes;
    if (seed % 100 === 0) tell(`seed ${seed} of ${seeds}`);
  }
  const {kills, documents, jobs, refreshes} = sum;
  return {counts: `${seeds} seeds, ${kills} sessions, ${jobs} jobs, ${refreshes} refresh jobs, ${documents} documents`, faults};
}

async function checkSnapshots({share}: PartOptions): Promise<Finding> {
  const faults: string[] = [];
  const seeds = shareOf(snapshotSeeds, share);
  let [kills, inTheMiddle, documents] = [0, 0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    const report = await snapshotRun(seed);
    for (const violation of report.violations) faults.push(`seed ${seed}: ${violation}`);
    kills += report.kills;
    inTheMiddle += report.killsInTheMiddle;
    documents += report.documents;
  }
  return {
    counts: `${seeds} seeds, ${kills} sessions, ${inTheMiddle} of them ended between two snapshots, ${documents} documents`,
    faults,
  };
}

interface PlantedDefect {
  readonly name: string;
  breakIt?(): () => void;
  violations(seed: number): Promise<readonly string[]>;
}

const planted: readonly PlantedDefect[] = [
  ...[...controls, ...oddityControls, ...restartControls, ...refreshControls].map(({run, ...control}) => ({
    ...control,
    violations: async (seed: number) => (await modelRun({seed, ...run})).violations,
  })),
  ...snapshotControls.map((control) => ({
    ...control,
    violations: async (seed: number) => (await snapshotRun(seed)).violations,
  })),
];

async function checkControls({tell}: PartOptions): Promise<Finding> {
  const faults: string[] = [];
  for (const {name, breakIt, violations} of planted) {
    const undo = breakIt?.();
    let seeds = 0;
    let caught = false;
    while (!caught && seeds < controlSeedsMax) caught = (await violations(++seeds)).length > 0;
    undo?.();
    tell(`${caught ? 'caught' : 'MISSED'}: ${name}, ${seeds} seeds`);
    if (!caught) faults.push(`not caught: ${name}`);
  }
  return {counts: `${planted.length - faults.length} of ${planted.length} planted defects caught`, faults};
}
