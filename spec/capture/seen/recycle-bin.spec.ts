import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {RecycleBin} from '../../../lib/capture/seen/recycle-bin.ts';

import {recycledLifeS} from '../../../lib/limits.ts';

const recycleBin = suite('RecycleBin');

const dayS = 86_400;
const nowS = Date.parse('2026-10-01T10:00:00Z') / 1000;
const numbered = (count: number, from = 1): string[] =>
  Array.from({length: count}, (_, i) => String(5725767000000000000n + BigInt(from + i)));
const deleted = (ids: readonly string[], deletedS = nowS) => ids.map((id) => ({id, deletedS}));
const nobody: ReadonlySet<string> = new Set();

/** Checks all due ids in sweeps `everyS` apart. Returns the ages at which there were any. */
function agesAsked(watched: RecycleBin, everyS: number, untilS: number): number[] {
  const ages: number[] = [];
  for (let age = everyS; age <= untilS; age += everyS) {
    const due = watched.due(nowS + age);
    if (due.length > 0) ages.push(age);
    watched.note(due, nobody, nowS + age);
  }
  return ages;
}

recycleBin('checks with every sweep at first, then less often, at last hourly, and not once the bin is emptied', () => {
  const watched = new RecycleBin();
  watched.add(deleted(numbered(1)), nowS);
  const ages = agesAsked(watched, 10, 61 * dayS);
  assert.deepEqual(ages.slice(0, 8), [10, 20, 30, 40, 50, 60, 70, 80]);
  for (const [i, age] of ages.entries()) {
    const pause = age - (ages[i - 1] ?? 0);
    assert.ok(pause <= Math.min(3_600, age / 8) + 10, `${pause} s at ${age}`);
    if (age > 9 * 3_600) assert.equal(pause, 3_600);
  }
  assert.ok(ages.filter((age) => age < dayS).length < 80);
  assert.ok(ages.at(-1)! > 60 * dayS - 3_600 && ages.at(-1)! < 60 * dayS);
});

recycleBin('checks saved ids at once, and restored ones no longer', () => {
  const [a, b] = numbered(2) as [string, string];
  const watched = new RecycleBin({[a]: nowS - 5 * dayS, [b]: nowS - dayS});
  assert.deepEqual(watched.due(nowS), [a, b]);
  watched.note([a, b], new Set([b]), nowS);
  assert.deepEqual(watched.ids, [a]);
  assert.deepEqual(watched.due(nowS + 3_599), []);
  assert.deepEqual(watched.due(nowS + 3_600), [a]);
});

recycleBin('drops the oldest of saved ids first, whatever their order', () => {
  const [a, b, c] = numbered(3) as [string, string, string];
  assert.deepEqual(new RecycleBin({[a]: nowS - 5, [b]: nowS - 9, [c]: nowS - 7}).ids, [b, c, a]);
});

recycleBin('watches an id until Zoho has emptied the bin, and not to that second', () => {
  const watched = new RecycleBin();
  const [a, b] = numbered(2) as [string, string];
  watched.add(deleted([a]), nowS);
  assert.deepEqual([watched.due(nowS + recycledLifeS - 1), watched.due(nowS + recycledLifeS)], [[a], []]);
  const thenS = nowS + recycledLifeS;
  assert.deepEqual(watched.add(deleted([b], thenS), thenS), {[b]: thenS, [a]: null});
});

recycleBin('checks first what was checked longest ago', () => {
  const ids = numbered(150);
  const watched = new RecycleBin(Object.fromEntries(ids.map((id) => [id, nowS - dayS])));
  watched.note(ids.slice(0, 100), nobody, nowS);
  assert.deepEqual(watched.due(nowS), [...ids.slice(100), ...ids.slice(0, 50)]);
});

recycleBin('takes no note of ids that it does not watch', () => {
  const watched = new RecycleBin();
  watched.note(numbered(1), nobody, nowS);
  assert.deepEqual(watched.ids, []);
});

recycleBin('fills the last query, so ids watched for long are checked together', () => {
  const watched = new RecycleBin();
  const ids = numbered(250);
  for (const [i, id] of ids.entries()) watched.add(deleted([id], nowS - dayS), nowS + i);
  assert.deepEqual(watched.due(nowS + 3_600), ids.slice(0, 100));
  assert.deepEqual(watched.due(nowS + 3_600 + 100), ids.slice(0, 200));
  assert.deepEqual(watched.due(nowS + 3_600 + 200), ids);
});

recycleBin('keeps the last thousand, and reports only the changes of each addition', () => {
  const watched = new RecycleBin();
  const ids = numbered(1_000);
  watched.add(deleted([ids[0]!], nowS - 61 * dayS), nowS - 2 * dayS);
  assert.deepEqual(watched.add(deleted([ids[1]!]), nowS), {[ids[1]!]: nowS, [ids[0]!]: null});
  watched.add(deleted(ids), nowS);
  const [more] = numbered(1, 5_000);
  assert.deepEqual(watched.add(deleted([more!], nowS + 5), nowS + 5), {[more!]: nowS + 5, [ids[0]!]: null});
  // Deleted again, it is the last one again.
  assert.deepEqual(watched.add(deleted([ids[1]!], nowS + 9), nowS + 9), {[ids[1]!]: nowS + 9});
  assert.deepEqual(watched.ids, [...ids.slice(2), more, ids[1]]);
});

recycleBin.run();
