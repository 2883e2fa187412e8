/**
 * Secrets and customers' values, followed through every command with everything told that can be
 * told.
 */
import assert from 'node:assert/strict';
import {chmod, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {suite} from 'uvu';
import {configOf} from '../../../lib/commands/context.ts';
import {type Sandbox, startSandbox} from '../../../lib/sandbox/server.ts';
import {onceSaid, type Ran, type RunOptions, Shell} from '../../commands/shell.ts';
import {carries, change, clean, filesOf, modules, plant} from './canaries.ts';

const secrecy = suite<{shell: Shell; sandbox: Sandbox}>('Secrets and values');

const trace = {LOG_LEVEL: 'trace'};
const bindings = modules.join(',');

secrecy.before.each(async (context) => {
  context.sandbox = await startSandbox({records: 60, switches: {tokensPerWindow: 1_000_000, downloadsPerMinute: 1_000_000}});
  context.shell = await Shell.open();
  await context.shell.configure(context.sandbox);
  plant(context.sandbox);
});
secrecy.after.each(async ({shell, sandbox}) => {
  await sandbox.close();
  await shell.close();
});

/**
 * Runs a command at trace level; what it tells people has no canary in it, and must tell something.
 */
async function run(shell: Shell, args: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
  const ran = await shell.run(args, {...options, env: {...trace, ...options.env}});
  clean(ran.messages, `what ${args} tells`);
  return ran;
}

/** As `run`, for commands whose output is no documents either. */
async function runClean(shell: Shell, args: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
  const ran = await run(shell, args, options);
  clean(ran.output, `the output of ${args}`);
  return ran;
}

const code = (ran: Ran, expected: number): void => assert.equal(ran.code, expected, ran.messages);

secrecy('stay out of the output and files of check and discover', async ({shell}) => {
  code(await runClean(shell, 'check --config config.json'), 0);
  code(await runClean(shell, 'check --config config.json --json'), 0);
  code(await runClean(shell, 'discover --config config.json'), 0);
  code(await runClean(shell, 'discover --config config.json --flow catalog --module Leads'), 0);
  code(await runClean(shell, 'spec'), 0);
  for (const [name, {text, mode}] of await filesOf(shell.path('catalog'))) {
    clean(text, name);
    assert.equal(mode, 0o600, name);
  }
});

secrecy('stay out of the support bundle, whatever the result of the check', async ({shell, sandbox}) => {
  code(await run(shell, `capture --config config.json --module ${bindings} --out out --once`), 0);
  code(await runClean(shell, 'check --config config.json --support-bundle good.json --out out'), 0);
  const good = JSON.parse((await filesOf(shell.folder)).get('good.json')!.text);
  assert.deepEqual(Object.keys(good.state.state.bindingStateV1).sort(), modules.toSorted());
  assert.ok(good.log.lines.length > 0 && good.modules.length > 5);

  // What nobody would put there, and somebody may: it is written by whoever writes the state, and
  // told by whoever logs.
  const journal = JSON.parse((await filesOf(shell.folder)).get('out/state.json')!.text);
  journal.state.bindingStateV1.Leads.backfill = {cutoff: '2026-10-01T10:00:00Z', next_page: 'sandbox-secret-token'};
  journal.state.later = ['kanarienvogel', {note: 'sandbox-access-1'}];
  await writeFile(shell.path('out/state.json'), JSON.stringify(journal));
  sandbox.tokens.revoke();
  const proxied = {http_proxy: 'http://user:sandbox-secret-proxy@127.0.0.1:9'};
  code(await runClean(shell, 'check --config config.json --support-bundle bad.json --out out', {env: proxied}), 3);
  const bad = JSON.parse((await filesOf(shell.folder)).get('bad.json')!.text);
  assert.match(bad.failure, /^Cannot get an access token/);
  assert.equal(bad.state.state.bindingStateV1.Leads.backfill.next_page, '<text>');

  await writeFile(shell.path('wrong.json'), JSON.stringify({credentials: 'sandbox-secret-1'}));
  code(await runClean(shell, 'check --config wrong.json --support-bundle none.json --out nowhere'), 2);
  for (const name of ['good.json', 'bad.json', 'none.json']) {
    const {text, mode} = (await filesOf(shell.folder)).get(name)!;
    clean(text, name);
    assert.equal(mode, 0o600, name);
  }
});

secrecy(
  'are in captured documents and in no other line or file of a capture, nor in the output of verify',
  async ({shell, sandbox}) => {
    const capture = `capture --config config.json --module ${bindings} --out out --once`;
    code(await runClean(shell, capture), 0);
    change(sandbox);
    const swept = await runClean(shell, `${capture} --json --output-state`);
    code(swept, 0);
    assert.match(swept.messages, /not of the type that Zoho declares/, 'warnings about values that are not what metadata say');
    let documents = 0;
    for (const [name, {text, mode}] of await filesOf(shell.path('out'))) {
      assert.equal(mode, 0o600, name);
      if (name.endsWith('.ndjson')) {
        carries(text, name);
        documents++;
      } else clean(text, name);
    }
    assert.equal(documents, modules.length);
    code(await runClean(shell, `verify --config config.json --module ${bindings} --out out --full`), 0);

    change(sandbox);
    for (const name of modules) {
      const [first = ''] = sandbox.org.module(name).ids();
      sandbox.org.module(name).delete(first);
    }
    code(await runClean(shell, `verify --config config.json --module ${bindings} --out out --full --json`), 0);
  },
);

secrecy('are omitted when verify shows differences', async ({shell, sandbox}) => {
  code(await run(shell, `capture --config config.json --module ${bindings} --out out --once`), 0);
  // A change that moves no time of change is what the capture cannot see, and verify can.
  const lead = [...sandbox.org.module('Leads').ids()][0]!;
  const path = shell.path('out/Leads.ndjson');
  const text = (await filesOf(shell.path('out'))).get('Leads.ndjson')!.text;
  const other = (line: string) => line.replace('kanarienvogel edited Company', 'kanarienvogel EDITED Company');
  const lines = text.split('\n').map((line) => (line.startsWith(`{"id":${lead},`) ? other(line) : line));
  await writeFile(path, lines.join('\n'));
  const told = await runClean(shell, 'verify --config config.json --module Leads --out out --full');
  code(told, 4);
  assert.match(told.output, new RegExp(`^Leads ${lead}: Company differs`, 'm'));
  const json = await runClean(shell, 'verify --config config.json --module Leads --out out --full --json');
  assert.equal(JSON.parse(json.output).modules[0].differences[0].what, 'Company');
  const asked = await shell.run('verify --config config.json --module Leads --out out --full --show-values');
  carries(asked.output, 'what was asked to be shown');
});

secrecy('are in documents only when a capture prints them with its state', async ({shell}) => {
  const ran = await run(shell, `capture --config config.json --module ${bindings} --out - --once --output-state`);
  code(ran, 0);
  const lines = ran.output.trimEnd().split('\n');
  const documents = lines.filter((line) => modules.some((name) => line.startsWith(`["${name}",`)));
  carries(documents.join('\n'), 'the documents');
  const others = lines.filter((line) => !documents.includes(line));
  assert.ok(others.length > 0);
  clean(others.join('\n'), 'the checkpoints');
});

secrecy('stay out of all output when calls fail in every way that shows a body', async ({shell, sandbox}) => {
  const faults = [
    'refused-field:create',
    'refused-field:coql',
    'corrupt',
    'short-announced',
    'wrong-count',
    'job-failure',
    'malformed:coql',
    'truncated:coql',
    'malformed:fields',
    'html-200:coql',
    'invalid-token:coql',
    'reset-body:result',
    'truncated:token',
  ];
  for (const fault of faults) sandbox.faults.add(fault);
  const ran = await runClean(shell, `capture --config config.json --module ${bindings} --out out --timeout 12s --json`);
  assert.ok(ran.code === 0 || ran.code === 1, ran.messages);
  const unhit = sandbox.faults.reading().filter(({hits}) => hits === 0);
  assert.deepEqual(unhit, [], 'every fault was met');
  for (const [name, {text}] of await filesOf(shell.path('out'))) if (!name.endsWith('.ndjson')) clean(text, name);
});

secrecy('stay out of messages about wrong credentials and configurations', async ({shell, sandbox}) => {
  const good = JSON.parse(JSON.stringify(configOf(sandbox)));
  const wrong: [string, object | string, number][] = [
    ['another secret', {credentials: {...good.credentials, client_secret: 'sandbox-secret-of-another'}}, 3],
    ['another refresh token', {credentials: {...good.credentials, refresh_token: '1000.sandbox-refresh-of-another'}}, 3],
    ['a secret in place of the address', {credentials: {...good.credentials, api_domain: 'https://sandbox-secret-1/x'}}, 2],
    ['a secret in a list', {credentials: {...good.credentials, client_secret: ['sandbox-secret-1']}}, 2],
    ['a secret in place of all credentials', {credentials: 'sandbox-secret-1'}, 2],
    ['a secret in place of the date', {...good, start_date: 'sandbox-secret-1'}, 2],
    ['YAML that breaks off at the secret', `credentials:\n  client_secret: "sandbox-secret-1\n`, 2],
    ['YAML with an alias for a secret', 'credentials:\n  client_secret: *sandbox-secret-1\n', 2],
    ['a key twice', 'credentials:\n  sandbox-secret-1: x\n  sandbox-secret-1: y\n', 2],
  ];
  for (const [what, config, expected] of wrong) {
    await writeFile(shell.path('wrong.json'), typeof config === 'string' ? config : JSON.stringify(config));
    const ran = await runClean(shell, 'check --config wrong.json');
    assert.equal(ran.code, expected, `${what}: ${ran.messages}`);
  }
  sandbox.tokens.revoke();
  code(await runClean(shell, `capture --config config.json --module Leads --out out --once`), 3);
});

secrecy('stay out of messages about output of sops that is not a config', async ({shell}) => {
  await writeFile(shell.path('sealed.json'), JSON.stringify({credentials: {}, sops: {encrypted_suffix: '_sops'}}));
  const env = {PATH: `${shell.folder}:${process.env.PATH}`};
  for (const output of ['sandbox-secret-1', '{"credentials": sandbox-secret-1}', '']) {
    await writeFile(shell.path('sops'), `#!/bin/sh\ncat >/dev/null\nprintf '%s' '${output}'\n`);
    await chmod(shell.path('sops'), 0o755);
    const ran = await runClean(shell, 'check --config sealed.json', {env});
    code(ran, 2);
    assert.match(ran.messages, /Cannot decrypt \S*sealed\.json: sops wrote no JSON/);
  }
});

secrecy('pass from login into its file, readable only by its owner, and nowhere else', async ({shell, sandbox}) => {
  const {client_id, client_secret} = sandbox.credentials;
  const args = ['login', '--client-id', client_id, '--api-domain', sandbox.url, '--out', 'mine.json'];
  // What another program left behind must not lend its mode to the file.
  await writeFile(shell.path('mine.json.next'), '', {mode: 0o666});
  const input = `${client_secret}\n`;
  code(await runClean(shell, [...args, '--code', '1000.sandbox-grant-unknown'], {input}), 3);
  code(await runClean(shell, [...args, '--code', sandbox.tokens.grant()], {input: 'sandbox-secret-wrong\n'}), 3);
  code(await runClean(shell, [...args, '--code', sandbox.tokens.grant()], {input}), 0);
  const {text, mode} = (await filesOf(shell.folder)).get('mine.json')!;
  assert.equal(mode, 0o600);
  assert.match(text, /sandbox-refresh/);
  code(await runClean(shell, [...args, '--code', sandbox.tokens.grant(), '--client-secret', client_secret]), 2);
  code(
    await runClean(shell, ['login', '--client-id', client_id, '--client-secret', client_secret, '--codes', 'sandbox-grant-1']),
    2,
  );
});

secrecy(
  'are only in captured documents when Flow runs the connector, with an answer to every request',
  async ({shell, sandbox}) => {
    const config = configOf(sandbox);
    const bound = modules.map((name) => ({
      resourceConfig: {name, interval: 'PT1S'},
      resourcePath: [name],
      collection: {name: `acmeCo/${name}`, key: ['/id']},
      stateKey: name,
    }));
    const requests = [
      {spec: {connectorType: 'IMAGE', config}},
      {discover: {connectorType: 'IMAGE', config}},
      {validate: {name: 'acmeCo/zoho', connectorType: 'IMAGE', config, bindings: bound}},
      {apply: {capture: {name: 'acmeCo/zoho', config, bindings: bound}}},
      {open: {capture: {name: 'acmeCo/zoho', config, bindings: bound}, range: {keyEnd: 4_294_967_295}, state: {}}},
    ];
    sandbox.faults.add('refused-field:coql');
    sandbox.faults.add('corrupt');
    const ran = await run(shell, '', {
      input: requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
      whenRunning(...running) {
        const isBackfilled = (said: string): boolean =>
          modules.every((name) => said.includes(`${name}: backfill`) || /backfill.*complete/i.test(said));
        const isSwept = (_: string, output: string): boolean => output.includes('kanarienvogel later');
        const sweep = (): void => {
          change(sandbox);
          onceSaid(isSwept, (kill) => kill('SIGTERM'))(...running);
        };
        onceSaid(isBackfilled, sweep)(...running);
      },
    });
    code(ran, 0);
    const lines = ran.output.trimEnd().split('\n');
    const documents = lines.filter((line) => line.startsWith('{"captured":'));
    carries(documents.join('\n'), 'the documents');
    assert.ok(
      documents.some((line) => line.includes('kanarienvogel later')),
      'sweeps brought some',
    );
    const others = lines.filter((line) => !documents.includes(line));
    for (const kind of ['spec', 'discovered', 'validated', 'applied', 'opened', 'checkpoint', 'sourcedSchema'])
      assert.ok(
        others.some((line) => line.startsWith(`{"${kind}":`)),
        kind,
      );
    clean(others.join('\n'), 'lines other than documents');
  },
);

secrecy('stay out of messages although Zoho repeats every request in its answers', async ({shell, sandbox}) => {
  const {client_secret, refresh_token} = sandbox.credentials;
  const access = '1000.sandbox-access-echoed.00000000000000000000000000000000';
  const all = `${access} ${client_secret} ${refresh_token}`;
  for (const refused of ['token', 'api'] as const) {
    const echo = createServer((request, response) => {
      request.resume().on('end', () => {
        const isToken = request.url?.startsWith('/oauth/') === true;
        const details = {api_name: access, column_name: refresh_token, module: client_secret, json_path: all};
        const body = !isToken
          ? {code: refresh_token, message: all, details, status: 'error'}
          : refused === 'token'
            ? {error: refresh_token, error_description: all}
            : {access_token: access, expires_in: 3600, api_domain: `http://${request.headers.host}`};
        response.writeHead(isToken ? 200 : 400, {'content-type': 'application/json', 'x-echo': all}).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
      await shell.configure({url, credentials: sandbox.credentials});
      for (const command of ['check', 'capture --module Leads --out out --once']) {
        const {code, messages} = await runClean(shell, `${command} --config config.json`);
        assert.ok(code === 1 || code === 3, messages);
      }
      if (refused === 'token') {
        const login = ['login', '--client-id', 'x', '--client-secret', client_secret, '--api-domain', url, '--out', 'new.json'];
        code(await runClean(shell, [...login, '--code', '1000.sandbox-grant-1']), 3);
      }
    } finally {
      echo.closeAllConnections();
      await new Promise((resolve) => echo.close(resolve));
    }
  }
});

secrecy.run();
