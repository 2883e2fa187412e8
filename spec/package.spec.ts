/** The package as a person has it: packed here, installed into an empty folder elsewhere, and run from there. */
import assert from 'node:assert/strict';
import {type ExecFileException, execFile, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {delimiter, dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {suite} from 'uvu';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

const pack = suite<{folder: string; bin: string | undefined}>('The package');

pack.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-package-'));
  context.bin = await installed(context.folder);
});
pack.after(async ({folder}) => {
  await rm(folder, {recursive: true, force: true});
});

/** Environment in which `node` is this one, as after an installation of node 26. */
const env = {...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`};

/** Codes with which npm says that it did not reach the registry. */
const unreachable =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|E403|E407|E50\d)\b/;

/** Packs and installs as the README says; gives the program's path, or undefined where the registry, which has the dependencies, cannot be reached. */
async function installed(folder: string): Promise<string | undefined> {
  const [block = ''] = /^npm pack .*$/m.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? [];
  assert.ok(block.includes('/tmp'), 'the README tells how');
  const settings = {
    npm_config_prefix: join(folder, 'prefix'),
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_fetch_retries: '0',
    npm_config_fetch_timeout: '20000',
  };
  try {
    await run('bash', ['-ec', block.replaceAll('/tmp', folder)], {cwd: root, env: {...env, ...settings}});
  } catch (error) {
    const {stderr = ''} = error as ExecFileException;
    if (!unreachable.test(String(stderr))) throw error;
    process.stdout.write('(passed over: npm does not reach its registry here)\n');
    return undefined;
  }
  return join(folder, 'prefix/bin/source-zoho');
}

pack('leaves nothing behind in the clone', async () => {
  assert.ok(!(await readdir(root)).some((name) => name === 'packed' || name.endsWith('.tgz')));
});

pack('tells its version, and the capabilities that Flow asks for', async ({bin, folder}) => {
  if (bin === undefined) return;
  const {version} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  assert.equal((await run(bin, ['--version'], {cwd: folder, env})).stdout, `source-zoho ${version}\n`);
  const asked = run(bin, [], {cwd: folder, env});
  asked.child.stdin?.end('{"spec":{}}\n');
  assert.equal(JSON.parse((await asked).stdout).spec.protocol, 3032023);
});

pack('runs a sandbox, captures it, and writes a page of that', async ({bin, folder}) => {
  if (bin === undefined) return;
  const sandbox = spawn(bin, ['sandbox', '--records', '200', '--config', 'config.json'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(createInterface({input: sandbox.stdout}), 'line');
    const args = 'capture --config config.json --module Leads,Deals --since 2000-01-01 --out out --once --json --report run.html';
    const {stdout} = await run(bin, args.split(' '), {cwd: folder, env});
    const {documents, modules} = JSON.parse(stdout);
    assert.deepEqual(
      modules.map(({documents}: {documents: number}) => documents),
      [200, 100],
    );
    assert.match(
      await readFile(join(folder, 'run.html'), 'utf8'),
      new RegExp(`data-figure="documents" data-value="${documents}"`),
    );
  } finally {
    sandbox.kill('SIGTERM');
    await once(sandbox, 'exit');
  }
});

pack('measures, with the contenders that need nothing else installed', async ({bin, folder}) => {
  if (bin === undefined) return;
  const {stdout} = await run(bin, 'bench --cases null --rounds 1 --rows 500 --json'.split(' '), {cwd: folder, env});
  const {figures} = JSON.parse(stdout);
  assert.deepEqual(
    figures.map(({contender, left}: {contender: string; left?: string}) => [contender, left]),
    [
      ['ours', undefined],
      ['naive', undefined],
      ['floor', undefined],
    ],
  );
});

/** A node of this machine that is older than the program takes; undefined where there is none. */
function olderNode(): string | undefined {
  const nodes = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  return nodes.find((node) => {
    try {
      return Number(/^v(\d+)/.exec(execFileSync(node, ['--version'], {encoding: 'utf8', stdio: 'pipe'}))?.[1]) < 26;
    } catch {
      return false;
    }
  });
}

pack('says on an older node where to get the one that it needs', async ({bin, folder}) => {
  const node = olderNode();
  if (bin === undefined || node === undefined) {
    process.stdout.write('(passed over: there is no older node here, or no package)\n');
    return;
  }
  await assert.rejects(run(node, [bin, '--version'], {cwd: folder}), (error: ExecFileException) => {
    assert.equal(error.code, 2);
    assert.match(
      String(error.stderr ?? ''),
      /^Cannot run on node [\d.]+: node 26 or newer is needed; install it from nodejs\.org, or with nvm install 26\n$/,
    );
    return true;
  });
});

pack.run();
