import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {snapshotControls} from './snapshot-controls.ts';
import {snapshotRun} from './snapshot-run.ts';

/** Seeds of the short form; `npm run proof` runs hundreds. */
const seeds = Number(process.env.MODEL_SEEDS ?? 20);
const controlSeedsMax = 60;

const model = suite('model check of snapshots');

model(`${seeds} runs under edits, faults, kills and restarts come to exactly Zoho's rows`, async () => {
  let kills = 0;
  let inTheMiddle = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const report = await snapshotRun(seed);
    assert.deepEqual(report.violations, [], `seed ${seed}`);
    kills += report.kills;
    inTheMiddle += report.killsInTheMiddle;
  }
  assert.ok(kills > seeds, 'sessions were killed');
  assert.ok(inTheMiddle > seeds / 8, `${inTheMiddle} of ${kills} kills fell between two snapshots`);
});

model('the same seed gives the same run', async () => {
  assert.deepEqual(await snapshotRun(7), await snapshotRun(7));
});

for (const {name, breakIt} of snapshotControls) {
  model(`catches it when ${name}`, async () => {
    const mend = breakIt();
    try {
      for (let seed = 1; seed <= controlSeedsMax; seed++) if ((await snapshotRun(seed)).violations.length > 0) return;
      assert.fail(`not caught by ${controlSeedsMax} seeds`);
    } finally {
      mend();
    }
  });
}

model.run();
