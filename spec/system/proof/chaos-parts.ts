/** The parts of `npm run proof` that run chaos. */
import {defects} from '../chaos/defects.ts';
import {foundWith} from '../chaos/planted.ts';
import {chaosRun, roundsOfSeed, unmetFaults} from '../chaos/run.ts';
import {type Finding, type Part, type PartOptions, shareOf} from './part.ts';

/** Rounds of each of the two parts, which run beside each other. */
const rounds = 500;
const killsMin = 200;
const defectRounds = 60;

const everything =
  'processes under edits, deletions, drifting formulas, every fault, slow and stalled readers, kills and stops, lagging commits, clock jumps, and bindings added, removed and re-ordered';

export const chaosParts: readonly Part[] = [
  {name: 'chaos', what: `Chaos: ${everything}`, run: (options) => checkChaos(1, options)},
  {
    name: 'more-chaos',
    what: 'Chaos, as many rounds over other organisations',
    run: (options) => checkChaos(1 + rounds / roundsOfSeed, options),
  },
  {name: 'defects', what: 'Planted defects, under chaos or in killed sessions', run: checkDefects},
];

async function checkChaos(seed: number, {share, tell}: PartOptions): Promise<Finding> {
  // A small form meets only some of the faults.
  const meetAll = share === 1;
  const report = await chaosRun({
    seed,
    rounds: shareOf(rounds, share),
    meetAll,
    tell: (line) => / quiet, /.test(line) && tell(line),
  });
  const {rounds: played, seeds, kills, stops, failures, jumps, edits, quiescences, documents, committed, repeats} = report;
  const unmet = meetAll ? unmetFaults(report) : [];
  const hits = Object.entries(report.faults).sort(([, a], [, b]) => b - a);
  const total = hits.reduce((sum, [, count]) => sum + count, 0);
  return {
    counts: [
      `${played} rounds over ${seeds.length} organisations, ${kills} kills, ${stops} stops, ${failures} sessions that ended by themselves where they should, ${jumps} clock jumps, ${edits} edits`,
      `${total} faults of ${hits.length} kinds (${hits.map(([name, count]) => `${name} ${count}`).join(', ')})`,
      `${documents} documents read, ${committed} committed, ${repeats} of them repeats`,
      `compared ${quiescences} times`,
    ].join('; '),
    faults: [
      ...report.violations,
      ...(report.replay === undefined ? [] : [`see it again: ${report.replay}`]),
      ...unmet.map((name) => `the fault ${name} was never met`),
      ...(kills < killsMin * share ? [`${kills} kills, where ${killsMin * share} are due`] : []),
    ],
  };
}

/**
 * Chaos resumes in the middle of a page, and owes a field, too seldom to show each defect in so few
 * rounds. Those that it misses must be caught by killed sessions.
 */
async function checkDefects({share, tell}: PartOptions): Promise<Finding> {
  const chosen = defects.slice(0, shareOf(defects.length, share));
  const caughtAfter: number[] = [];
  const bySessions: string[] = [];
  const faults: string[] = [];
  for (const defect of chosen) {
    const report = await chaosRun({seed: 1, rounds: defectRounds, defect});
    const isCaught = report.violations.length > 0;
    if (isCaught) caughtAfter.push(report.rounds);
    else if ((await foundWith(defect)).length > 0) bySessions.push(defect);
    else faults.push(`not caught: ${defect}`);
    tell(`${isCaught ? 'caught' : 'missed by chaos'}: ${defect}, ${report.rounds} rounds`);
  }
  const others = bySessions.length === 0 ? '' : `; by killed sessions: ${bySessions.join(', ')}`;
  return {
    counts: `${caughtAfter.length} of ${chosen.length} caught by chaos, after ${caughtAfter.join(', ')} rounds${others}`,
    faults,
  };
}
