import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {patchOf} from '../../lib/sinks/sink.ts';

const patch = suite('patchOf');

const target = {index: 0, stateKey: 'Leads', collection: 'acme/Leads'};

patch('is the checkpoint as it was given, or as it is built when it is asked for', () => {
  assert.deepEqual(patchOf({target, patch: {a: 1}}), {a: 1});
  assert.equal(patchOf({target}), undefined);
  let admitted = 0;
  const late = {target, patch: () => ({admitted})};
  admitted = 7;
  assert.deepEqual(patchOf(late), {admitted: 7});
  assert.equal(patchOf({target, patch: () => undefined}), undefined);
});

patch.run();
