import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type SessionKills, sessionKills} from '../proof/kills.ts';
import {type Defect, defects, plant} from './defects.ts';

/** The planted defects of `npm run chaos -- --defects`, each caught within seconds: sessions killed on a clock that jumps. */
const planted = suite('planted defects');

const seeds = Array.from({length: 20}, (_, i) => i + 1);
const small = seeds.map((seed): SessionKills => ({kills: 10, seed}));
/** Compared after two kills: a backfill that is asked for later would bring the rows that are missing. */
const large = seeds.map((seed): SessionKills => ({kills: 2, seed, largePages: true}));

/** What only pages with checkpoints in their middle show. */
const ofLargePages: readonly Defect[] = ['rows are recorded ahead'];

/** What some runs find, up to the first that finds anything; a capture that ends or never catches up is a finding, too. */
async function found(runs: readonly SessionKills[]): Promise<readonly string[]> {
  for (const run of runs) {
    const findings = await sessionKills(run).then(
      ({differences}) => differences,
      (error: unknown) => [error instanceof Error ? error.message : String(error)],
    );
    if (findings.length > 0) return findings;
  }
  return [];
}

planted('are twelve', () => assert.equal(defects.length, 12));

planted('are not found where there are none', async () => {
  assert.deepEqual(await found([...small.slice(0, 4), {...small[0]!, largePages: true}]), []);
});

for (const defect of defects) {
  planted(`are caught: ${defect}`, async () => {
    const mend = plant(defect);
    try {
      assert.notDeepEqual(await found(ofLargePages.includes(defect) ? large : small), [], 'not caught by any run');
    } finally {
      mend();
    }
  });
}

planted.run();
