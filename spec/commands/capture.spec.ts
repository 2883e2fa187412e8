import assert from 'node:assert/strict';
import {stat, writeFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {propertiesOf} from '../../lib/commands/verify/properties.ts';
import {type Sandbox, startSandbox} from '../../lib/sandbox/server.ts';
import {documentedCatalog} from '../harness/documented-catalog.ts';
import {commandKills, compared, killSandbox} from './kills.ts';
import {onceSaid, Shell} from './shell.ts';

const capture = suite<{shell: Shell; sandbox: Sandbox}>('source-zoho capture');

capture.before.each(async (context) => {
  context.sandbox = await startSandbox(killSandbox);
  context.shell = await Shell.open();
  await context.shell.configure(context.sandbox);
});
capture.after.each(async ({shell, sandbox}) => {
  await sandbox.close();
  await shell.close();
  assert.deepEqual(sandbox.failures, []);
});

capture("captures what the documentation's own sample describes", async ({shell, sandbox}) => {
  const {client_id, client_secret, refresh_token} = sandbox.credentials;
  await writeFile(shell.path('flow.yaml'), documentedCatalog({client_id, client_secret, refresh_token, api_domain: sandbox.url}));
  const {code, output, messages} = await shell.run('capture --source flow.yaml --out out --once');
  assert.equal(code, 0, messages);
  assert.match(messages, /^Module Leads: records modified since 2024-01-01T00:00:00Z are captured \(the configured start\)$/m);
  assert.match(output, /^Leads +5,000 +0 +2024-01-01 +out\/Leads\.ndjson \(5,000 lines\)$/m);
  assert.match(messages, /^The backfill of module Leads is complete: 5000 rows in \d+ s, \d+ credits$/m);
  assert.match(output, /10,500 documents in .* API calls, .* credits$/m);
  assert.deepEqual(await compared(shell, sandbox, ['Leads', 'Accounts', 'Contacts']), {
    lines: [5_000, 1_500, 4_000],
    differences: [],
  });
  assert.equal((await stat(shell.path('out'))).mode & 0o777, 0o700);
});

capture('loses and repeats nothing in 6 kills', async ({shell, sandbox}) => {
  const {kills, differences} = await commandKills({shell, sandbox, kills: 6, seed: 11});
  assert.deepEqual(differences, []);
  assert.equal(kills, 6);
});

capture('stops at the first Ctrl-C with everything saved, and goes on from there', async ({shell, sandbox}) => {
  const first = await shell.run('capture --config config.json --module Leads --out out', {
    whenRunning: onceSaid('is complete', (kill) => kill('SIGINT')),
  });
  assert.equal(first.code, 130, first.messages);
  assert.match(first.messages, /Interrupted; everything captured is saved, and the same command goes on from here\n$/);
  const second = await shell.run('capture --config config.json --module Leads --out out --once --json');
  assert.equal(second.code, 0, second.messages);
  assert.equal(JSON.parse(second.output).documents, 0);
  assert.deepEqual(await compared(shell, sandbox, ['Leads']), {lines: [5_000], differences: []});
});

capture('stops after a time when told to', async ({shell}) => {
  const {code, output, messages} = await shell.run('capture --config config.json --module Quotes --out out --timeout 4s');
  assert.equal(code, 0, messages);
  assert.match(output, /^Quotes +750 /m);
});

capture('prints documents with their collection, and goes on from a state that it printed', async ({shell, sandbox}) => {
  const first = await shell.run('capture --config config.json --module Quotes --out - --once --output-state');
  assert.equal(first.code, 0, first.messages);
  const lines = first.output.trimEnd().split('\n');
  const documents = lines.filter((line) => line.startsWith('["Quotes",{"id":57'));
  assert.equal(documents.length, 750);
  const [name, state] = JSON.parse(lines.at(-1)!);
  assert.equal(name, 'connectorState');
  assert.deepEqual(Object.keys(state), ['updated']);
  assert.equal(lines.filter((line) => line.startsWith('["connectorState",')).length, lines.length - documents.length);
  const [id] = sandbox.org.module('Quotes').insert(1);
  sandbox.clock.advance(10_000);
  const initial = JSON.stringify(state.updated);
  const args = ['capture', '--config', 'config.json', '--module', 'Quotes', '--out', '-', '--once', '--initial-state', initial];
  const second = await shell.run(args);
  assert.equal(second.code, 0, second.messages);
  assert.deepEqual(
    second.output
      .trimEnd()
      .split('\n')
      .map((line) => propertiesOf(line.slice('["Quotes",'.length, -1)).get('id')),
    [id],
  );
});

capture('backfills again what it is told to, from where that began', async ({shell, sandbox}) => {
  const run = async (args: string): Promise<{since: string; since_reason: string; documents: number}[]> => {
    const {code, output, messages} = await shell.run(
      `capture --config config.json --module Quotes,Deals --out out --once --json ${args}`,
    );
    assert.equal(code, 0, messages);
    return JSON.parse(output).modules;
  };
  const [first] = await run('--since 2020-01-01');
  assert.deepEqual([first?.since, first?.documents], ['2020-01-01T00:00:00Z', 750]);
  const again = await run('--backfill Quotes');
  assert.deepEqual(
    again.map(({since, documents}) => [since, documents]),
    [
      ['2020-01-01T00:00:00Z', 750],
      ['2020-01-01T00:00:00Z', 0],
    ],
  );
  const shorter = sandbox.clock.nowMs() - 3_600_000;
  await run(`--backfill Quotes --since ${new Date(shorter).toISOString()}`);
  const {code, output} = await shell.run('verify --config config.json --module Quotes --out out --full');
  assert.equal(code, 0, output);
});

capture('lets one process at a time into a directory, and no other capture', async ({shell, sandbox}) => {
  let second: Promise<{code: number | null; messages: string}> | undefined;
  const first = await shell.run('capture --config config.json --module Leads --out out', {
    whenRunning: onceSaid('is complete', async (kill) => {
      second = shell.run('capture --config config.json --module Leads --out out --once');
      await second;
      kill('SIGTERM');
    }),
  });
  assert.equal(first.code, 130, first.messages);
  const refused = await second!;
  assert.equal(refused.code, 2);
  assert.equal(
    refused.messages,
    'source-zoho: Cannot use out: another process is capturing into it; stop that one, or choose another directory\n',
  );
  await shell.configure({url: sandbox.url.replace('127.0.0.1', 'localhost'), credentials: sandbox.credentials});
  const other = await shell.run('capture --config config.json --module Leads --out out --once');
  assert.equal(other.code, 2);
  assert.match(other.messages, /^source-zoho: Cannot use out: it holds another capture \(api_domain http:\/\/127/);
});

capture('sets aside a module that cannot be read, captures the others, and says so at the end', async ({shell, sandbox}) => {
  sandbox.faults.add({name: 'refused-module', module: 'Deals', count: 1_000});
  const {code, output} = await shell.run('capture --config config.json --module Deals,Quotes --out out --once');
  assert.match(output, /^Quotes +750 /m);
  assert.match(output, /^Deals +0 .*paused: /m);
  assert.equal(code, 1);
});

capture.run();
