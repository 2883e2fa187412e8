import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {readdir, readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {suite} from 'uvu';
import {nodeFlags} from '../lib/platform/node-flags.js';
import {type Sandbox, startSandbox} from '../lib/sandbox/server.ts';
import {type Built, build} from './harness/image.ts';

const container = suite<{built: Built; sandbox: Sandbox}>('Containerfile');

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs the image's command with requests on its standard input. */
async function run({image, env, command}: Built, requests: readonly object[], extra: Record<string, string> = {}) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {cwd: image, env: {...env, ...extra}});
  const ended = new Promise<number | null>((done) => child.on('close', done));
  child.stdin.end(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return {
    lines: output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
    errors,
    code: await ended,
  };
}

container.before(async (context) => {
  context.built = await build();
  context.sandbox = await startSandbox({records: 10});
});
container.after(async ({built, sandbox}) => {
  await sandbox.close();
  await rm(built.image, {recursive: true, force: true});
});

container('has the labels that the Flow runtime looks for, a plain command, and a user without rights', ({built}) => {
  const {labels, command, user} = built;
  assert.equal(labels.FLOW_RUNTIME_PROTOCOL, 'capture');
  assert.equal(labels.FLOW_RUNTIME_CODEC, 'json');
  assert.equal(labels['dev.estuary.usage-rate'], '1.0');
  assert.deepEqual(command.slice(0, -1), ['node', ...nodeFlags]);
  assert.equal(user, 'node');
});

container('runs on the very node that the project is tested with', async ({built}) => {
  const {devDependencies} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  assert.equal(built.base, `docker.io/library/node:${devDependencies.node}-slim`);
});

container('holds production packages only', async ({built}) => {
  const {dependencies, devDependencies} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const installed = await readdir(join(built.image, 'app/node_modules'));
  for (const name of Object.keys(devDependencies))
    assert.ok(!installed.includes(name.split('/')[0]!) || name.startsWith('@'), name);
  for (const name of Object.keys(dependencies)) assert.ok(installed.includes(name.split('/')[0]!), name);
});

container('can be installed on every platform that its packages are for', async () => {
  const {packages} = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const lock = new Map<string, {optionalDependencies?: Record<string, string>}>(Object.entries(packages));
  const wanted = [...lock.values()].flatMap(({optionalDependencies}) => Object.keys(optionalDependencies ?? {}));
  assert.deepEqual(
    wanted.filter((name) => !lock.has(`node_modules/${name}`)),
    [],
    'npm drops packages of other platforms from the lock file where it cannot see them, and then refuses to install from it',
  );
});

container('answers spec and discover through its command', async ({built, sandbox}) => {
  const credentials = {...sandbox.credentials, api_domain: sandbox.url};
  const requests = [{spec: {connectorType: 'IMAGE', config: {}}}, {discover: {connectorType: 'IMAGE', config: {credentials}}}];
  const {lines, code, errors} = await run(built, requests, {SOURCE_ZOHO_LOOPBACK: 'on'});
  assert.equal(code, 0, errors);
  assert.equal(lines[0].spec.protocol, 3032023);
  const names = lines[1].discovered.bindings.map(({recommendedName}: {recommendedName: string}) => recommendedName);
  for (const name of sandbox.modules) assert.ok(names.includes(name), name);
});

container('sends no credentials to its own machine', async ({built, sandbox}) => {
  const credentials = {...sandbox.credentials, api_domain: sandbox.url};
  const {lines, code, errors} = await run(built, [{discover: {connectorType: 'IMAGE', config: {credentials}}}]);
  assert.deepEqual(lines, []);
  assert.equal(code, 2);
  assert.match(JSON.parse(errors.trim().split('\n').at(-1)!).message, /SOURCE_ZOHO_LOOPBACK=off/);
});

container.run();
