/** What cannot become a document, as `verify` lists it. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {Comparison} from '../../../lib/commands/verify/compare.ts';
import {ListedQuarantine} from '../../../lib/commands/verify/left-out.ts';

const leftOut = suite('rows that verify leaves out');

leftOut('are each counted and listed once, in however many slices and readings they come', () => {
  const comparison = new Comparison(new Map());
  const quarantine = new ListedQuarantine(comparison);
  assert.equal(quarantine.has('d'), false);
  quarantine.add({row: 3, id: '7', fault: 'time', digest: 'd'}, 'page 1');
  assert.equal(quarantine.has('d'), true);
  quarantine.add({row: 3, id: '7', fault: 'time', digest: 'd'}, 'page 1');
  quarantine.add({row: 4, id: '7', fault: 'time', digest: 'of another slice'}, 'page 2');
  for (const digest of ['e', 'e', 'f']) quarantine.add({row: 5, id: undefined, fault: 'id', digest}, 'page 2');
  assert.deepEqual([...quarantine.ids], ['7']);
  assert.deepEqual(comparison.leftOut, [
    {page: 'page 1', row: 3, id: '7', why: 'has no valid Modified_Time'},
    {page: 'page 2', row: 5, id: undefined, why: 'has no valid id'},
    {page: 'page 2', row: 5, id: undefined, why: 'has no valid id'},
  ]);
  assert.equal(comparison.quarantined, 3);
});

leftOut('are only counted where they cannot be told apart', () => {
  const comparison = new Comparison(new Map());
  new ListedQuarantine(comparison).addUnread(2);
  assert.deepEqual([comparison.quarantined, comparison.leftOut], [2, []]);
});

leftOut.run();
