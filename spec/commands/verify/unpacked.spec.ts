/** The content of captured files, compressed or not. */
import assert from 'node:assert/strict';
import {closeSync, existsSync, fstatSync, readFileSync} from 'node:fs';
import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {gzipSync} from 'node:zlib';
import {suite} from 'uvu';
import {contentOf, isCompressed, unpacked} from '../../../lib/commands/verify/unpacked.ts';
import {openFilesIn} from './open-files.ts';

const files = suite<{folder: string}>('unpacked files');

files.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-unpacked-'));
});
files.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

/** Two members, and what was written after the last commit. */
const packed = Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]);
const torn = Buffer.concat([packed, Buffer.from('torn')]);

files('are compressed by their name', () => {
  for (const [path, is] of [
    ['a.ndjson.gz', true],
    ['a.ndjson', false],
    ['.ndjson.gz/a', false],
  ] as const)
    assert.equal(isCompressed(path), is, path);
});

files('are read as far as they were committed, whether compressed or not', async ({folder}) => {
  const [plain, compressed] = [join(folder, 'a.ndjson'), join(folder, 'a.ndjson.gz')];
  await writeFile(plain, 'one\ntwo');
  await writeFile(compressed, torn);
  assert.equal(await text(contentOf(plain, 4)), 'one\n');
  assert.equal(await text(contentOf(compressed, packed.length)), 'one\ntwo\n');
  for (const gone of ['b.ndjson', 'b.ndjson.gz'])
    await assert.rejects(text(contentOf(join(folder, gone), 1)), {code: 'ENOENT'}, gone);
  await assert.rejects(text(contentOf(compressed, packed.length - 4)), {code: 'Z_BUF_ERROR'});
});

files('are unpacked into a file that only the user can read and that has no name', async ({folder}) => {
  const path = join(folder, 'a.ndjson.gz');
  await writeFile(path, torn);
  const blocks: number[] = [];
  const copies: string[] = [];
  const file = await unpacked(path, packed.length, async (bytes) => {
    blocks.push(bytes);
    copies.push(...(await openFilesIn(join(tmpdir(), 'source-zoho-'))).filter((open) => open.endsWith('/plain')));
  });
  try {
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n');
    assert.equal(fstatSync(file).mode & 0o777, 0o600);
    assert.deepEqual(blocks, [packed.length]);
    assert.equal(copies.length, 1);
    assert.equal(existsSync(copies[0]!), false);
  } finally {
    closeSync(file);
  }
});

files('are empty when nothing was committed', async ({folder}) => {
  const path = join(folder, 'a.ndjson.gz');
  await writeFile(path, 'torn');
  const file = await unpacked(path, 0, () => assert.fail('a block'));
  assert.deepEqual([fstatSync(file).size, fstatSync(file).mode & 0o777], [0, 0o600]);
  closeSync(file);
});

files('leave nothing behind when they cannot be unpacked, or whoever counts the blocks stops', async ({folder}) => {
  const path = join(folder, 'a.ndjson.gz');
  await writeFile(path, torn);
  const copies = async () => (await readdir(tmpdir())).filter((name) => /^source-zoho-\w{6}$/.test(name));
  const before = await copies();
  await assert.rejects(unpacked(path, torn.length - 1, async () => {}));
  await assert.rejects(
    unpacked(path, packed.length, async () => {
      throw new Error('stop');
    }),
    /stop/,
  );
  assert.deepEqual(await copies(), before);
});

files.run();
