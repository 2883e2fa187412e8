import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {deletionsOf} from '../../lib/zoho/deletions.ts';

const deletions = suite('rows of the feed of deletions');
const deleted_time = '2026-01-01T00:00:00+00:00';
const deletedS = Date.parse(deleted_time) / 1_000;

deletions('are what they say, and permanent where they do not say', () => {
  assert.deepEqual(
    deletionsOf([
      {id: '7', deleted_time, type: 'recycle', more: 1},
      {id: '8', deleted_time},
      {id: '9', deleted_time, type: 7},
    ]),
    {
      rows: [
        {id: '7', deletedTime: deleted_time, deletedS, type: 'recycle'},
        {id: '8', deletedTime: deleted_time, deletedS, type: 'permanent'},
        {id: '9', deletedTime: deleted_time, deletedS, type: 'permanent'},
      ],
      unusable: [],
    },
  );
});

deletions('without a valid id or time are unusable, each with its place and what is wrong', () => {
  const {rows, unusable} = deletionsOf([
    {id: '7', deleted_time},
    {id: 'x', deleted_time},
    {id: '8', deleted_time: 'soon'},
    {id: 7, deleted_time},
    'x',
    {id: '9'},
  ]);
  assert.equal(rows.length, 1);
  assert.deepEqual(
    unusable.map(({row, id, fault}) => [row, id, fault]),
    [
      [2, undefined, 'id'],
      [3, '8', 'deletedTime'],
      [4, undefined, 'id'],
      [5, undefined, 'id'],
      [6, '9', 'deletedTime'],
    ],
  );
  assert.equal(new Set(unusable.map(({digest}) => digest)).size, 5);
  assert.equal(
    deletionsOf([{id: 'x'}]).unusable[0]?.digest,
    deletionsOf([{}, {id: 'x'}]).unusable[1]?.digest,
    'a digest is of the row alone',
  );
});

deletions.run();
