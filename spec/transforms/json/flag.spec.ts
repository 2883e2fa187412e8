import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {flagOf} from '../../../lib/transforms/json/flag.ts';

const flag = suite('flagOf');

flag('is what the text of a boolean, a number or a string stands for, in capitals or not', () => {
  for (const text of ['true', 'True', ' TRUE ', '1']) assert.equal(flagOf(text), true, text);
  for (const text of ['false', 'False', ' FALSE ', '0']) assert.equal(flagOf(text), false, text);
});

flag('is unknown for anything else', () => {
  for (const text of ['null', '', '2', '-1', '01', '1.0', 'yes', 'untrue', '"true"']) assert.equal(flagOf(text), undefined, text);
});

flag.run();
