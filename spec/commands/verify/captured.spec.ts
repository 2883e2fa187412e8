import assert from 'node:assert/strict';
import {mkdtemp, readdir, readlink, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {suite} from 'uvu';
import {CapturedFile} from '../../../lib/commands/verify/captured.ts';
import {Comparison} from '../../../lib/commands/verify/compare.ts';
import {ListedQuarantine} from '../../../lib/commands/verify/left-out.ts';

const captured = suite<{folder: string}>('captured file');

captured.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-captured-'));
});
captured.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

/** How many files of the temporary directory this process has open. */
async function opened(): Promise<number> {
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(join(tmpdir(), 'source-zoho-'))).length;
}

const line = (id: number, text: string): string => `{"id":${id},"A":"${text}","_meta":{"op":"u"}}\n`;
const deletion = (id: number): string => `{"id":${id},"Modified_Time":"t","_meta":{"op":"d"}}\n`;

captured('is read in blocks, whatever lines they cut, and tells how much was read', async ({folder}) => {
  const half = 'x'.repeat(400_000);
  const text = [1, 2, 3, 4, 5, 6].map((id) => line(id, half + id)).join('');
  const path = join(folder, 'a.ndjson');
  await writeFile(path, `${text}{"id":9,"A":"not committed"}\n`);
  const blocks: number[] = [];
  const file = await CapturedFile.open(path, Buffer.byteLength(text), async (bytes) => void blocks.push(bytes));
  assert.deepEqual(blocks, [1 << 20, 1 << 20, Buffer.byteLength(text) - (2 << 20)]);
  assert.deepEqual([...file.ids()], ['1', '2', '3', '4', '5', '6']);
  assert.deepEqual([file.size, file.lines, file.has('6'), file.has('9')], [6, 6, true, false]);
  for (const id of [1, 3, 6]) assert.equal(file.record(String(id))?.get('A'), `"${half}${id}"`);
  file.close();
});

captured('indexes any number of lines', async ({folder}) => {
  const path = join(folder, 'a.ndjson');
  const text = Array.from({length: 9_000}, (_, i) => line(1 + (i % 4_500), String(i))).join('');
  await writeFile(path, text);
  const file = await CapturedFile.open(path, Buffer.byteLength(text));
  assert.deepEqual([file.size, file.lines], [4_500, 9_000]);
  for (const id of [1, 96, 97, 4_096, 4_097, 4_500]) assert.equal(file.record(String(id))?.get('A'), `"${id + 4_499}"`);
  file.close();
});

captured('ends where its file ends, and without any line has no record', async ({folder}) => {
  const path = join(folder, 'a.ndjson');
  await writeFile(path, line(1, 'a'));
  const file = await CapturedFile.open(path, 10_000);
  assert.equal(file.record('1')?.get('A'), '"a"');
  file.close();
  const none = await CapturedFile.open(path, 0);
  assert.deepEqual([none.size, none.lines, none.record('1')], [0, 0, undefined]);
  none.close();
});

captured('forgets a record with its deletion, and only what looks like one is one', async ({folder}) => {
  const path = join(folder, 'a.ndjson');
  const text = `${line(1, 'a')}${deletion(1)}${line(2, 'a')}${deletion(2)}{"id":2,"B":1,"_meta":{"op":"u"}}\n{"id":3,"A":{"_meta":{"op":"d"}},"B":1}\n`;
  await writeFile(path, text);
  const file = await CapturedFile.open(path, Buffer.byteLength(text));
  assert.deepEqual([...file.ids()], ['2', '3']);
  assert.deepEqual(
    [...file.record('2')!],
    [
      ['id', '2'],
      ['B', '1'],
    ],
  );
  file.close();
  await writeFile(path, '"_meta":{"op":"d"}}\n');
  await assert.rejects(CapturedFile.open(path, 20), /Cannot read line 1: it does not begin with an id/);
});

captured('is unpacked where it is compressed, and leaves nothing behind', async ({folder}) => {
  const path = join(folder, 'a.ndjson.gz');
  const packed = Buffer.concat([gzipSync(line(1, 'a')), gzipSync(line(2, 'b'))]);
  await writeFile(path, Buffer.concat([packed, Buffer.from('torn')]));
  const before = (await readdir(tmpdir())).filter((name) => /^source-zoho-\w{6}$/.test(name));
  let bytes = 0;
  const file = await CapturedFile.open(path, packed.length, async (read) => void (bytes += read));
  assert.deepEqual([...file.ids()], ['1', '2']);
  assert.equal(file.record('2')?.get('A'), '"b"');
  assert.equal(bytes, packed.length, 'what is unpacked does not count again');
  file.close();
  const none = await CapturedFile.open(path, 0);
  assert.equal(none.size, 0);
  none.close();
  await assert.rejects(CapturedFile.open(path, packed.length + 4));
  const after = (await readdir(tmpdir())).filter((name) => /^source-zoho-\w{6}$/.test(name));
  assert.deepEqual(after, before);
});

captured('is closed when it cannot be read', async ({folder}) => {
  const path = join(folder, 'a.ndjson');
  await writeFile(path, '{"name":1}\n');
  const before = await opened();
  await assert.rejects(CapturedFile.open(path, 11), /Cannot read line 1/);
  assert.equal(await opened(), before);
  const file = await CapturedFile.open(path, 0);
  assert.equal(await opened(), before + 1);
  file.close();
  assert.equal(await opened(), before);
});

captured('is compared with bounds on what is shown', () => {
  const comparison = new Comparison({has: () => false, record: () => undefined});
  for (let id = 1; id <= 12; id++) comparison.present(String(id));
  for (let row = 1; row <= 1_002; row++) comparison.leaveOut({page: 'p', row, id: undefined, why: 'has no valid id'});
  comparison.leaveOut(5);
  assert.deepEqual(
    [comparison.shown.length, comparison.missing, comparison.leftOut.length, comparison.quarantined],
    [10, 12, 1_000, 1_007],
  );
});

captured('has times compared as instants, where the field holds them', () => {
  const own = new Map([
    ['At', '"2026-01-01T00:00:00Z"'],
    ['Text', '"2026-01-01T00:00:00Z"'],
    ['_meta', '1'],
  ]);
  const comparison = new Comparison({has: () => true, record: () => own}, {instants: new Set(['At'])});
  const zoned = '"2026-01-01T05:30:00+05:30"';
  comparison.values(
    '1',
    new Map([
      ['At', zoned],
      ['Text', zoned],
      ['_meta', '2'],
    ]),
  );
  assert.deepEqual(
    comparison.shown.map(({what}) => what),
    ['Text'],
  );
  comparison.sameRow();
  comparison.missingRow('7');
  assert.deepEqual([comparison.records, comparison.compared, comparison.missing, comparison.isSame], [2, 3, 1, false]);
});

captured('is compared without rows that cannot become documents, each counted once', () => {
  const comparison = new Comparison({has: () => false, record: () => undefined});
  const quarantine = new ListedQuarantine(comparison);
  assert.equal(quarantine.has('d'), false);
  quarantine.add({row: 3, id: '7', fault: 'time', digest: 'd'}, 'page 1');
  assert.equal(quarantine.has('d'), true);
  quarantine.add({row: 3, id: '7', fault: 'time', digest: 'd'}, 'page 1');
  quarantine.add({row: 4, id: '7', fault: 'time', digest: 'of another slice'}, 'page 2');
  for (const digest of ['e', 'f']) quarantine.add({row: 5, id: undefined, fault: 'id', digest}, 'page 2');
  quarantine.addUnread(2);
  assert.deepEqual([...quarantine.ids], ['7']);
  assert.equal(comparison.quarantined, 5);
  assert.deepEqual(comparison.leftOut[0], {page: 'page 1', row: 3, id: '7', why: 'has no valid Modified_Time'});
  assert.deepEqual(
    comparison.leftOut.map(({row}) => row),
    [3, 5, 5],
  );
});

captured.run();
