import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {newProgress} from '../../lib/capture/progress.ts';
import {NamedQuarantine} from '../../lib/capture/quarantine.ts';
import {unusableKnownMax, unusableNamedMax} from '../../lib/limits.ts';

const quarantine = suite('quarantine of a binding');

function named() {
  const logged: [string, unknown][] = [];
  const progress = newProgress('Leads');
  const it = new NamedQuarantine(
    'Leads',
    progress,
    (level, message, fields) => void logged.push([`${level} ${message}`, fields]),
  );
  return {it, logged, progress};
}

quarantine('names each row once, by its place, its record and its fault', () => {
  const {it, logged, progress} = named();
  assert.equal(it.has('d'), false);
  for (let again = 0; again < 2; again++) it.add({row: 3, id: '7', fault: 'time', digest: 'd'}, 'page 1');
  it.add({row: 4, id: undefined, fault: 'id', digest: 'e'}, 'page 1');
  assert.deepEqual([it.has('d'), it.has('e'), it.has('f'), progress.quarantined], [true, true, false, 2]);
  assert.deepEqual(logged, [
    [
      'warn Module Leads: row 3 of page 1 (record 7) is left out, because it has no valid Modified_Time',
      {module: 'Leads', page: 'page 1', row: 3, id: '7', fault: 'time'},
    ],
    [
      'warn Module Leads: row 4 of page 1 is left out, because it has no valid id',
      {module: 'Leads', page: 'page 1', row: 4, id: undefined, fault: 'id'},
    ],
  ]);
});

quarantine('counts rows that cannot be told apart', () => {
  const {it, logged, progress} = named();
  it.addUnread(5, 'page 2');
  assert.equal(progress.quarantined, 5);
  assert.deepEqual(logged, [
    [
      'warn Module Leads: 5 more rows of page 2 are left out, because they cannot be distinguished from those around them',
      {module: 'Leads', page: 'page 2', rows: 5},
    ],
  ]);
});

quarantine('names no more than a number of rows, says so once, and counts on', () => {
  const {it, logged, progress} = named();
  for (let row = 1; row <= unusableNamedMax + 5; row++) it.add({row, fault: 'id', digest: String(row)}, 'page 1');
  assert.equal(logged.length, unusableNamedMax + 1);
  assert.deepEqual(logged.at(-1), ['warn Module Leads: further rows that are left out are only counted', {module: 'Leads'}]);
  assert.equal(progress.quarantined, unusableNamedMax + 5);
});

quarantine('forgets the oldest row when it knows too many', () => {
  const {it} = named();
  for (let row = 1; row <= unusableKnownMax; row++) it.add({row, fault: 'id', digest: String(row)}, 'page 1');
  assert.deepEqual([it.has('1'), it.has('2')], [true, true]);
  it.add({row: 0, fault: 'id', digest: 'one more'}, 'page 1');
  assert.deepEqual([it.has('1'), it.has('2'), it.has('one more')], [false, true, true]);
});

quarantine.run();
