/** The counters that a binding begins with. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {newProgress} from '../../lib/capture/progress.ts';
import {statusOf} from '../../lib/capture/status.ts';

const progress = suite('progress of a binding');

progress('begins with its start, and has counted nothing', () => {
  const begun = newProgress('Leads');
  assert.equal(begun.name, 'Leads');
  assert.equal(statusOf([begun]), 'Capture started.');
  assert.deepEqual(new Set(Object.values(begun).filter((value) => typeof value === 'number')), new Set([0]));
  assert.deepEqual([begun.fault, begun.range, begun.since, begun.lastRefresh], [undefined, undefined, undefined, undefined]);
});

progress.run();
