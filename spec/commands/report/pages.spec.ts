/** The pages of runs as a browser shows them, beside what `--json` says of the same runs. */
import assert from 'node:assert/strict';
import {access, readFile, writeFile} from 'node:fs/promises';
import {suite} from 'uvu';
import {type Sandbox, startSandbox} from '../../../lib/sandbox/server.ts';
import {browser, dom, type Look, noBrowser} from '../../harness/browser.ts';
import {onceSaid, Shell} from '../shell.ts';

const pages = suite<{shell: Shell; sandbox: Sandbox}>('Report pages');

const faults = ['error-500:create*2', 'short*3', 'throttle-after:status*1', 'job-failure/Deals*1'];

pages.before.each(async (context) => {
  context.sandbox = await startSandbox({
    records: 3_000,
    faults,
    switches: {jobMs: 50, tokensPerWindow: 1_000_000, downloadsPerMinute: 1_000_000},
  });
  context.shell = await Shell.open();
  await context.shell.configure(context.sandbox);
});
pages.after.each(async ({shell, sandbox}) => {
  await sandbox.close();
  await shell.close();
});

const wide: Look = {width: 1_200, height: 1_000, scheme: 'light'};
const narrow: Look = {width: 500, height: 1_000, scheme: 'dark'};

/** What a script in the page finds out about how it looks; the page itself has none. */
const probe = `<script>
const overflow = document.documentElement.scrollWidth > innerWidth;
const style = getComputedStyle(document.body);
const clipped = [...document.querySelectorAll('section, .tile, .answer')].filter((each) => each.scrollWidth > each.clientWidth + 1);
document.body.dataset.probe = JSON.stringify({overflow, background: style.backgroundColor, clipped: clipped.length, loaded: performance.getEntriesByType('resource').length});
</script>`;

interface Seen {
  /** Values by what they are of and their name; those of the whole run are of ''. */
  readonly figures: ReadonlyMap<string, number>;
  readonly probe: {readonly overflow: boolean; readonly background: string; readonly clipped: number; readonly loaded: number};
  readonly html: string;
}

/** Opens a page in the browser; without one, reads its text. */
async function seen(file: string, look: Look): Promise<Seen | undefined> {
  if (browser === undefined) {
    process.stdout.write(`(${noBrowser})\n`);
    return undefined;
  }
  const copy = file.replace('.html', `-${look.scheme}.html`);
  await writeFile(copy, (await readFile(file, 'utf8')).replace('</body>', `${probe}</body>`));
  const html = await dom(copy, look);
  const tags = html.matchAll(/<[a-z]+ (?:class="[^"]*" )?(?:data-of="([^"]*)" )?data-figure="([^"]*)" data-value="([^"]*)"/g);
  const figures = [...tags].map(([, of = '', name = '', value = '']) => [`${of} ${name}`.trim(), Number(value)] as const);
  const [, probed = ''] = /data-probe="([^"]*)"/.exec(html) ?? [];
  return {figures: new Map(figures), probe: JSON.parse(probed.replaceAll('&quot;', '"')), html};
}

function assertLooksRight({probe}: Seen, background: string): void {
  assert.deepEqual(probe, {overflow: false, background, clipped: 0, loaded: 0});
}

const light = 'rgb(246, 247, 249)';
const dark = 'rgb(18, 21, 27)';

pages('a capture with retries: the figures of its page are those of --json, wide and narrow, light and dark', async ({shell}) => {
  const args =
    'capture --config config.json --module Leads,Deals,Contacts --since 2000-01-01 --out out --once --json --report run.html';
  const {code, output, messages} = await shell.run(args);
  assert.equal(code, 0, messages);
  assert.match(messages, /The report is in run\.html/);
  const told = JSON.parse(output);
  const page = await readFile(shell.path('run.html'), 'utf8');
  const record = JSON.parse(/id="record">(.*?)<\/script>/s.exec(page)![1]!);
  assert.deepEqual(record.outcome, {state: 'done'});
  assert.ok(record.incidents.length >= 5, 'retries');
  assert.ok(record.holds.length >= 1, 'held back after a 429');
  for (const {module, spans} of record.modules) {
    const names = new Set(spans.map(({activity}: {activity: string}) => activity));
    for (const activity of ['start', 'job', 'download']) assert.ok(names.has(activity), `${module} ${activity}`);
    assert.equal(spans.at(-1).toMs, record.elapsedMs);
  }
  for (const [look, background] of [
    [wide, light],
    [narrow, dark],
  ] as const) {
    const shown = await seen(shell.path('run.html'), look);
    if (shown === undefined) return;
    assertLooksRight(shown, background);
    const {figures, html} = shown;
    for (const name of ['documents', 'calls', 'credits']) assert.equal(figures.get(name), told[name], name);
    assert.ok(figures.get('seconds')! >= told.seconds);
    for (const module of told.modules)
      for (const name of ['documents', 'deletions', 'dropped', 'quarantined', 'sweeps'])
        assert.equal(figures.get(`${module.module} ${name}`), module[name], `${module.module} ${name}`);
    assert.equal([...html.matchAll(/class="lane" data-module=/g)].length, 4, 'three modules, and what concerns all of them');
    for (const question of ['What was waited for', 'What limited the rate', 'What it cost']) assert.ok(html.includes(question));
  }
});

pages('a capture that is interrupted, and one that fails, have pages that say so', async ({shell, sandbox}) => {
  const interrupted = await shell.run('capture --config config.json --module Leads --out out --report run.html', {
    whenRunning: onceSaid('is complete', (kill) => kill('SIGINT')),
  });
  assert.equal(interrupted.code, 130, interrupted.messages);
  assert.match(await readFile(shell.path('run.html'), 'utf8'), /data-outcome="interrupted">The run was interrupted\./);
  await sandbox.close();
  const failed = await shell.run('capture --config config.json --module Leads --out out --once --report run.html --force', {
    env: {SOURCE_ZOHO_LOOPBACK: 'on'},
  });
  assert.equal(failed.code, 1, failed.messages);
  assert.match(await readFile(shell.path('run.html'), 'utf8'), /data-outcome="failed">The run failed/);
});

pages('a page replaces nothing unasked, and a command that is wrong leaves none', async ({shell}) => {
  await writeFile(shell.path('mine.html'), 'mine');
  const capture = 'capture --config config.json --module Leads --out out --once';
  const refused = await shell.run(`${capture} --report mine.html`);
  assert.equal(refused.code, 2);
  assert.match(refused.messages, /Cannot write mine\.html: it already exists/);
  assert.equal(await readFile(shell.path('mine.html'), 'utf8'), 'mine');
  assert.match((await shell.run(`${capture} --report no/run.html`)).messages, /Cannot write no\/run\.html: there is no such/);
  assert.match((await shell.run(`${capture} --dry-run --report run.html`)).messages, /Cannot use --report with --dry-run/);
  assert.match((await shell.run(`${capture} --force`)).messages, /Cannot use --force without --report/);
  assert.equal((await shell.run(`${capture.replace('Leads', 'Laeds')} --report run.html`)).code, 2);
  await assert.rejects(access(shell.path('run.html')));
  await assert.rejects(access(shell.path('run.html.next')));
});

pages('a benchmark: the bars of its page are the figures of --json', async ({shell}) => {
  const {code, output, messages} = await shell.run('bench --cases coql,null --rounds 1 --rows 2000 --json --report bench.html');
  assert.equal(code, 0, messages);
  const {figures: told} = JSON.parse(output);
  assert.ok(told.length >= 4);
  for (const [look, background] of [
    [wide, dark],
    [narrow, light],
  ] as const) {
    const shown = await seen(shell.path('bench.html'), {...look, scheme: background === dark ? 'dark' : 'light'});
    if (shown === undefined) return;
    assertLooksRight(shown, background);
    for (const {case: name, contender, rowsPerS, memoryMb} of told) {
      assert.equal(shown.figures.get(`${name} ${contender} rowsPerS`), rowsPerS);
      assert.equal(shown.figures.get(`${name} ${contender} memoryMb`), memoryMb);
    }
  }
});

pages('a benchmark that is interrupted has a page with the cases that were through', async ({shell}) => {
  const {code} = await shell.run('bench --cases usual,coql --rounds 1 --rows 2000 --report bench.html', {
    whenRunning: onceSaid('coql: ours', (kill) => kill('SIGINT')),
  });
  assert.equal(code, 130);
  const page = await readFile(shell.path('bench.html'), 'utf8');
  assert.match(page, /data-outcome="interrupted"/);
  assert.equal(page.match(/<h2>[a-z]+: [\d,]+ rows<\/h2>/g)?.length, 1);
});

pages.run();
