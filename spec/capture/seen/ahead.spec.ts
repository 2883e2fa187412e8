import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {Ahead} from '../../../lib/capture/seen/ahead.ts';
import {aheadIdsMax} from '../../../lib/limits.ts';

const ahead = suite('Ahead');

ahead('saves each record once, and again when its time is another', () => {
  const records = new Ahead({7: 500});
  assert.equal(records.add([{id: '7', seconds: 500}]), undefined);
  assert.deepEqual(
    records.add([
      {id: '7', seconds: 600},
      {id: '8', seconds: 500},
    ]),
    {7: 600, 8: 500},
  );
  assert.deepEqual(
    [...records.captured],
    [
      ['7', 600],
      ['8', 500],
    ],
  );
});

ahead('forgets those whose time lies before what is read again', () => {
  const records = new Ahead({7: 500, 8: 600});
  assert.deepEqual(records.forget(600), {7: null});
  assert.equal(records.forget(600), undefined);
  assert.deepEqual([...records.captured.keys()], ['8']);
});

ahead('has room for so many', () => {
  const records = new Ahead();
  const many = Array.from({length: aheadIdsMax + 10}, (_, i) => ({id: String(i + 1), seconds: 500}));
  assert.equal(Object.keys(records.add(many) ?? {}).length, aheadIdsMax);
  assert.equal(records.add(many), undefined);
  assert.deepEqual(records.add([{id: '1', seconds: 501}]), {1: 501}, 'one that is known is kept up to date');
});

ahead.run();
