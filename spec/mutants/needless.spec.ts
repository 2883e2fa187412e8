import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {needlessCases} from './needless.ts';

const needless = suite('needless cases');

needless('notice nothing, or nothing that one other case would not', () => {
  const mutants = [
    {reachedBy: ['a', 'b', 'idle'], killedBy: ['a', 'b']},
    {reachedBy: ['a', 'b', 'c'], killedBy: ['a', 'c']},
    {reachedBy: ['d'], killedBy: ['d']},
  ];
  assert.deepEqual(needlessCases(mutants), [
    {name: 'b', reason: 'notices 1, as does a'},
    {name: 'idle', reason: 'notices nothing'},
    {name: 'c', reason: 'notices 1, as does a'},
  ]);
});

needless('are not those whose mutants only several others notice together, nor both of two that are alike', () => {
  const mutants = [
    {reachedBy: [], killedBy: ['a', 'both']},
    {reachedBy: [], killedBy: ['b', 'both']},
    {reachedBy: [], killedBy: ['a']},
    {reachedBy: [], killedBy: ['b']},
    {reachedBy: [], killedBy: ['one', 'other']},
  ];
  assert.deepEqual(needlessCases(mutants), [{name: 'other', reason: 'notices 1, as does one'}]);
});

needless.run();
