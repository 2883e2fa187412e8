import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {faultNames} from '../../../lib/sandbox/fault-list.ts';
import {faultyRun} from './capture-run.ts';

/** Faults of all kinds at once, at random, while people edit. */
const mixed = suite('mixed faults');

const seeds = [11, 12, 13, 14];
/** Part of the calls that each fault spoils; of all calls, about a fifth. */
const probability = 0.008;
/** These take something away for as long as the process lives, or are too slow for many of them. */
const apart: ReadonlySet<string> = new Set(['refused-field', 'stall', 'stall-body', 'drip', 'token-revoked']);

const running = seeds.map((seed) => {
  const faults = faultNames.filter((name) => !apart.has(name)).map((name) => `${name}@${probability}`);
  return faultyRun({seed, faults: [...faults, 'stall*2', 'stall-body*2'], faultyMs: 6_000, isSilent: true, records: 300});
});
for (const run of running) run.catch(() => {});

for (const [i, seed] of seeds.entries()) {
  mixed(`seed ${seed} ends equal to the truth, within the limits`, async () => {
    const {differences, hits, stopped, faulty, meters} = await running[i]!;
    assert.deepEqual(differences, [], `after ${stopped ?? 'going on through all of it'}`);
    assert.ok(hits.filter((count) => count > 0).length >= 3, `few faults were met: ${hits}`);
    assert.deepEqual(meters.excesses, {credits: 0, concurrency: 0, 'sub-concurrency': 0});
    // Ten are sent a minute; at this speed 20 ms on the way count as a second of the sandbox's
    // minute, and may bring a later one in.
    assert.ok((faulty.kinds.result?.mostPerMinute ?? 0) <= 12);
    assert.ok((faulty.kinds.token?.mostPerMinute ?? 0) <= 12);
  });
}

mixed.run();
