import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile, stat, writeFile} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {suite} from 'uvu';
import {type Sandbox, startSandbox} from '../lib/sandbox/server.ts';
import {Shell} from './commands/shell.ts';

const main = suite<{shell: Shell; sandbox: Sandbox}>('The process');

main.before.each(async (context) => {
  context.sandbox = await startSandbox({records: 3_000});
  context.shell = await Shell.open();
});
main.after.each(async ({shell, sandbox}) => {
  await sandbox.close();
  await shell.close();
});

const bin = fileURLToPath(new URL('../lib/source-zoho.js', import.meta.url));

/** The last line of the log. */
function lastOf(messages: string): {level: string; message: string} {
  return JSON.parse(messages.trimEnd().split('\n').at(-1)!);
}

function openOf({url, credentials}: Sandbox, apiDomain = url): object {
  const binding = {
    resourceConfig: {name: 'Leads', interval: 'PT1S'},
    resourcePath: ['Leads'],
    collection: {name: 'acmeCo/Leads', key: ['/id']},
    stateKey: 'Leads',
  };
  const config = {credentials: {...credentials, api_domain: apiDomain}};
  return {open: {capture: {name: 'acmeCo/zoho', config, bindings: [binding]}, range: {keyEnd: 4_294_967_295}, state: {}}};
}

main('is the connector without arguments, and tells its reason last when it fails', async ({shell}) => {
  const {code, output, messages} = await shell.run('', {input: '{"spec":{}}\n{"discover":\n'});
  assert.equal(code, 2);
  assert.equal(JSON.parse(output).spec.protocol, 3032023);
  assert.equal(lastOf(messages).level, 'error');
  assert.match(lastOf(messages).message, /^Cannot read request 2/);
});

main('ends with the code for what failed: configuration, credentials', async ({shell, sandbox}) => {
  const elsewhere = await shell.run('', {input: `${JSON.stringify(openOf(sandbox, 'https://example.com'))}\n`});
  assert.equal(elsewhere.code, 2, elsewhere.messages);
  assert.match(lastOf(elsewhere.messages).message, /Cannot use api_domain example\.com/);
  sandbox.tokens.revoke();
  const revoked = await shell.run('', {input: `${JSON.stringify(openOf(sandbox))}\n`});
  assert.equal(revoked.code, 3, revoked.messages);
  assert.match(lastOf(revoked.messages).message, /authorize again/);
});

main('captures on when the input has ended, and stops at SIGTERM with whole lines and a clean end', async ({sandbox}) => {
  const child = spawn(process.execPath, [bin], {stdio: ['pipe', 'pipe', 'pipe']});
  child.stdin.end(`${JSON.stringify(openOf(sandbox))}\n`);
  const kinds: string[] = [];
  let text = '';
  child.stderr.resume();
  for await (const part of child.stdout.setEncoding('utf8')) {
    text += part;
    if (text.includes('"captured"') && !child.killed) child.kill('SIGTERM');
  }
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  assert.equal(code, 0);
  assert.ok(text.endsWith('\n'));
  for (const line of text.trimEnd().split('\n')) kinds.push(...Object.keys(JSON.parse(line)));
  assert.equal(kinds[0], 'opened');
  assert.equal(kinds.at(-1), 'checkpoint');
});

main('ends soon at SIGTERM when nobody takes its output', async ({sandbox}) => {
  const child = spawn(process.execPath, [bin], {stdio: ['pipe', 'pipe', 'pipe']});
  child.stdin.end(`${JSON.stringify(openOf(sandbox))}\n`);
  const lines = createInterface({input: child.stderr});
  for await (const line of lines) if (line.includes('Beginning the backfill')) break;
  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'exit');
  assert.equal(signal, null);
  assert.ok(code === 0 || code === 1, String(code));
});

const written = [
  ['the connector', ''],
  ['spec', 'spec'],
  ['--help', '--help'],
  ['discover', 'discover --config config.json --module Leads'],
  ['check --json', 'check --config config.json --module Leads --json'],
  ['capture --out -', 'capture --config config.json --module Leads --out - --once'],
  ['verify --json', 'verify --config config.json --module Leads --out out --json'],
] as const;
for (const [name, args] of written) {
  main(`fails with one clear line when the output of ${name} cannot be written`, async ({shell, sandbox}) => {
    await shell.configure(sandbox);
    const input = '{"spec":{}}\n';
    if (args.startsWith('verify')) await shell.run('capture --config config.json --module Leads --out out --once');
    const full = await shell.run(args, {input, outputFile: '/dev/full'});
    assert.equal(full.code, 1, full.messages);
    assert.match(full.messages, /Cannot write standard output: the disk is full"?\}?\n$/);
    const gone = await shell.run(args, {input, closeOutput: true});
    assert.equal(gone.code, 0, gone.messages);
    assert.doesNotMatch(gone.messages, /Cannot|EPIPE/);
  });
}

main('notices that a file took only a part of the output', async ({shell, sandbox}) => {
  await shell.configure(sandbox);
  for (const [args, fileBlocksMax] of [
    ['spec', 1],
    ['capture --config config.json --module Leads --out - --once', 200],
  ] as const) {
    const {code, messages} = await shell.run(args, {outputFile: 'output', fileBlocksMax});
    assert.equal(code, 1, messages);
    assert.match(messages, /^source-zoho: Cannot write standard output: it would be larger than files may be here/m);
    assert.equal((await stat(shell.path('output'))).size, 512 * fileBlocksMax);
  }
});

main('keeps the verdict of a command whose output was lost', async ({shell, sandbox}) => {
  await shell.configure(sandbox);
  await shell.run('capture --config config.json --module Leads --out out --once');
  const text = await readFile(shell.path('out/Leads.ndjson'), 'utf8');
  await writeFile(shell.path('out/Leads.ndjson'), text.replaceAll(/"Last_Name":"./g, '"Last_Name":"#'));
  const verify = 'verify --config config.json --module Leads --out out --json';
  const full = await shell.run(verify, {outputFile: '/dev/full'});
  assert.equal(full.code, 4, full.messages);
  assert.match(full.messages, /Cannot write standard output: the disk is full\n$/);
  assert.equal((await shell.run(verify, {closeOutput: true})).code, 4);
});

main.run();
