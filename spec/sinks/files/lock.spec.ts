import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtemp, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {suite} from 'uvu';
import {lockFolder} from '../../../lib/sinks/files/lock.ts';
import {openBelow} from './open-files.ts';

const lock = suite<{folder: string}>('lock');

lock.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-lock-'));
});
lock.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

lock('admits one holder at a time to a directory', async ({folder}) => {
  const unlock = await lockFolder(folder);
  await assert.rejects(lockFolder(folder), {
    name: 'ConfigError',
    message: `Cannot use ${folder}: another process is capturing into it; stop that one, or choose another directory`,
  });
  unlock();
  (await lockFolder(folder))();
});

lock('is a file that only its owner may read, and stays open only while it is held', async ({folder}) => {
  const unlock = await lockFolder(folder);
  assert.equal((await stat(join(folder, 'lock'))).mode & 0o777, 0o600);
  await assert.rejects(lockFolder(folder));
  unlock();
  assert.deepEqual(await openBelow(folder), []);
});

lock('passes on what is no matter of another holder', async ({folder}) => {
  await writeFile(join(folder, 'lock'), 'This is no lock.'.repeat(64));
  await assert.rejects(lockFolder(folder), /file is not a database/);
  assert.deepEqual(await openBelow(folder), []);
  await assert.rejects(lockFolder(join(folder, 'none')), {code: 'ENOENT'});
});

lock('recovers the lock of a killed process', async ({folder}) => {
  const source = `const {lockFolder} = await import(process.argv[1]); await lockFolder(process.argv[2]); process.kill(process.pid, 'SIGKILL');`;
  const lock = new URL('../../../lib/sinks/files/lock.ts', import.meta.url).href;
  const killed = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source, lock, folder]).catch(
    (error: {signal?: string}) => error,
  );
  assert.equal('signal' in killed && killed.signal, 'SIGKILL');
  (await lockFolder(folder))();
});

lock.run();
