import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {replacedNotesMax} from '../../../lib/limits.ts';
import {BrokenText} from '../../../lib/transforms/json/broken-text.ts';

const broken = suite('BrokenText');

broken('notes each field of a record once, with the id that ends it', () => {
  const notes = new BrokenText();
  for (const field of ['A', 'B', 'A', undefined]) notes.note(field);
  notes.endRow('1');
  notes.endRow('2');
  notes.note('A');
  notes.endRow('3');
  assert.deepEqual(notes.replaced, [
    {field: 'A', id: '1'},
    {field: 'B', id: '1'},
    {field: 'A', id: '3'},
  ]);
});

broken('takes no more notes than its bound', () => {
  const notes = new BrokenText();
  for (let row = 0; row <= replacedNotesMax; row++) {
    for (const field of ['A', 'B']) notes.note(field);
    notes.endRow(`${row}`);
  }
  assert.equal(notes.replaced.length, replacedNotesMax);
  assert.deepEqual(notes.replaced.at(-1), {field: 'B', id: `${replacedNotesMax / 2 - 1}`});
});

broken.run();
