import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {BackfillFilter} from '../../../lib/capture/seen/backfill-filter.ts';
import {EmittedVersions} from '../../../lib/capture/seen/emitted-versions.ts';
import {sessionKills} from './kills.ts';
import {growthOf, type SoakDay, soak} from './soak.ts';

/** The long parts of `npm run proof` in short forms, and that they would notice. */
const proof = suite('proof, in short');

proof('20 sessions killed at any moment lose nothing', async () => {
  const {differences, comparisons} = await sessionKills({kills: 20, seed: 4});
  assert.deepEqual(differences, []);
  assert.equal(comparisons, 2);
});

proof('three simulated days leak nothing', async () => {
  const {days, differences, growth} = await soak({days: 3, seed: 2});
  assert.equal(days.length, 3);
  assert.deepEqual(differences, []);
  assert.deepEqual(growth, []);
});

proof('growth from the second day on is noticed', () => {
  const day: SoakDay = {
    heapBytes: 30 << 20,
    residentBytes: 200 << 20,
    handles: 7,
    timers: 1,
    waits: 7,
    listeners: 3,
    signals: 9,
    stateBytes: 900,
  };
  assert.deepEqual(growthOf([day, day, day]), []);
  for (const key of Object.keys(day) as (keyof SoakDay)[]) {
    const grown = {...day, [key]: 2 * day[key] + 3_000};
    assert.equal(growthOf([day, day, grown]).length, 1, key);
    assert.deepEqual(growthOf([grown, day, day]), [], 'the first day may take what it needs');
  }
});

proof('killed sessions whose bulk rows are not filtered are noticed', async () => {
  const {allows: admits} = BackfillFilter.prototype;
  BackfillFilter.prototype.allows = () => true;
  try {
    assert.ok(await noticed());
  } finally {
    BackfillFilter.prototype.allows = admits;
  }
});

proof('killed sessions that drop every changed record of the overlap are noticed', async () => {
  const {document} = EmittedVersions.prototype;
  EmittedVersions.prototype.document = function (id, modifiedS, content) {
    return id % 16n > 0n && document.call(this, id, modifiedS, content);
  };
  try {
    assert.ok(await noticed());
  } finally {
    EmittedVersions.prototype.document = document;
  }
});

/** Whether one of some seeds ends with a difference. */
async function noticed(): Promise<boolean> {
  for (let seed = 1; seed <= 5; seed++) if ((await sessionKills({kills: 10, seed})).differences.length > 0) return true;
  return false;
}

proof.run();
