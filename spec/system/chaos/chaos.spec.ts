import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {faultNames} from '../../../lib/sandbox/fault-list.ts';
import {faultOf, roundPlan} from './plan.ts';
import {chaosRun} from './run.ts';

/** The short form of `npm run chaos`. */
const chaos = suite('chaos');

chaos('a plan depends only on its seed and round', () => {
  assert.deepEqual(roundPlan(7, 3), roundPlan(7, 3));
  assert.notDeepEqual(roundPlan(7, 3), roundPlan(7, 4));
  assert.notDeepEqual(roundPlan(7, 3), roundPlan(8, 3));
});

// The first seeds of the two parts of the proof.
for (const seed of [1, 26]) {
  chaos(`a long run from seed ${seed} on plans every fault, kills most sessions and jumps ahead in many`, () => {
    const plans = Array.from({length: 500}, (_, i) => roundPlan(seed + Math.floor(i / 20), i % 20));
    const planned = new Set(plans.flatMap(({faults}) => faults.map(faultOf)));
    assert.deepEqual(
      faultNames.filter((name) => !planned.has(name)),
      [],
    );
    // Ten rounds at least of the rarest: one may pass without a call that the fault could meet.
    for (const name of faultNames) assert.ok(plans.filter(({faults}) => faults.map(faultOf).includes(name)).length >= 10, name);
    for (const {faults, backfillAfter} of plans) assert.equal(backfillAfter, faults.map(faultOf).includes('refused-field'));
    assert.ok(plans.filter(({end}) => end === 'SIGKILL').length >= 200);
    assert.ok(plans.filter(({jump}) => jump !== undefined).length >= 50);
  });
}

chaos('ten rounds with every fault end equal to the truth', async () => {
  const report = await chaosRun({seed: 2, rounds: 10});
  assert.deepEqual(report.violations, []);
  assert.equal(report.quiescences, 2);
  assert.ok(report.kills > 0 && report.committed > 1_000 && Object.keys(report.faults).length >= 5);
});

chaos('a planted defect is caught, and its run can be replayed', async () => {
  const report = await chaosRun({seed: 1, rounds: 10, defect: 'the second page is skipped'});
  assert.match(report.violations.join(), /missing|differs/);
  assert.equal(report.replay, `npm run chaos -- --seed 1 --rounds ${report.rounds}`);
});

chaos.run();
