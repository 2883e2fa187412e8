import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {unusableReadingsMax, unusableRowsMax} from '../../lib/limits.ts';
import type {Quarantine, UnusableRow} from '../../lib/records/unusable-rows.ts';
import {FileReadings, readAgain} from '../../lib/sources/readings.ts';

/** Repeated readings of rows that cannot become documents. */
const readings = suite('readings');

/** Rows by their digests, which also tell their numbers: `3b` is row 3. */
const rowsOf = (...digests: readonly string[]): UnusableRow[] =>
  digests.map((digest) => ({row: Number.parseInt(digest, 10), fault: 'id', digest}));

/** A quarantine with some rows that were left out before, and those that are added. */
function quarantine(...known: readonly string[]): Quarantine & {readonly added: string[]} {
  const added: string[] = [];
  return {
    added,
    has: (digest) => known.includes(digest) || added.some((line) => line.startsWith(`${digest} `)),
    add: ({digest}, place) => added.push(`${digest} ${place}`),
    addUnread: () => assert.fail('nothing is unread'),
  };
}

/** Reads a page whose readings have these unusable rows; the last one repeats. */
async function readPage(pages: readonly (readonly string[])[], kept = quarantine()) {
  let count = 0;
  const page = await readAgain(
    async () => ({unusable: rowsOf(...pages[Math.min(count, pages.length - 1)]!), number: ++count}),
    kept,
    'page 1',
  );
  return {count, used: page.number, added: kept.added};
}

readings('of a page are one if all of its rows are usable', async () => {
  assert.deepEqual(await readPage([[]]), {count: 1, used: 1, added: []});
});

readings('of a page are repeated until one has no new unusable row, and that one is used', async () => {
  for (const [pages, expected] of [
    [[['1a'], ['1a']], {count: 2, used: 2, added: ['1a page 1']}],
    [[['1a', '2a'], ['2a']], {count: 2, used: 2, added: ['2a page 1']}],
    [[['1a'], []], {count: 2, used: 2, added: []}],
    [[['1a'], ['2a'], ['1a', '2a']], {count: 3, used: 3, added: ['1a page 1', '2a page 1']}],
  ] as const)
    assert.deepEqual(await readPage(pages), expected);
});

readings('of a page end after a bounded number although each has other unusable rows', async () => {
  const pages = Array.from({length: 10}, (_, i) => [`${i + 1}a`]);
  const last = `${unusableReadingsMax}a page 1`;
  assert.deepEqual(await readPage(pages), {count: unusableReadingsMax, used: unusableReadingsMax, added: [last]});
});

readings('of a page are not repeated for rows that were left out before', async () => {
  assert.deepEqual(await readPage([['1a', '2a']], quarantine('1a', '2a')), {
    count: 1,
    used: 1,
    added: ['1a page 1', '2a page 1'],
  });
  assert.equal((await readPage([['1a', '2a']], quarantine('1a'))).count, 2);
});

/** Takes a file's readings, each with its batches of unusable rows. Returns which of the batches were trials. */
function readFile(files: readonly (readonly (readonly string[])[])[], kept = quarantine()) {
  const file = new FileReadings(kept, 'a file');
  const trials = files.map((batches, i) => {
    if (i > 0) file.next();
    return batches.map((digests) => {
      file.note(rowsOf(...digests));
      return file.isTrial;
    });
  });
  return {trials, added: kept.added};
}

readings('of a file become a trial with the first new unusable row, and leave nothing out from there on', () => {
  assert.deepEqual(readFile([[[], ['1a'], [], ['2a']]]), {trials: [[false, true, true, true]], added: []});
});

readings('of a file that agree leave their rows out, as do rows that were left out before', () => {
  assert.deepEqual(
    readFile([
      [['1a'], ['2a']],
      [['1a'], ['2a']],
    ]),
    {
      trials: [
        [true, true],
        [false, false],
      ],
      added: ['1a a file', '2a a file'],
    },
  );
  assert.deepEqual(readFile([[['1a'], ['2a']]], quarantine('1a')), {trials: [[false, true]], added: ['1a a file']});
});

readings('of a file are compared row by row: other bytes are a new row, and so is another place', () => {
  for (const other of ['1b', '2a']) assert.deepEqual(readFile([[['1a']], [[other]]]).trials, [[true], [true]]);
  const moved = new FileReadings(quarantine(), 'a file');
  moved.note([{row: 1, fault: 'id', digest: 'a'}]);
  moved.next();
  moved.note([{row: 2, fault: 'id', digest: 'a'}]);
  assert.equal(moved.isTrial, true);
});

readings('of a file are compared with the one before alone, and the last one counts', () => {
  const files = Array.from({length: unusableReadingsMax}, (_, i) => [[`${i + 1}a`], ['9a']]);
  const {trials, added} = readFile(files);
  assert.deepEqual(trials, [...Array(unusableReadingsMax - 1).fill([true, true]), [false, false]]);
  assert.deepEqual(added, [`${unusableReadingsMax}a a file`, '9a a file']);
  assert.deepEqual(readFile([[['1a']], [[]], [['1a']]]).trials, [[true], [false], [false]], 'the last one is no trial');
});

readings('of a file with more unusable rows than a page can have are damaged', () => {
  const digests = Array.from({length: unusableRowsMax}, (_, i) => `${i + 1}a`);
  const file = new FileReadings(quarantine(), 'the result of a job');
  file.note(rowsOf(...digests));
  file.note(rowsOf('1a'));
  assert.throws(() => file.note(rowsOf(`${unusableRowsMax + 1}a`)), {
    kind: 'damaged',
    message: `Cannot use the result of a job: more than ${unusableRowsMax} of its rows cannot become documents`,
  });
  file.next();
  file.note(rowsOf(...digests));
  assert.equal(file.isTrial, false, 'each reading counts its own');
});

readings.run();
