import assert from 'node:assert/strict';
import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {suite} from 'uvu';
import {fnv1a32} from '../../lib/flow/shard.ts';
import {type FakeOptions, withZoho} from '../harness/fake-zoho.ts';

/** The connector as Flow runs it: a process of its own, spoken to through its standard streams. */
const acceptance = suite('connector process');

const main = fileURLToPath(new URL('../../lib/main.ts', import.meta.url));
const line = (message: unknown) => `${JSON.stringify(message)}\n`;
const credentials = (api_domain: string) => ({client_id: 'c', client_secret: 's3cr3t', refresh_token: 'r3fr3sh', api_domain});
const secrets = /s3cr3t|r3fr3sh/;

const usual: FakeOptions = {
  answer: ({path}) =>
    path.startsWith('/crm/v8/settings/modules')
      ? [200, {modules: [{api_name: 'Leads', plural_label: 'Leads', api_supported: true, generated_type: 'default'}]}]
      : [200, {fields: [{api_name: 'Modified_Time', data_type: 'datetime', json_type: 'string'}]}],
};

/** An open request for a shard that runs none of the bindings: it needs no Zoho. */
const idleOpen = (() => {
  const key = fnv1a32('Leads');
  const capture = {
    config: {credentials: credentials('https://www.zohoapis.com')},
    bindings: [{resourceConfig: {name: 'Leads'}, resourcePath: ['Leads'], collectionIndex: 1, stateKey: 'Leads'}],
    linkedCollections: [{name: 'a/Deals'}, {name: 'a/Leads', writeSchema: {description: 'x'.repeat(20 << 20)}}],
  };
  return line({open: {capture, range: {keyBegin: key + 1, keyEnd: 4_294_967_295}, later: 1}});
})();

interface Ended {
  readonly code: number | null;
  readonly lines: string[];
  readonly logged: {readonly level: string; readonly message: string}[];
}

function start(env: Readonly<Record<string, string>> = {}): {child: ChildProcessWithoutNullStreams; ended: Promise<Ended>} {
  const child = spawn(process.execPath, [main], {env: {PATH: process.env.PATH, LOG_FORMAT: 'json', LOG_LEVEL: 'info', ...env}});
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => {});
  const text = (chunks: Buffer[], name: string) => {
    const whole = Buffer.concat(chunks).toString();
    assert.ok(whole === '' || whole.endsWith('\n'), `${name} ends amid a line`);
    return whole.split('\n').slice(0, -1);
  };
  const ended = once(child, 'close').then(([code]) => ({
    code,
    lines: text(out, 'stdout'),
    logged: text(err, 'stderr').map((entry) => JSON.parse(entry)),
  }));
  return {child, ended};
}

async function run(input: string, env?: Readonly<Record<string, string>>): Promise<Ended> {
  const {child, ended} = start(env);
  child.stdin.end(input);
  return ended;
}

const kinds = (lines: readonly string[]) => lines.map((text) => Object.keys(JSON.parse(text)).join());

acceptance('answers spec and discover on one stdin with two lines, and exits with 0', () =>
  withZoho(usual, async ({url}) => {
    const {code, lines} = await run(line({spec: {}}) + line({discover: {config: {credentials: credentials(url)}}}));
    assert.equal(code, 0);
    assert.deepEqual(kinds(lines), ['spec', 'discovered']);
    assert.equal(JSON.parse(lines[1]!).discovered.bindings[0].recommendedName, 'Leads');
  }),
);

acceptance('continues a capture of linked collections and 20 MiB after the end of stdin, until SIGTERM', async () => {
  const {child, ended} = start();
  child.stdin.end(line({spec: {}}) + idleOpen);
  const logs = createInterface({input: child.stderr});
  for await (const entry of logs) if (entry.includes('No bindings are enabled')) break;
  assert.equal(child.exitCode, null);
  child.kill('SIGTERM');
  const {code, lines} = await ended;
  assert.equal(code, 0);
  assert.deepEqual(kinds(lines), ['spec', 'opened']);
});

acceptance('ends with the reason as its last log line when it cannot continue, and logs no secret', () =>
  withZoho({...usual, token: () => [200, {error: 'invalid_code'}]}, async ({url}) => {
    const open = {
      open: {
        capture: {config: {credentials: credentials(url)}, bindings: [{resourceConfig: {name: 'Leads'}, stateKey: 'Leads'}]},
      },
    };
    for (const request of [{discover: {config: {credentials: credentials(url)}}}, open]) {
      const {code, logged} = await run(line({spec: {}}) + line(request));
      assert.equal(code, 3);
      assert.equal(logged.at(-1)?.level, 'error');
      assert.match(logged.at(-1)?.message ?? '', /refresh.token/);
      assert.doesNotMatch(JSON.stringify(logged), secrets);
    }
  }),
);

acceptance('reports in one line what is wrong with a config, and exits with 2', async () => {
  const {client_id: _, ...rest} = credentials('https://www.zohoapis.com');
  for (const [config, message] of [
    [{credentials: rest}, 'Cannot use the endpoint config: credentials.client_id is missing'],
    [
      {credentials: credentials('https://www.zohoapis.com'), start_date: 'yesterday'},
      'Cannot use the endpoint config: start_date must be a date, such as "2024-01-01" or "2024-01-01T00:00:00Z"',
    ],
  ] as const) {
    const {code, lines, logged} = await run(line({validate: {config}}));
    assert.deepEqual({code, lines, logged: logged.map((entry) => entry.message)}, {code: 2, lines: [], logged: [message]});
  }
});

acceptance('reports an unreadable request in one line, and exits with 2', async () => {
  const {code, lines, logged} = await run('{"discover": s3cr3t}\n');
  assert.equal(code, 2);
  assert.deepEqual(lines, []);
  assert.deepEqual(
    logged.map(({level, message}) => `${level}: ${message}`),
    ['error: Cannot read request 1: its line of 20 characters is not JSON'],
  );
});

acceptance('exits with 0 and prints nothing without a request', async () => {
  assert.deepEqual(await run(''), {code: 0, lines: [], logged: []});
});

acceptance.run();
