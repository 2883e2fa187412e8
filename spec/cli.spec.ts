import assert from 'node:assert/strict';
import {readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {parse} from 'yaml';
import {configOf} from '../lib/commands/context.ts';
import {documentSchema, managedSchema} from '../lib/flow/discover.ts';
import {type Sandbox, startSandbox} from '../lib/sandbox/server.ts';
import {type Ran, type RunOptions, Shell} from './commands/shell.ts';
import {complaint, type Reply, withZoho} from './harness/fake-zoho.ts';

const cli = suite<{shell: Shell; sandbox: Sandbox}>('source-zoho');

cli.before.each(async (context) => {
  context.sandbox = await startSandbox({records: 300, switches: {tokensPerWindow: 1_000_000, downloadsPerMinute: 1_000_000}});
  context.shell = await Shell.open();
  await context.shell.configure(context.sandbox);
});
cli.after.each(async ({shell, sandbox}) => {
  await sandbox.close();
  await shell.close();
});

const commands = ['spec', 'check', 'discover', 'capture', 'verify', 'login', 'sandbox', 'demo'];

/** The command of a help text's example. */
function exampleOf({output}: Ran): string {
  const example = /^Example:\n {2}\$ source-zoho (.+)$/m.exec(output)?.[1];
  assert.ok(example !== undefined, output);
  return example;
}

/** Runs a sandbox as a command until its line of output has come and `use` is done with it. */
async function whileSandboxRuns(shell: Shell, args: string, use: (line: string) => Promise<void>): Promise<Ran> {
  let used: Promise<void> | undefined;
  const ran = await shell.run(args, {
    whenRunning(kill, messages) {
      const timer = setInterval(() => {
        if (!messages().includes('configuration is in')) return messages() === '' ? undefined : clearInterval(timer);
        clearInterval(timer);
        used = readFile(shell.path('config.json'), 'utf8')
          .then(use)
          .finally(() => kill('SIGINT'));
      }, 10);
    },
  });
  await used;
  return ran;
}

cli('lists every command with what it does, and where help and exit codes are', async ({shell}) => {
  const {code, output, messages} = await shell.run('--help');
  assert.equal(code, 0);
  assert.equal(messages, '');
  for (const command of commands) assert.match(output, new RegExp(`^  ${command} .*[a-z]`, 'm'));
  assert.match(output, /Exit codes: 0 done, 1 failed, 2 wrong/);
});

cli('takes a new user from help to captured files in the three commands of its first steps', async ({shell}) => {
  const {output} = await shell.run('--help');
  const steps = [...output.matchAll(/^ {2}\$ source-zoho (.+)$/gm)].map(([, step]) => step!);
  assert.equal(steps.length, 3);
  const [sandbox = '', check = '', capture = ''] = steps;
  await rm(shell.path('config.json'));
  const {code} = await whileSandboxRuns(shell, sandbox.replace(' &', ''), async () => {
    assert.equal((await shell.run(check)).code, 0);
    assert.equal((await shell.run(capture)).code, 0);
  });
  assert.equal(code, 0);
  assert.ok((await readdir(shell.path('out'))).includes('Leads.ndjson'));
});

cli('gives an example with the help of each command, and every one works', async ({shell, sandbox}) => {
  const examples = new Map<string, string>();
  for (const command of commands) {
    const help = await shell.run(`${command} --help`);
    assert.equal(help.code, 0);
    examples.set(command, exampleOf(help));
  }
  const ran = async (command: string, change: (example: string) => string = (example) => example, input?: string) => {
    const result = await shell.run(change(examples.get(command)!), {input});
    assert.equal(result.code, 0, `${examples.get(command)}\n${result.messages}`);
    return result;
  };
  assert.equal(JSON.parse((await ran('spec')).output).protocol, 3032023);
  assert.match((await ran('check')).output, /^Leads +captured/m);
  await ran('discover');
  assert.match(await readFile(shell.path('catalog/flow.yaml'), 'utf8'), /acmeCo\/Leads/);
  await ran('capture', (example) => example.replace('--sandbox', '--config config.json'));
  assert.match((await ran('verify')).output, /no differences found/);
  const grant = sandbox.tokens.grant();
  const login = (example: string) =>
    example
      .replace(/--client-id \S+/, `--client-id ${sandbox.credentials.client_id}`)
      .replace(/--code \S+/, `--code ${grant}`)
      .replace(/--api-domain \S+/, `--api-domain ${sandbox.url} --out login.json --start-date 2024-01-01`);
  await ran('login', login, `${sandbox.credentials.client_secret}\n`);
  assert.equal((await stat(shell.path('login.json'))).mode & 0o777, 0o600);
  assert.match((await shell.run('check --config login.json')).output, /^records since +2024-01-01T00:00:00Z in every module/m);
  await rm(shell.path('config.json'));
  const listening = examples.get('sandbox')!.replace('100000', '100');
  assert.equal((await whileSandboxRuns(shell, listening, async () => {})).code, 0);
  const demo = await ran('demo', (example) => `${example} --records 3000 --json --out demo`);
  assert.equal(JSON.parse(demo.output).same, true);
  assert.equal((await ran('demo', (example) => `${example} --records 1000 --out demo`)).code, 0);
});

const mistakes: [args: string, message: RegExp][] = [
  ['captre', /^error: unknown command 'captre'\n\(Did you mean capture\?\)/],
  ['capture --out out --onec', /^error: unknown option '--onec'\n\(Did you mean --once\?\)/],
  ['capture --once', /^error: required option '--out <dir>' not specified/],
  ['capture --sandbox --out out --timeout soon', /Expected a duration of up to 24 days, such as 90s/],
  ['capture --sandbox --out out --initial-state []', /Expected a JSON object/],
  ['sandbox --port x', /Expected a port from 0 to 65535/],
  [
    'check',
    /^source-zoho: Cannot choose a source: pass one of --source flow\.yaml, --config config\.json or --sandbox, or set ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET, ZOHO_REFRESH_TOKEN, ZOHO_API_DOMAIN\n$/,
  ],
  ['check --config config.json --sandbox', /^source-zoho: Cannot choose a source/],
  ['check --config config.json --out out', /^source-zoho: Cannot use --out without --support-bundle\n$/],
  ['check --sandbox --support-bundle no/where.json', /^source-zoho: Cannot write no\/where\.json: ENOENT/],
  ['check --config missing.json', /^source-zoho: Cannot read \S*missing\.json: there is no such file or directory\n$/],
  [
    'check --config config.json --module Laeds',
    /^source-zoho: Cannot find module Laeds among the modules of Zoho, did you mean Leads\?\n$/,
  ],
  ['verify --config config.json --out nowhere', /^source-zoho: Cannot verify nowhere: it has no state\.json/],
  ['verify --config config.json --out out --sample 0', /^source-zoho: Cannot compare 0 records: pass --sample/],
  ['help nope', /^error: unknown command 'nope'/],
  ['sandbox --port 99999', /Expected a port from 0 to 65535/],
  ['sandbox --host 300.1.1.1', /^source-zoho: Cannot listen on 300\.1\.1\.1, port 0: this machine does not have the address\n$/],
  ['sandbox --config no/x.json --records 10', /^source-zoho: Cannot write no\/x\.json: there is no such file or directory\n$/],
  [
    'capture --config config.json --out config.json',
    /^source-zoho: Cannot write into config\.json: it already exists and is not a dir/,
  ],
  [
    'capture --config config.json --out config.json/x',
    /^source-zoho: Cannot write into config\.json\/x: a part of the path is not a dir/,
  ],
  ['verify --config config.json --out config.json', /^source-zoho: Cannot verify config\.json: it has no state\.json/],
  [
    'discover --config config.json --flow config.json',
    /^source-zoho: Cannot write into config\.json: it already exists and is not/,
  ],
  ['demo --out config.json', /^source-zoho: Cannot write into config\.json: it already exists and is not a directory\n$/],
  ['bench --scale no/x.svg', /^source-zoho: Cannot write no\/x\.svg: there is no such file or directory\n$/],
  [
    'sandbox --config config.json',
    /^source-zoho: Cannot write config\.json: it already exists; pass --force to replace it, or pass/,
  ],
  ['bench --scale config.json', /^source-zoho: Cannot write config\.json: it already exists; pass --force to replace it, or /],
  ['capture --config config.json --out out --since 2024-13-01', /Expected a date, such as 2024-01-01/],
  [
    'capture --config config.json --module Leads --out out --backfill Laeds',
    /^source-zoho: Cannot find module Laeds among the modules of this capture, did you mean Leads\?\n$/,
  ],
  ['capture --config config.json --module Leads --once --out /proc/x', /^source-zoho: Cannot write into \/proc\/x: there is no/],
  ['discover --config config.json --image a/b:v1', /^source-zoho: Cannot use --image without --flow\n$/],
  ['discover --config config.json --flow c --image a/B', /^source-zoho: Cannot use image a\/B: it must be like registry/],
  ['sandbox --fault nonsense', /^source-zoho: Cannot order fault "nonsense"/],
];
for (const [args, message] of mistakes) {
  cli(`explains what is wrong with "${args}", and ends with 2`, async ({shell}) => {
    const {code, output, messages} = await shell.run(args);
    assert.equal(code, 2, messages);
    assert.equal(output, '');
    assert.match(messages, message);
    assert.doesNotMatch(messages, /\n {4}at /);
  });
}

cli('says that a port is taken, and a directory has no name', async ({shell, sandbox}) => {
  const {port} = new URL(sandbox.url);
  const taken = await shell.run(`sandbox --records 10 --port ${port}`);
  assert.equal(taken.code, 2, taken.messages);
  assert.match(taken.messages, /^source-zoho: Cannot listen on 127\.0\.0\.1, port \d+: another program listens there; choose/);
  for (const args of [
    ['capture', '--out'],
    ['discover', '--flow'],
  ]) {
    const {code, messages} = await shell.run([...args, '', '--config', 'config.json']);
    assert.equal(code, 2, messages);
    assert.match(messages, /^source-zoho: Cannot write into a directory without a name/);
  }
});

cli('says what is wrong with a state that something else wrote, and what to do', async ({shell}) => {
  const said = async (journal: unknown): Promise<string> => {
    await writeFile(shell.path('state.json'), typeof journal === 'string' ? journal : JSON.stringify(journal));
    const {code, messages} = await shell.run('capture --config config.json --module Quotes --out . --once');
    assert.equal(code, 2, messages);
    return messages;
  };
  const wayOut = 'it was written by another program, or changed since; put it back as it was, or choose another directory';
  const start = 'source-zoho: Cannot read ./state.json:';
  assert.equal(await said('x'), `${start} it is not JSON; ${wayOut}\n`);
  assert.equal(await said({version: 1}), `${start} capture is missing; state is missing; files is missing; ${wayOut}\n`);
  assert.equal(
    await said({version: 'x', capture: {}, state: {}, files: {}}),
    `${start} version must be 1, not a string; ${wayOut}\n`,
  );
  assert.equal(
    await said({version: 2}),
    `${start} a newer source-zoho wrote it; use that version, or choose another directory\n`,
  );
});

cli('tells what is wrong with credentials in one line, and ends with 3', async ({shell, sandbox}) => {
  const attempts: [Partial<Sandbox['credentials']>, RegExp][] = [
    [{client_id: '1000.OTHER'}, /invalid_client\)\n$/],
    [{client_secret: 'wrong-secret'}, /invalid_client_secret\)\n$/],
    [{refresh_token: '1000.wrong.token'}, /refresh_token; it was revoked or mistyped/],
  ];
  for (const [change, message] of attempts) {
    await shell.configure({url: sandbox.url, credentials: {...sandbox.credentials, ...change}});
    const {code, messages} = await shell.run('check --config config.json');
    assert.equal(code, 3, messages);
    assert.match(messages, message);
    assert.equal(messages.trimEnd().split('\n').length, 1, messages);
    for (const secret of Object.values({...sandbox.credentials, ...change}).slice(1)) assert.ok(!messages.includes(secret));
  }
});

cli(
  'takes credentials from the environment, from its variables in a file, and a whole config from standard input',
  async ({shell, sandbox: {url, credentials}}) => {
    const env = {
      ZOHO_CLIENT_ID: credentials.client_id,
      ZOHO_CLIENT_SECRET: credentials.client_secret,
      ZOHO_REFRESH_TOKEN: credentials.refresh_token,
      ZOHO_API_DOMAIN: url,
    };
    const check = async (args: string, options: RunOptions): Promise<void> => {
      const {code, output, messages} = await shell.run(`check --module Leads ${args}`, options);
      assert.equal(code, 0, messages);
      assert.match(output, /^Leads +captured/m);
    };
    await check('', {env});
    const some = {credentials: {...credentials, client_secret: '<secret>', refresh_token: `\${TOKEN}`, api_domain: `\${HOST}`}};
    await writeFile(shell.path('some.json'), JSON.stringify(some));
    const named = {TOKEN: credentials.refresh_token, HOST: url};
    await check('--config some.json', {env: {...named, ZOHO_CLIENT_SECRET: credentials.client_secret, ZOHO_CLIENT_ID: 'other'}});
    await check('--config -', {input: JSON.stringify(configOf({url, credentials}))});
    const failing: [args: string, options: RunOptions, message: RegExp][] = [
      [
        '',
        {env: {ZOHO_CLIENT_ID: 'a', ZOHO_API_DOMAIN: url}},
        /environment: ZOHO_CLIENT_SECRET and ZOHO_REFRESH_TOKEN must be set/,
      ],
      [
        '--config some.json',
        {},
        /^source-zoho: Cannot use the config: credentials\.refresh_token needs \$\{TOKEN\}, which is not set$/m,
      ],
      ['--config -', {input: ''}, /^source-zoho: Cannot read standard input: it is empty$/m],
      [
        '--config -',
        {input: '{"credentials": '},
        /^source-zoho: Cannot read standard input at line 1, column \d+: it is not JSON$/m,
      ],
    ];
    for (const [args, options, message] of failing) {
      const {code, messages} = await shell.run(`check ${args}`, options);
      assert.equal(code, 2, messages);
      assert.match(messages, message);
    }
  },
);

cli('tells its version, and failures as JSON where results are', async ({shell, sandbox}) => {
  const {version} = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  assert.equal((await shell.run('--version')).output, `source-zoho ${version}\n`);
  const failure = async (args: string, code: number, kind: string): Promise<string> => {
    const ran = await shell.run(args);
    assert.equal(ran.code, code, ran.messages);
    const {error} = JSON.parse(ran.output);
    assert.deepEqual([error.kind, error.exit_code], [kind, code]);
    assert.ok(ran.messages.includes(error.message));
    return error.message;
  };
  assert.match(await failure('check --json', 2, 'usage'), /^Cannot choose a source/);
  assert.match(await failure('capture --json', 2, 'usage'), /^required option '--out <dir>' not specified/);
  sandbox.tokens.revoke();
  assert.match(await failure('verify --config config.json --out nowhere --json', 2, 'usage'), /^Cannot verify nowhere/);
  await failure('discover --config config.json --json', 3, 'credentials');
  await failure('check --config config.json --json', 3, 'credentials');
});

cli('says since when records are captured, and why', async ({shell, sandbox}) => {
  const {start, ...rest} = JSON.parse((await shell.run('check --config config.json --json --module Leads')).output);
  assert.equal(Date.parse(rest.clock) - Date.parse(start.date), 30 * 86_400_000);
  assert.equal(start.reason, '30 days before the first start, because none is configured');
  const since = await shell.run('check --config config.json --module Leads --since 2024-03-05');
  assert.match(since.output, /^records since +2024-03-05T00:00:00Z in every module: the configured start$/m);
  const config = {...configOf(sandbox), startDate: '2024-01-01'};
  await writeFile(shell.path('misspelt.json'), JSON.stringify(config));
  const misspelt = await shell.run('check --config misspelt.json');
  assert.equal(misspelt.code, 2);
  assert.match(misspelt.messages, /startDate is not a property of it, did you mean start_date\?$/m);
  await writeFile(shell.path('dated.json'), JSON.stringify({...configOf(sandbox), start_date: '2024-01-01'}));
  const twice = await shell.run('check --config dated.json --since 2023-01-01');
  assert.match(twice.messages, /^source-zoho: Cannot use --since 2023-01-01T00:00:00Z: the config has start_date 2024-01-01T00/);
  const future = await shell.run('capture --config config.json --module Leads --out out --since 2999-01-01');
  assert.equal(future.code, 2, future.messages);
  assert.match(future.messages, /2999-01-01T00:00:00Z is in the future/);
});

cli('estimates a backfill and the days after it, without starting a job', async ({shell}) => {
  const {code, output, messages} = await shell.run(
    'check --config config.json --module Leads,Assessments --estimate --since 2020-01-01',
  );
  assert.equal(code, 0, messages);
  // 642 fields take four jobs a page.
  assert.match(output, /^Assessments +\d+ +1 +4 +364 +/m);
  assert.match(output, /^Leads +300 +1 +1 +91 +/m);
  assert.match(output, /^The backfill takes about 455 credits, 5 jobs and \d+ minutes/m);
  assert.match(output, /^Free +5,000 +9 %/m);
  for (const line of output.split('\n')) assert.ok(line.length <= 80, line);
  const dry = await shell.run('capture --config config.json --module Leads --out out --since 2020-01-01 --dry-run --json');
  assert.equal(dry.code, 0, dry.messages);
  const {estimate} = JSON.parse(dry.output);
  const [{records, jobs, credits_a_day}] = estimate.modules;
  assert.deepEqual([records, jobs, credits_a_day], [300, 1, 288 + 96 + 24 + 91]);
  assert.deepEqual(await readdir(shell.folder), ['config.json']);
  assert.match(output, /^spent on this check +\d+ API calls, \d credits$/m, 'no job of 50');
});

cli('reckons with a page where Zoho does not count', async ({shell, sandbox}) => {
  sandbox.faults.add('refused-module:coql/Quotes@1');
  const {code, output, messages} = await shell.run('check --config config.json --module Quotes --estimate');
  assert.equal(code, 0, messages);
  assert.match(output, /^Quotes +unknown +1 +1 +91 +\d+$/m);
  assert.match(output, /^Zoho does not count the records of 1 module: one page each is assumed\.$/m);
});

cli('gives up soon when limits hold up a command that somebody waits for', async ({shell, sandbox}) => {
  const limited: Reply = [429, complaint('TOO_MANY_REQUESTS'), {'retry-after': '3600'}];
  await withZoho({replies: [limited]}, async ({url}) => {
    await shell.configure({url, credentials: sandbox.credentials});
    for (const args of ['check', 'discover']) {
      const {code, messages} = await shell.run(`${args} --config config.json`);
      assert.equal(code, 1, messages);
      assert.match(messages, /^source-zoho: Cannot list the modules: Zoho allows no more calls for now/m);
    }
  });
});

cli('begins a capture of its own sandbox anew when it is repeated, and leaves other captures alone', async ({shell}) => {
  const capture = 'capture --sandbox --records 50 --module Quotes --out out --once';
  await writeFile(shell.path('mine.txt'), 'mine');
  for (let round = 0; round < 2; round++) {
    const {code, output, messages} = await shell.run(capture);
    assert.equal(code, 0, messages);
    assert.match(output, /^Quotes +8 .*\(8 lines\)$/m);
  }
  assert.equal((await shell.run('capture --config config.json --module Quotes --out real --once')).code, 0);
  const {code, messages} = await shell.run(capture.replace('--out out', '--out real'));
  assert.equal(code, 2, messages);
  assert.match(messages, /^source-zoho: Cannot use real: it holds another capture/m);
});

cli('keeps a grant code for a config file that can be written', async ({shell, sandbox}) => {
  const {client_id, client_secret} = sandbox.credentials;
  const code = sandbox.tokens.grant();
  const login = (out: string) =>
    shell.run(
      `login --client-id ${client_id} --client-secret ${client_secret} --code ${code} --api-domain ${sandbox.url} ${out}`,
    );
  for (const [out, reason] of [
    ['--out no/config.json', 'there is no such file or directory'],
    ['--out config.json/config.json', 'a part of the path is not a directory'],
    ['--force --out .', 'it is a directory; pass --out for another file'],
    ['--out config.json', 'it already exists; pass --force to replace it, or pass --out for another file'],
  ] as const) {
    const refused = await login(out);
    assert.equal(refused.code, 2, refused.messages);
    assert.match(refused.messages, new RegExp(`^source-zoho: Cannot write \\S+: ${reason}\n$`));
  }
  assert.equal((await login('--force')).code, 0);
  assert.deepEqual(await readdir(shell.folder), ['config.json']);
});

cli('names every scope that is missing', async ({shell, sandbox}) => {
  sandbox.tokens.setScopes(['ZohoCRM.modules.READ', 'ZohoCRM.settings.modules.READ', 'ZohoCRM.settings.fields.READ']);
  const {code, messages} = await shell.run('check --config config.json');
  assert.equal(code, 3);
  assert.match(messages, /^source-zoho: The refresh token lacks the scopes ZohoCRM\.bulk\.READ, ZohoCRM\.coql\.READ; generate/);
});

cli('finds out what scopes cover when Zoho does not list them', async ({shell}) => {
  const unlisted = await startSandbox({records: 20, switches: {scopeInAnswer: false}});
  try {
    await shell.configure(unlisted);
    const good = await shell.run('check --config config.json');
    assert.equal(good.code, 0, good.messages);
    assert.match(good.output, /Zoho does not list them; every API answers/);
    unlisted.tokens.setScopes(['ZohoCRM.bulk.READ', 'ZohoCRM.modules.READ', 'ZohoCRM.settings.ALL']);
    const {code, messages} = await shell.run('check --config config.json');
    assert.equal(code, 3, messages);
    assert.match(
      messages,
      /^source-zoho: The refresh token's scopes cover no module; generate a new one that includes ZohoCRM\.coql\.READ/m,
    );
  } finally {
    await unlisted.close();
  }
});

cli('checks a setup as JSON, with every module and why it is skipped', async ({shell, sandbox}) => {
  const {code, output} = await shell.run('check --config config.json --json');
  assert.equal(code, 0);
  const {api, scopes, modules} = JSON.parse(output);
  assert.equal(api, sandbox.url);
  assert.ok(scopes.includes('ZohoCRM.coql.READ'));
  const by = new Map<string, {captured: boolean; reason?: string; computed?: string[]}>(
    modules.map((entry: {module: string}) => [entry.module, entry]),
  );
  for (const name of sandbox.modules) assert.equal(by.get(name)?.captured, true, name);
  assert.match(by.get('Notes')?.reason ?? '', /cannot be read/);
  assert.ok((by.get('Deals')?.computed?.length ?? 0) > 0);
});

cli('writes what a report of a problem needs, beside the check', async ({shell, sandbox}) => {
  const {code, messages} = await shell.run('check --config config.json --module Deals,Notes --support-bundle report.json');
  assert.equal(code, 0, messages);
  assert.match(messages, /^Wrote report\.json; read it through before you send it\n$/);
  const bundle = JSON.parse(await readFile(shell.path('report.json'), 'utf8'));
  const {version, dependencies} = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  assert.equal(bundle.version, version);
  assert.equal(bundle.node, process.version);
  for (const [name, locked] of Object.entries(dependencies)) assert.equal(bundle.packages[name], locked, name);
  for (const name of ['uvu', 'typescript']) assert.equal(bundle.packages[name], undefined, 'production packages only');
  assert.deepEqual(bundle.config.credentials, {
    client_id: '<secret>',
    client_secret: '<secret>',
    refresh_token: '<secret>',
    api_domain: sandbox.url,
  });
  const [deals, notes] = bundle.modules;
  assert.equal(deals.fields.Amount, 'currency/double as number');
  assert.match(notes.skipped, /cannot be read/);
  assert.deepEqual(bundle.log, {left_out: 0, lines: bundle.log.lines});
  assert.equal((await shell.run('check --config config.json --support-bundle report.json')).code, 2, 'nothing is replaced');
});

cli('discovers bindings as JSON lines, and as a catalog that captures', async ({shell}) => {
  const {output} = await shell.run('discover --config config.json --module Leads,Deals');
  const names = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).recommendedName);
  assert.deepEqual(names, ['Deals', 'Leads']);
  const image = 'registry.example.com:5000/team/source-zoho:v2.0.0';
  const hidden = await shell.run(`discover --config config.json --module Leads --flow hidden --image ${image}`);
  assert.equal(hidden.code, 0, hidden.messages);
  assert.ok((await readFile(shell.path('hidden/flow.yaml'), 'utf8')).includes(`image: ${image}\n`));
  assert.match(await readFile(shell.path('hidden/source-zoho.config.yaml'), 'utf8'), /client_secret: <secret>/);
  await shell.run('discover --config config.json --module Leads --flow catalog --with-secrets');
  const {collections} = parse(await readFile(shell.path('catalog/flow.yaml'), 'utf8'));
  assert.deepEqual(collections['acmeCo/Leads'], {
    writeSchema: 'Leads.schema.yaml',
    readSchema: {allOf: [{$ref: 'flow://relaxed-write-schema'}, {$ref: 'flow://inferred-schema'}]},
    key: ['/id'],
  });
  const schema = parse(await readFile(shell.path('catalog/Leads.schema.yaml'), 'utf8'));
  assert.deepEqual(schema, managedSchema(documentSchema('Leads')), 'or else the catalog undoes its own autoDiscover');
  const capture = await shell.run('capture --source catalog/flow.yaml --out out --once');
  assert.equal(capture.code, 0, capture.messages);
  const again = await shell.run('discover --config config.json --module Leads --flow catalog');
  assert.equal(again.code, 2);
  assert.match(again.messages, /already exists; remove it, or choose another directory\n$/);
});

cli('says of a capture without bindings that it has none, and shows what it could have', async ({shell, sandbox}) => {
  const spec = {endpoint: {local: {command: ['source-zoho'], config: configOf(sandbox)}}, bindings: []};
  await writeFile(shell.path('flow.yaml'), JSON.stringify({captures: {'acme/zoho': spec}}));
  const {code, messages} = await shell.run('capture --source flow.yaml --out out --once');
  assert.equal(code, 2, messages);
  assert.match(messages, /^source-zoho: Cannot capture anything: capture acme\/zoho has no binding that is enabled; add one/);
  assert.match((await shell.run('check --source flow.yaml')).output, /^Leads +captured/m);
});

cli('finds what differs from Zoho, shows it, and ends with 4', async ({shell, sandbox}) => {
  await shell.run('capture --config config.json --module Quotes --out out --once');
  const module = sandbox.org.module('Quotes');
  const [first = '', second = ''] = module.ids();
  module.delete(first);
  module.edit(second);
  sandbox.clock.advance(5_000);
  const since = await shell.run('verify --config config.json --module Quotes --out out --full');
  assert.equal(since.code, 0, since.messages);
  assert.match(since.output, /^Quotes +43 +43 +0 +0 +0 +0 +2 +0$/m);
  const text = await readFile(shell.path('out/Quotes.ndjson'), 'utf8');
  const lines = text.split('\n');
  lines[5] = lines[5]!.replace(/"Subject":"../, '"Subject":"#?');
  await writeFile(shell.path('out/Quotes.ndjson'), lines.join('\n'));
  const tampered = await shell.run('verify --config config.json --module Quotes --out out --full --json');
  assert.equal(tampered.code, 4, tampered.messages);
  const [{differing, differences}] = JSON.parse(tampered.output).modules;
  assert.equal(differing, 1);
  assert.equal(differences[0].what, 'Subject');
});

cli('takes a property that is gone for a difference, unless a refresh brings it or Zoho has no value', async ({shell}) => {
  await shell.run('capture --config config.json --module Contacts --out out --once');
  const text = await readFile(shell.path('out/Contacts.ndjson'), 'utf8');
  const verified = async (without: RegExp): Promise<Ran> => {
    const changed = text.replace(without, (found) => '#'.repeat(found.length)).replace(/#+/, (gap) => ' '.repeat(gap.length));
    assert.notEqual(changed, text);
    await writeFile(shell.path('out/Contacts.ndjson'), changed);
    return shell.run('verify --config config.json --module Contacts --out out --full');
  };
  assert.equal((await verified(/"Last_Name":"[^"]*",/)).code, 4);
  for (const unseen of [/"Open_Deals":\d+,/, /"Portraits":"[^}]*}]",/, /"Department":null,/]) {
    const {code, messages} = await verified(unseen);
    assert.equal(code, 0, messages);
  }
});

cli(
  'verifies the other modules when one cannot be compared, and one whose deletions Zoho does not tell',
  async ({shell, sandbox}) => {
    await shell.run('capture --config config.json --module Leads,Quotes,Deals --out out --once');
    const quotes = sandbox.org.module('Quotes');
    quotes.delete([...quotes.ids()][0]!);
    for (const fault of ['refused-module:deleted/Quotes@1', 'refused-module:create/Leads@1']) sandbox.faults.add(fault);
    const {code, output, messages} = await shell.run('verify --config config.json --out out --full');
    assert.equal(code, 1, messages);
    assert.match(output, /^Leads .* Cannot create a bulk read job for module Leads: /m);
    assert.match(output, /^Quotes +\d+ +\d+ +0 +0 +0 +0 +1/m);
    assert.match(output, /^Deals +\d+ +\d+ +0 +0 +0/m);
  },
);

cli('says of captured files that are gone that they are', async ({shell}) => {
  await shell.run('capture --config config.json --module Quotes --out out --once');
  await rm(shell.path('out/Quotes.ndjson'));
  const {code, messages} = await shell.run('verify --config config.json --out out');
  assert.equal(code, 2, messages);
  assert.match(messages, /^source-zoho: Cannot verify out: Quotes\.ndjson has been removed since it was written/m);
});

cli('does not write a trace when nobody reads its output', async ({shell}) => {
  const {code, signal, messages} = await shell.run('capture --config config.json --module Leads --out - --once', {
    closeOutput: true,
  });
  assert.deepEqual([code, signal], [0, null]);
  assert.doesNotMatch(messages, /\n {4}at |EPIPE/);
});

cli('decrypts a config with sops, and says what to do where there is no sops', async ({shell, sandbox}) => {
  const {credentials} = JSON.parse(JSON.stringify(configOf(sandbox)));
  const {client_secret, ...open} = credentials;
  const sealed = {credentials: {...open, client_secret_sops: 'ENC[...]'}, sops: {encrypted_suffix: '_sops'}};
  await writeFile(shell.path('sealed.json'), JSON.stringify(sealed));
  const without = await shell.run('check --config sealed.json', {env: {PATH: '/nonexistent'}});
  assert.equal(without.code, 2);
  assert.match(
    without.messages,
    /Cannot decrypt \S*sealed\.json: the sops program is not installed; install it, or pass a config in plain/,
  );
  const plain = JSON.stringify({credentials: {...open, client_secret_sops: client_secret}});
  await writeFile(shell.path('sops'), `#!/bin/sh\ncat >/dev/null\necho '${plain}'\n`, {mode: 0o755});
  const {code, messages} = await shell.run('check --config sealed.json', {env: {PATH: `${shell.folder}:${process.env.PATH}`}});
  assert.equal(code, 0, messages);
});

cli.run();
