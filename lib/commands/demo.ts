/**
 * `source-zoho demo`, which is `npm start`: captures a sandbox and proves that the result is
 * complete.
 */
import {join} from 'node:path';
import {ConfigError} from '../errors/errors.ts';
import {explainSystemErrors} from '../errors/system.ts';
import type {Sandbox} from '../sandbox/server.ts';
import {clearCapture} from '../sinks/files/clear.ts';
import {folderDisk, makeFolder} from '../sinks/files/disk.ts';
import {lockFolder} from '../sinks/files/lock.ts';
import {manifestName, parseManifest} from '../sinks/files/manifest.ts';
import {captureWith} from './capture.ts';
import {bindingOf, configOf, setupOf} from './context.ts';
import {type CommandContext, exit, print, say, sayJson} from './host.ts';
import {counted, grouped, spanText, tableLines} from './terminal/table.ts';
import {type Work, working} from './terminal/work.ts';
import {CapturedFile} from './verify/captured.ts';
import {Comparison} from './verify/compare.ts';
import {propertiesOf} from './verify/properties.ts';

export interface DemoArguments {
  readonly out: string;
  readonly records: number;
  readonly json?: boolean;
}

const name = 'demo';
const modules = ['Leads', 'Contacts', 'Deals'];

/** Small pages and short waits for jobs, so that there is something to watch. */
const rowsPerJob = 50_000;
const jobMs = 700;

export async function demo(host: CommandContext, {out, records, json}: DemoArguments): Promise<number> {
  await clear(out);
  const {startSandbox} = await import('../sandbox/server.ts');
  const sandbox = await startSandbox({records, switches: {rowsPerJob, jobMs}});
  const setup = setupOf(host, {name, config: configOf(sandbox), bindings: modules.map(bindingOf)});
  try {
    const total = modules.reduce((sum, module) => sum + sandbox.org.module(module).count, 0);
    say(host, `A sandbox with ${counted(total, 'record')} in ${modules.join(', ')} listens at ${sandbox.url}`);
    const startMs = performance.now();
    const summary = json === true ? {...host, output: host.messages} : host;
    const code = await captureWith(summary, {out, once: true}, setup);
    if (code !== exit.done) return code;
    const elapsedMs = performance.now() - startMs;
    const compared = await working(host, (work) => compare(out, sandbox, work));
    return report(host, {out, json: json === true, elapsedMs, compared});
  } finally {
    await setup.close();
    await sandbox.close();
  }
}

/** Creates the directory and removes an earlier demo's files. Everything else in it stays. */
async function clear(out: string): Promise<void> {
  const unlock = await explainSystemErrors(`write into ${out || 'a directory without a name'}`, async () => {
    await makeFolder(out);
    return lockFolder(out);
  });
  try {
    await clearCapture(out, (capture) => {
      if (capture.name === name) return true;
      throw new ConfigError(`Cannot use ${out}: it holds another capture; choose another directory with --out`);
    });
  } finally {
    unlock();
  }
}

interface Compared {
  readonly module: string;
  readonly file: string;
  readonly lines: number;
  readonly comparison: Comparison;
}

/** Compares every record of the files with the sandbox's own data. */
async function compare(out: string, sandbox: Sandbox, work: Work): Promise<Compared[]> {
  const journal = parseManifest((await folderDisk(out).read(manifestName)) ?? '', out);
  const compared: Compared[] = [];
  for (const module of modules) {
    const {file, bytes, lines} = journal.files[module]!;
    const path = join(out, file);
    work.begin(`Reading ${path}, bytes`, bytes);
    const captured = await CapturedFile.open(path, bytes, (read) => {
      work.add(read);
      return work.pause();
    });
    try {
      compared.push({module, file: path, lines, comparison: await compareModule(module, captured, sandbox, work)});
    } finally {
      captured.close();
    }
  }
  return compared;
}

async function compareModule(module: string, captured: CapturedFile, {org}: Sandbox, work: Work): Promise<Comparison> {
  work.begin(`Comparing every value of ${module} with what the sandbox holds`, org.module(module).count);
  // A backfill lacks what only COQL reads.
  const {coqlOnly, neither} = org.readers(module);
  const comparison = new Comparison(captured, {ignored: new Set([...coqlOnly, ...neither])});
  const left = new Set(captured.ids());
  for (const text of org.truth(module)) {
    const record = propertiesOf(text);
    const id = record.get('id') ?? '';
    left.delete(id);
    if (comparison.present(id)) comparison.values(id, record);
    work.add();
    await work.pause();
  }
  for (const id of left) comparison.notAtZoho(id);
  return comparison;
}

interface Report {
  readonly out: string;
  readonly json: boolean;
  readonly elapsedMs: number;
  readonly compared: readonly Compared[];
}

function report(host: CommandContext, {out, json, elapsedMs, compared}: Report): number {
  const same = compared.every(({comparison}) => comparison.isSame);
  const lines = compared.reduce((sum, {comparison}) => sum + comparison.records, 0);
  if (json) {
    sayJson(host, {
      seconds: Math.round(elapsedMs) / 1_000,
      records: lines,
      same,
      files: compared.map(({module, file, comparison: {records, missing, extra, differing}}) => ({
        module,
        file,
        records,
        missing,
        extra,
        differing,
      })),
    });
    return same ? exit.done : exit.different;
  }
  const right = {align: 'right'} as const;
  const columns = ['in the sandbox', 'in the file', 'missing', 'extra', 'differing'].map((title) => ({title, ...right}));
  const rows = compared.map(({module, file, lines, comparison}) => {
    const {records, missing, extra, differing} = comparison;
    return [module, records, lines, missing, extra, differing, file];
  });
  print(host);
  for (const line of tableLines([{title: 'module'}, ...columns, {title: 'file'}], rows)) print(host, line);
  print(host);
  print(
    host,
    `${counted(lines, 'record')} in ${spanText(elapsedMs)} (${grouped((lines * 1_000) / elapsedMs)} rows/s) are in ${out}/*.ndjson`,
  );
  print(host, 'The sandbox limits that rate; source-zoho bench measures the connector alone');
  print(
    host,
    same
      ? 'Verdict: the files hold exactly what the sandbox holds'
      : 'Verdict: the files differ from what the sandbox holds; please report this',
  );
  return same ? exit.done : exit.different;
}
