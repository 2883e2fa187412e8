/** Sweeps within the limit that all bindings share. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {drain} from '../../lib/capture/drain.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {bench} from '../harness/binding-zoho.ts';
import {settled} from '../harness/clocks.ts';
import {textField} from '../harness/fields.ts';

const drained = suite('a sweep in its turn');

const slots = 3;

drained('waits for a slot, is counted, and leaves its slot to the next', async () => {
  const it = bench();
  const releases = [];
  for (let slot = 0; slot < slots; slot++) releases.push(await it.shared.sweepSlots.acquire(it.signal));
  const sweeping = drain(it.binding, it.signal);
  await settled();
  assert.deepEqual([it.calls.length, it.binding.progress.sweeps], [0, 0]);
  releases[0]!();
  await sweeping;
  assert.equal(it.binding.progress.sweeps, 1);
  assert.notEqual(it.shared.sweepSlots.tryAcquire(), undefined);
});

drained('leaves its slot when it fails, and does not count', async () => {
  const it = bench({
    before() {
      throw new ZohoError('unavailable', 'down');
    },
  });
  for (let sweep = 0; sweep <= slots; sweep++) await assert.rejects(drain(it.binding, it.signal), {kind: 'unavailable'});
  assert.equal(it.binding.progress.sweeps, 0);
});

drained('shows the others in an outage that Zoho answers again, although nothing has changed', async () => {
  const it = bench();
  const {outages} = it.shared;
  await outages.wait(it.binding.progress, it.signal);
  const other = outages.wait({}, it.signal);
  await drain(it.binding, it.signal);
  await other;
});

drained('reads deletions that are not due if it is told to', async () => {
  const it = bench({remaining: 0});
  await drain(it.binding, it.signal);
  assert.equal(it.calls.filter((call) => call.startsWith('deleted')).length, 0);
  await drain(it.binding, it.signal, {readsDeletions: true});
  assert.equal(it.calls.filter((call) => call.startsWith('deleted')).length, 1);
});

drained('leaves out a field that Zoho refuses, and goes on', async () => {
  const it = bench({
    fields: [textField('A'), textField('B')],
    before(call) {
      if (/^select .*\bB\b/.test(call)) throw new ZohoError('field', 'no', {field: 'B'});
    },
  });
  await drain(it.binding, it.signal);
  assert.deepEqual(it.binding.queries.fields.refused.coql, ['B']);
  assert.equal(it.binding.progress.sweeps, 1);
});

drained.run();
