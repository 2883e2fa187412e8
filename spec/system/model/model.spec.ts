import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {steady} from './refresh-controls.ts';
import {modelRun} from './run.ts';

/** Seeds of the short form; `npm run proof` runs hundreds. */
const seeds = Number(process.env.MODEL_SEEDS ?? 40);

const model = suite('model check');

model(`${seeds} runs under edits, faults, kills and restarts lose nothing, invent nothing and never go back`, async () => {
  let kills = 0;
  let refreshes = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const report = await modelRun({seed});
    assert.deepEqual(report.violations, [], `seed ${seed}`);
    kills += report.kills;
    refreshes += report.refreshes;
  }
  assert.ok(kills > seeds, 'sessions were killed');
  assert.ok(refreshes > seeds, 'refreshes ran');
});

model(`${seeds >> 2} runs of a process that survives all edits write every changed value`, async () => {
  for (let seed = 1; seed <= seeds >> 2; seed++) {
    const report = await modelRun({...steady, seed});
    assert.deepEqual(report.violations, [], `seed ${seed}`);
    assert.ok(report.refreshes > 0, `seed ${seed}: ${report.refreshes} refreshes`);
  }
});

model('the same seed gives the same run', async () => {
  assert.deepEqual(await modelRun({seed: 7}), await modelRun({seed: 7}));
});

model.run();
