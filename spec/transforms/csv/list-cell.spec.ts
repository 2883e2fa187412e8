import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {splitList} from '../../../lib/transforms/csv/list-cell.ts';
import {textField} from '../../harness/fields.ts';

const cell = suite('cells of lists');

const split = (text: string, values?: readonly string[], dataType = 'multiselectpicklist') =>
  splitList(textField('A', {type: 'list', dataType, ...(values && {values})}))(text);

cell('of tags are split at commas alone', () => {
  assert.deepEqual(split(' a ; b , c,, ', undefined, 'tags'), ['a ; b', 'c']);
  assert.deepEqual(split('a,b', ['a,b'], 'tags'), ['a', 'b']);
});

cell('are split at semicolons, or at commas where they have none', () => {
  assert.deepEqual(split(' a ; b,c ;;'), ['a', 'b,c']);
  assert.deepEqual(split('a, b ,,c'), ['a', 'b', 'c']);
  assert.deepEqual(split('a;b', ['a', 'b']), ['a', 'b']);
  assert.deepEqual(split(''), []);
  assert.deepEqual(split(' , '), []);
});

cell('are known values where these have separators, the longest first', () => {
  const known = ['a', 'b', 'a;b', 'x,y', 'x', 'c'];
  assert.deepEqual(split('a;b', known), ['a;b']);
  assert.deepEqual(split('a;b;b', known), ['a;b', 'b']);
  assert.deepEqual(split(' a;b ; c ;;', known), ['a;b', 'c']);
  assert.deepEqual(split('x,y;c', known), ['x,y', 'c']);
  assert.deepEqual(split('c,x,y', known), ['c', 'x,y']);
  assert.deepEqual(split('x,c', known), ['x', 'c']);
  assert.deepEqual(split('', known), []);
});

cell('are read with semicolons before commas, where both give known values', () => {
  assert.deepEqual(split('a;b,c', ['a', 'b,c', 'a;b', 'c']), ['a', 'b,c']);
  assert.deepEqual(split('new;x,y', ['x,y', 'new;x', 'y']), ['new;x', 'y'], 'one of them is not known with semicolons');
});

cell('of which some are unknown are split at semicolons, or at commas unless a known value has one', () => {
  assert.deepEqual(split('new;a;b', ['a;b']), ['new', 'a;b']);
  assert.deepEqual(split('new, a;', ['a;b', 'a']), ['new, a']);
  assert.deepEqual(split(' ne , w,old', ['a;b', 'new']), ['ne', 'w', 'old']);
  assert.deepEqual(split(' new,old ', ['x,y', 'z']), ['new,old']);
  assert.deepEqual(split('  ', ['x,y']), []);
  assert.deepEqual(split('new;old', ['x,y']), ['new', 'old']);
});

cell('join no more pieces than any real name has', () => {
  const eight = 'a,b,c,d,e,f,g,h';
  const nine = `${eight},i`;
  assert.deepEqual(split(eight, [eight]), [eight]);
  assert.deepEqual(split(nine, [nine]), [nine], 'a value alone needs no joining');
  assert.deepEqual(split(`${eight};x`, [eight, 'x']), [eight, 'x']);
  const [joined, pieces] = [nine.replaceAll(',', ';'), nine.split(',')];
  assert.deepEqual(split(`${joined};x`, [joined, 'x']), [...pieces, 'x']);
});

cell.run();
