/** The life of a binding that is captured as snapshots: once, or whenever one is due. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {runSnapshots} from '../../../lib/capture/snapshots/run-snapshots.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {moduleRetryMs, scheduleCheckMs, snapshotSpacingMs} from '../../../lib/limits.ts';
import {nowS, stateTime} from '../../harness/binding-zoho.ts';
import {type SnapshotBench, type SnapshotOptions, snapshotBench, snapshotFields} from '../../harness/snapshot-zoho.ts';

const snapshots = suite('a module captured as snapshots');

const whole = {updated_at: stateTime(nowS), last_count: 1, last_digest: 'x'};
const oneRow = (options?: SnapshotOptions) => snapshotBench(() => [[7, 'a']], {ticking: true, ...options});

async function runUntil({options}: SnapshotBench, isEnough: () => boolean): Promise<void> {
  const abort = new AbortController();
  const running = runSnapshots({...options, once: false}, abort.signal);
  running.catch(() => {});
  for (let turn = 0; turn < 10_000 && !isEnough(); turn++) await new Promise(setImmediate);
  abort.abort(new Error('enough'));
  await assert.rejects(running, /enough/);
}

snapshots('is read a single time with once, whether or not one is due', async () => {
  const {it, options} = await oneRow({snapshot: whole});
  options.progress.fault = 'of an earlier attempt';
  await runSnapshots(options, it.signal);
  assert.equal(it.calls.filter((call) => call.startsWith('create')).length, 1);
  assert.deepEqual([options.progress.phase, options.progress.sweeps, options.progress.fault], ['up to date', 1, undefined]);
  assert.deepEqual(it.clock.slept, []);
});

snapshots('is read at the start, and whenever a snapshot is due', async () => {
  const set = await oneRow({intervalMs: 1});
  const {it, options} = set;
  const readAtMs: number[] = [];
  const beganMs = it.clock.elapsedMs();
  Object.assign(it.shared.client, {
    fields: async () => {
      readAtMs.push(it.clock.elapsedMs() - beganMs);
      return snapshotFields;
    },
  });
  it.shared.unscoped.add(0);
  await runUntil(set, () => options.progress.sweeps === 2);
  assert.deepEqual(readAtMs, [0, snapshotSpacingMs], 'fields are read with each snapshot');
  assert.ok(it.clock.slept.every((ms) => ms === scheduleCheckMs));
  assert.equal(it.shared.unscoped.size, 0, 'the scope is known to be granted');
});

snapshots('is not read while the last snapshot is current', async () => {
  const set = await oneRow({snapshot: whole});
  await runUntil(set, () => set.options.progress.phase === 'up to date');
  assert.deepEqual([set.it.calls, set.options.progress.sweeps], [[], 0]);
});

snapshots('is read again after a failure by the same binding, which has begun but once', async () => {
  let failures = 1;
  const saved = {bindingStateV1: {Leads: {snapshot: whole}}, backfillRequests: {Leads: true}};
  const set = await oneRow({
    saved,
    before(call) {
      if (call.startsWith('create') && failures-- > 0) throw new ZohoError('module', 'no');
    },
  });
  const {it, options} = set;
  it.patches.length = 0;
  await runUntil(set, () => options.progress.sweeps === 1);
  const begun = it.patches.filter(({snapshot}) => Object.keys(snapshot as object).join() === 'last_digest');
  assert.equal(begun.length, 1);
  assert.equal(it.clock.slept[0], moduleRetryMs);
  assert.equal(options.progress.fault, undefined);
});

snapshots('is paused where Zoho has no field metadata, which is an outage where it had some', async () => {
  for (const [snapshot, fault] of [
    [undefined, /has no field metadata/],
    [{...whole, last_digest: null}, /although it had some/],
  ] as const) {
    const set = await oneRow(snapshot && {snapshot});
    Object.assign(set.it.shared.client, {fields: async () => null});
    await runUntil(set, () => set.options.progress.fault !== undefined);
    assert.match(set.options.progress.fault ?? '', fault);
  }
});

snapshots('does not believe that fields are gone which this process has read', async () => {
  const set = await oneRow({
    before(call) {
      if (!call.startsWith('create')) return;
      Object.assign(set.it.shared.client, {fields: async () => null});
      throw new ZohoError('module', 'no');
    },
  });
  const faults = new Set<string | undefined>();
  await runUntil(set, () => faults.add(set.options.progress.fault).size > 2);
  assert.deepEqual([...faults], [undefined, 'no', 'Zoho gave an empty answer about its fields, although it had some']);
});

snapshots.run();
