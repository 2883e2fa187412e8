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
  for (const id of [1, 3, 6]) assert.equal(file.get(String(id))?.get('A'), `"${half}${id}"`);
  file.close();
});

captured('indexes any number of lines', async ({folder}) => {
  const path = join(folder, 'a.ndjson');
  const text = Array.from({length: 9_000}, (_, i) => line(1 + (i % 4_500), String(i))).join('');
  await writeFile(path, text);
  const file = await CapturedFile.open(path, Buffer.byteLength(text));
  assert.deepEqual([file.size, file.lines], [4_500, 9_000]);
  for (const id of [1, 96, 97, 4_096, 4_097, 4_500]) assert.equal(file.get(String(id))?.get('A'), `"${id + 4_499}"`);
  file.close();
});

captured('ends where its file ends, and without any line has no record', async ({folder}) => {
  const path = join(folder, 'a.ndjson');
  await writeFile(path, line(1, 'a'));
  const file = await CapturedFile.open(path, 10_000);
  assert.equal(file.get('1')?.get('A'), '"a"');
  file.close();
  const none = await CapturedFile.open(path, 0);
  assert.deepEqual([none.size, none.lines, none.get('1')], [0, 0, undefined]);
  none.close();
  await writeFile(path, `${line(1, 'a')}${line(2, 'b')}`);
  const torn = await CapturedFile.open(path, Buffer.byteLength(line(1, 'a')) + 20);
  assert.deepEqual([torn.lines, torn.get('1')?.get('A')], [1, '"a"'], 'half a line is none');
  torn.close();
});

const u = '"_meta":{"op":"u"}}';

/** The file with these lines, and half a line that was not committed. */
async function openedOf(folder: string, lines: readonly string[]): Promise<CapturedFile> {
  const path = join(folder, 'it.ndjson');
  const text = lines.map((line) => `${line}\n`).join('');
  await writeFile(path, `${text}{"id":99,"not":"committed`);
  return await CapturedFile.open(path, Buffer.byteLength(text));
}

captured('merge by property, delete, and live again without what they were before', async ({folder}) => {
  const file = await openedOf(folder, [
    `{"id":1,"Modified_Time":"a","Name":"x","Sum":1,${u}`,
    `{"id":2,"Modified_Time":"a","Name":"y","Sum":1,${u}`,
    `{"id":1,"Modified_Time":"b","Sum":2,${u}`,
    '{"id":2,"Modified_Time":"c","_meta":{"op":"d"}}',
    '{"id":1,"Modified_Time":"c","_meta":{"op":"d"}}',
    `{"id":1,"Modified_Time":"d","Name":"z",${u}`,
    `{"id":3,"Modified_Time":"d","Name":"${'é'.repeat(600_000)}",${u}`,
  ]);
  assert.deepEqual([...file.ids()].sort(), ['1', '3']);
  assert.equal(file.lines, 7);
  assert.deepEqual(
    [...file.get('1')!],
    [
      ['id', '1'],
      ['Modified_Time', '"d"'],
      ['Name', '"z"'],
    ],
  );
  assert.equal(file.get('3')!.get('Name')!.length, 600_002);
  assert.equal(file.get('2'), undefined);
  file.close();
});

captured('are merged in the order of their lines', async ({folder}) => {
  const file = await openedOf(folder, [
    `{"id":1,"Modified_Time":"a","Name":"x","Sum":1,${u}`,
    `{"id":1,"Modified_Time":"a","Sum":2,${u}`,
  ]);
  assert.deepEqual([...file.get('1')!.values()], ['1', '"a"', '"x"', '2']);
  file.close();
});

captured('say which line is no document', async ({folder}) => {
  await assert.rejects(openedOf(folder, [`{"id":1,${u}`, '{"name":1}']), /Cannot read line 2: it does not begin with an id/);
});

captured('forgets a record with its deletion, and only what looks like one is one', async ({folder}) => {
  const path = join(folder, 'a.ndjson');
  const text = `${line(1, 'a')}${deletion(1)}${line(2, 'a')}${deletion(2)}{"id":2,"B":1,"_meta":{"op":"u"}}\n{"id":3,"A":{"_meta":{"op":"d"}},"B":1}\n`;
  await writeFile(path, text);
  const file = await CapturedFile.open(path, Buffer.byteLength(text));
  assert.deepEqual([...file.ids()], ['2', '3']);
  assert.deepEqual(
    [...file.get('2')!],
    [
      ['id', '2'],
      ['B', '1'],
    ],
  );
  file.close();
  for (const other of ['"_meta":{"op":"d"}}', '{"a":{"id":1,"b":2}}', ''])
    await assert.rejects(openedOf(folder, [other]), /Cannot read line 1: it does not begin with an id/, other);
});

captured('is unpacked where it is compressed, and leaves nothing behind', async ({folder}) => {
  const path = join(folder, 'a.ndjson.gz');
  const packed = Buffer.concat([gzipSync(line(1, 'a')), gzipSync(line(2, 'b'))]);
  await writeFile(path, Buffer.concat([packed, Buffer.from('torn')]));
  const before = (await readdir(tmpdir())).filter((name) => /^source-zoho-\w{6}$/.test(name));
  const blocks: number[] = [];
  const file = await CapturedFile.open(path, packed.length, async (read) => void blocks.push(read));
  assert.deepEqual([...file.ids()], ['1', '2']);
  assert.equal(file.get('2')?.get('A'), '"b"');
  assert.deepEqual(blocks, [packed.length, 0], 'what is unpacked does not count again');
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
