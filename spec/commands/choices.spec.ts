/** What `capture` can be told to take and how to keep it: modules by pattern, fields, compressed files. */
import assert from 'node:assert/strict';
import {appendFile, readdir, readFile} from 'node:fs/promises';
import {gunzipSync} from 'node:zlib';
import {suite} from 'uvu';
import {matches} from '../../lib/commands/module-patterns.ts';
import {type Sandbox, startSandbox} from '../../lib/sandbox/server.ts';
import {Shell} from './shell.ts';

const choices = suite<{shell: Shell; sandbox: Sandbox}>('What capture takes');

choices.before.each(async (context) => {
  context.sandbox = await startSandbox({records: 120, switches: {tokensPerWindow: 1_000_000, downloadsPerMinute: 1_000_000}});
  context.shell = await Shell.open();
  await context.shell.configure(context.sandbox);
});
choices.after.each(async ({shell, sandbox}) => {
  await sandbox.close();
  await shell.close();
});

const capture = 'capture --config config.json --since 2000-01-01 --once --json --out out';
const verify = 'verify --config config.json --out out --full';

async function lines(shell: Shell, file: string): Promise<Record<string, unknown>[]> {
  const bytes = await readFile(shell.path(`out/${file}`));
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

choices('a star stands for any letters, and for nothing else that has a meaning elsewhere', () => {
  assert.ok(matches('*', 'Leads'));
  assert.ok(matches('L*s', 'Leads'));
  assert.ok(matches('Leads', 'Leads'));
  assert.ok(!matches('Lead', 'Leads'));
  assert.ok(!matches('L.*', 'Leads'));
  assert.ok(!matches('l*', 'Leads'));
});

choices('modules by pattern: those that can be captured, beside those that are named', async ({shell}) => {
  const {code, output, messages} = await shell.run([...capture.split(' '), '--module', 'De*,Leads,C*s']);
  assert.equal(code, 0, messages);
  const captured: string[] = JSON.parse(output).modules.map(({module}: {module: string}) => module);
  assert.equal(captured[0], 'Leads');
  assert.ok(captured.includes('Deals') && captured.includes('Contacts'), `${captured}`);
  for (const module of captured.slice(1)) assert.match(module, /^(De.*|C.*s)$/);
  assert.equal(new Set(captured).size, captured.length);
  const checked = await shell.run(['verify', '--config', 'config.json', '--out', 'out', '--module', 'D*']);
  assert.equal(checked.code, 0, checked.messages);
  const none = await shell.run([...capture.split(' '), '--module', 'Zz*']);
  assert.equal(none.code, 2);
  assert.match(none.messages, /Cannot find any module that matches Zz\* among the modules of Zoho/);
});

choices('all modules by a star are those without --module', async ({shell}) => {
  const told = async (module: readonly string[]): Promise<string> =>
    (await shell.run([...'capture --config config.json --dry-run --json --out out'.split(' '), ...module])).output;
  const {modules} = JSON.parse(await told(['--module', '*'])).estimate;
  assert.ok(modules.length > 3);
  assert.deepEqual(
    modules.map(({module}: {module: string}) => module),
    JSON.parse(await told([])).estimate.modules.map(({module}: {module: string}) => module),
  );
});

choices('fields of every module and of one; ids and times come anyway, and verify compares just these', async ({shell}) => {
  const chosen = `${capture} --module Leads,Deals --fields Owner,Leads.Email`;
  const {code, messages} = await shell.run(chosen);
  assert.equal(code, 0, messages);
  for (const [file, fields] of [
    ['Leads.ndjson', ['Created_Time', 'Email', 'Modified_Time', 'Owner', '_meta', 'id']],
    ['Deals.ndjson', ['Created_Time', 'Modified_Time', 'Owner', '_meta', 'id']],
  ] as const) {
    const records = await lines(shell, file);
    assert.ok(records.length > 0);
    assert.deepEqual([...new Set(records.flatMap((record) => Object.keys(record)))].sort(), fields);
  }
  const verified = await shell.run(verify);
  assert.equal(verified.code, 0, verified.output + verified.messages);
  assert.equal((await shell.run(chosen)).code, 0, 'goes on');
  const other = await shell.run(`${capture} --module Leads,Deals`);
  assert.equal(other.code, 2);
  assert.match(other.messages, /it holds another capture \(fields Leads\.Email,Owner instead of \(none\)\)/);
});

const mistakes: [fields: string, message: RegExp][] = [
  ['Emial', /Cannot choose field Emial: no module of this capture has it, did you mean Email\?\n/],
  ['Leads.Emial', /Cannot choose field Leads\.Emial: module Leads does not have it, did you mean Leads\.Email\?\n/],
  ['Laeds.Email', /Cannot choose field Laeds\.Email: module Laeds is not captured, did you mean Leads\.Email\?\n/],
];
for (const [fields, message] of mistakes) {
  choices(`a field that there is not: ${fields}`, async ({shell}) => {
    const {code, messages} = await shell.run(`${capture} --module Leads,Deals --fields ${fields}`);
    assert.equal(code, 2);
    assert.match(messages, message);
    await assert.rejects(readdir(shell.path('out')), 'nothing was begun');
  });
}

choices('compressed files go on after anything that was not committed, and verify reads them', async ({shell, sandbox}) => {
  const compressed = `${capture} --module Leads,Deals --gzip`;
  const {code, output, messages} = await shell.run(compressed);
  assert.equal(code, 0, messages);
  assert.equal(JSON.parse(output).modules[0].file, 'Leads.ndjson.gz');
  const before = await lines(shell, 'Leads.ndjson.gz');
  assert.equal(before.length, 120);
  await appendFile(shell.path('out/Leads.ndjson.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 0]));
  const [id = ''] = sandbox.org.module('Leads').ids();
  sandbox.org.module('Leads').delete(id);
  assert.equal((await shell.run(compressed)).code, 0);
  const after = await lines(shell, 'Leads.ndjson.gz');
  assert.deepEqual(after.slice(0, before.length), before);
  const verified = await shell.run(verify);
  assert.equal(verified.code, 0, verified.output + verified.messages);
  assert.match(verified.output, /no differences found/);
  const plain = await shell.run(`${capture.replace('--out out', '--out -')} --module Leads --gzip`);
  assert.match(plain.messages, /Cannot use --gzip with --out -: pipe standard output into gzip instead/);
});

choices.run();
