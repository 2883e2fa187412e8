import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import {diskFile, folderDisk, hasCode, makeFolder, tryPrivate, writePrivate} from '../../../lib/sinks/files/disk.ts';
import {openBelow} from './open-files.ts';

const disk = suite<{folder: string}>('disk');

disk.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-disk-'));
});
disk.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

disk('distinguishes files, missing names and anything else, and keeps none of them open', async ({folder}) => {
  await writeFile(join(folder, 'file'), 'x');
  await mkdir(join(folder, 'folder'));
  await symlink(join(folder, 'file'), join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
  const on = folderDisk(folder);
  const kinds = await Promise.all(['file', 'none', 'folder', 'link', 'pipe', 'socket'].map((name) => on.kind(name)));
  server.close();
  assert.deepEqual(kinds, ['file', 'none', 'other', 'other', 'other', 'other']);
  assert.deepEqual(await openBelow(folder), []);
  await assert.rejects(on.kind('file/below'), {code: 'ENOTDIR'});
});

disk('reads text, or nothing if there is no such file', async ({folder}) => {
  const on = folderDisk(folder);
  await writeFile(join(folder, 'a'), 'é');
  assert.equal(await on.read('a'), 'é');
  assert.equal(await on.read('b'), undefined);
  assert.equal(await folderDisk(join(folder, 'a')).read('b'), undefined);
  await assert.rejects(on.read('.'), {code: 'EISDIR'});
});

disk('reads and writes at any position, and truncates', async ({folder}) => {
  const file = await folderDisk(folder).open('a');
  await file.write(Buffer.from('hello'), 0);
  await file.write(Buffer.from('LLO!'), 2);
  assert.equal(await file.size(), 6);
  const into = Buffer.alloc(4);
  assert.equal(await file.read(into, 1), 4);
  assert.equal(into.toString(), 'eLLO');
  assert.equal(await file.read(into, 4), 2);
  assert.equal(into.subarray(0, 2).toString(), 'O!');
  assert.equal(await file.read(into, 6), 0);
  await file.cut(3);
  await file.sync();
  assert.deepEqual(await openBelow(folder), [join(folder, 'a')]);
  await file.close();
  assert.deepEqual(await openBelow(folder), []);
  assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'heL');
  await assert.rejects(file.sync(), {code: 'EBADF'});
  await assert.rejects(folderDisk(folder).open('.'), Error);
});

disk('reads and writes all of it, however little the system takes at a time', async () => {
  const bytes = Buffer.from('..........');
  const part = (length: number, at: number) => Math.min(length, 3, bytes.length - at);
  const handle = {
    async read(into: Buffer, from: number, length: number, at: number) {
      assert.ok(from + length <= into.length);
      const bytesRead = part(length, at);
      bytes.copy(into, from, at, at + bytesRead);
      return {bytesRead};
    },
    async write(given: Buffer, from: number, length: number, at: number) {
      assert.ok(from + length <= given.length);
      const bytesWritten = part(length, at);
      given.copy(bytes, at, from, from + bytesWritten);
      return {bytesWritten};
    },
  };
  const file = diskFile(handle as never);
  await file.write(Buffer.from('abcdefg'), 2);
  assert.equal(bytes.toString(), '..abcdefg.');
  const into = Buffer.alloc(9, '-');
  assert.equal(await file.read(into.subarray(0, 8), 1), 8);
  assert.equal(into.toString(), '.abcdefg-');
  assert.equal(await file.read(into, 4), 6, 'to the end of the file');
  assert.equal(into.subarray(0, 6).toString(), 'cdefg.');
});

disk('replaces a file atomically, for its owner only, regardless of what a kill left behind', async ({folder}) => {
  const on = folderDisk(folder);
  await writeFile(join(folder, 'a.next'), 'left behind, and longer');
  await chmod(join(folder, 'a.next'), 0o644);
  await on.replace('a', 'one');
  await on.replace('a', 'two');
  await on.syncNames();
  assert.deepEqual(await readdir(folder), ['a']);
  assert.equal(await on.read('a'), 'two');
  assert.equal((await stat(join(folder, 'a'))).mode & 0o777, 0o600);
  assert.deepEqual(await openBelow(folder), []);
  await assert.rejects(folderDisk(join(folder, 'none')).syncNames(), {code: 'ENOENT'});
  await symlink(join(folder, 'a'), join(folder, 'b.next'));
  await assert.rejects(on.replace('b', 'x'), {code: 'ELOOP'});
});

disk('creates folders with their parents, for their owner only, and keeps existing ones', async ({folder}) => {
  const deep = join(folder, 'x/y/z');
  await makeFolder(deep);
  for (const path of [deep, join(folder, 'x')]) assert.equal((await stat(path)).mode & 0o777, 0o700);
  await chmod(deep, 0o755);
  await makeFolder(deep);
  assert.equal((await stat(deep)).mode & 0o777, 0o755);
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(makeFolder(join(folder, 'file')), {code: 'EEXIST'});
  await assert.rejects(makeFolder(join(folder, 'file/below')), {code: 'ENOTDIR'});
  await assert.rejects(makeFolder('/proc/nowhere/at/all'), {code: 'ENOENT'});
  await assert.rejects(makeFolder(''), {code: 'ENOENT'});
});

disk('tests whether a file could be written, and leaves nothing behind', async ({folder}) => {
  await tryPrivate(join(folder, 'a'));
  assert.deepEqual(await readdir(folder), []);
  await assert.rejects(tryPrivate(join(folder, 'none/a')), {code: 'ENOENT'});
  await writePrivate(join(folder, 'a'), 'text');
  assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'text');
});

disk('recognises an error by its code', () => {
  const error = Object.assign(new Error('x'), {code: 'ENOENT'});
  assert.equal(hasCode(error, 'ENOENT'), true);
  for (const other of [error, new Error('x'), {code: 'EPERM'}, undefined, null, 'EPERM'])
    assert.equal(hasCode(other, 'EPERM'), false);
  assert.equal(hasCode({code: 'EPERM'}, 'EPERM'), false, 'what is no error has no code');
});

disk.run();
