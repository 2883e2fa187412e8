/**
 * The image's program where it may write nothing, has no rights, and finds no other program: as a
 * container runtime would run it at its strictest.
 */
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, constants, copyFile, mkdir, readdir, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import {type Sandbox, startSandbox} from '../../../lib/sandbox/server.ts';
import {caughtUp, FlowTask, linesOf} from '../../harness/flow-runtime.ts';
import {type Built, build} from '../../harness/image.ts';
import {Session} from '../../harness/runtime.ts';

const container = suite<{built: Built; sandbox: Sandbox}>('A container without rights');

/** As root in a container's host the spec can give its rights away; others have none to give. */
const nobody = process.getuid?.() === 0 ? {uid: 65_534, gid: 65_534} : {};

/** Where any user may write on most machines. */
const openFolders = [tmpdir(), '/tmp', '/var/tmp', '/dev/shm', '/run/lock'];

container.before(async (context) => {
  context.sandbox = await startSandbox({records: 500});
  context.built = await build();
  const {image} = context.built;
  for (const folder of ['tmp', 'home', 'bin']) await mkdir(join(image, folder));
  // The only program there is, in the place of the base image's.
  await copyFile(process.execPath, join(image, 'bin/node'), constants.COPYFILE_FICLONE);
  for (const path of [image, ...(await pathsIn(image))]) {
    const {mode} = await stat(path);
    await chmod(path, (mode & 0o111) === 0 ? 0o444 : 0o555);
  }
});
container.after(async ({built: {image}, sandbox}) => {
  await sandbox.close();
  for (const path of [image, ...(await pathsIn(image))]) if ((await stat(path)).isDirectory()) await chmod(path, 0o755);
  await rm(image, {recursive: true, force: true});
});

async function pathsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true});
  return entries.filter((entry) => !entry.isSymbolicLink()).map(({parentPath, name}) => join(parentPath, name));
}

/** All that is in the image, with the times of its last changes. */
async function listed(folder: string): Promise<string[]> {
  const listing = (await pathsIn(folder)).map(async (path) => `${path} ${(await stat(path)).mtimeMs}`);
  return (await Promise.all(listing)).sort();
}

/** Files of the user without rights in the folders that are open to all. */
async function leftBehind(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of new Set(openFolders))
    for (const name of await readdir(folder).catch(() => [])) {
      const entry = await stat(join(folder, name)).catch(() => undefined);
      if (entry?.uid === nobody.uid) found.push(join(folder, name));
    }
  return found.sort();
}

/**
 * Talks to the image's command as the Flow runtime would, up to the end of a backfill. Returns what
 * differs from the truth.
 */
async function conversation({image, env, command}: Built, sandbox: Sandbox, flags: readonly string[] = []): Promise<string[]> {
  const task = new FlowTask(sandbox, {bindings: [{module: 'Leads'}, {module: 'Deals'}]});
  const {capture} = task.openRequest() as {capture: {bindings: object[]}};
  const requests = [
    {spec: {connectorType: 'IMAGE', config: {}}},
    {discover: {connectorType: 'IMAGE', config: task.config}},
    {validate: capture},
    {apply: {capture}},
    {open: task.openRequest()},
  ];
  const answers = ['spec', 'discovered', 'validated', 'applied'];
  const [, ...args] = command;
  const child = spawn(join(image, 'bin/node'), [...flags, ...args], {
    ...nobody,
    cwd: image,
    env: {
      NODE_ENV: env.NODE_ENV,
      PATH: join(image, 'bin'),
      HOME: join(image, 'home'),
      TMPDIR: join(image, 'tmp'),
      SOURCE_ZOHO_LOOPBACK: 'on',
    },
  });
  const closed = once(child, 'close');
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  const session = new Session(['acme/Leads', 'acme/Deals']);
  const done = caughtUp(sandbox.clock.nowMs() - 60_000);
  for await (const line of linesOf(child.stdout)) {
    const kind = answers.shift();
    if (kind !== undefined) assert.ok(line.startsWith(`{"${kind}":`), `${kind} is answered`);
    else {
      session.read(line);
      if (done(session, task)) child.kill('SIGTERM');
    }
  }
  const [code] = await closed;
  assert.equal(code, 0, errors);
  session.commit(task);
  return task.differences();
}

container('captures without write access, shell or privileges, and leaves nothing behind', async ({built, sandbox}) => {
  const before = [await listed(built.image), await leftBehind()];
  assert.deepEqual(await conversation(built, sandbox), []);
  assert.deepEqual([await listed(built.image), await leftBehind()], before);
});

container('never attempts to write, or to start or load another program', async ({built, sandbox}) => {
  // Node itself refuses all of that then, whoever asks.
  assert.deepEqual(await conversation(built, sandbox, ['--permission', '--allow-fs-read=*', '--allow-net']), []);
});

container('would fail if it needed any of that', async ({built: {image}}) => {
  const tried = async (code: string, ...flags: string[]): Promise<string> => {
    const child = spawn(join(image, 'bin/node'), [...flags, '-e', code], {
      ...nobody,
      cwd: image,
      env: {PATH: join(image, 'bin')},
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    await once(child, 'close');
    return errors;
  };
  const write = "fs.writeFileSync('written', '')";
  assert.match(await tried(write), /EACCES|EROFS/);
  assert.match(await tried(write, '--permission', '--allow-fs-read=*'), /ERR_ACCESS_DENIED/);
  assert.match(await tried("child_process.execFileSync('sh')"), /ENOENT/);
  assert.match(await tried("child_process.execFileSync('node')", '--permission', '--allow-fs-read=*'), /ERR_ACCESS_DENIED/);
});

container.run();
