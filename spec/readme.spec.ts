/** What the README tells people to copy and paste, run as it stands there. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {appendFile, readFile, symlink} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {suite} from 'uvu';
import {type Sandbox, startSandbox} from '../lib/sandbox/server.ts';
import {Shell} from './commands/shell.ts';

const readme = suite<{shell: Shell; sandbox: Sandbox}>('README');
const bin = fileURLToPath(new URL('../lib/source-zoho.js', import.meta.url));
const modules = fileURLToPath(new URL('../node_modules', import.meta.url));

readme.before.each(async (context) => {
  context.sandbox = await startSandbox({records: 300, switches: {tokensPerWindow: 1_000_000, downloadsPerMinute: 1_000_000}});
  context.shell = await Shell.open();
  await symlink(modules, context.shell.path('node_modules'));
});
readme.after.each(async ({shell, sandbox}) => {
  await sandbox.close();
  await shell.close();
});

/** Code blocks of a language, in their order. */
async function blocks(language: string): Promise<string[]> {
  const text = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code = '']) => code);
}

async function blockWith(language: string, part: string): Promise<string> {
  const found = (await blocks(language)).filter((code) => code.includes(part));
  assert.equal(found.length, 1, part);
  return found[0]!;
}

/** Runs a block in the shell's folder with the clone's programs in reach, as it is after `npm ci`. */
function runBlock(shell: Shell, code: string): string {
  const env = {...process.env, PATH: `${modules}/.bin:${process.env.PATH}`};
  const {status, stdout, stderr} = spawnSync('bash', ['-ec', code], {cwd: shell.folder, env, encoding: 'utf8'});
  assert.equal(status, 0, `${code}\n${stderr}`);
  return stdout;
}

/** The commands of a block, as the arguments of `source-zoho`. */
function commandsOf(block: string): string[] {
  return [...block.matchAll(/^npx source-zoho ([^#\n]+)/gm)].map(([, command = '']) => command.trim());
}

readme('has commands that all work', async ({shell, sandbox}) => {
  const told = (await blocks('sh')).flatMap(commandsOf);
  assert.equal(told.length, 10);
  const grant = sandbox.tokens.grant();
  const ofSandbox = (command: string): string =>
    command
      .replace(/--client-id \S+/, `--client-id ${sandbox.credentials.client_id} --out login.json`)
      .replace(/--code \S+/, `--code ${grant}`)
      .replace(/--api-domain \S+/, `--api-domain ${sandbox.url}`);
  for (const command of told) {
    if (command.startsWith('bench ')) {
      // The figures are not what counts here.
      assert.equal((await shell.run(`${command} --cases null --rounds 1 --rows 500`)).code, 0);
      continue;
    }
    // Stays until the others are done.
    if (command.startsWith('sandbox ')) {
      await shell.configure(sandbox);
      continue;
    }
    const {code, messages} = await shell.run(ofSandbox(command), {input: `${sandbox.credentials.client_secret}\n`});
    assert.equal(code, 0, `${command}\n${messages}`);
  }
  assert.equal(JSON.parse(await readFile(shell.path('login.json'), 'utf8')).start_date, '2024-01-01T00:00:00Z');
});

readme('starts a sandbox in the background for the commands after it', async ({shell}) => {
  const [command = ''] = (await blocks('sh')).flatMap(commandsOf).filter((each) => each.startsWith('sandbox '));
  assert.ok(command.endsWith('&'));
  const started = `${command} until [ -s config.json ]; do sleep 0.1; done`.replace(/^/, `node ${bin} `);
  runBlock(shell, `${started}; node ${bin} check --config config.json --module Leads || code=$?; kill $!; exit \${code:-0}`);
});

/** A file of captured Leads in which records were changed in part, cleared, deleted and restored; and what becomes of them. */
async function captured(
  shell: Shell,
  sandbox: Sandbox,
  gzip = false,
): Promise<{partial: string; deleted: string; restored: string}> {
  await shell.configure(sandbox);
  const [partial = '', deleted = '', restored = ''] = sandbox.org.module('Leads').ids();
  assert.equal((await shell.run(`capture --config config.json --module Leads --out out --once${gzip ? ' --gzip' : ''}`)).code, 0);
  const tombstone = (id: string): string => `{"id":${id},"Modified_Time":"2099-01-02T00:00:00Z","_meta":{"op":"d"}}`;
  const lines = [
    `{"id":${partial},"Modified_Time":"2099-01-01T00:00:00Z","Last_Name":null,"_meta":{"op":"u"}}`,
    `{"id":${partial},"Modified_Time":"2099-01-01T00:00:00Z","Annual_Revenue":12.5,"_meta":{"op":"u"}}`,
    tombstone(deleted),
    tombstone(restored),
    `{"id":${restored},"Modified_Time":"2099-01-03T00:00:00Z","Last_Name":"Back","_meta":{"op":"u"}}`,
  ];
  const text = lines.map((line) => `${line}\n`).join('');
  await appendFile(shell.path(`out/Leads.ndjson${gzip ? '.gz' : ''}`), gzip ? gzipSync(text) : text);
  return {partial, deleted, restored};
}

interface Lead {
  readonly id: string;
  readonly Last_Name: string | null;
  readonly Email: string | null;
  readonly Annual_Revenue: number | null;
}

/** What every way to read the files has to come to. */
function assertLatest(leads: readonly Lead[], {partial, deleted, restored}: Awaited<ReturnType<typeof captured>>): void {
  assert.equal(leads.length, 299);
  const by = new Map(leads.map((lead) => [lead.id, lead]));
  assert.ok(/^\d{19}$/.test(partial));
  const {Last_Name, Annual_Revenue} = by.get(partial)!;
  assert.deepEqual([Last_Name, Annual_Revenue], [null, 12.5], 'cleared, and changed in part');
  assert.equal(by.has(deleted), false);
  assert.deepEqual(by.get(restored), {id: restored, Last_Name: 'Back', Email: null, Annual_Revenue: null}, 'nothing from before');
}

for (const gzip of [false, true]) {
  readme(`gets the latest state of Leads into DuckDB${gzip ? ', from a compressed file' : ''}`, async ({shell, sandbox}) => {
    const expected = await captured(shell, sandbox, gzip);
    const recipe = await blockWith('sh', 'cat > latest.sql');
    runBlock(shell, gzip ? recipe.replace('out/Leads.ndjson', 'out/Leads.ndjson.gz') : recipe);
    const shown = runBlock(shell, await blockWith('sh', '@duckdb/node-api'));
    assert.match(shown, /'\d{19}'/);
    const query = `
    import {DuckDBInstance} from "@duckdb/node-api";
    const connection = await (await DuckDBInstance.create("crm.duckdb")).connect();
    const found = await connection.runAndReadAll("SELECT id::VARCHAR AS id, Last_Name, Email, Annual_Revenue FROM leads");
    console.log(JSON.stringify(found.getRowObjectsJson()));`;
    assertLatest(JSON.parse(runBlock(shell, `node --input-type=module -e '${query}'`)), expected);
  });
}

for (const gzip of [false, true]) {
  readme(
    `gets the latest state of Leads into pandas, where that is installed${gzip ? ', from a compressed file' : ''}`,
    async ({shell, sandbox}) => {
      if (spawnSync('python3', ['-c', 'import pandas']).status !== 0) {
        process.stdout.write('(skipped: python3 has no pandas here)\n');
        return;
      }
      const expected = await captured(shell, sandbox, gzip);
      const [opened = '', opening = ''] =
        /`(gzip\.open\([^`]*\))`/.exec(await readFile(new URL('../README.md', import.meta.url), 'utf8')) ?? [];
      assert.ok(opened !== '');
      const plain = await blockWith('python', 'import pandas');
      const recipe = gzip ? `import gzip\n${plain.replace(/(?<!gzip\.)open\([^)]*\)/, opening)}` : plain;
      const print = "print(leads[['id', 'Last_Name', 'Email', 'Annual_Revenue']].astype({'id': str}).to_json(orient='records'))";
      assertLatest(JSON.parse(runBlock(shell, `python3 - <<'PYTHON'\n${recipe}\n${print}\nPYTHON`)), expected);
    },
  );
}

readme.run();
