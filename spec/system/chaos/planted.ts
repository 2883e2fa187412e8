/** Planted defects in sessions killed on a clock that jumps: each is caught within seconds. */
import {type SessionKills, sessionKills} from '../proof/kills.ts';
import {type Defect, plant} from './defects.ts';

/**
 * One of the seeds that catch each, tried first. The others follow, for when the connector or the
 * sandbox has changed.
 */
const known: Readonly<Record<Defect, number>> = {
  'the filter of bulk rows is off': 3,
  'refreshes write nothing': 3,
  'the cursor moves too far': 2,
  'the deletions cursor moves too far': 3,
  'the second page is skipped': 3,
  'rows are recorded ahead': 8,
  'checkpoints go before their documents': 17,
  'deletions are believed blindly': 4,
  'state is kept by position': 3,
  'what was emitted is not kept': 17,
  'what is owed is not kept': 2,
  'refused tokens are kept': 4,
};
/** Large pages are inflated beside the clock that jumps, so that a seed finds their defect only in some runs: one of seven does. */
export const seeds = Array.from({length: 40}, (_, i) => i + 1);
export const small = (seed: number): SessionKills => ({kills: 10, seed});
/**
 * Compared after two kills: a backfill that is asked for later would bring the rows that are
 * missing.
 */
const large = (seed: number): SessionKills => ({kills: 2, seed, largePages: true});

/** What only pages with checkpoints in their middle show. */
const ofLargePages: readonly Defect[] = ['rows are recorded ahead'];

/**
 * What some runs find, up to the first that finds anything; a capture that ends or never catches up
 * is a finding, too.
 */
export async function found(runs: readonly SessionKills[]): Promise<readonly string[]> {
  for (const run of runs) {
    const findings = await sessionKills(run).then(
      ({differences}) => differences,
      (error: unknown) => [error instanceof Error ? error.message : String(error)],
    );
    if (findings.length > 0) return findings;
  }
  return [];
}

/** What killed sessions find with a defect planted. */
export async function foundWith(defect: Defect): Promise<readonly string[]> {
  const undo = plant(defect);
  try {
    return await found([known[defect], ...seeds].map(ofLargePages.includes(defect) ? large : small));
  } finally {
    undo();
  }
}
