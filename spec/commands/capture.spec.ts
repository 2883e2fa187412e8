import assert from 'node:assert/strict';
import {readFile, stat, writeFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {CapturedFile} from '../../lib/commands/captured.ts';
import {Comparison} from '../../lib/commands/compare.ts';
import {propertiesOf} from '../../lib/commands/properties.ts';
import {randomFrom} from '../../lib/sandbox/hash.ts';
import {type Sandbox, startSandbox} from '../../lib/sandbox/server.ts';
import {parseJournal} from '../../lib/sinks/journal.ts';
import {Shell} from './shell.ts';

const capture = suite<{shell: Shell; sandbox: Sandbox}>('source-zoho capture');

/** Kills in the proof, and in the short form that every test run has. */
const kills = process.env.PROOF === undefined ? 6 : 100;

capture.before.each(async (context) => {
  // A person at the command line, and a spec, start more processes than Zoho grants tokens for.
  const switches = {rowsPerJob: 2_000, jobMs: 20, tokensPerWindow: 1_000_000, downloadsPerMinute: 1_000_000};
  context.sandbox = await startSandbox({records: 5_000, switches});
  context.shell = await Shell.open();
  await context.shell.configure(context.sandbox);
});
capture.after.each(async ({shell, sandbox}) => {
  await sandbox.close();
  await shell.close();
  assert.deepEqual(sandbox.failures, []);
});

/** Compares a directory with what the sandbox holds; gives the lines of each module's file. */
async function compared(shell: Shell, sandbox: Sandbox, modules: readonly string[]): Promise<number[]> {
  const journal = parseJournal(await readFile(shell.path('out/state.json'), 'utf8'), 'out');
  return modules.map((module) => {
    const [, entry] = Object.entries(journal.files).find(([collection]) => collection.endsWith(module))!;
    const file = new CapturedFile(shell.path(`out/${entry.file}`), entry.bytes);
    // What only one API reads is there or not, as the record came last.
    const {bulkOnly, coqlOnly, neither} = sandbox.org.readers(module);
    const comparison = new Comparison(file, {ignored: new Set([...bulkOnly, ...coqlOnly, ...neither])});
    const left = new Set(file.ids());
    for (const text of sandbox.org.truth(module)) {
      const record = propertiesOf(text);
      const id = record.get('id')!;
      left.delete(id);
      if (comparison.present(id)) comparison.values(id, record);
    }
    assert.deepEqual(comparison.shown, []);
    assert.deepEqual([...left], []);
    file.close();
    return entry.lines;
  });
}

capture("captures what the documentation's own sample describes", async ({shell, sandbox}) => {
  const {client_id, client_secret, refresh_token} = sandbox.credentials;
  await writeFile(
    shell.path('flow.yaml'),
    `captures:
  \${PREFIX}/\${CAPTURE_NAME}:
    endpoint:
      connector:
        image: ghcr.io/estuary/source-zoho:dev
        config:
          credentials:
            client_id: ${client_id}
            client_secret: ${client_secret}
            refresh_token: ${refresh_token}
            api_domain: ${sandbox.url}
          start_date: "2024-01-01T00:00:00Z"
    bindings:
      - resource:
          name: Leads
          interval: PT5M
          schedule: "55 23 * * *"
        target: \${PREFIX}/Leads
      - resource:
          name: Accounts
          interval: PT5M
          schedule: "55 23 * * *"
        target: \${PREFIX}/Accounts
      - resource:
          name: Contacts
          interval: PT5M
        target: \${PREFIX}/Contacts
`,
  );
  const {code, output, messages} = await shell.run('capture --source flow.yaml --out out --once');
  assert.equal(code, 0, messages);
  assert.equal(output, '');
  assert.match(messages, /^Leads +5,000 +0 +out\/Leads\.ndjson \(5,000 lines\)$/m);
  assert.match(messages, /10,500 documents in .* API calls, .* credits$/m);
  assert.deepEqual(await compared(shell, sandbox, ['Leads', 'Accounts', 'Contacts']), [5_000, 1_500, 4_000]);
  assert.equal((await stat(shell.path('out'))).mode & 0o777, 0o700);
});

capture(`loses and repeats nothing in ${kills} kills`, async ({shell, sandbox}) => {
  const random = randomFrom(11);
  const beforeOverlapMs = sandbox.clock.nowMs() - 120_000;
  let killed = 0;
  while (killed < kills) {
    const {signal, code, messages} = await shell.run('capture --config config.json --module Leads,Deals --out out --once', {
      whenRunning: (kill) => setTimeout(() => kill('SIGKILL'), 150 + random(600)),
    });
    if (signal === 'SIGKILL') killed++;
    else assert.equal(code, 0, messages);
    if (code === 0) sandbox.org.module('Leads').insert(400);
    else if (killed % 3 === 0) sandbox.org.module('Deals').edit(sandbox.org.module('Deals').ids().next().value!);
  }
  // Changes become part of a window once they are some seconds old.
  sandbox.clock.advance(10_000);
  const {code, messages} = await shell.run('capture --config config.json --module Leads,Deals --out out --once');
  assert.equal(code, 0, messages);
  await compared(shell, sandbox, ['Leads', 'Deals']);
  // What changed within the last minute before a kill is in the next run's overlap, and may come again; nothing else does.
  const lines = (await readFile(shell.path('out/Leads.ndjson'), 'utf8')).trimEnd().split('\n');
  const older = lines.filter((line) => Date.parse(/"Modified_Time":"([^"]+)"/.exec(line)![1]!) < beforeOverlapMs);
  assert.ok(older.length > 1_000, `${older.length} lines are older`);
  assert.equal(new Set(older).size, older.length);
});

capture('stops at the first Ctrl-C with everything saved, and goes on from there', async ({shell, sandbox}) => {
  const first = await shell.run('capture --config config.json --module Leads --out out', {
    whenRunning(kill, messages) {
      const timer = setInterval(() => {
        if (!messages().includes('is complete')) return;
        clearInterval(timer);
        kill('SIGINT');
      }, 10);
    },
  });
  assert.equal(first.code, 130, first.messages);
  assert.match(first.messages, /Interrupted; everything captured is saved, and the same command goes on from here\n$/);
  const second = await shell.run('capture --config config.json --module Leads --out out --once --json');
  assert.equal(second.code, 0, second.messages);
  assert.equal(JSON.parse(second.output).documents, 0);
  assert.deepEqual(await compared(shell, sandbox, ['Leads']), [5_000]);
});

capture('stops after a time when told to', async ({shell}) => {
  const {code, messages} = await shell.run('capture --config config.json --module Quotes --out out --timeout 2s');
  assert.equal(code, 0, messages);
  assert.match(messages, /^Quotes +750 /m);
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

capture('lets one process at a time into a directory, and no other capture', async ({shell, sandbox}) => {
  let second: Promise<{code: number | null; messages: string}> | undefined;
  const first = await shell.run('capture --config config.json --module Leads --out out', {
    whenRunning(kill, messages) {
      const timer = setInterval(async () => {
        if (!messages().includes('is complete')) return;
        clearInterval(timer);
        second = shell.run('capture --config config.json --module Leads --out out --once');
        await second;
        kill('SIGTERM');
      }, 10);
    },
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
  const {code, messages} = await shell.run('capture --config config.json --module Deals,Quotes --out out --once');
  assert.match(messages, /^Quotes +750 /m);
  assert.match(messages, /^Deals +0 .*set aside: /m);
  assert.equal(code, 1);
});

capture.run();
