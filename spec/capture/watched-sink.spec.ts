/** Failures of the output, told from all others. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {WatchedSink} from '../../lib/capture/watched-sink.ts';
import type {Sink, Transaction} from '../../lib/sinks/sink.ts';

const watched = suite('watched sink');

const target = {index: 0, stateKey: 'Leads', collection: 'acme/Leads'};

/** A sink that notes what it is given, or fails with everything. */
function sinkOf(failure?: unknown) {
  const given: unknown[] = [];
  const take = async (...some: unknown[]) => {
    given.push(some);
    if (failure !== undefined) throw failure;
  };
  const sink: Sink = {
    write: (piece: Transaction) => take('write', piece).then(() => 7),
    describe: (some, schema) => take('describe', some, schema),
    close: () => take('close'),
  };
  return {given, sink: new WatchedSink(sink)};
}

watched('passes everything on, and what comes back', async () => {
  const {sink, given} = sinkOf();
  const piece = {target, patch: {}};
  assert.equal(await sink.write(piece), 7);
  await sink.describe(target, {type: 'object'});
  await sink.close();
  assert.deepEqual(given, [['write', piece], ['describe', target, {type: 'object'}], ['close']]);
});

for (const what of ['write', 'describe'] as const)
  watched(`knows a failure to ${what} again, and no other`, async () => {
    const full = new Error('No space left on device');
    const {sink} = sinkOf(full);
    assert.equal(sink.failedWith(full), false);
    await assert.rejects(what === 'write' ? sink.write({target}) : sink.describe(target, {}), (error) => error === full);
    assert.equal(sink.failedWith(full), true);
    assert.equal(sink.failedWith(new Error('No space left on device')), false);
  });

watched('passes on what is no error as it is', async () => {
  await assert.rejects(sinkOf('full').sink.write({target}), (thrown) => thrown === 'full');
});

watched.run();
