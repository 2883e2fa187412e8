import assert from 'node:assert/strict';
import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {suite} from 'uvu';
import {CapturedFile} from '../../../lib/commands/verify/captured.ts';
import {openFilesIn} from './open-files.ts';

const captured = suite<{folder: string}>('captured file');

captured.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-captured-'));
});
captured.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

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
  await assert.rejects(CapturedFile.open(path, 11), /Cannot read line 1/);
  assert.deepEqual(await openFilesIn(folder), []);
  const file = await CapturedFile.open(path, 0);
  assert.deepEqual(await openFilesIn(folder), [path]);
  file.close();
  assert.deepEqual(await openFilesIn(folder), []);
});

captured.run();
