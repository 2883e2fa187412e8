import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {caught} from './catches.ts';
import {snapshotControls} from './snapshot-controls.ts';
import {snapshotRun} from './snapshot-run.ts';

/** Seeds of the short form; `npm run proof` runs hundreds. */
const seeds = Number(process.env.MODEL_SEEDS ?? 20);
const controlSeedsMax = 60;

const model = suite('model check of snapshots');

model(`${seeds} runs under edits, faults, kills and restarts end with exactly Zoho's rows`, async () => {
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

for (const control of snapshotControls)
  caught(model, control, controlSeedsMax, async (seed) => (await snapshotRun(seed)).violations);

model.run();
