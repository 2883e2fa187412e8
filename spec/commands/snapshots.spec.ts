/** Modules without Modified_Time from the command line: found, captured into files, told from what Zoho holds. */
import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {parse, stringify} from 'yaml';
import {standardModules} from '../../lib/sandbox/org.ts';
import {type Sandbox, startSandbox} from '../../lib/sandbox/server.ts';
import {Shell} from './shell.ts';

const commands = suite('source-zoho with snapshots');

const names = ['Accounts', 'Accounts_X_Skills', 'Products'];

async function withShell(use: (shell: Shell, sandbox: Sandbox) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox({
    modules: standardModules.filter(({name}) => names.includes(name)),
    records: {Accounts: 20, Accounts_X_Skills: 50, Products: 5},
    switches: {jobMs: 20, rowsPerJob: 20, downloadsPerMinute: 1_000},
  });
  const shell = await Shell.open();
  try {
    await shell.configure(sandbox);
    await use(shell, sandbox);
  } finally {
    await sandbox.close();
    await shell.close();
  }
}

const once = 'capture --config config.json --module Accounts_X_Skills --out out --once';
const verified = 'verify --config config.json --module Accounts_X_Skills --out out --full --json';

commands('captures a module whole into a file, writes what changed, and verifies it against Zoho', () =>
  withShell(async (shell, sandbox) => {
    const links = sandbox.org.module('Accounts_X_Skills');
    const first = await shell.run(once);
    assert.equal(first.code, 0, first.messages);
    const lines = async () => (await readFile(shell.path('out/Accounts_X_Skills.ndjson'), 'utf8')).trimEnd().split('\n');
    assert.equal((await lines()).length, 50);
    assert.match((await lines())[0]!, /^\{"id":\d+,"Account":"\d+","Skill":("\d+"|null),"_meta":\{"op":"c","row_id":0\}\}$/);
    const same = await shell.run(verified);
    assert.equal(same.code, 0, same.messages + same.output);
    assert.deepEqual(pickOf(same.output), {records: 50, compared: 50, missing: 0, extra: 0});

    await shell.run(once);
    assert.equal((await lines()).length, 50, 'nothing is written while nothing changes');
    for (const id of [...links.ids()].slice(0, 3)) links.delete(id);
    const other = await shell.run(verified);
    assert.equal(other.code, 4);
    assert.deepEqual(pickOf(other.output), {records: 47, compared: 47, missing: 0, extra: 3});
    assert.match(other.messages, /have no times: changes since the snapshot of .* count as differences/);
    await shell.run(once);
    assert.equal((await lines()).length, 100, '47 rows and 3 tombstones');
    assert.equal((await lines()).at(-1), '{"_meta":{"op":"d","row_id":49}}');
    assert.equal((await shell.run(verified)).code, 0);

    const again = await shell.run(`${once} --backfill Accounts_X_Skills`);
    assert.equal(again.code, 0, again.messages);
    assert.equal((await lines()).length, 147, 'all rows anew');
    assert.equal((await shell.run(verified)).code, 0);
  }),
);

function pickOf(output: string): object {
  const [{records, compared, missing, extra}] = JSON.parse(output).modules;
  return {records, compared, missing, extra};
}

commands('shows snapshots in check and its estimate', () =>
  withShell(async (shell) => {
    const {code, output} = await shell.run('check --config config.json --estimate --json');
    assert.equal(code, 0);
    const {modules, estimate} = JSON.parse(output);
    assert.deepEqual(
      modules.map(({module, captured, snapshot = false}: Record<string, unknown>) => [module, captured, snapshot]),
      [
        ['Accounts', true, false],
        ['Accounts_X_Skills', true, true],
        ['Products', true, false],
      ],
    );
    const {records, jobs} = estimate.modules.find(({module}: {module: string}) => module === 'Accounts_X_Skills');
    assert.deepEqual({records, jobs}, {records: 50, jobs: 1});
    const told = await shell.run('check --config config.json');
    assert.match(told.output, /Accounts_X_Skills +snapshot .*has no Modified_Time/);
  }),
);

commands('writes a catalog with the schema and key of snapshots, and refuses one with another key', () =>
  withShell(async (shell) => {
    await shell.run('discover --config config.json --flow catalog --prefix acme --with-secrets');
    const catalog = parse(await readFile(shell.path('catalog/flow.yaml'), 'utf8'));
    assert.deepEqual(catalog.collections['acme/Accounts_X_Skills'].key, ['/_meta/row_id']);
    assert.deepEqual(catalog.collections['acme/Accounts'].key, ['/id']);
    const captured = 'capture --source catalog/flow.yaml --module Accounts_X_Skills --out out --once';
    const {code, messages} = await shell.run(captured);
    assert.equal(code, 0, messages);
    catalog.collections['acme/Accounts_X_Skills'].key = ['/id'];
    await writeFile(shell.path('catalog/flow.yaml'), stringify(catalog));
    const refused = await shell.run(captured);
    assert.equal(refused.code, 2);
    assert.match(refused.messages, /Cannot capture into acme\/Accounts_X_Skills: .* has the key \/id: discover it anew/);
  }),
);

commands.run();
