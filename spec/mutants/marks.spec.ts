import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {markFor, marksIn} from './marks.ts';

const marks = suite('marks of equivalent mutants');

const found = marksIn(
  [
    'a',
    '  // Equivalent mutants (EqualityOperator,BlockStatement): it ends anyway',
    'b',
    '// Equivalent mutants (all): c',
    'd',
  ].join('\n'),
);

marks('are for the line after them, and have a reason', () => {
  assert.deepEqual(found, [
    {line: 3, mutators: ['EqualityOperator', 'BlockStatement'], reason: 'it ends anyway'},
    {line: 5, mutators: ['all'], reason: 'c'},
  ]);
  assert.deepEqual(marksIn('// Equivalent mutants (all):\n// Equivalent mutants: without a name\nx'), []);
});

marks('go for the kinds of change that they name, or for all', () => {
  assert.equal(markFor({line: 3, mutator: 'BlockStatement'}, found)?.reason, 'it ends anyway');
  assert.equal(markFor({line: 3, mutator: 'StringLiteral'}, found), undefined);
  assert.equal(markFor({line: 4, mutator: 'BlockStatement'}, found), undefined);
  assert.equal(markFor({line: 5, mutator: 'StringLiteral'}, found)?.reason, 'c');
});

marks.run();
